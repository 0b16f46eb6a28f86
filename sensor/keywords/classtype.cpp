// SPDX-License-Identifier: Apache-2.0
// classtype, priority: how bad it is.
#include "sensor/lang/keyword.hpp"

namespace hd::keyword::classtype {
namespace {

// A class that no catalogue knows keeps its name and the common priority: rule sets bring classes of their
// own.
Result<void> compile(const Args& args, RuleBuilder& rule) {
  if (args.is_empty()) return args.wrong("\"classtype\" needs the name of a class");
  RuleIr& ir = rule.rule();
  const RuleCatalogue::Class* known = rule.context().catalogue.find_class(args.text());
  const std::uint8_t priority = known == nullptr ? std::uint8_t{3} : known->priority;
  // Of two classes of one rule the more urgent counts.
  if (!ir.classtype.empty() && (rule.has_seen("priority") || priority >= ir.priority)) return {};
  ir.classtype = args.text();
  ir.class_text = known == nullptr ? std::string() : known->text;
  if (!rule.has_seen("priority")) ir.priority = priority;
  return {};
}

Result<void> compile_priority(const Args& args, RuleBuilder& rule) {
  if (auto first = rule.once(args, "priority"); !first) return first;
  auto value = parse_unsigned(args, args.text(), 1, 255);
  if (!value) return fail(std::move(value.error()));
  rule.rule().priority = static_cast<std::uint8_t>(*value);
  return {};
}

constexpr KeywordSpec kSpecs[] = {
    {.name = "classtype",
     .summary = "class of classification.config; sets the priority unless the rule does",
     .syntax = "classtype:NAME",
     .example = "classtype:web-application-attack;",
     .scope = Scope::output,
     .compile = compile},
    {.name = "priority",
     .summary = "1 (most urgent) to 255; overrides that of the class",
     .syntax = "priority:N",
     .example = "priority:2;",
     .scope = Scope::output,
     .compile = compile_priority},
};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::classtype
