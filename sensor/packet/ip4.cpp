// SPDX-License-Identifier: Apache-2.0
// IPv4 (RFC 791).
#include "sensor/packet/defrag.hpp"
#include "sensor/packet/step.hpp"

namespace hd {
namespace {

struct OptionsSeen {
  std::uint64_t kinds[4] = {};
  bool again(std::uint8_t kind) noexcept {
    std::uint64_t& word = kinds[kind / 64];
    const std::uint64_t bit = std::uint64_t{1} << (kind % 64);
    const bool was = (word & bit) != 0;
    word |= bit;
    return was;
  }
};

// Length that each option must have; 0 any (at least 2), 1 not known.
unsigned stated_length(std::uint8_t kind) noexcept {
  switch (kind) {
    case 7: case 131: case 137: case 68: case 134: case 133: return 0;  // RR, LSRR, SSRR, TS, CIPSO, ESEC
    case 130: return 11;                                                // SEC
    case 136: return 4;                                                 // SID
    case 148: return 4;                                                 // router alert
    default: return 1;
  }
}

void ip4_options(DecodeStep& step, Bytes options) noexcept {
  OptionsSeen seen;
  std::size_t at = 0;
  while (at < options.size()) {
    const std::uint8_t kind = options[at];
    if (kind == 0) return;  // end of list
    if (kind == 1) {
      ++at;
      continue;
    }
    if (at + 1 >= options.size()) return step.raise(DecodeEvent::ipv4_opt_malformed);
    const std::size_t length = options[at + 1];
    if (length > options.size() - at) return step.raise(DecodeEvent::ipv4_opt_invalid_len);
    if (length < 2) return step.raise(DecodeEvent::ipv4_opt_invalid_len);
    const unsigned stated = stated_length(kind);
    if (stated == 1) {
      step.raise(DecodeEvent::ipv4_opt_invalid);
    } else {
      if (stated != 0 && stated != length) return step.raise(DecodeEvent::ipv4_opt_invalid_len);
      if (seen.again(kind)) step.raise(DecodeEvent::ipv4_opt_duplicate);
    }
    at += length;
  }
}

}  // namespace

void DecodeStep::ip4(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().ip4;
  if (!enter()) return;
  if (length < 20) return raise(DecodeEvent::ipv4_pkt_too_small);
  const std::uint8_t* header = at(offset);
  if (header[0] >> 4 != 4) return raise(DecodeEvent::ipv4_wrong_ip_version);
  const std::uint32_t header_length = (header[0] & 15u) * 4u;
  if (header_length < 20) return raise(DecodeEvent::ipv4_hlen_too_small);
  const std::uint32_t total = load_be16(header + 2);
  if (total < header_length) return raise(DecodeEvent::ipv4_iplen_smaller_than_hlen);
  if (length < total) return raise(DecodeEvent::ipv4_trunc_pkt);
  view->l3 = static_cast<std::uint16_t>(offset);
  view->flags |= packet_flag::ip4;
  if (header_length > 20) ip4_options(*this, {header + 20, header_length - 20});
  const std::uint32_t payload = offset + header_length;
  const std::uint32_t payload_length = total - header_length;
  view->protocol = header[9];
  view->l4 = static_cast<std::uint16_t>(payload);
  view->payload = static_cast<std::uint16_t>(payload);
  view->payload_length = static_cast<std::uint16_t>(payload_length);
  const std::uint16_t fragment = load_be16(header + 6);
  if ((fragment & 0x3fff) != 0) {
    ++counters().fragments;
    view->flags |= packet_flag::fragment;
    defragmenter().take4(*this, payload, payload_length);
    return;
  }
  ip_payload(header[9], payload, payload_length);
}

void DecodeStep::ip_payload(std::uint8_t protocol, std::uint32_t offset, std::uint32_t length) noexcept {
  const bool is_ip4 = view->is_ip4();
  switch (protocol) {
    case ip_protocol::tcp: return tcp(offset, length);
    case ip_protocol::udp: return udp(offset, length);
    case ip_protocol::icmp:
      if (!is_ip4) return raise(DecodeEvent::ipv6_icmpv4);
      return icmp4(offset, length);
    case ip_protocol::icmp6:
      if (is_ip4) return raise(DecodeEvent::ipv4_icmpv6);
      return icmp6(offset, length);
    case ip_protocol::sctp: return sctp(offset, length);
    case ip_protocol::gre: return gre(offset, length);
    case ip_protocol::ipip: return ip_in_ip(is_ip4 ? Tunnel::ipip : Tunnel::ip4in6, offset, length);
    case ip_protocol::ipv6: return ip_in_ip(Tunnel::ip6in4, offset, length);
    case ip_protocol::esp:
      ++counters().esp;
      if (length < 8) return raise(DecodeEvent::esp_pkt_too_small);
      return;
    default: ++counters().other_ip; return;
  }
}

}  // namespace hd
