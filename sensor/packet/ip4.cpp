// SPDX-License-Identifier: Apache-2.0
// IPv4 (RFC 791).
#include "sensor/packet/defrag.hpp"
#include "sensor/packet/step.hpp"

namespace hd {

bool DecodeStep::ip4(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().ip4;
  if (!enter()) return false;
  if (length < 20) return refuse(DecodeEvent::ipv4_pkt_too_small);
  const std::uint8_t* header = at(offset);
  if (header[0] >> 4 != 4) return refuse(DecodeEvent::ipv4_wrong_ip_version);
  const std::uint32_t header_length = (header[0] & 15u) * 4u;
  if (header_length < 20) return refuse(DecodeEvent::ipv4_hlen_too_small);
  const std::uint32_t total = load_be16(header + 2);
  if (total < header_length) return refuse(DecodeEvent::ipv4_iplen_smaller_than_hlen);
  if (length < total) {
    view->flags |= packet_flag::truncated;
    return refuse(DecodeEvent::ipv4_trunc_pkt);
  }
  view->l3 = static_cast<std::uint16_t>(offset);
  view->flags |= packet_flag::ip4;
  if (header_length > 20) [[unlikely]]
    ip4_options({header + 20, header_length - 20});
  const std::uint8_t protocol = is_van_jacobson ? ip_protocol::tcp : header[9];
  is_van_jacobson = false;
  set_network(protocol, offset + header_length);
  if ((load_be16(header + 6) & 0x3fff) != 0) [[unlikely]] {
    ++counters().fragments;
    view->flags |= packet_flag::fragment;
    defragmenter().take4(*this, offset + header_length, total - header_length);
    return true;
  }
  ip_payload(protocol, offset + header_length, total - header_length);
  return true;
}

void DecodeStep::ip_payload(std::uint8_t protocol, std::uint32_t offset, std::uint32_t length) noexcept {
  if (protocol == ip_protocol::tcp) [[likely]]
    return tcp(offset, length);
  if (protocol == ip_protocol::udp) return udp(offset, length);
  const bool is_ip4 = view->is_ip4();
  switch (protocol) {
    case ip_protocol::icmp:
      return is_ip4 ? icmp4(offset, length) : raise(DecodeEvent::ipv6_icmpv4);
    case ip_protocol::icmp6:
      return is_ip4 ? raise(DecodeEvent::ipv4_icmpv6) : icmp6(offset, length);
    case ip_protocol::sctp:
      return sctp(offset, length);
    case ip_protocol::gre:
      return gre(offset, length);
    case ip_protocol::ipip:
      return ip_in_ip(is_ip4 ? Tunnel::ipip : Tunnel::ip4in6, offset, length);
    case ip_protocol::ipv6:
      return ip_in_ip(Tunnel::ip6in4, offset, length);
    case ip_protocol::esp:
      return esp(offset, length);
    default:
      ++counters().other_ip;
      if (!is_ip4) raise(DecodeEvent::ipv6_unknown_next_header);
      return;
  }
}

}  // namespace hd
