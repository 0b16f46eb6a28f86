// SPDX-License-Identifier: Apache-2.0
// One packet on its way through the layers. Each layer is a function of its own; all share this state.
#pragma once

#include "sensor/packet/decoder.hpp"
#include "sensor/packet/view.hpp"

namespace hd {

/// What stands at an offset, where a number on the wire has already said so.
enum class Layer : std::uint8_t { ethernet, vlan, mpls, ppp, ip4, ip6, erspan_2, erspan_3 };

/// A layer's function is given the bytes from its first byte to the end of what the layer around it allows:
/// `offset` counts from view->data, `length` bytes are there. Those that answer say whether their header
/// holds: what comes out of a tunnel and does not hold was no tunnel.
struct DecodeStep {
  Decoder& decoder;
  Batch& batch;
  PacketView* view = nullptr;
  unsigned layers = 0;
  bool is_van_jacobson = false;  ///< the IP header's protocol is a connection number, TCP follows (RFC 1144)

  [[nodiscard]] const std::uint8_t* at(std::uint32_t offset) const noexcept { return view->data + offset; }
  [[nodiscard]] DecodeCounters& counters() const noexcept { return decoder.counters_; }
  [[nodiscard]] const DecoderOptions& options() const noexcept { return decoder.options_; }
  [[nodiscard]] Defragmenter& defragmenter() const noexcept { return decoder.defragmenter_; }
  void raise(DecodeEvent event) noexcept {
    ++decoder.counters_.events[static_cast<std::size_t>(event)];
    batch.raise(*view, event);
  }
  /// Raises and answers false.
  bool refuse(DecodeEvent event) noexcept {
    raise(event);
    return false;
  }
  /// Counts one more layer; false, with an event, when there are too many.
  [[nodiscard]] bool enter() noexcept {
    if (++layers < options().layers_max) [[likely]]
      return true;
    return too_deep();
  }
  [[nodiscard]] bool too_deep() noexcept;
  /// A further view of this captured packet; null at a limit, counted. Each packet still to come keeps its
  /// place.
  [[nodiscard]] PacketView* add_view() noexcept;
  /// Decodes the packet at `offset` of the present one in a view of its own. False: it is none, and nothing
  /// was added.
  bool open_inner(Tunnel tunnel, Layer layer, std::uint32_t offset, std::uint32_t length) noexcept;
  bool layer(Layer kind, std::uint32_t offset, std::uint32_t length) noexcept;

  // link.cpp
  void link(std::uint16_t type, std::uint32_t length) noexcept;
  bool ethernet(std::uint32_t offset, std::uint32_t length) noexcept;
  /// False: nobody knows the type.
  bool ether_type(std::uint16_t type, std::uint32_t offset, std::uint32_t length) noexcept;
  bool vlan(std::uint16_t type, std::uint32_t offset, std::uint32_t length) noexcept;
  void ieee8021ah(std::uint32_t offset, std::uint32_t length) noexcept;
  void vntag(std::uint32_t offset, std::uint32_t length) noexcept;
  void linux_sll(std::uint32_t offset, std::uint32_t length) noexcept;
  void linux_sll2(std::uint32_t offset, std::uint32_t length) noexcept;
  void loopback(std::uint32_t offset, std::uint32_t length) noexcept;
  void chdlc(std::uint32_t offset, std::uint32_t length) noexcept;
  void raw_ip(std::uint32_t offset, std::uint32_t length) noexcept;
  void arp(std::uint32_t offset, std::uint32_t length) noexcept;
  // label.cpp
  bool mpls(std::uint32_t offset, std::uint32_t length) noexcept;
  void nsh(std::uint32_t offset, std::uint32_t length) noexcept;
  // ppp.cpp
  bool ppp(std::uint32_t offset, std::uint32_t length) noexcept;
  bool ppp_protocol(std::uint32_t offset, std::uint32_t length) noexcept;
  void pppoe_session(std::uint32_t offset, std::uint32_t length) noexcept;
  void pppoe_discovery(std::uint32_t offset, std::uint32_t length) noexcept;
  // ip4.cpp, ip4_options.cpp, ip6.cpp
  bool ip4(std::uint32_t offset, std::uint32_t length) noexcept;
  void ip4_options(Bytes options) noexcept;
  bool ip6(std::uint32_t offset, std::uint32_t length) noexcept;
  /// What stands behind an IP header: transport or a tunnel.
  void ip_payload(std::uint8_t protocol, std::uint32_t offset, std::uint32_t length) noexcept;
  // transport.cpp, icmp.cpp
  void tcp(std::uint32_t offset, std::uint32_t length) noexcept;
  void tcp_options(Bytes options) noexcept;
  void udp(std::uint32_t offset, std::uint32_t length) noexcept;
  void sctp(std::uint32_t offset, std::uint32_t length) noexcept;
  void esp(std::uint32_t offset, std::uint32_t length) noexcept;
  void icmp4(std::uint32_t offset, std::uint32_t length) noexcept;
  void icmp6(std::uint32_t offset, std::uint32_t length) noexcept;
  // tunnel.cpp
  void ip_in_ip(Tunnel tunnel, std::uint32_t offset, std::uint32_t length) noexcept;
  void gre(std::uint32_t offset, std::uint32_t length) noexcept;
  bool erspan(bool is_three, std::uint32_t offset, std::uint32_t length) noexcept;
  void udp_tunnel(std::uint32_t offset, std::uint32_t length) noexcept;
  bool vxlan(std::uint32_t offset, std::uint32_t length) noexcept;
  bool geneve(std::uint32_t offset, std::uint32_t length) noexcept;
  bool teredo(std::uint32_t offset, std::uint32_t length) noexcept;
  bool gtp(std::uint32_t offset, std::uint32_t length) noexcept;

  /// What stands behind the IP header: no payload until a transport header was accepted.
  void set_network(std::uint8_t protocol, std::uint32_t offset) noexcept {
    view->protocol = protocol;
    view->l4 = static_cast<std::uint16_t>(offset);
    view->payload = static_cast<std::uint16_t>(offset);
  }
  void set_transport(std::uint8_t protocol, std::uint32_t offset, std::uint32_t header,
                     std::uint32_t length) noexcept {
    view->protocol = protocol;
    view->l4 = static_cast<std::uint16_t>(offset);
    view->payload = static_cast<std::uint16_t>(offset + header);
    view->payload_length = static_cast<std::uint16_t>(length - header);
    view->flags |= packet_flag::l4;
  }
};

}  // namespace hd
