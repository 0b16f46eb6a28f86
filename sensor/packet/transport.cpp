// SPDX-License-Identifier: Apache-2.0
// TCP (RFC 9293), UDP (RFC 768), SCTP (RFC 9260), ICMP (RFC 792, 4443).
#include "sensor/packet/step.hpp"

namespace hd {
namespace {

// Length that a TCP option must have; 0 any.
bool tcp_length_fits(std::uint8_t kind, std::size_t length) noexcept {
  switch (kind) {
    case 2: return length == 4;                                      // MSS
    case 3: return length == 3;                                      // window scale
    case 4: return length == 2;                                      // SACK permitted
    case 5: return length >= 10 && (length - 2) % 8 == 0 && length <= 34;  // SACK
    case 8: return length == 10;                                     // timestamps
    case 19: return length == 18;                                    // MD5
    case 29: return length >= 4;                                     // AO
    case 34: return length == 2 || (length >= 6 && length <= 18 && length % 2 == 0);  // fast open
    default: return true;
  }
}

void tcp_options(DecodeStep& step, Bytes options) noexcept {
  std::uint64_t seen = 0;
  std::size_t at = 0;
  while (at < options.size()) {
    const std::uint8_t kind = options[at];
    if (kind == 0) return;
    if (kind == 1) {
      ++at;
      continue;
    }
    if (at + 1 >= options.size()) return;
    const std::size_t length = options[at + 1];
    if (length < 2 || length > options.size() - at) return step.raise(DecodeEvent::tcp_opt_invalid_len);
    if (!tcp_length_fits(kind, length)) {
      step.raise(DecodeEvent::tcp_opt_invalid_len);
    } else if (kind < 64 && (kind == 2 || kind == 3 || kind == 4 || kind == 5 || kind == 8 || kind == 34)) {
      if ((seen >> kind & 1) != 0) step.raise(DecodeEvent::tcp_opt_duplicate);
      seen |= std::uint64_t{1} << kind;
    }
    at += length;
  }
}

// Highest code of each ICMPv4 type that is known; -1: the type is not.
int icmp4_code_max(std::uint8_t type) noexcept {
  switch (type) {
    case 0: case 4: case 8: case 10: case 13: case 14: case 15: case 16: case 17: case 18: return 0;
    case 3: return 15;
    case 5: return 3;
    case 9: return 16;
    case 11: return 1;
    case 12: return 2;
    default: return -1;
  }
}

void icmp4_embedded(DecodeStep& step, Bytes inner) noexcept {
  if (inner.size() < 20) return step.raise(DecodeEvent::icmpv4_ipv4_trunc_pkt);
  if (inner[0] >> 4 != 4) return step.raise(DecodeEvent::icmpv4_ipv4_unknown_ver);
  const std::size_t header = (inner[0] & 15u) * 4u;
  if (header < 20 || inner.size() < header) step.raise(DecodeEvent::icmpv4_ipv4_trunc_pkt);
}

void icmp6_embedded(DecodeStep& step, Bytes inner) noexcept {
  if (inner.size() < 40) return step.raise(DecodeEvent::icmpv6_ipv6_trunc_pkt);
  if (inner[0] >> 4 != 6) step.raise(DecodeEvent::icmpv6_ipv6_unknown_version);
}

struct CodeRange {
  std::uint8_t first, last, code_max;
};
// Types of ICMPv6 messages that are known, with their highest code (IANA).
constexpr CodeRange kIcmp6[] = {{1, 1, 8}, {2, 2, 0}, {3, 3, 1}, {4, 4, 10}, {128, 129, 0}, {130, 137, 0}, {138, 138, 255}, {139, 140, 2}, {141, 143, 0},
                                {144, 147, 0}, {148, 149, 0}, {150, 153, 0}, {154, 154, 255}, {155, 155, 255}, {156, 157, 255}};

}  // namespace

void DecodeStep::tcp(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().tcp;
  if (length < 20) return raise(DecodeEvent::tcp_pkt_too_small);
  const std::uint32_t header = (at(offset)[12] >> 4) * 4u;
  if (length < header) return raise(DecodeEvent::tcp_hlen_too_small);
  if (header < 20) return raise(DecodeEvent::tcp_invalid_optlen);
  if (header > 20) tcp_options(*this, {at(offset + 20), header - 20});
  set_transport(ip_protocol::tcp, offset, header, length);
}

void DecodeStep::udp(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().udp;
  if (length < 8) return raise(DecodeEvent::udp_hlen_too_small);
  const std::uint32_t stated = load_be16(at(offset + 4));
  if (length < stated) return raise(DecodeEvent::udp_pkt_too_small);
  if (stated < 8) return raise(DecodeEvent::udp_len_invalid);
  set_transport(ip_protocol::udp, offset, 8, stated);
  udp_tunnel(offset, stated);
}

void DecodeStep::sctp(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().sctp;
  if (length < 12) return raise(DecodeEvent::sctp_pkt_too_small);
  set_transport(ip_protocol::sctp, offset, 12, length);
}

void DecodeStep::icmp4(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().icmp4;
  if (length < 8) return raise(DecodeEvent::icmpv4_pkt_too_small);
  set_transport(ip_protocol::icmp, offset, 8, length);
  const std::uint8_t type = *at(offset), code = *at(offset + 1);
  const int code_max = icmp4_code_max(type);
  if (code_max < 0) return raise(DecodeEvent::icmpv4_unknown_type);
  if (code > code_max) raise(DecodeEvent::icmpv4_unknown_code);
  const bool is_error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
  if (is_error && code <= code_max) icmp4_embedded(*this, view->payload_bytes());
}

void DecodeStep::icmp6(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().icmp6;
  if (length < 8) return raise(DecodeEvent::icmpv6_pkt_too_small);
  set_transport(ip_protocol::icmp6, offset, 8, length);
  const std::uint8_t type = *at(offset), code = *at(offset + 1);
  if (type >= 1 && type <= 4) icmp6_embedded(*this, view->payload_bytes());
  // Multicast listener messages stay on the link (RFC 2710 section 3).
  if (type >= 130 && type <= 132 && view->ip()[7] != 1) raise(DecodeEvent::icmpv6_mld_message_with_invalid_hl);
  if (type == 100 || type == 101 || type == 200 || type == 201) return raise(DecodeEvent::icmpv6_experimentation_type);
  for (const CodeRange& range : kIcmp6) {
    if (type < range.first || type > range.last) continue;
    if (code > range.code_max) raise(DecodeEvent::icmpv6_unknown_code);
    return;
  }
  raise(DecodeEvent::icmpv6_unassigned_type);
}

}  // namespace hd
