// SPDX-License-Identifier: Apache-2.0
// itype, icode, icmp_id, icmp_seq, icmpv6.mtu: fields of ICMP and ICMPv6.
#include "sensor/keywords/number.hpp"

namespace hd::keyword::icmp {
namespace {

bool is_icmp4(const PacketView& packet) noexcept {
  return packet.protocol == ip_protocol::icmp && packet.has(packet_flag::l4);
}
bool is_icmp6(const PacketView& packet) noexcept {
  return packet.protocol == ip_protocol::icmp6 && packet.has(packet_flag::l4);
}

// Bytes of the message from its first; the decoder accepted 8 at least.
std::size_t length_of(const PacketView& packet) noexcept {
  return std::size_t{packet.payload} - packet.l4 + packet.payload_length;
}

Number load_type(const Inspection& at) noexcept {
  if (!is_icmp4(at.packet) && !is_icmp6(at.packet)) return std::nullopt;
  return at.packet.transport()[0];
}
Number load_code(const Inspection& at) noexcept {
  if (!is_icmp4(at.packet) && !is_icmp6(at.packet)) return std::nullopt;
  return at.packet.transport()[1];
}

// Messages with identifier and sequence number: echo, timestamp, information and address mask (RFC 792, 950),
// echo of ICMPv6.
bool has_identifier(const PacketView& packet) noexcept {
  if (length_of(packet) < 8) return false;
  if (is_icmp6(packet)) return packet.transport()[0] == 128 || packet.transport()[0] == 129;
  if (!is_icmp4(packet)) return false;
  const std::uint8_t type = packet.transport()[0];
  return type == 0 || type == 8 || (type >= 13 && type <= 18);
}
Number load_id(const Inspection& at) noexcept {
  if (!has_identifier(at.packet)) return std::nullopt;
  return load_be16(at.packet.transport() + 4);
}
Number load_seq(const Inspection& at) noexcept {
  if (!has_identifier(at.packet)) return std::nullopt;
  return load_be16(at.packet.transport() + 6);
}
Number load_mtu(const Inspection& at) noexcept {
  constexpr std::uint8_t kPacketTooBig = 2;
  if (!is_icmp6(at.packet) || length_of(at.packet) < 8 || at.packet.transport()[0] != kPacketTooBig)
    return std::nullopt;
  return load_be32(at.packet.transport() + 4);
}

template <Number (*Load)(const Inspection&) noexcept>
Result<void> compile_unquoted(const Args& args, RuleBuilder& rule) {
  std::string_view text = args.text();
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"'))
    text = trim(text.substr(1, text.size() - 2));
  return compile_number<Load, 65535>(Args(args.keyword(), text, true, args.place()), rule);
}

constexpr KeywordSpec kSpecs[] = {
    {.name = "itype",
     .summary = "ICMP type",
     .syntax = "itype:[!|<|>]N | N<>M",
     .example = "itype:8;",
     .source = "RFC 792; RFC 4443",
     .compile = compile_number<load_type, 255>},
    {.name = "icode",
     .summary = "ICMP code",
     .syntax = "icode:[!|<|>]N | N<>M",
     .example = "icode:0;",
     .source = "RFC 792; RFC 4443",
     .compile = compile_number<load_code, 255>},
    {.name = "icmp_id",
     .summary = "identifier of ICMP echo, timestamp, information and mask messages",
     .syntax = "icmp_id:N",
     .example = "icmp_id:0;",
     .source = "RFC 792; RFC 4443 4",
     .compile = compile_unquoted<load_id>},
    {.name = "icmp_seq",
     .summary = "sequence number of ICMP echo, timestamp, information and mask messages",
     .syntax = "icmp_seq:N",
     .example = "icmp_seq:0;",
     .source = "RFC 792; RFC 4443 4",
     .compile = compile_unquoted<load_seq>},
    {.name = "icmpv6.mtu",
     .summary = "MTU of an ICMPv6 packet-too-big message",
     .syntax = "icmpv6.mtu:[!|<|>]N | N-M",
     .example = "icmpv6.mtu:<1280;",
     .source = "RFC 4443 3.2",
     .compile = compile_number<load_mtu, UINT32_MAX>},
};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::icmp
