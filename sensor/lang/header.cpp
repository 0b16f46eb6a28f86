// SPDX-License-Identifier: Apache-2.0
#include "sensor/lang/header.hpp"

#include "sensor/base/text.hpp"
#include "sensor/lang/inspection.hpp"

#include <algorithm>
#include <cctype>

namespace hd {
namespace {

tl::unexpected<Error> wrong(const ast::Word& word, std::string what, std::string why = {},
                            std::string hint = {}) {
  Error error{
      .code = ErrorCode::E2002, .what = std::move(what), .why = std::move(why), .hint = std::move(hint)};
  error.place.column = word.offset + 1;
  error.place.length = static_cast<std::uint32_t>(word.text.size());
  return fail(std::move(error));
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

struct ActionName {
  std::string_view name;
  Action action;
};
constexpr ActionName kActions[] = {{"alert", Action::alert},       {"drop", Action::drop},
                                   {"pass", Action::pass},         {"reject", Action::reject},
                                   {"rejectsrc", Action::reject},  {"rejectdst", Action::reject},
                                   {"rejectboth", Action::reject}, {"config", Action::config}};

struct ProtocolName {
  std::string_view name;
  HeaderProtocol protocol;
};
constexpr ProtocolName kProtocols[] = {
    {"ip", HeaderProtocol::ip},           {"ip4", HeaderProtocol::ip4},
    {"ipv4", HeaderProtocol::ip4},        {"ip6", HeaderProtocol::ip6},
    {"ipv6", HeaderProtocol::ip6},        {"tcp", HeaderProtocol::tcp},
    {"tcp-pkt", HeaderProtocol::tcp_pkt}, {"tcp-stream", HeaderProtocol::tcp_stream},
    {"udp", HeaderProtocol::udp},         {"icmp", HeaderProtocol::icmp},
    {"icmpv4", HeaderProtocol::icmp4},    {"icmpv6", HeaderProtocol::icmp6},
    {"sctp", HeaderProtocol::sctp},       {"pkthdr", HeaderProtocol::pkthdr},
};

// Names that the language has and that no protocol folder is for: refused for another reason than a slip of
// the pen.
constexpr std::string_view kKnownElsewhere[] = {
    "http2",  "doh2", "websocket", "quic",  "ssh",    "mdns",   "smtp",     "imap",
    "pop3",   "ftp",  "ftp-data",  "tftp",  "smb",    "dcerpc", "nfs",      "krb5",
    "ldap",   "ike",  "rdp",       "rfb",   "telnet", "sip",    "sdp",      "mqtt",
    "modbus", "dnp3", "enip",      "pgsql", "snmp",   "dhcp",   "ntp",      "bittorrent-dht",
    "gre",    "esp",  "ah",        "arp",   "ether",  "vxlan",  "template", "igmp",
};

bool always(const Inspection&, const CheckData&) noexcept {
  return true;
}

const ProtocolSpec* find_protocol(const BuildContext& context, std::string_view name) {
  if (name == "http1") name = "http";
  for (const ProtocolSpec* protocol : context.protocols) {
    if (protocol->name == name) return protocol;
  }
  return nullptr;
}

// The progress at which a hook of that name is reached.
Result<TransactionCondition> find_hook(const ast::Word& word, const ProtocolSpec& protocol,
                                       std::string_view hook) {
  std::vector<std::string_view> known;
  for (const Direction direction : {Direction::to_server, Direction::to_client}) {
    const unsigned at = index_of(direction);
    TransactionCondition condition{
        .protocol = protocol.id, .directions = static_cast<Directions>(1u << at), .check = always};
    const std::string_view side = direction == Direction::to_server ? "request" : "response";
    if (hook == std::string(side) + "_started") return condition;
    if (hook == std::string(side) + "_complete") {
      condition.progress[at] = protocol.complete[at];
      return condition;
    }
    for (std::size_t i = 0; i < protocol.progress_names[at].size(); ++i) {
      known.push_back(protocol.progress_names[at][i]);
      if (hook != protocol.progress_names[at][i]) continue;
      condition.progress[at] = static_cast<std::uint8_t>(i);
      return condition;
    }
  }
  const std::string_view nearest = nearest_name(hook, known);
  return wrong(word, std::string(protocol.name) + " has no hook \"" + std::string(hook) + "\"", {},
               nearest.empty() ? std::string() : "Did you mean \"" + std::string(nearest) + "\"?");
}

Result<void> resolve_protocol(const ast::Word& word, const BuildContext& context, RuleIr& rule) {
  const std::string name = lower(word.text);
  for (const ProtocolName& known : kProtocols) {
    if (known.name != name) continue;
    rule.protocol = known.protocol;
    return {};
  }
  const std::string bare = name.substr(0, name.find(':'));
  const ProtocolSpec* protocol = find_protocol(context, bare);
  if (protocol == nullptr) {
    if (std::find(std::begin(kKnownElsewhere), std::end(kKnownElsewhere), bare) !=
        std::end(kKnownElsewhere)) {
      return wrong(word, "protocol not supported: " + bare);
    }
    std::vector<std::string_view> names;
    for (const ProtocolName& known : kProtocols)
      names.push_back(known.name);
    for (const ProtocolSpec* known : context.protocols)
      names.push_back(known->name);
    const std::string_view nearest = nearest_name(bare, names);
    return wrong(word, "\"" + bare + "\" is not a protocol", {},
                 nearest.empty() ? std::string() : "Did you mean \"" + std::string(nearest) + "\"?");
  }
  rule.protocol = HeaderProtocol::app;
  rule.app_protocol = protocol->id;
  if (bare.size() == name.size()) return {};
  auto hook = find_hook(word, *protocol, std::string_view(name).substr(bare.size() + 1));
  if (!hook) return fail(std::move(hook.error()));
  rule.transaction_conditions.push_back(std::move(*hook));
  return {};
}

template <class T> Result<void> store(const ast::Word& word, Result<T> list, T& out) {
  if (!list) {
    list.error().place.column = word.offset + 1;
    list.error().place.length = static_cast<std::uint32_t>(word.text.size());
    return fail(std::move(list.error()));
  }
  out = std::move(*list);
  return {};
}

} // namespace

Result<void> resolve_header(const ast::Rule& text, ListResolver& lists, const BuildContext& context,
                            RuleIr& rule) {
  const auto action = std::find_if(std::begin(kActions), std::end(kActions),
                                   [&](const ActionName& one) { return one.name == text.action.text; });
  if (action == std::end(kActions)) {
    std::vector<std::string_view> names;
    for (const ActionName& one : kActions)
      names.push_back(one.name);
    const std::string_view nearest = nearest_name(text.action.text, names);
    return wrong(text.action, "\"" + std::string(text.action.text) + "\" is not an action", {},
                 nearest.empty() ? "Actions: alert, pass, drop, reject, config."
                                 : "Did you mean \"" + std::string(nearest) + "\"?");
  }
  rule.action = action->action;
  if (auto done = resolve_protocol(text.protocol, context, rule); !done) return done;
  const std::string_view direction = text.direction.text;
  rule.is_bidirectional = direction == "<>";
  rule.is_transactional_bidirectional = direction == "=>";
  if (direction != "->" && direction != "<>" && direction != "=>") {
    return wrong(text.direction, "\"" + std::string(direction) + "\" is not a direction", {},
                 "Write ->, <> or =>.");
  }
  if (auto done = store(text.source, lists.addresses(text.source.text), rule.source); !done) return done;
  if (auto done = store(text.source_ports, lists.ports(text.source_ports.text), rule.source_ports); !done)
    return done;
  if (auto done = store(text.target, lists.addresses(text.target.text), rule.target); !done) return done;
  return store(text.target_ports, lists.ports(text.target_ports.text), rule.target_ports);
}

} // namespace hd
