// SPDX-License-Identifier: Apache-2.0
// prefilter: a hint to engines that sort rules by one condition; ours finds the best one by itself.
#include "sensor/lang/keyword.hpp"

namespace hd::keyword::prefilter {
namespace {

Result<void> compile(const Args& args, RuleBuilder& rule) {
  if (auto none = args.none(); !none) return none;
  if (auto first = rule.once(args, "prefilter"); !first) return first;
  const RuleIr& ir = rule.rule();
  if (ir.packet_conditions.empty() && ir.transaction_conditions.empty() && ir.state_conditions.empty() &&
      ir.lists.empty()) {
    return args.wrong(ErrorCode::E2104, "\"prefilter\" needs a condition before it");
  }
  return {};
}

constexpr KeywordSpec kSpecs[] = {{
    .name = "prefilter",
    .summary =
        "hint that the condition before it sorts out most traffic; accepted, the compiler chooses by itself",
    .syntax = "prefilter",
    .example = "flags:S; prefilter;",
    .scope = Scope::rule,
    .compile = compile,
}};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::prefilter
