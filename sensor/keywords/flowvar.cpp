// SPDX-License-Identifier: Apache-2.0
// flowvar, pktvar: bytes that a group of pcre kept, searched for a value.
#include "sensor/lang/content_text.hpp"
#include "sensor/lang/keyword.hpp"

namespace hd::keyword::flowvar {
namespace {

Result<void> compile(const Args& args, RuleBuilder& rule, StateOp::Kind kind, NameTable::Kind names) {
  const std::size_t comma = args.text().find(',');
  const std::string_view name = trim(args.text().substr(0, comma));
  if (comma == std::string_view::npos || name.empty()) {
    return args.wrong("\"" + std::string(args.keyword()) + "\" needs a name and a value", {},
                      "For example " + std::string(args.keyword()) + ":page,\"admin\";");
  }
  auto text = parse_content_text(args, trim(args.text().substr(comma + 1)));
  if (!text) return fail(std::move(text.error()));
  StateOp op{.kind = kind, .text = std::move(*text)};
  op.names.push_back(rule.context().names.number_of(names, name));
  rule.state_condition(std::move(op));
  return {};
}

Result<void> compile_flowvar(const Args& args, RuleBuilder& rule) {
  return compile(args, rule, StateOp::Kind::flowvar_compare, NameTable::Kind::flowvar);
}
Result<void> compile_pktvar(const Args& args, RuleBuilder& rule) {
  return compile(args, rule, StateOp::Kind::pktvar_compare, NameTable::Kind::pktvar);
}

constexpr KeywordSpec kSpecs[] = {
    {.name = "flowvar",
     .summary = "the value that pcre kept for the flow under a name holds these bytes",
     .syntax = "flowvar:NAME,\"TEXT|HEX|\"",
     .example = "flowvar:page,\"admin\";",
     .scope = Scope::state,
     .compile = compile_flowvar},
    {.name = "pktvar",
     .summary = "the value that pcre kept for the packet under a name holds these bytes",
     .syntax = "pktvar:NAME,\"TEXT|HEX|\"",
     .example = "pktvar:page,\"admin\";",
     .scope = Scope::state,
     .compile = compile_pktvar},
};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::flowvar
