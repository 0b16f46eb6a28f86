// SPDX-License-Identifier: Apache-2.0
// threshold, detection_filter: how many alerts of a rule are raised.
#include "sensor/lang/keyword.hpp"
#include "sensor/lang/threshold_file.hpp"

namespace hd::keyword::threshold {
namespace {

Result<void> keep(const Args& args, RuleBuilder& rule, Result<Threshold> threshold) {
  if (!threshold) return fail(std::move(threshold.error()));
  for (const Threshold& other : rule.rule().thresholds) {
    if (other.kind == threshold->kind)
      return args.wrong(ErrorCode::E2104, "two limits of the same kind in one rule");
    if (other.kind == Threshold::Kind::detection_filter ||
        threshold->kind == Threshold::Kind::detection_filter) {
      return args.wrong(ErrorCode::E2105, "\"threshold\" and \"detection_filter\" exclude each other");
    }
  }
  rule.rule().thresholds.push_back(std::move(*threshold));
  return {};
}

Result<void> compile(const Args& args, RuleBuilder& rule) {
  return keep(args, rule, parse_threshold(args));
}
Result<void> compile_filter(const Args& args, RuleBuilder& rule) {
  return keep(args, rule, parse_detection_filter(args));
}

constexpr KeywordSpec kSpecs[] = {
    {.name = "threshold",
     .summary = "limits alerts: the first N (limit), every Nth (threshold), once after N (both), at N, N·M, "
                "N·M² … (backoff)",
     .syntax = "threshold:type limit|threshold|both, track by_src|by_dst|by_both|by_rule|by_flow, count N, "
               "seconds S | type backoff, track …, count N, multiplier M",
     .example = "threshold:type limit, track by_src, count 1, seconds 60;",
     .scope = Scope::state,
     .compile = compile},
    {.name = "detection_filter",
     .summary = "alerts only from the match after the Nth within the time",
     .syntax = "detection_filter:track by_src|by_dst|by_both|by_rule|by_flow, count N, seconds S",
     .example = "detection_filter:track by_src, count 15, seconds 2;",
     .scope = Scope::state,
     .compile = compile_filter},
};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::threshold
