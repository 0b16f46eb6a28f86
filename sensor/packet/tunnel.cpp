// SPDX-License-Identifier: Apache-2.0
// Packets inside packets: IP in IP, GRE, ERSPAN, VXLAN, GENEVE, Teredo, GTP-U. Both are inspected.
#include <algorithm>

#include "sensor/packet/step.hpp"

namespace hd {

// RFC 2003, RFC 2473, RFC 4213.
void DecodeStep::ip_in_ip(Tunnel tunnel, std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().ip_in_ip;
  const bool inner_is_ip6 = tunnel == Tunnel::ip6in4;
  if (view->is_ip6()) {
    if (inner_is_ip6) {
      if (length < 40) return raise(DecodeEvent::ipv6_ipv6_in_ipv6_too_small);
      if (*at(offset) >> 4 != 6) return raise(DecodeEvent::ipv6_ipv6_in_ipv6_wrong_version);
    } else {
      if (length < 20) return raise(DecodeEvent::ipv6_ipv4_in_ipv6_too_small);
      if (*at(offset) >> 4 != 4) return raise(DecodeEvent::ipv6_ipv4_in_ipv6_wrong_version);
    }
  }
  if (!begin_inner(tunnel, offset, length)) return;
  if (inner_is_ip6) ip6(offset, length);
  else ip4(offset, length);
}

namespace {

constexpr std::uint16_t kGreChecksum = 0x8000, kGreRouting = 0x4000, kGreKey = 0x2000, kGreSequence = 0x1000, kGreStrict = 0x0800, kGreRecursion = 0x0700,
                        kGreAck = 0x0080;

}  // namespace

// RFC 2784, RFC 2890, source routes of RFC 1701; version 1 is PPTP's (RFC 2637).
void DecodeStep::gre(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().gre;
  if (length < 4) return raise(DecodeEvent::gre_pkt_too_small);
  const std::uint16_t flags = load_be16(at(offset));
  const std::uint16_t type = load_be16(at(offset + 2));
  std::uint32_t header = 4;
  if ((flags & 7) == 0) {
    if ((flags & kGreRecursion) != 0) return raise(DecodeEvent::gre_version0_recur);
    if ((flags & 0x00f8) != 0) return raise(DecodeEvent::gre_version0_flags);
    if ((flags & (kGreChecksum | kGreRouting)) != 0) header += 4;
    if ((flags & kGreKey) != 0) header += 4;
    if ((flags & kGreSequence) != 0) header += 4;
    if (header > length) return raise(DecodeEvent::gre_version0_hdr_too_big);
    // Source route entries: family, offset, length; a length of 0 ends the list.
    while ((flags & kGreRouting) != 0) {
      if (header + 4 > length) return raise(DecodeEvent::gre_version0_malformed_sre_hdr);
      const std::uint32_t size = *at(offset + header + 3);
      header += 4;
      if (size == 0) break;
      header += size;
      if (header > length) return raise(DecodeEvent::gre_version0_malformed_sre_hdr);
    }
  } else if ((flags & 7) == 1) {
    if ((flags & kGreChecksum) != 0) return raise(DecodeEvent::gre_version1_chksum);
    if ((flags & kGreRouting) != 0) return raise(DecodeEvent::gre_version1_route);
    if ((flags & kGreStrict) != 0) return raise(DecodeEvent::gre_version1_ssr);
    if ((flags & kGreRecursion) != 0) return raise(DecodeEvent::gre_version1_recur);
    if ((flags & 0x0078) != 0) return raise(DecodeEvent::gre_version1_flags);
    if (type != 0x880b) return raise(DecodeEvent::gre_version1_wrong_protocol);
    if ((flags & kGreKey) == 0) return raise(DecodeEvent::gre_version1_no_key);
    header += 4;
    if ((flags & kGreSequence) != 0) header += 4;
    if ((flags & kGreAck) != 0) header += 4;
    if (header > length) return raise(DecodeEvent::gre_version1_hdr_too_big);
  } else {
    return raise(DecodeEvent::gre_wrong_version);
  }
  offset += header;
  length -= header;
  switch (type) {
    case 0x880b:
      if (begin_inner(Tunnel::gre, offset, length)) ppp(offset, length);
      return;
    case 0x88be:
      if (begin_inner(Tunnel::erspan, offset, length)) {
        // Without a sequence number it is version I: the frame follows at once.
        if ((flags & kGreSequence) == 0) ethernet(offset, length);
        else erspan(false, offset, length);
      }
      return;
    case 0x22eb:
      if (begin_inner(Tunnel::erspan, offset, length)) erspan(true, offset, length);
      return;
    case 0x0800: case 0x86dd: case 0x8100: case 0x6558: case 0x8847: case 0x8848:
      if (begin_inner(Tunnel::gre, offset, length)) ether_type(type, offset, length);
      return;
    default: return;
  }
}

// draft-foschiano-erspan-03.
void DecodeStep::erspan(bool is_three, std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().erspan;
  std::uint32_t header = is_three ? 12 : 8;
  if (length < header) return raise(DecodeEvent::erspan_header_too_small);
  const std::uint16_t word = load_be16(at(offset));
  if (word >> 12 != (is_three ? 2 : 1)) return raise(DecodeEvent::erspan_unsupported_version);
  if (is_three && (*at(offset + 11) & 1) != 0) {
    header += 8;  // platform specific sub-header
    if (length < header) return raise(DecodeEvent::erspan_header_too_small);
  }
  if ((word & 0x0fff) != 0) {
    if (view->vlan_count >= view->vlan.size()) return raise(DecodeEvent::erspan_too_many_vlan_layers);
    view->vlan[view->vlan_count++] = word & 0x0fff;
  }
  ethernet(offset + header, length - header);
}

void DecodeStep::udp_tunnel(std::uint32_t offset, std::uint32_t length) noexcept {
  if (length <= 8) return;
  const std::uint16_t source = load_be16(at(offset)), target = load_be16(at(offset + 2));
  const auto is_one = [](const std::vector<std::uint16_t>& ports, std::uint16_t port) { return std::find(ports.begin(), ports.end(), port) != ports.end(); };
  const DecoderOptions& o = options();
  const std::uint32_t payload = offset + 8, size = length - 8;
  if (o.vxlan && is_one(o.vxlan_ports, target)) return vxlan(payload, size);
  if (o.geneve && is_one(o.geneve_ports, target)) return geneve(payload, size);
  if (o.gtp && (is_one(o.gtp_ports, target) || is_one(o.gtp_ports, source))) return gtp(payload, size);
  if (o.teredo && (is_one(o.teredo_ports, target) || is_one(o.teredo_ports, source))) return teredo(payload, size);
}

// RFC 7348.
void DecodeStep::vxlan(std::uint32_t offset, std::uint32_t length) noexcept {
  if (length < 8 + 14) return;
  if ((*at(offset) & 0x08) == 0 || load_be24(at(offset + 1)) != 0) return;
  if (!begin_inner(Tunnel::vxlan, offset + 8, length - 8)) return;
  ++counters().vxlan;
  ethernet(offset + 8, length - 8);
}

// RFC 8926.
void DecodeStep::geneve(std::uint32_t offset, std::uint32_t length) noexcept {
  if (length < 8) return;
  const std::uint8_t* header = at(offset);
  if (header[0] >> 6 != 0 || (header[1] & 0x3f) != 0 || header[7] != 0) return;
  const std::uint32_t size = 8u + (header[0] & 0x3fu) * 4u;
  if (size > length) return;
  const std::uint16_t type = load_be16(header + 2);
  if (!begin_inner(Tunnel::geneve, offset + size, length - size)) return;
  ++counters().geneve;
  if (type == 0x6558) return ethernet(offset + size, length - size);
  ether_type(type, offset + size, length - size);
}

// RFC 4380: authentication and origin indications, then IPv6.
void DecodeStep::teredo(std::uint32_t offset, std::uint32_t length) noexcept {
  if (length >= 4 && load_be16(at(offset)) == 0x0001) {
    const std::uint32_t size = 4u + *at(offset + 2) + *at(offset + 3) + 9u;
    if (size > length) return;
    offset += size;
    length -= size;
  }
  if (length >= 8 && load_be16(at(offset)) == 0x0000) {
    offset += 8;
    length -= 8;
  }
  if (length < 40 || *at(offset) >> 4 != 6) return;
  const std::uint8_t* header = at(offset);
  const std::uint32_t stated = load_be16(header + 4);
  if (header[6] == 59 && stated == 0) return;  // bubble
  if (stated + 40 != length && stated + 40 > length) return;
  if (!begin_inner(Tunnel::teredo, offset, length)) return;
  ++counters().teredo;
  ip6(offset, length);
}

// 3GPP TS 29.281: G-PDU with optional fields and extension headers.
void DecodeStep::gtp(std::uint32_t offset, std::uint32_t length) noexcept {
  if (length < 8) return;
  const std::uint8_t* header = at(offset);
  if (header[0] >> 5 != 1 || (header[0] & 0x10) == 0 || header[1] != 0xff) return;
  std::uint32_t size = 8;
  const std::uint32_t stated = load_be16(header + 2);
  if (stated + 8 < length) length = stated + 8;
  if ((header[0] & 0x07) != 0) {
    if (length < 12) return;
    size = 12;
    std::uint8_t next = (header[0] & 0x04) != 0 ? header[11] : std::uint8_t{0};
    for (unsigned count = 0; next != 0 && count < 8; ++count) {
      if (size + 4 > length) return;
      const std::uint32_t extension = *at(offset + size) * 4u;
      if (extension == 0 || size + extension > length) return;
      next = *at(offset + size + extension - 1);
      size += extension;
    }
  }
  if (size + 20 > length) return;
  const unsigned version = *at(offset + size) >> 4;
  if (version != 4 && version != 6) return;
  if (!begin_inner(Tunnel::gtp_u, offset + size, length - size)) return;
  ++counters().gtp;
  if (version == 4) ip4(offset + size, length - size);
  else ip6(offset + size, length - size);
}

}  // namespace hd
