// SPDX-License-Identifier: Apache-2.0
// PPP (RFC 1661, 1662) and PPPoE (RFC 2516).
#include "sensor/packet/step.hpp"

#include <algorithm>
#include <iterator>

namespace hd {
namespace {

// Protocols that have a number and that are not looked at (IANA PPP numbers): compressed and other networks'
// packets, and the control protocols.
bool is_known_other(std::uint16_t protocol) noexcept {
  static constexpr std::uint16_t kKnown[] = {
      0x0023, 0x0025, 0x0027, 0x0029, 0x002b, 0x002d, 0x0031, 0x0033, 0x0035, 0x003d, 0x003f, 0x0041, 0x0043,
      0x0045, 0x0047, 0x0049, 0x004b, 0x004d, 0x0281, 0x0283, 0x8021, 0x8023, 0x8025, 0x8027, 0x8029, 0x802b,
      0x8031, 0x8033, 0x8035, 0x8057, 0x80fb, 0x80fd, 0x8281, 0xc021, 0xc023, 0xc025, 0xc223, 0xc227};
  return std::binary_search(std::begin(kKnown), std::end(kKnown), protocol);
}

}  // namespace

bool DecodeStep::ppp(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().ppp;
  if (!enter()) return false;
  // Address and control field may have been left out (RFC 1661 section 6.6).
  if (length >= 4 && *at(offset) == 0xff && *at(offset + 1) == 0x03) {
    offset += 2;
    length -= 2;
  }
  return ppp_protocol(offset, length);
}

// From the protocol field on; its first byte may have been left out (RFC 1661 section 6.5).
bool DecodeStep::ppp_protocol(std::uint32_t offset, std::uint32_t length) noexcept {
  if (length < 2) return refuse(DecodeEvent::ppp_pkt_too_small);
  const bool is_short = (*at(offset) & 1) != 0;
  const std::uint16_t protocol = is_short ? *at(offset) : load_be16(at(offset));
  offset += is_short ? 1 : 2;
  length -= is_short ? 1 : 2;
  switch (protocol) {
    case 0x0021:
      if (length < 20) return refuse(DecodeEvent::ppp_ip4_pkt_too_small);
      return ip4(offset, length);
    case 0x002f:
      if (length < 20) return refuse(DecodeEvent::ppp_vju_pkt_too_small);
      if (*at(offset) >> 4 != 4) return false;
      is_van_jacobson = true;
      return ip4(offset, length);
    case 0x0057:
      if (length < 40) return refuse(DecodeEvent::ppp_ip6_pkt_too_small);
      return ip6(offset, length);
    default:
      break;
  }
  raise(is_known_other(protocol) ? DecodeEvent::ppp_unsup_proto : DecodeEvent::ppp_wrong_type);
  return true;
}

void DecodeStep::pppoe_session(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().pppoe;
  if (length < 7) return raise(DecodeEvent::pppoe_pkt_too_small);
  if (!enter()) return;
  const std::uint32_t stated = load_be16(at(offset + 4));
  if (stated == 0) return;
  // What is stated ends before the padding of a short frame; what it promises beyond the frame is judged by
  // IP.
  ppp_protocol(offset + 6, stated >= 2 && stated < length - 6 ? stated : length - 6);
}

void DecodeStep::pppoe_discovery(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().pppoe;
  if (length < 6) return raise(DecodeEvent::pppoe_pkt_too_small);
  switch (*at(offset + 1)) {
    case 0x09:
    case 0x07:
    case 0x19:
    case 0x65:
    case 0xa7:
      break;
    default:
      return raise(DecodeEvent::pppoe_wrong_code);
  }
  std::uint32_t left = load_be16(at(offset + 4));
  if (left > length - 6) return raise(DecodeEvent::pppoe_malformed_tags);
  for (std::uint32_t tag = offset + 6; left >= 4;) {
    const std::uint32_t size = load_be16(at(tag + 2)) + 4u;
    if (size > left) return raise(DecodeEvent::pppoe_malformed_tags);
    tag += size;
    left -= size;
  }
}

}  // namespace hd
