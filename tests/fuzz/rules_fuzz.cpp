// SPDX-License-Identifier: Apache-2.0
// Text of people and of strangers' rule feeds: rules with all keywords, classes, references, threshold lines.
// Whatever comes in, every rule is either loaded or refused with a place, and what parses prints back to the
// same rule.
#include "sensor/base/assert.hpp"
#include "sensor/base/bytes.hpp"
#include "sensor/lang/catalogue.hpp"
#include "sensor/lang/parser.hpp"
#include "sensor/lang/rule_text.hpp"
#include "sensor/lang/threshold_file.hpp"
#include "sensor/registry/load_rules.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

void there_and_back(std::string_view text) {
  hd::RuleReader reader(text);
  hd::RuleText rule;
  while (reader.next(rule)) {
    const auto first = hd::parse_rule(rule.text());
    if (!first) {
      HD_ASSERT(first.error().place.column >= 1 && first.error().place.column <= rule.text().size() + 1);
      continue;
    }
    const std::string printed = hd::ast::to_text(*first);
    const auto second = hd::parse_rule(printed);
    HD_ASSERT(second.has_value() || printed.size() > hd::kRuleLengthMax);
    if (second) HD_ASSERT(hd::ast::to_text(*second) == printed);
  }
}

void load(std::string_view text) {
  const hd::registry::Registry registry;
  hd::RuleLoader loader(registry, {});
  loader.add_text(text, "fuzz.rules", ".");
  const hd::LoadedRules rules = loader.finish();
  for (const hd::RefusedRule& one : rules.refused) {
    HD_ASSERT(one.error.place.line > 0 && !one.error.what.empty());
    HD_ASSERT(one.line().find('\n') == std::string::npos);
    HD_ASSERT(!hd::to_text(one.error).empty());
  }
  for (const hd::RuleIr& rule : rules.rules) {
    HD_ASSERT(rule.sid > 0 && !rule.source.is_empty() && !rule.target_ports.is_empty());
    for (const hd::StepList& list : rule.lists)
      HD_ASSERT(!list.steps.empty());
  }
}

void side_files(std::string_view text) {
  hd::RuleCatalogue catalogue;
  std::vector<hd::Error> errors;
  hd::read_classification(text, "classification.config", catalogue, errors);
  hd::read_references(text, "reference.config", catalogue, errors);
  const hd::Variables variables = hd::Variables::standard();
  hd::ListResolver lists(variables);
  const hd::ThresholdFile file = hd::read_threshold_file(text, "threshold.config", lists, errors);
  for (const hd::Error& error : errors)
    HD_ASSERT(error.place.line > 0);
  static_cast<void>(file);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = hd::as_chars({data, size});
  there_and_back(text);
  load(text);
  side_files(text);
  return 0;
}
