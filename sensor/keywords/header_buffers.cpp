// SPDX-License-Identifier: Apache-2.0
// ipv4.hdr, ipv6.hdr, tcp.hdr, udp.hdr, icmpv4.hdr, icmpv6.hdr, ip.src, ip.dst: parts of the packet as sticky
// buffers.
#include "sensor/lang/keyword.hpp"

#include <algorithm>

namespace hd::keyword::header_buffers {
namespace {

bool get_ip4(const Inspection& at, Bytes& out) noexcept {
  if (!at.packet.is_ip4()) return false;
  out = {at.packet.ip(), (at.packet.ip()[0] & 15u) * 4u};
  return true;
}

// The fixed header and all extension headers.
bool get_ip6(const Inspection& at, Bytes& out) noexcept {
  if (!at.packet.is_ip6()) return false;
  out = {at.packet.ip(),
         std::max<std::size_t>(40, std::size_t{at.packet.l4} - std::min(at.packet.l3, at.packet.l4))};
  return true;
}

template <std::uint8_t Protocol> bool get_transport(const Inspection& at, Bytes& out) noexcept {
  if (at.packet.protocol != Protocol || !at.packet.has(packet_flag::l4) || at.packet.payload < at.packet.l4)
    return false;
  out = {at.packet.transport(), std::size_t{at.packet.payload} - at.packet.l4};
  return true;
}

// The 8 bytes that all ICMP messages have.
template <std::uint8_t Protocol> bool get_icmp(const Inspection& at, Bytes& out) noexcept {
  if (at.packet.protocol != Protocol || !at.packet.has(packet_flag::l4)) return false;
  const std::size_t length = std::size_t{at.packet.payload} - at.packet.l4 + at.packet.payload_length;
  out = {at.packet.transport(), std::min<std::size_t>(8, length)};
  return true;
}

template <std::size_t Ip4Offset, std::size_t Ip6Offset>
bool get_address(const Inspection& at, Bytes& out) noexcept {
  if (at.packet.is_ip4())
    out = {at.packet.ip() + Ip4Offset, 4};
  else if (at.packet.is_ip6())
    out = {at.packet.ip() + Ip6Offset, 16};
  else
    return false;
  return true;
}

constexpr PacketBufferSpec kBuffers[] = {
    {.name = "ipv4.hdr", .summary = "IPv4 header with its options", .get = get_ip4},
    {.name = "ipv6.hdr", .summary = "IPv6 header with its extension headers", .get = get_ip6},
    {.name = "tcp.hdr", .summary = "TCP header with its options", .get = get_transport<ip_protocol::tcp>},
    {.name = "udp.hdr", .summary = "UDP header", .get = get_transport<ip_protocol::udp>},
    {.name = "icmpv4.hdr",
     .summary = "first 8 bytes of the ICMP message",
     .get = get_icmp<ip_protocol::icmp>},
    {.name = "icmpv6.hdr",
     .summary = "first 8 bytes of the ICMPv6 message",
     .get = get_icmp<ip_protocol::icmp6>},
    {.name = "ip.src", .summary = "source address, 4 or 16 bytes", .get = get_address<12, 8>},
    {.name = "ip.dst", .summary = "destination address, 4 or 16 bytes", .get = get_address<16, 24>},
};

} // namespace

extern constinit const KeywordTable table{.buffers = kBuffers};

} // namespace hd::keyword::header_buffers
