// SPDX-License-Identifier: Apache-2.0
// Whole public rule sets, where the shared data kit is present (HD_SHARED, or ../shared beside the sources).
#include "sensor/base/file.hpp"
#include "sensor/lang/catalogue.hpp"
#include "sensor/lang/parser.hpp"
#include "sensor/lang/rule_text.hpp"
#include "sensor/registry/load_rules.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>

namespace hd {
namespace {

std::string shared_folder() {
  const char* named = std::getenv("HD_SHARED");
  return named != nullptr ? std::string(named) : std::string(HD_SOURCE_DIR) + "/../shared";
}

RuleCatalogue catalogue_of(const std::string& folder) {
  RuleCatalogue catalogue;
  std::vector<Error> errors;
  if (auto text = read_file(folder + "/classification.config"))
    read_classification(*text, "classification.config", catalogue, errors);
  if (auto text = read_file(folder + "/reference.config"))
    read_references(*text, "reference.config", catalogue, errors);
  EXPECT_TRUE(errors.empty());
  return catalogue;
}

void print_totals(const std::string& name, const LoadedRules& rules) {
  std::map<std::string, std::pair<std::size_t, std::string>> totals;
  for (const RefusedRule& one : rules.refused) {
    auto& [count, example] = totals[one.reason()];
    if (count++ == 0) example = one.line();
  }
  std::printf("%s: %zu loaded, %zu refused, %zu skipped, %zu switched off\n", name.c_str(),
              rules.rules.size(), rules.refused.size(), rules.skipped.size(), rules.disabled);
  std::vector<std::pair<std::size_t, std::string>> rows;
  for (const auto& [reason, count] : totals)
    rows.emplace_back(count.first, reason + "   e.g. " + count.second.substr(0, 160));
  std::sort(rows.rbegin(), rows.rend());
  for (const auto& [count, text] : rows)
    std::printf("  %6zu  %s\n", count, text.c_str());
}

class RuleSets : public testing::TestWithParam<const char*> {
protected:
  void SetUp() override {
    path_ = shared_folder() + "/data/rules/" + GetParam();
    if (!file_exists(path_)) GTEST_SKIP() << "no data kit at " << path_ << " (set HD_SHARED)";
  }
  std::string path_;
};

TEST_P(RuleSets, LoadButForProtocolsThatAreNotThere) {
  const registry::Registry registry;
  const RuleCatalogue catalogue = catalogue_of(shared_folder() + "/data/rules");
  RuleLoader loader(registry, {.catalogue = &catalogue});

  loader.add_file(path_);
  const LoadedRules rules = loader.finish();

  print_totals(GetParam(), rules);
  EXPECT_TRUE(rules.errors.empty());
  for (const RefusedRule& one : rules.refused) {
    EXPECT_NE(one.sid, 0u) << to_text(one.error);
    EXPECT_GT(one.error.place.line, 0u) << one.line();
  }
}

TEST_P(RuleSets, PrintBackToRulesThatParseTheSame) {
  const auto text = read_file(path_);
  ASSERT_TRUE(text);
  RuleReader reader(*text);
  RuleText rule;
  std::size_t count = 0;

  while (reader.next(rule)) {
    const auto first = parse_rule(rule.text());
    if (!first) continue;
    const std::string printed = ast::to_text(*first);
    const auto second = parse_rule(printed);
    ASSERT_TRUE(second) << printed;
    ASSERT_EQ(ast::to_text(*second), printed);
    ASSERT_EQ(first->options.size(), second->options.size());
    for (std::size_t i = 0; i < first->options.size(); ++i) {
      ASSERT_EQ(first->options[i].keyword.text, second->options[i].keyword.text);
      ASSERT_EQ(first->options[i].value.text, second->options[i].value.text);
      ASSERT_EQ(first->options[i].has_value, second->options[i].has_value);
    }
    ++count;
  }

  EXPECT_GT(count, 400u); // most of the Snort 3 set is another dialect
}

INSTANTIATE_TEST_SUITE_P(
    Shared, RuleSets, testing::Values("et-open.rules", "et-2017.rules", "snort3-community.rules"),
    [](const auto& one) {
      std::string name = one.param;
      std::replace_if(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
      return name;
    });

} // namespace
} // namespace hd
