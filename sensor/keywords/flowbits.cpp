// SPDX-License-Identifier: Apache-2.0
// flowbits: named flags of the flow.
#include "sensor/lang/keyword.hpp"

namespace hd::keyword::flowbits {
namespace {

struct Command {
  std::string_view name;
  StateOp::Kind kind;
  bool is_condition;
};
constexpr Command kCommands[] = {
    {"set", StateOp::Kind::flowbit_set, false},          {"unset", StateOp::Kind::flowbit_unset, false},
    {"toggle", StateOp::Kind::flowbit_toggle, false},    {"isset", StateOp::Kind::flowbit_isset, true},
    {"isnotset", StateOp::Kind::flowbit_isnotset, true},
};

Result<void> read_names(const Args& args, std::string_view text, bool may_be_several, RuleBuilder& rule,
                        StateOp& op) {
  for (const std::string_view part : split(text, '|')) {
    const std::string_view name = trim(part);
    if (name.empty()) return args.wrong("a flow bit has no name");
    if (name.find_first_of(" \t") != std::string_view::npos)
      return args.wrong("the name \"" + std::string(name) + "\" has a blank in it");
    op.names.push_back(rule.context().names.number_of(NameTable::Kind::flowbit, name));
  }
  if (op.names.size() > 1 && !may_be_several)
    return args.wrong("several names with | belong to isset and isnotset");
  return {};
}

Result<void> compile(const Args& args, RuleBuilder& rule) {
  const std::size_t comma = args.text().find(',');
  const std::string_view command = trim(args.text().substr(0, comma));
  if (command == "noalert") {
    if (comma != std::string_view::npos) return args.wrong("\"noalert\" takes no name");
    rule.rule().is_noalert = true;
    return {};
  }
  for (const Command& known : kCommands) {
    if (known.name != command) continue;
    if (comma == std::string_view::npos)
      return args.wrong("\"" + std::string(command) + "\" needs the name of a flow bit");
    StateOp op{.kind = known.kind};
    if (auto done = read_names(args, args.text().substr(comma + 1), known.is_condition, rule, op); !done)
      return done;
    if (known.is_condition)
      rule.state_condition(std::move(op));
    else
      rule.state_effect(std::move(op));
    return {};
  }
  return args.wrong("\"" + std::string(command) + "\" is nothing to do with a flow bit", {},
                    "set, unset, toggle, isset, isnotset or noalert.");
}

constexpr KeywordSpec kSpecs[] = {{
    .name = "flowbits",
    .summary = "named flags of the flow: set, unset or toggle them at a match, or ask whether they are set",
    .syntax = "flowbits:set|unset|toggle,NAME | isset|isnotset,NAME[|NAME]… | noalert",
    .example = "flowbits:isset,seen.login;",
    .scope = Scope::state,
    .compile = compile,
}};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::flowbits
