// SPDX-License-Identifier: Apache-2.0
// One packet on its way through the layers. Each layer is a function of its own file; all share this state.
#pragma once

#include "sensor/packet/decoder.hpp"
#include "sensor/packet/view.hpp"

namespace hd {

/// A layer's function is given the bytes from its first byte to the end of what the layer around it allows:
/// `offset` counts from view().data, `length` bytes are there.
struct DecodeStep {
  Decoder& decoder;
  Batch& batch;
  PacketView* view = nullptr;
  unsigned layers = 0;

  [[nodiscard]] const std::uint8_t* at(std::uint32_t offset) const noexcept { return view->data + offset; }
  DecodeCounters& counters() const noexcept { return decoder.counters_; }
  const DecoderOptions& options() const noexcept { return decoder.options_; }
  Defragmenter& defragmenter() const noexcept { return decoder.defragmenter_; }
  void raise(DecodeEvent event) noexcept {
    ++decoder.counters_.events[static_cast<std::size_t>(event)];
    batch.raise(*view, event);
  }
  /// Counts one more layer; false, with an event, when there are too many.
  [[nodiscard]] bool enter() noexcept;
  /// Begins a view for a packet inside the present one, at `offset`; false at a limit. The view becomes the present one.
  [[nodiscard]] bool begin_inner(Tunnel tunnel, std::uint32_t offset, std::uint32_t length) noexcept;

  // link.cpp
  void link(std::uint16_t type, std::uint32_t length) noexcept;
  void ethernet(std::uint32_t offset, std::uint32_t length) noexcept;
  void ether_type(std::uint16_t type, std::uint32_t offset, std::uint32_t length) noexcept;
  void vlan(std::uint16_t type, std::uint32_t offset, std::uint32_t length) noexcept;
  void ieee8021ah(std::uint32_t offset, std::uint32_t length) noexcept;
  void vntag(std::uint32_t offset, std::uint32_t length) noexcept;
  void mpls(std::uint32_t offset, std::uint32_t length) noexcept;
  void ppp(std::uint32_t offset, std::uint32_t length) noexcept;
  void ppp_protocol(std::uint16_t protocol, std::uint32_t offset, std::uint32_t length) noexcept;
  void pppoe_session(std::uint32_t offset, std::uint32_t length) noexcept;
  void pppoe_discovery(std::uint32_t offset, std::uint32_t length) noexcept;
  void linux_sll(std::uint32_t offset, std::uint32_t length) noexcept;
  void linux_sll2(std::uint32_t offset, std::uint32_t length) noexcept;
  void loopback(std::uint32_t offset, std::uint32_t length) noexcept;
  void chdlc(std::uint32_t offset, std::uint32_t length) noexcept;
  void raw_ip(std::uint32_t offset, std::uint32_t length) noexcept;
  void arp(std::uint32_t offset, std::uint32_t length) noexcept;
  void nsh(std::uint32_t offset, std::uint32_t length) noexcept;
  // ip4.cpp, ip6.cpp
  void ip4(std::uint32_t offset, std::uint32_t length) noexcept;
  void ip6(std::uint32_t offset, std::uint32_t length) noexcept;
  /// What stands behind an IP header: transport or a tunnel.
  void ip_payload(std::uint8_t protocol, std::uint32_t offset, std::uint32_t length) noexcept;
  // transport.cpp
  void tcp(std::uint32_t offset, std::uint32_t length) noexcept;
  void udp(std::uint32_t offset, std::uint32_t length) noexcept;
  void sctp(std::uint32_t offset, std::uint32_t length) noexcept;
  void icmp4(std::uint32_t offset, std::uint32_t length) noexcept;
  void icmp6(std::uint32_t offset, std::uint32_t length) noexcept;
  // tunnel.cpp
  void ip_in_ip(Tunnel tunnel, std::uint32_t offset, std::uint32_t length) noexcept;
  void gre(std::uint32_t offset, std::uint32_t length) noexcept;
  void erspan(bool is_three, std::uint32_t offset, std::uint32_t length) noexcept;
  void udp_tunnel(std::uint32_t offset, std::uint32_t length) noexcept;
  void vxlan(std::uint32_t offset, std::uint32_t length) noexcept;
  void geneve(std::uint32_t offset, std::uint32_t length) noexcept;
  void teredo(std::uint32_t offset, std::uint32_t length) noexcept;
  void gtp(std::uint32_t offset, std::uint32_t length) noexcept;

  void set_transport(std::uint8_t protocol, std::uint32_t offset, std::uint32_t header, std::uint32_t length) noexcept;
};

}  // namespace hd
