// SPDX-License-Identifier: Apache-2.0
// ipv4-csum, tcpv4-csum …: whether a checksum is right. Computed when a rule asks, whatever `checksums` says.
#include "sensor/packet/checksum.hpp"

#include "sensor/lang/keyword.hpp"

namespace hd::keyword::checksum {
namespace {

enum class Family : std::uint64_t { ip4, ip6 };

// number: the state wanted, family, transport protocol (0: the IPv4 header's own checksum)
bool check(const Inspection& at, const CheckData& data) noexcept {
  if (at.is_flow_end) return false;
  const auto wanted = static_cast<ChecksumState>(data.number[0]);
  if (data.number[2] == 0) return ip4_checksum(at.packet) == wanted;
  const bool is_family =
      static_cast<Family>(data.number[1]) == Family::ip4 ? at.packet.is_ip4() : at.packet.is_ip6();
  return is_family && at.packet.protocol == data.number[2] && transport_checksum(at.packet) == wanted;
}

template <Family Version, std::uint8_t Protocol> Result<void> compile(const Args& args, RuleBuilder& rule) {
  std::string_view text = args.text();
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"'))
    text = trim(text.substr(1, text.size() - 2));
  if (text != "valid" && text != "invalid")
    return args.wrong("\"" + std::string(text) + "\" is not a state of a checksum", {}, "valid or invalid.");
  const ChecksumState wanted = text == "valid" ? ChecksumState::right : ChecksumState::wrong;
  rule.condition(
      check, {.number = {static_cast<std::uint64_t>(wanted), static_cast<std::uint64_t>(Version), Protocol}});
  return {};
}

constexpr KeywordSpec kSpecs[] = {
    {.name = "ipv4-csum",
     .summary = "checksum of the IPv4 header",
     .syntax = "ipv4-csum:valid|invalid",
     .example = "ipv4-csum:invalid;",
     .source = "RFC 1071",
     .compile = compile<Family::ip4, 0>},
    {.name = "tcpv4-csum",
     .summary = "checksum of TCP over IPv4",
     .syntax = "tcpv4-csum:valid|invalid",
     .example = "tcpv4-csum:invalid;",
     .source = "RFC 9293 3.1",
     .compile = compile<Family::ip4, ip_protocol::tcp>},
    {.name = "tcpv6-csum",
     .summary = "checksum of TCP over IPv6",
     .syntax = "tcpv6-csum:valid|invalid",
     .example = "tcpv6-csum:invalid;",
     .source = "RFC 8200 8.1",
     .compile = compile<Family::ip6, ip_protocol::tcp>},
    {.name = "udpv4-csum",
     .summary = "checksum of UDP over IPv4",
     .syntax = "udpv4-csum:valid|invalid",
     .example = "udpv4-csum:invalid;",
     .source = "RFC 768",
     .compile = compile<Family::ip4, ip_protocol::udp>},
    {.name = "udpv6-csum",
     .summary = "checksum of UDP over IPv6",
     .syntax = "udpv6-csum:valid|invalid",
     .example = "udpv6-csum:invalid;",
     .source = "RFC 8200 8.1",
     .compile = compile<Family::ip6, ip_protocol::udp>},
    {.name = "icmpv4-csum",
     .summary = "checksum of ICMP",
     .syntax = "icmpv4-csum:valid|invalid",
     .example = "icmpv4-csum:invalid;",
     .source = "RFC 792",
     .compile = compile<Family::ip4, ip_protocol::icmp>},
    {.name = "icmpv6-csum",
     .summary = "checksum of ICMPv6",
     .syntax = "icmpv6-csum:valid|invalid",
     .example = "icmpv6-csum:invalid;",
     .source = "RFC 4443 2.3",
     .compile = compile<Family::ip6, ip_protocol::icmp6>},
};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::checksum
