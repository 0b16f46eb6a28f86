// SPDX-License-Identifier: Apache-2.0
// Everything in front of IP: link types, tags, labels, PPP.
#include "sensor/packet/step.hpp"

namespace hd {
namespace {

// EtherTypes (IEEE registration authority).
constexpr std::uint16_t kIp4 = 0x0800, kArp = 0x0806, kBridging = 0x6558, kVlan = 0x8100, kIp6 = 0x86dd, kMplsUnicast = 0x8847, kMplsMulticast = 0x8848,
                        kPppoeDiscovery = 0x8863, kPppoeSession = 0x8864, kQinQ = 0x88a8, k8021ah = 0x88e7, kNsh = 0x894f, kVnTag = 0x8926, kDce = 0x8903,
                        kQinQOld = 0x9100, kQinQOld2 = 0x9200, kQinQOld3 = 0x9300;

}  // namespace

void DecodeStep::link(std::uint16_t type, std::uint32_t length) noexcept {
  switch (type) {
    case link_type::ethernet: ethernet(0, length); return;
    case link_type::raw_old:
    case link_type::raw_bsd:
    case link_type::raw:
    case link_type::ip4:
    case link_type::ip6: ++counters().raw; raw_ip(0, length); return;
    case link_type::linux_sll: linux_sll(0, length); return;
    case link_type::linux_sll2: linux_sll2(0, length); return;
    case link_type::ppp:
    case link_type::ppp_hdlc: ppp(0, length); return;
    case link_type::null:
    case link_type::loop: loopback(0, length); return;
    case link_type::chdlc: chdlc(0, length); return;
    case link_type::pppoe: pppoe_session(0, length); return;
    default: ++counters().unknown_link; return;
  }
}

void DecodeStep::ethernet(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().ethernet;
  if (length < 14) return raise(DecodeEvent::ethernet_pkt_too_small);
  ether_type(load_be16(at(offset + 12)), offset + 14, length - 14);
}

void DecodeStep::ether_type(std::uint16_t type, std::uint32_t offset, std::uint32_t length) noexcept {
  if (type == kIp4) return ip4(offset, length);
  if (type == kIp6) return ip6(offset, length);
  switch (type) {
    case kVlan:
    case kQinQ:
    case kQinQOld:
    case kQinQOld2:
    case kQinQOld3: return vlan(type, offset, length);
    case kMplsUnicast:
    case kMplsMulticast: return mpls(offset, length);
    case kPppoeSession: return pppoe_session(offset, length);
    case kPppoeDiscovery: return pppoe_discovery(offset, length);
    case k8021ah: return ieee8021ah(offset, length);
    case kVnTag: return vntag(offset, length);
    case kArp: return arp(offset, length);
    case kNsh: return nsh(offset, length);
    case kBridging:
      if (enter()) ethernet(offset, length);
      return;
    case kDce:
      if (length < 2) return raise(DecodeEvent::dce_pkt_too_small);
      if (length < 18) return raise(DecodeEvent::dce_pkt_too_small);
      if (enter()) ethernet(offset + 2, length - 2);
      return;
    default: break;
  }
  ++counters().not_ip;
  if (type >= 0x600) raise(DecodeEvent::ethernet_unknown_ethertype);  // below: a length (IEEE 802.3)
}

void DecodeStep::vlan(std::uint16_t type, std::uint32_t offset, std::uint32_t length) noexcept {
  if (type == kVlan) ++counters().vlan;
  else ++counters().qinq;
  if (!enter()) return;
  if (length < 4) return raise(DecodeEvent::vlan_header_too_small);
  if (view->vlan_count >= view->vlan.size()) return raise(DecodeEvent::vlan_too_many_layers);
  view->vlan[view->vlan_count++] = load_be16(at(offset)) & 0x0fff;
  ether_type(load_be16(at(offset + 2)), offset + 4, length - 4);
}

// IEEE 802.1ah: service tag behind the backbone header, then the customer's frame.
void DecodeStep::ieee8021ah(std::uint32_t offset, std::uint32_t length) noexcept {
  if (length < 18) return raise(DecodeEvent::ieee8021ah_header_too_small);
  if (enter()) ether_type(load_be16(at(offset + 16)), offset + 18, length - 18);
}

void DecodeStep::vntag(std::uint32_t offset, std::uint32_t length) noexcept {
  if (length < 6) return raise(DecodeEvent::vntag_header_too_small);
  if (enter()) ether_type(load_be16(at(offset + 4)), offset + 6, length - 6);
}

// RFC 3032. What follows the last label is guessed from its first bits, since labels do not say (RFC 4928).
void DecodeStep::mpls(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().mpls;
  std::uint32_t label = 0;
  for (;;) {
    if (!enter()) return;
    if (length < 4) return raise(DecodeEvent::mpls_header_too_small);
    const std::uint32_t shim = load_be32(at(offset));
    offset += 4;
    length -= 4;
    label = shim >> 12;
    const bool is_last = (shim & 0x100) != 0;
    if (is_last) break;
  }
  if (label == 0) return length < 20 ? raise(DecodeEvent::mpls_pkt_too_small) : ip4(offset, length);
  if (label == 1) return raise(DecodeEvent::mpls_bad_label_router_alert);
  if (label == 2) return length < 40 ? raise(DecodeEvent::mpls_pkt_too_small) : ip6(offset, length);
  if (label == 3) return raise(DecodeEvent::mpls_bad_label_implicit_null);
  if (label < 16 && label != 14 && label != 13) return raise(DecodeEvent::mpls_bad_label_reserved);
  if (length < 1) return raise(DecodeEvent::mpls_pkt_too_small);
  switch (*at(offset) >> 4) {
    case 4: return length < 20 ? raise(DecodeEvent::mpls_pkt_too_small) : ip4(offset, length);
    case 6: return length < 40 ? raise(DecodeEvent::mpls_pkt_too_small) : ip6(offset, length);
    case 0:  // pseudowire with control word (RFC 4385)
      return length < 18 ? raise(DecodeEvent::mpls_pkt_too_small) : ethernet(offset + 4, length - 4);
    default: return length < 14 ? raise(DecodeEvent::mpls_unknown_payload_type) : ethernet(offset, length);
  }
}

void DecodeStep::ppp(std::uint32_t offset, std::uint32_t length) noexcept {
  if (length < 2) return raise(DecodeEvent::ppp_pkt_too_small);
  // Address and control field may be there (RFC 1662), the protocol may be one byte (RFC 1661 section 6.5).
  if (*at(offset) == 0xff && length >= 4 && *at(offset + 1) == 0x03) {
    offset += 2;
    length -= 2;
  }
  if ((*at(offset) & 1) != 0) return ppp_protocol(*at(offset), offset + 1, length - 1);
  ppp_protocol(load_be16(at(offset)), offset + 2, length - 2);
}

void DecodeStep::ppp_protocol(std::uint16_t protocol, std::uint32_t offset, std::uint32_t length) noexcept {
  switch (protocol) {
    case 0x0021:
      if (length < 20) return raise(DecodeEvent::ppp_ip4_pkt_too_small);
      return ip4(offset, length);
    case 0x002f:  // Van Jacobson, uncompressed
      if (length < 20) return raise(DecodeEvent::ppp_vju_pkt_too_small);
      if (*at(offset) >> 4 == 4) return ip4(offset, length);
      return;
    case 0x0057:
      if (length < 40) return raise(DecodeEvent::ppp_ip6_pkt_too_small);
      return ip6(offset, length);
    // Known, and nothing of them is looked at (IANA PPP numbers).
    case 0x0023: case 0x0025: case 0x0027: case 0x0029: case 0x002b: case 0x002d: case 0x0031: case 0x0033: case 0x0035: case 0x003d: case 0x003f:
    case 0x0041: case 0x0043: case 0x0045: case 0x0047: case 0x0049: case 0x0281: case 0x0283: case 0x8021: case 0x8023: case 0x8025: case 0x8027:
    case 0x8029: case 0x802b: case 0x8031: case 0x8057: case 0x80fb: case 0x80fd: case 0xc021: case 0xc023: case 0xc025: case 0xc223:
      return raise(DecodeEvent::ppp_unsup_proto);
    default: return raise(DecodeEvent::ppp_wrong_type);
  }
}

// RFC 2516.
void DecodeStep::pppoe_session(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().pppoe;
  if (!enter()) return;
  if (length < 8) return raise(DecodeEvent::pppoe_pkt_too_small);
  if (*at(offset + 1) != 0) return raise(DecodeEvent::pppoe_wrong_code);
  const std::uint32_t stated = load_be16(at(offset + 4));
  offset += 6;
  length -= 6;
  if (stated >= 2 && stated < length) length = stated;
  if ((*at(offset) & 1) != 0) return ppp_protocol(*at(offset), offset + 1, length - 1);
  ppp_protocol(load_be16(at(offset)), offset + 2, length - 2);
}

void DecodeStep::pppoe_discovery(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().pppoe;
  if (length < 6) return raise(DecodeEvent::pppoe_pkt_too_small);
  switch (*at(offset + 1)) {
    case 0x09: case 0x07: case 0x19: case 0x65: case 0xa7: break;
    default: return raise(DecodeEvent::pppoe_wrong_code);
  }
  const std::uint32_t stated = load_be16(at(offset + 4));
  if (stated > length - 6) return raise(DecodeEvent::pppoe_malformed_tags);
  std::uint32_t tag = offset + 6;
  std::uint32_t left = stated;
  while (left >= 4) {
    const std::uint32_t size = load_be16(at(tag + 2)) + 4u;
    if (size > left) return raise(DecodeEvent::pppoe_malformed_tags);
    tag += size;
    left -= size;
  }
}

void DecodeStep::linux_sll(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().sll;
  if (length < 16) return raise(DecodeEvent::sll_pkt_too_small);
  ether_type(load_be16(at(offset + 14)), offset + 16, length - 16);
}

void DecodeStep::linux_sll2(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().sll;
  if (length < 20) return raise(DecodeEvent::sll2_pkt_too_small);
  ether_type(load_be16(at(offset)), offset + 20, length - 20);
}

// The address family in the byte order of the machine that captured, or big-endian for LOOP.
void DecodeStep::loopback(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().null;
  if (length < 4) return raise(DecodeEvent::ltnull_pkt_too_small);
  std::uint32_t family = load_le32(at(offset));
  if (family > 0xffff) family = load_be32(at(offset));
  switch (family) {
    case 2: return ip4(offset + 4, length - 4);
    case 10: case 24: case 28: case 30: return ip6(offset + 4, length - 4);
    default: return raise(DecodeEvent::ltnull_unsupported_type);
  }
}

void DecodeStep::chdlc(std::uint32_t offset, std::uint32_t length) noexcept {
  if (length < 4) return raise(DecodeEvent::chdlc_pkt_too_small);
  if (enter()) ether_type(load_be16(at(offset + 2)), offset + 4, length - 4);
}

void DecodeStep::raw_ip(std::uint32_t offset, std::uint32_t length) noexcept {
  if (length < 1) return raise(DecodeEvent::ipraw_invalid_ip_version);
  const unsigned version = *at(offset) >> 4;
  if (version == 4) return ip4(offset, length);
  if (version == 6) return ip6(offset, length);
  raise(DecodeEvent::ipraw_invalid_ip_version);
}

void DecodeStep::arp(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().arp;
  if (length < 8) return raise(DecodeEvent::arp_pkt_too_small);
  if (load_be16(at(offset)) != 1) return raise(DecodeEvent::arp_unsupported_hardware);
  if (load_be16(at(offset + 2)) != kIp4) return raise(DecodeEvent::arp_unsupported_protocol);
  if (*at(offset + 4) != 6) return raise(DecodeEvent::arp_invalid_hardware_size);
  if (*at(offset + 5) != 4) return raise(DecodeEvent::arp_invalid_protocol_size);
  if (length < 28) return raise(DecodeEvent::arp_invalid_pkt);
  const std::uint16_t opcode = load_be16(at(offset + 6));
  if (opcode == 0 || opcode > 10) raise(DecodeEvent::arp_unsupported_opcode);
}

// RFC 8300.
void DecodeStep::nsh(std::uint32_t offset, std::uint32_t length) noexcept {
  if (length < 8) return raise(DecodeEvent::nsh_header_too_small);
  if (*at(offset) >> 6 != 0) return raise(DecodeEvent::nsh_unsupported_version);
  const std::uint32_t header = (*at(offset + 1) & 0x3fu) * 4u;
  if (header < 8 || header > length) return raise(DecodeEvent::nsh_bad_header_length);
  const unsigned next = *at(offset + 3);
  if (!enter()) return;
  switch (next) {
    case 1: return ip4(offset + header, length - header);
    case 2: return ip6(offset + header, length - header);
    case 3: return ethernet(offset + header, length - header);
    case 4: return raise(DecodeEvent::nsh_unsupported_type);
    case 5: return ether_type(kMplsUnicast, offset + header, length - header);
    case 0xfe: case 0xff: return raise(DecodeEvent::nsh_reserved_type);
    default: return raise(DecodeEvent::nsh_unknown_payload);
  }
}

}  // namespace hd
