// SPDX-License-Identifier: Apache-2.0
// isdataat: whether the buffer has data at a place.
#include "sensor/keywords/modifier.hpp"

namespace hd::keyword::isdataat {
namespace {

Result<void> compile(const Args& args, RuleBuilder& rule) {
  const std::vector<std::string_view> parts = args.parts();
  if (parts.empty()) return args.wrong("\"isdataat\" needs a place", {}, "For example isdataat:10,relative;");
  IsDataAtStep step;
  std::string_view at = parts[0];
  if (at.starts_with('!')) {
    step.is_negated = true;
    at = trim(at.substr(1));
  }
  auto value = parse_operand(args, rule, at, 0, 65535);
  if (!value) return fail(std::move(value.error()));
  step.at = *value;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (parts[i] == "relative")
      step.is_relative = true;
    else if (parts[i] != "rawbytes")
      return args.wrong("\"" + std::string(parts[i]) + "\" does not belong into \"isdataat\"");
  }
  rule.add(step);
  return {};
}

constexpr KeywordSpec kSpecs[] = {{
    .name = "isdataat",
    .summary = "the buffer has data at this place, from its begin or behind the match before it",
    .syntax = "isdataat:[!]N|VARIABLE[,relative]",
    .example = "content:\"USER\"; isdataat:100,relative;",
    .scope = Scope::payload,
    .compile = compile,
}};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::isdataat
