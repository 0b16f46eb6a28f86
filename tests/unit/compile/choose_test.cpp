// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "sensor/compile/choose.hpp"

namespace hd::test {
namespace {

RuleIr rule_on_payload() {
  RuleIr rule;
  StepList list;
  list.steps.push_back({.kind = ContentStep{.bytes = "needle in the payload"}});
  rule.lists.push_back(std::move(list));
  return rule;
}

TEST(ChoosePrefilter, TakesALiteralOfThePayload) {
  const std::array<BufferRows, 1> rows = {};

  EXPECT_EQ(choose_prefilter(rule_on_payload(), rows).matcher, Prefilter::Matcher::anywhere);
}

TEST(ChoosePrefilter, TakesNoneOfThePayloadForARuleAboutTransactions) {
  RuleIr rule = rule_on_payload();
  rule.transaction_conditions.emplace_back();
  const std::array<BufferRows, 1> rows = {};

  EXPECT_EQ(choose_prefilter(rule, rows).matcher, Prefilter::Matcher::none);
}

}  // namespace
}  // namespace hd::test
