// SPDX-License-Identifier: Apache-2.0
// xbits, hostbits: flags that are kept for an address or a pair of addresses, across flows.
#include "sensor/lang/keyword.hpp"

namespace hd::keyword::xbits {
namespace {

constexpr std::uint32_t kXbitExpire = 30; // seconds, as Suricata
constexpr std::uint32_t kHostbitExpire = 300;

struct Command {
  std::string_view name;
  StateOp::Kind xbit, hostbit;
  bool is_condition;
};
constexpr Command kCommands[] = {
    {"set", StateOp::Kind::xbit_set, StateOp::Kind::hostbit_set, false},
    {"unset", StateOp::Kind::xbit_unset, StateOp::Kind::hostbit_unset, false},
    {"toggle", StateOp::Kind::xbit_toggle, StateOp::Kind::hostbit_toggle, false},
    {"isset", StateOp::Kind::xbit_isset, StateOp::Kind::hostbit_isset, true},
    {"isnotset", StateOp::Kind::xbit_isnotset, StateOp::Kind::hostbit_isnotset, true},
};

Result<const Command*> find_command(const Args& args, std::string_view name) {
  for (const Command& known : kCommands) {
    if (known.name == name) return &known;
  }
  return args.wrong("\"" + std::string(name) + "\" is nothing to do with a bit", {},
                    "set, unset, toggle, isset, isnotset or noalert.");
}

void keep(RuleBuilder& rule, StateOp op, bool is_condition) {
  if (is_condition)
    rule.state_condition(std::move(op));
  else
    rule.state_effect(std::move(op));
}

Result<void> compile_xbits(const Args& args, RuleBuilder& rule) {
  const std::vector<std::string_view> parts = args.parts();
  if (parts.size() == 1 && parts[0] == "noalert") {
    rule.rule().is_noalert = true;
    return {};
  }
  if (parts.size() < 3 || parts.size() > 4 || parts[1].empty()) {
    return args.wrong("\"xbits\" needs a command, a name and what is tracked", {},
                      "For example xbits:set,scanner,track ip_src,expire 60;");
  }
  auto command = find_command(args, parts[0]);
  if (!command) return fail(std::move(command.error()));
  StateOp op{.kind = (*command)->xbit, .expire_s = kXbitExpire};
  op.names.push_back(rule.context().names.number_of(NameTable::Kind::xbit, parts[1]));
  const std::string_view track =
      parts[2].starts_with("track") ? trim(parts[2].substr(5)) : std::string_view();
  if (track == "ip_src")
    op.track = StateOp::Track::source;
  else if (track == "ip_dst")
    op.track = StateOp::Track::target;
  else if (track == "ip_pair")
    op.track = StateOp::Track::pair;
  else if (track == "tx")
    return args.wrong(ErrorCode::E2102, "bits of transactions (track tx) are not supported");
  else
    return args.wrong("\"" + std::string(parts[2]) + "\" cannot be tracked", {},
                      "track ip_src, ip_dst or ip_pair.");
  if (parts.size() == 4) {
    if (!parts[3].starts_with("expire"))
      return args.wrong("\"" + std::string(parts[3]) + "\" does not belong into \"xbits\"", {},
                        "expire SECONDS.");
    auto expire = parse_unsigned(args, trim(parts[3].substr(6)), 1, UINT32_MAX);
    if (!expire) return fail(std::move(expire.error()));
    op.expire_s = static_cast<std::uint32_t>(*expire);
  }
  keep(rule, std::move(op), (*command)->is_condition);
  return {};
}

Result<void> compile_hostbits(const Args& args, RuleBuilder& rule) {
  const std::vector<std::string_view> parts = args.parts();
  if (parts.size() == 1 && parts[0] == "noalert") {
    rule.rule().is_noalert = true;
    return {};
  }
  if (parts.size() < 2 || parts.size() > 3 || parts[1].empty())
    return args.wrong("\"hostbits\" needs a command and a name", {}, "For example hostbits:set,scanner,src;");
  auto command = find_command(args, parts[0]);
  if (!command) return fail(std::move(command.error()));
  StateOp op{.kind = (*command)->hostbit, .track = StateOp::Track::source, .expire_s = kHostbitExpire};
  op.names.push_back(rule.context().names.number_of(NameTable::Kind::hostbit, parts[1]));
  if (parts.size() == 3 && parts[2] == "dst")
    op.track = StateOp::Track::target;
  else if (parts.size() == 3 && parts[2] != "src")
    return args.wrong("\"" + std::string(parts[2]) + "\" is not a host of the packet", {}, "src or dst.");
  keep(rule, std::move(op), (*command)->is_condition);
  return {};
}

constexpr KeywordSpec kSpecs[] = {
    {.name = "xbits",
     .summary = "flags kept for an address or a pair of addresses, for a time",
     .syntax =
         "xbits:set|unset|toggle|isset|isnotset,NAME,track ip_src|ip_dst|ip_pair[,expire SECONDS] | noalert",
     .example = "xbits:set,scanner,track ip_src,expire 3600;",
     .scope = Scope::state,
     .compile = compile_xbits},
    {.name = "hostbits",
     .summary = "flags kept for a host, for 300 seconds",
     .syntax = "hostbits:set|unset|toggle|isset|isnotset,NAME[,src|dst]",
     .example = "hostbits:isset,scanner,src;",
     .scope = Scope::state,
     .compile = compile_hostbits},
};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::xbits
