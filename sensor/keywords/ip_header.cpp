// SPDX-License-Identifier: Apache-2.0
// ttl, tos, id, sameip, l3_proto, ip_proto: fields of the IP header.
#include "sensor/keywords/number.hpp"

namespace hd::keyword::ip_header {
namespace {

Number load_ttl(const Inspection& at) noexcept {
  if (at.packet.is_ip4()) return at.packet.ip()[8];
  if (at.packet.is_ip6()) return at.packet.ip()[7];
  return std::nullopt;
}
Number load_tos(const Inspection& at) noexcept {
  if (!at.packet.is_ip4()) return std::nullopt;
  return at.packet.ip()[1];
}
Number load_id(const Inspection& at) noexcept {
  if (!at.packet.is_ip4()) return std::nullopt;
  return load_be16(at.packet.ip() + 4);
}
Number load_protocol(const Inspection& at) noexcept {
  if (!at.packet.is_ip4() && !at.packet.is_ip6()) return std::nullopt;
  return at.packet.protocol;
}

// Old rules write x1f for hexadecimal.
Result<void> compile_tos(const Args& args, RuleBuilder& rule) {
  const bool is_negated = args.text().starts_with('!');
  const std::string_view text = is_negated ? trim(args.text().substr(1)) : args.text();
  if (!text.starts_with('x')) return compile_number<load_tos, 255>(args, rule);
  const std::string plain = (is_negated ? "!0" : "0") + std::string(text);
  return compile_number<load_tos, 255>(Args(args.keyword(), plain, true, args.place()), rule);
}

Result<void> compile_id(const Args& args, RuleBuilder& rule) {
  std::string_view text = args.text();
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"'))
    text = trim(text.substr(1, text.size() - 2));
  return compile_number<load_id, 65535>(Args(args.keyword(), text, true, args.place()), rule);
}

bool check_sameip(const Inspection& at, const CheckData&) noexcept {
  return (at.packet.is_ip4() || at.packet.is_ip6()) && source_address(at.packet) == target_address(at.packet);
}

Result<void> compile_sameip(const Args& args, RuleBuilder& rule) {
  if (auto none = args.none(); !none) return none;
  rule.condition(check_sameip);
  return {};
}

bool check_family(const Inspection& at, const CheckData& data) noexcept {
  return data.number[0] == 4 ? at.packet.is_ip4() : at.packet.is_ip6();
}

Result<void> compile_l3_proto(const Args& args, RuleBuilder& rule) {
  if (auto first = rule.once(args, "l3_proto"); !first) return first;
  const std::string_view text = args.text();
  if (text == "ip") return {};
  const bool is_ip4 = text == "ip4" || text == "ipv4";
  if (!is_ip4 && text != "ip6" && text != "ipv6")
    return args.wrong("\"" + std::string(text) + "\" is not a network protocol", {},
                      "ip, ip4, ipv4, ip6 or ipv6.");
  // A rule on any packet becomes one on a family; others keep their protocol and get a condition.
  if (rule.rule().protocol == HeaderProtocol::ip) {
    rule.rule().protocol = is_ip4 ? HeaderProtocol::ip4 : HeaderProtocol::ip6;
    return {};
  }
  rule.condition(check_family, {.number = {is_ip4 ? 4u : 6u}}, false);
  return {};
}

constexpr NamedValue kProtocols[] = {
    {"icmp", 1},      {"igmp", 2},         {"ggp", 3},        {"ipip", 4},        {"ip-encap", 4},
    {"ipencap", 4},   {"st", 5},           {"tcp", 6},        {"egp", 8},         {"igp", 9},
    {"pup", 12},      {"udp", 17},         {"hmp", 20},       {"xns-idp", 22},    {"rdp", 27},
    {"iso-tp4", 29},  {"dccp", 33},        {"xtp", 36},       {"ddp", 37},        {"idpr-cmtp", 38},
    {"ipv6", 41},     {"ipv6-route", 43},  {"ipv6-frag", 44}, {"idrp", 45},       {"rsvp", 46},
    {"gre", 47},      {"esp", 50},         {"ipsec-esp", 50}, {"ah", 51},         {"ipsec-ah", 51},
    {"skip", 57},     {"ipv6-icmp", 58},   {"icmpv6", 58},    {"ipv6-nonxt", 59}, {"ipv6-opts", 60},
    {"rspf", 73},     {"vmtp", 81},        {"eigrp", 88},     {"ospf", 89},       {"ospfigp", 89},
    {"ax.25", 93},    {"etherip", 97},     {"encap", 98},     {"pim", 103},       {"ipcomp", 108},
    {"vrrp", 112},    {"l2tp", 115},       {"isis", 124},     {"sctp", 132},      {"fc", 133},
    {"udplite", 136}, {"mpls-in-ip", 137},
};

Result<void> compile_ip_proto(const Args& args, RuleBuilder& rule) {
  std::string_view text = args.text();
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"'))
    text = trim(text.substr(1, text.size() - 2));
  auto range = parse_integer_range(args, text, 255, kProtocols);
  if (!range) return fail(std::move(range.error()));
  CheckData data;
  store_range(*range, data.number);
  rule.condition(compare_number<load_protocol>, std::move(data), false);
  return {};
}

constexpr KeywordSpec kSpecs[] = {
    {.name = "ttl",
     .summary = "IPv4 time to live or IPv6 hop limit",
     .syntax = "ttl:N | <N | <=N | >N | >=N | N-M",
     .example = "ttl:<5;",
     .source = "RFC 791 3.1; RFC 8200 3",
     .compile = compile_number<load_ttl, 255>},
    {.name = "tos",
     .summary = "IPv4 type of service byte",
     .syntax = "tos:[!]N",
     .example = "tos:!0;",
     .source = "RFC 791 3.1",
     .compile = compile_tos},
    {.name = "id",
     .summary = "IPv4 identification",
     .syntax = "id:N",
     .example = "id:31337;",
     .source = "RFC 791 3.1",
     .compile = compile_id},
    {.name = "sameip",
     .summary = "source and destination address are the same",
     .syntax = "sameip",
     .example = "sameip;",
     .compile = compile_sameip},
    {.name = "l3_proto",
     .summary = "network protocol of the packet",
     .syntax = "l3_proto:ip4|ip6",
     .example = "l3_proto:ip6;",
     .compile = compile_l3_proto},
    {.name = "ip_proto",
     .summary = "IP protocol by number or name",
     .syntax = "ip_proto:[!|<|>]N|NAME",
     .example = "ip_proto:gre;",
     .source = "IANA protocol numbers",
     .compile = compile_ip_proto},
};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::ip_header
