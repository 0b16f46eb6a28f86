// SPDX-License-Identifier: Apache-2.0
// Labels that steer a packet: MPLS (RFC 3032) and the network service header (RFC 8300).
#include "sensor/packet/ether_types.hpp"
#include "sensor/packet/step.hpp"

namespace hd {
namespace {

// A pseudowire without control word (RFC 4448 section 4.6) carries a frame whose first nibble is that of a
// MAC address and says nothing: the type behind the addresses must be one that frames in a provider's network
// have.
bool looks_like_frame(const std::uint8_t* at, std::uint32_t length) noexcept {
  if (length < 14) return false;
  switch (load_be16(at + 12)) {
    case ether::ip4:
      return length >= 15 && at[14] >> 4 == 4;
    case ether::ip6:
      return length >= 15 && at[14] >> 4 == 6;
    case ether::vlan:
    case ether::qinq:
    case ether::arp:
    case ether::mpls_unicast:
    case ether::pppoe_session:
    case ether::pppoe_discovery:
      return true;
    default:
      return false;
  }
}

}  // namespace

// What follows the last label is guessed from its first bits, since labels do not say (RFC 4928).
bool DecodeStep::mpls(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().mpls;
  std::uint32_t shim = 0;
  do {
    if (length < 4) return refuse(DecodeEvent::mpls_header_too_small);
    if (!enter()) return false;
    shim = load_be32(at(offset));
    offset += 4;
    length -= 4;
  } while ((shim & 0x100) == 0);  // bottom of the stack
  switch (const std::uint32_t label = shim >> 12; label) {
    case 0:
      return ip4(offset, length);
    case 1:
      raise(DecodeEvent::mpls_bad_label_router_alert);
      return true;
    case 2:
      return ip6(offset, length);
    case 3:
      raise(DecodeEvent::mpls_bad_label_implicit_null);
      return true;
    default:
      if (label < 16) {
        raise(DecodeEvent::mpls_bad_label_reserved);
        return true;
      }
  }
  if (length < 18) return refuse(DecodeEvent::mpls_pkt_too_small);
  switch (*at(offset) >> 4) {
    case 4:
      return ip4(offset, length);
    case 6:
      return ip6(offset, length);
    case 0:  // a control word (RFC 4385), or the first byte of an address
      if (looks_like_frame(at(offset + 4), length - 4) || !looks_like_frame(at(offset), length)) {
        return ethernet(offset + 4, length - 4);
      }
      break;
    default:
      break;
  }
  if (looks_like_frame(at(offset), length)) return ethernet(offset, length);
  raise(DecodeEvent::mpls_unknown_payload_type);
  return true;
}

void DecodeStep::nsh(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().nsh;
  if (length < 8) return raise(DecodeEvent::nsh_header_too_small);
  if (!enter()) return;
  if (*at(offset) >> 6 != 0) return raise(DecodeEvent::nsh_unsupported_version);
  const std::uint32_t header = (*at(offset + 1) & 0x3fu) * 4u;
  if (header >= length) return raise(DecodeEvent::nsh_bad_header_length);
  const unsigned kind = *at(offset + 2) & 15u;
  if (kind == 0 || kind == 15) return raise(DecodeEvent::nsh_reserved_type);
  if (kind > 2) return raise(DecodeEvent::nsh_unsupported_type);
  if (kind == 1 ? header != 24 : header < 8) return raise(DecodeEvent::nsh_bad_header_length);
  switch (*at(offset + 3)) {
    case 1:
      ip4(offset + header, length - header);
      return;
    case 2:
      ip6(offset + header, length - header);
      return;
    case 3:
      ethernet(offset + header, length - header);
      return;
    case 4:
      nsh(offset + header, length - header);
      return;  // `enter` bounds how deep
    case 5:
      mpls(offset + header, length - header);
      return;
    default:
      raise(DecodeEvent::nsh_unknown_payload);
      return;
  }
}

}  // namespace hd
