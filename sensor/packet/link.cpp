// SPDX-License-Identifier: Apache-2.0
// Everything in front of IP: link types and tags.
#include "sensor/packet/ether_types.hpp"
#include "sensor/packet/step.hpp"

namespace hd {

void DecodeStep::link(std::uint16_t type, std::uint32_t length) noexcept {
  if (type == link_type::ethernet) [[likely]] {
    ethernet(0, length);
    return;
  }
  switch (type) {
    case link_type::raw_old:
    case link_type::raw_bsd:
    case link_type::raw:
    case link_type::ip4:
    case link_type::ip6:
      return raw_ip(0, length);
    case link_type::linux_sll:
      return linux_sll(0, length);
    case link_type::linux_sll2:
      return linux_sll2(0, length);
    case link_type::ppp:
    case link_type::ppp_hdlc:
      ppp(0, length);
      return;
    case link_type::null:
    case link_type::loop:
      return loopback(0, length);
    case link_type::chdlc:
      return chdlc(0, length);
    case link_type::pppoe:
      return pppoe_session(0, length);
    default:
      ++counters().unknown_link;
      return;
  }
}

bool DecodeStep::ethernet(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().ethernet;
  if (length < 14) return refuse(DecodeEvent::ethernet_pkt_too_small);
  if (!enter()) return false;
  const std::uint16_t type = load_be16(at(offset + 12));
  // Numbers below 0x600 are lengths (IEEE 802.3): spanning tree and its like, not IP.
  if (!ether_type(type, offset + 14, length - 14) && type >= 0x600)
    raise(DecodeEvent::ethernet_unknown_ethertype);
  return true;
}

bool DecodeStep::ether_type(std::uint16_t type, std::uint32_t offset, std::uint32_t length) noexcept {
  if (type == ether::ip4) [[likely]] {
    ip4(offset, length);
    return true;
  }
  switch (type) {
    case ether::ip6:
      ip6(offset, length);
      return true;
    case ether::vlan:
    case ether::qinq:
    case ether::qinq_9100:
    case ether::qinq_9200:
    case ether::qinq_9300:
      vlan(type, offset, length);
      return true;
    case ether::mpls_unicast:
    case ether::mpls_multicast:
      mpls(offset, length);
      return true;
    case ether::pppoe_session:
      pppoe_session(offset, length);
      return true;
    case ether::pppoe_discovery:
      pppoe_discovery(offset, length);
      return true;
    case ether::ieee8021ah:
      ieee8021ah(offset, length);
      return true;
    case ether::vntag:
      vntag(offset, length);
      return true;
    case ether::arp:
      arp(offset, length);
      return true;
    case ether::nsh:
      nsh(offset, length);
      return true;
    case ether::bridging:
      ethernet(offset, length);
      return true;
    case ether::dce:  // Cisco FabricPath and the like: two bytes, then a whole frame
      if (length < 16)
        raise(DecodeEvent::dce_pkt_too_small);
      else
        ethernet(offset + 2, length - 2);
      return true;
    default:
      ++counters().not_ip;
      return false;
  }
}

bool DecodeStep::vlan(std::uint16_t type, std::uint32_t offset, std::uint32_t length) noexcept {
  if (type == ether::vlan)
    ++counters().vlan;
  else
    ++counters().qinq;
  if (length < 4) return refuse(DecodeEvent::vlan_header_too_small);
  if (!enter()) return false;
  if (view->vlan_count < view->vlan.size()) {
    view->vlan[view->vlan_count++] = load_be16(at(offset)) & 0x0fff;
  } else if (view->depth ==
             0) {  // tags around a tunnel count as the inner packet's too; these alone are not too many
    return refuse(DecodeEvent::vlan_too_many_layers);
  }
  if (ether_type(load_be16(at(offset + 2)), offset + 4, length - 4)) return true;
  return refuse(DecodeEvent::vlan_unknown_type);
}

// Service tag behind the backbone header, then the customer's addresses and type.
void DecodeStep::ieee8021ah(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().ieee8021ah;
  if (length < 18) return raise(DecodeEvent::ieee8021ah_header_too_small);
  if (enter()) ether_type(load_be16(at(offset + 16)), offset + 18, length - 18);
}

void DecodeStep::vntag(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().vntag;
  if (length < 6) return raise(DecodeEvent::vntag_header_too_small);
  if (!enter()) return;
  if (!ether_type(load_be16(at(offset + 4)), offset + 6, length - 6)) raise(DecodeEvent::vntag_unknown_type);
}

void DecodeStep::linux_sll(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().sll;
  if (length < 16) return raise(DecodeEvent::sll_pkt_too_small);
  if (enter()) ether_type(load_be16(at(offset + 14)), offset + 16, length - 16);
}

void DecodeStep::linux_sll2(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().sll;
  if (length < 20) return raise(DecodeEvent::sll2_pkt_too_small);
  if (enter()) ether_type(load_be16(at(offset)), offset + 20, length - 20);
}

// The address family in the byte order of the machine that captured, or big-endian for LOOP.
void DecodeStep::loopback(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().null;
  if (length < 4) return raise(DecodeEvent::ltnull_pkt_too_small);
  std::uint32_t family = load_le32(at(offset));
  if (family > 0xffff) family = load_be32(at(offset));
  switch (family) {
    case 2:
      ip4(offset + 4, length - 4);
      return;
    case 10:  // Linux
    case 24:  // NetBSD, OpenBSD
    case 28:  // FreeBSD
    case 30:
      ip6(offset + 4, length - 4);
      return;  // Darwin
    default:
      return raise(DecodeEvent::ltnull_unsupported_type);
  }
}

void DecodeStep::chdlc(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().chdlc;
  if (length < 4) return raise(DecodeEvent::chdlc_pkt_too_small);
  if (enter()) ether_type(load_be16(at(offset + 2)), offset + 4, length - 4);
}

void DecodeStep::raw_ip(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().raw;
  if (length < 20) return raise(DecodeEvent::ipv4_pkt_too_small);
  switch (*at(offset) >> 4) {
    case 4:
      ip4(offset, length);
      return;
    case 6:
      ip6(offset, length);
      return;
    default:
      raise(DecodeEvent::ipraw_invalid_ip_version);
      return;
  }
}

// RFC 826; nothing of it is inspected.
void DecodeStep::arp(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().arp;
  if (length < 28) return raise(DecodeEvent::arp_pkt_too_small);
  if (!enter()) return;
  if (load_be16(at(offset)) != 1) return raise(DecodeEvent::arp_unsupported_hardware);
  if (load_be16(at(offset + 2)) != ether::ip4) return raise(DecodeEvent::arp_unsupported_protocol);
  if (*at(offset + 4) != 6) return raise(DecodeEvent::arp_invalid_hardware_size);
  if (*at(offset + 5) != 4) return raise(DecodeEvent::arp_invalid_protocol_size);
  const std::uint16_t opcode = load_be16(at(offset + 6));
  if (opcode == 0 || opcode > 10) raise(DecodeEvent::arp_unsupported_opcode);
}

}  // namespace hd
