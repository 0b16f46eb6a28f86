// SPDX-License-Identifier: Apache-2.0
// Packets inside packets: IP in IP, GRE, ERSPAN, VXLAN, GENEVE, Teredo, GTP-U. Both are inspected.
#include "sensor/packet/ether_types.hpp"
#include "sensor/packet/step.hpp"

#include <algorithm>

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
    tunnel = inner_is_ip6 ? Tunnel::ipip : Tunnel::ip4in6;
  }
  open_inner(tunnel, inner_is_ip6 ? Layer::ip6 : Layer::ip4, offset, length);
}

namespace {

constexpr std::uint16_t kGreChecksum = 0x8000, kGreRouting = 0x4000, kGreKey = 0x2000, kGreSequence = 0x1000,
                        kGreStrict = 0x0800, kGreRecursion = 0x0700, kGreAck = 0x0080;

// Length of the header of version 0 (RFC 2784, RFC 2890, source routes of RFC 1701); 0: refused.
std::uint32_t gre_0(DecodeStep& step, std::uint16_t flags, std::uint32_t offset,
                    std::uint32_t length) noexcept {
  const auto refuse = [&step](DecodeEvent event) {
    step.raise(event);
    return 0u;
  };
  if ((flags & kGreRecursion) != 0) return refuse(DecodeEvent::gre_version0_recur);
  if ((flags & 0x00f8) != 0) return refuse(DecodeEvent::gre_version0_flags);
  std::uint32_t header = 4;
  if ((flags & (kGreChecksum | kGreRouting)) != 0) header += 4;
  if ((flags & kGreKey) != 0) header += 4;
  if ((flags & kGreSequence) != 0) header += 4;
  if (header > length) return refuse(DecodeEvent::gre_version0_hdr_too_big);
  // Source route entries of family, offset, length; one of neither family nor length ends the list.
  while ((flags & kGreRouting) != 0) {
    if (header + 4 > length) return refuse(DecodeEvent::gre_version0_malformed_sre_hdr);
    const std::uint8_t* entry = step.at(offset + header);
    header += 4;
    if (load_be16(entry) == 0 && entry[3] == 0) break;
    header += entry[3];
    if (header > length) return refuse(DecodeEvent::gre_version0_malformed_sre_hdr);
  }
  return header;
}

// The same of version 1, which is PPTP's (RFC 2637).
std::uint32_t gre_1(DecodeStep& step, std::uint16_t flags, std::uint16_t type,
                    std::uint32_t length) noexcept {
  const auto refuse = [&step](DecodeEvent event) {
    step.raise(event);
    return 0u;
  };
  if ((flags & kGreChecksum) != 0) return refuse(DecodeEvent::gre_version1_chksum);
  if ((flags & kGreRouting) != 0) return refuse(DecodeEvent::gre_version1_route);
  if ((flags & kGreStrict) != 0) return refuse(DecodeEvent::gre_version1_ssr);
  if ((flags & kGreRecursion) != 0) return refuse(DecodeEvent::gre_version1_recur);
  if ((flags & 0x0078) != 0) return refuse(DecodeEvent::gre_version1_flags);
  if (type != ether::ppp) return refuse(DecodeEvent::gre_version1_wrong_protocol);
  if ((flags & kGreKey) == 0) return refuse(DecodeEvent::gre_version1_no_key);
  const std::uint32_t header =
      8u + ((flags & kGreSequence) != 0 ? 4u : 0u) + ((flags & kGreAck) != 0 ? 4u : 0u);
  return header > length ? refuse(DecodeEvent::gre_version1_hdr_too_big) : header;
}

}  // namespace

void DecodeStep::gre(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().gre;
  if (length < 4) return raise(DecodeEvent::gre_pkt_too_small);
  if (!enter()) return;
  const std::uint16_t flags = load_be16(at(offset));
  const std::uint16_t type = load_be16(at(offset + 2));
  const unsigned version = flags & 7u;
  if (version > 1) return raise(DecodeEvent::gre_wrong_version);
  const std::uint32_t header =
      version == 0 ? gre_0(*this, flags, offset, length) : gre_1(*this, flags, type, length);
  if (header == 0) return;
  offset += header;
  length -= header;
  switch (type) {
    case ether::ip4:
      open_inner(Tunnel::gre, Layer::ip4, offset, length);
      return;
    case ether::ip6:
      open_inner(Tunnel::gre, Layer::ip6, offset, length);
      return;
    case ether::ppp:
      open_inner(Tunnel::gre, Layer::ppp, offset, length);
      return;
    case ether::vlan:
      open_inner(Tunnel::gre, Layer::vlan, offset, length);
      return;
    case ether::bridging:
      open_inner(Tunnel::gre, Layer::ethernet, offset, length);
      return;
    case ether::mpls_unicast:
    case ether::mpls_multicast:
      open_inner(Tunnel::gre, Layer::mpls, offset, length);
      return;
    case ether::erspan_2:  // without a sequence number it is version I: the frame follows at once
      open_inner(Tunnel::erspan, (flags & kGreSequence) == 0 ? Layer::ethernet : Layer::erspan_2, offset,
                 length);
      return;
    case ether::erspan_3:
      open_inner(Tunnel::erspan, Layer::erspan_3, offset, length);
      return;
    default:
      return;
  }
}

// draft-foschiano-erspan-03.
bool DecodeStep::erspan(bool is_three, std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().erspan;
  std::uint32_t header = is_three ? 12 : 8;
  if (length < header) return refuse(DecodeEvent::erspan_header_too_small);
  if (!enter()) return false;
  const std::uint16_t word = load_be16(at(offset));
  if (word >> 12 != (is_three ? 2 : 1)) return refuse(DecodeEvent::erspan_unsupported_version);
  if (is_three && (*at(offset + 11) & 1) != 0) {
    header += 8;  // platform specific sub-header
    if (length < header) return refuse(DecodeEvent::erspan_header_too_small);
  }
  if ((word & 0x0fff) != 0) {
    if (view->vlan_count >= view->vlan.size()) return refuse(DecodeEvent::erspan_too_many_vlan_layers);
    view->vlan[view->vlan_count++] = word & 0x0fff;
  }
  return ethernet(offset + header, length - header);
}

void DecodeStep::udp_tunnel(std::uint32_t offset, std::uint32_t length) noexcept {
  if (length <= 8 + 8) return;  // no room for the header of any
  const std::uint16_t source = load_be16(at(offset));
  const std::uint16_t target = load_be16(at(offset + 2));
  // One look for nearly all: 36 → 31 ns a datagram, bench/packet_bench.cpp:Udp4
  if (!decoder.tunnel_ports_.may_have(source) && !decoder.tunnel_ports_.may_have(target)) [[likely]]
    return;
  const auto is_one = [](const std::vector<std::uint16_t>& ports, std::uint16_t port) {
    return std::find(ports.begin(), ports.end(), port) != ports.end();
  };
  const auto is_either = [&](const std::vector<std::uint16_t>& ports) {
    return is_one(ports, source) || is_one(ports, target);
  };
  const DecoderOptions& o = options();
  const std::uint32_t payload = offset + 8;
  const std::uint32_t size = length - 8;
  if (o.teredo && is_either(o.teredo_ports) && teredo(payload, size)) return;
  if (o.geneve && is_either(o.geneve_ports) && geneve(payload, size)) return;
  if (o.vxlan && is_one(o.vxlan_ports, target) && vxlan(payload, size)) return;
  if (o.gtp && is_either(o.gtp_ports)) gtp(payload, size);
}

// RFC 7348: flags with the bit that says that the identifier is valid; a whole frame follows.
bool DecodeStep::vxlan(std::uint32_t offset, std::uint32_t length) noexcept {
  if (length < 8 + 14) return false;
  if ((*at(offset) & 0x08) == 0 || load_be24(at(offset + 1)) != 0) return false;
  ++counters().vxlan;
  offset += 8;
  length -= 8;
  switch (load_be16(at(offset + 12))) {
    case ether::ip4:
      return open_inner(Tunnel::vxlan, Layer::ip4, offset + 14, length - 14);
    case ether::ip6:
      return open_inner(Tunnel::vxlan, Layer::ip6, offset + 14, length - 14);
    case ether::vlan:
    case ether::qinq:
      return open_inner(Tunnel::vxlan, Layer::vlan, offset + 14, length - 14);
    case ether::mpls_unicast:
      return open_inner(Tunnel::vxlan, Layer::mpls, offset + 14, length - 14);
    case ether::arp:
      return true;
    default:
      raise(DecodeEvent::vxlan_unknown_payload_type);
      return true;
  }
}

// RFC 8926.
bool DecodeStep::geneve(std::uint32_t offset, std::uint32_t length) noexcept {
  if (length < 8) return false;
  const std::uint8_t* header = at(offset);
  if (header[0] >> 6 != 0 || (header[1] & 0x3f) != 0 || header[7] != 0) return false;
  const std::uint32_t size = 8u + (header[0] & 0x3fu) * 4u;
  const std::uint16_t type = load_be16(header + 2);
  if (size > length || type < 0x600) return false;
  // Options must fill just the room that the header states.
  for (std::uint32_t option = 8; option < size;) {
    if (option + 4 > size) return false;
    option += 4u + (header[option + 3] & 0x1fu) * 4u;
    if (option > size) return false;
  }
  ++counters().geneve;
  offset += size;
  length -= size;
  switch (type) {
    case ether::bridging:
      return open_inner(Tunnel::geneve, Layer::ethernet, offset, length);
    case ether::ip4:
      return open_inner(Tunnel::geneve, Layer::ip4, offset, length);
    case ether::ip6:
      return open_inner(Tunnel::geneve, Layer::ip6, offset, length);
    case ether::arp:
      return true;
    default:
      raise(DecodeEvent::geneve_unknown_payload_type);
      return true;
  }
}

// RFC 4380: an origin indication may stand in front; with authentication (section 5.1.1) it is a negotiation
// without anybody's packet inside. There is no magic number, so all that can be compared is.
bool DecodeStep::teredo(std::uint32_t offset, std::uint32_t length) noexcept {
  if (length < 40) return false;
  if (*at(offset) == 0) {
    if (*at(offset + 1) != 0 || length < 8 + 40) return false;
    offset += 8;
    length -= 8;
  }
  const std::uint8_t* header = at(offset);
  const std::uint32_t stated = load_be16(header + 4);
  if (header[0] >> 4 != 6 || stated + 40 != length) return false;
  if (header[7] == 0) return false;                // no hop left
  if (header[6] == 0 && stated < 8) return false;  // no room for the hop-by-hop header it names
  if (!open_inner(Tunnel::teredo, Layer::ip6, offset, length)) return false;
  ++counters().teredo;
  return true;
}

// 3GPP TS 29.281 section 5: a user's packet (message type 255), optional fields, extension headers.
bool DecodeStep::gtp(std::uint32_t offset, std::uint32_t length) noexcept {
  constexpr unsigned kExtensionsMax = 8;
  if (length < 8) return false;
  const std::uint8_t* header = at(offset);
  if (header[0] >> 5 != 1 || (header[0] & 0x10) == 0 || header[1] != 0xff) return false;
  length = std::min<std::uint32_t>(length, load_be16(header + 2) + 8u);
  std::uint32_t size = 8;
  if ((header[0] & 0x07) != 0) {
    size = 12;
    if (length < size) return false;
    std::uint8_t next = (header[0] & 0x04) != 0 ? header[11] : std::uint8_t{0};
    for (unsigned count = 0; next != 0; ++count) {
      if (count == kExtensionsMax || size + 4 > length) return false;
      const std::uint32_t extension = header[size] * 4u;
      if (extension == 0 || size + extension > length) return false;
      next = header[size + extension - 1];
      size += extension;
    }
  }
  if (size >= length) return false;
  const unsigned version = header[size] >> 4;
  if (version != 4 && version != 6) return false;
  if (!open_inner(Tunnel::gtp_u, version == 4 ? Layer::ip4 : Layer::ip6, offset + size, length - size))
    return false;
  ++counters().gtp;
  return true;
}

}  // namespace hd
