// SPDX-License-Identifier: Apache-2.0
// flowint: named integers of the flow, 32 bits without sign.
#include "sensor/lang/keyword.hpp"

#include <cctype>

namespace hd::keyword::flowint {
namespace {

struct Operation {
  std::string_view name;
  StateOp::Kind kind;
  Compare compare = Compare::equal;
  bool is_condition = false;
  bool has_value = true;
};
constexpr Operation kOperations[] = {
    {"=", StateOp::Kind::flowint_assign},
    {"+", StateOp::Kind::flowint_add},
    {"-", StateOp::Kind::flowint_subtract},
    {"==", StateOp::Kind::flowint_compare, Compare::equal, true},
    {"!=", StateOp::Kind::flowint_compare, Compare::not_equal, true},
    {"<", StateOp::Kind::flowint_compare, Compare::less, true},
    {"<=", StateOp::Kind::flowint_compare, Compare::less_equal, true},
    {">", StateOp::Kind::flowint_compare, Compare::greater, true},
    {">=", StateOp::Kind::flowint_compare, Compare::greater_equal, true},
    {"isset", StateOp::Kind::flowint_isset, Compare::equal, true, false},
    {"isnotset", StateOp::Kind::flowint_isnotset, Compare::equal, true, false},
    {"notset", StateOp::Kind::flowint_isnotset, Compare::equal, true, false},
};

Result<void> read_value(const Args& args, std::string_view text, RuleBuilder& rule, StateOp& op) {
  if (!text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) == 0) {
    op.value_name = rule.context().names.number_of(NameTable::Kind::flowint, text);
    return {};
  }
  auto value = parse_unsigned(args, text, 0, UINT32_MAX);
  if (!value) return fail(std::move(value.error()));
  op.value = *value;
  return {};
}

Result<void> compile(const Args& args, RuleBuilder& rule) {
  const std::vector<std::string_view> parts = args.parts();
  if (parts.size() < 2 || parts.size() > 3 || parts[0].empty())
    return args.wrong("\"flowint\" needs a name and an operation", {}, "For example flowint:tries,+,1;");
  for (const Operation& known : kOperations) {
    if (known.name != parts[1]) continue;
    if (known.has_value != (parts.size() == 3)) {
      return args.wrong("\"" + std::string(parts[1]) +
                        (known.has_value ? "\" needs a value" : "\" takes no value"));
    }
    StateOp op{.kind = known.kind, .compare = known.compare};
    op.names.push_back(rule.context().names.number_of(NameTable::Kind::flowint, parts[0]));
    if (known.has_value) {
      if (auto done = read_value(args, parts[2], rule, op); !done) return done;
    }
    if (known.is_condition)
      rule.state_condition(std::move(op));
    else
      rule.state_effect(std::move(op));
    return {};
  }
  return args.wrong("\"" + std::string(parts[1]) + "\" is not an operation of \"flowint\"", {},
                    "=, +, -, ==, !=, <, <=, >, >=, isset or isnotset.");
}

constexpr KeywordSpec kSpecs[] = {{
    .name = "flowint",
    .summary = "named integers of the flow: set, add, subtract at a match, or compare",
    .syntax = "flowint:NAME,=|+|-|==|!=|<|<=|>|>=,VALUE|NAME | NAME,isset|isnotset",
    .example = "flowint:login.failed,+,1;",
    .scope = Scope::state,
    .compile = compile,
}};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::flowint
