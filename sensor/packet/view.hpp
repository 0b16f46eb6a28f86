// SPDX-License-Identifier: Apache-2.0
// What the decoder says of one packet: offsets into bytes that lie in the capture ring, a file, or the
// defragmenter. Nothing is copied; everything here is valid until the batch ends.
#pragma once

#include "sensor/base/bytes.hpp"
#include "sensor/base/time.hpp"
#include "sensor/packet/events.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace hd {

/// Directions of a flow. The client is the sender of the flow's first packet until known better.
enum class Direction : std::uint8_t { to_server = 0, to_client = 1 };
constexpr Direction opposite(Direction direction) noexcept {
  return direction == Direction::to_server ? Direction::to_client : Direction::to_server;
}
constexpr unsigned index_of(Direction direction) noexcept {
  return static_cast<unsigned>(direction);
}

/// IP protocol numbers that the engine names (IANA).
namespace ip_protocol {
inline constexpr std::uint8_t icmp = 1, igmp = 2, ipip = 4, tcp = 6, udp = 17, ipv6 = 41, gre = 47, esp = 50,
                              ah = 51, icmp6 = 58, sctp = 132;
}  // namespace ip_protocol

/// The outermost kind of tunnel that a view came out of.
enum class Tunnel : std::uint8_t { none, ipip, ip6in4, ip4in6, gre, erspan, vxlan, geneve, teredo, gtp_u };

namespace packet_flag {
inline constexpr std::uint16_t ip4 = 1 << 0;  ///< l3 points at an IPv4 header that was accepted
inline constexpr std::uint16_t ip6 = 1 << 1;  ///< l3 points at an IPv6 header that was accepted
inline constexpr std::uint16_t l4 = 1 << 2;   ///< l4 points at a complete transport header
inline constexpr std::uint16_t fragment =
    1 << 3;  ///< a fragment: no ports, no payload (its datagram gets a view of its own)
inline constexpr std::uint16_t reassembled = 1 << 4;   ///< made by the defragmenter
inline constexpr std::uint16_t inner = 1 << 5;         ///< came out of a tunnel
inline constexpr std::uint16_t truncated = 1 << 6;     ///< snap length or length fields cut the packet
inline constexpr std::uint16_t bad_checksum = 1 << 7;  ///< some checksum is wrong (only when checked)
inline constexpr std::uint16_t flow_end = 1 << 8;  ///< pseudo packet at the end of a flow (detection.md 20.8)
inline constexpr std::uint16_t invalid = 1 << 9;   ///< headers are nonsense: only decode events are inspected
inline constexpr std::uint16_t no_inspection = 1 << 10;  ///< outer packet whose fragments wait, and the like
}  // namespace packet_flag

struct PacketView {
  const std::uint8_t* data = nullptr;  ///< first byte captured (link header)
  PacketTime time = {};
  std::uint32_t caplen = 0;   ///< bytes at `data`
  std::uint32_t wirelen = 0;  ///< bytes on the wire
  std::uint32_t number = 0;   ///< in this capture, from 1; inner views bear their outer's
  std::uint32_t hash = 0;     ///< of the flow key, set by flow/
  std::uint32_t flow = 0;     ///< index of the flow record, 0 none, set by flow/
  std::uint16_t l3 = 0;       ///< offset of the IP header
  std::uint16_t l4 = 0;       ///< offset of the transport header (or of the bytes behind IP)
  std::uint16_t payload = 0;  ///< offset of the transport payload
  std::uint16_t payload_length =
      0;  ///< 0 without a transport header, and where the payload is a packet with a view of its own
  std::uint16_t flags = 0;   ///< packet_flag
  std::uint16_t events = 0;  ///< index into Batch::events; 0 none
  std::array<std::uint16_t, 3> vlan = {};
  std::uint8_t vlan_count = 0;
  std::uint8_t protocol = 0;                   ///< IP protocol of the header at l4
  Direction direction = Direction::to_server;  ///< set by flow/
  std::uint8_t depth = 0;                      ///< number of tunnels around it
  Tunnel tunnel = Tunnel::none;
  std::uint8_t source = 0;  ///< index of the capture source

  [[nodiscard]] bool has(std::uint16_t flag) const noexcept { return (flags & flag) != 0; }
  [[nodiscard]] bool is_ip4() const noexcept { return has(packet_flag::ip4); }
  [[nodiscard]] bool is_ip6() const noexcept { return has(packet_flag::ip6); }
  [[nodiscard]] bool is_tcp() const noexcept { return protocol == ip_protocol::tcp && has(packet_flag::l4); }
  [[nodiscard]] bool is_udp() const noexcept { return protocol == ip_protocol::udp && has(packet_flag::l4); }
  [[nodiscard]] Bytes payload_bytes() const noexcept { return {data + payload, payload_length}; }
  [[nodiscard]] const std::uint8_t* ip() const noexcept { return data + l3; }
  [[nodiscard]] const std::uint8_t* transport() const noexcept { return data + l4; }
  /// Source and destination ports of TCP, UDP and SCTP; 0 for others.
  [[nodiscard]] std::uint16_t source_port() const noexcept {
    return has_ports() ? load_be16(transport()) : std::uint16_t{0};
  }
  [[nodiscard]] std::uint16_t target_port() const noexcept {
    return has_ports() ? load_be16(transport() + 2) : std::uint16_t{0};
  }
  [[nodiscard]] bool has_ports() const noexcept {
    return has(packet_flag::l4) &&
           (protocol == ip_protocol::tcp || protocol == ip_protocol::udp || protocol == ip_protocol::sctp);
  }
};
static_assert(sizeof(PacketView) == 64);

/// An IP address: IPv4 as ::ffff:a.b.c.d, so that one type serves both families.
struct Address {
  std::array<std::uint8_t, 16> bytes = {};
  auto operator<=>(const Address&) const = default;
  [[nodiscard]] bool is_ip4() const noexcept {
    return load<std::uint64_t>(bytes.data()) == 0 && load_be32(bytes.data() + 8) == 0x0000ffff;
  }
  [[nodiscard]] std::uint32_t ip4() const noexcept { return load_be32(bytes.data() + 12); }
  static Address from_ip4(std::uint32_t host_order) noexcept {
    Address result;
    result.bytes[10] = result.bytes[11] = 0xff;
    store(result.bytes.data() + 12, __builtin_bswap32(host_order));
    return result;
  }
  static Address from_ip6(const std::uint8_t* network_order) noexcept {
    Address result;
    std::memcpy(result.bytes.data(), network_order, 16);
    return result;
  }
};
/// Addresses of the IP header at view.l3; all zero without one.
[[nodiscard]] Address source_address(const PacketView& view) noexcept;
[[nodiscard]] Address target_address(const PacketView& view) noexcept;

/// Up to 32 captured packets with all that came out of their tunnels, in the order they are to be inspected:
/// outer before inner. Lives as long as the worker; filled anew for each batch.
struct Batch {
  static constexpr std::size_t kPackets = 32;
  static constexpr std::size_t kViews = kPackets * 9;  // each packet and up to 8 inner ones
  static constexpr std::size_t kEventSets = 128;

  std::array<PacketView, kViews> views = {};
  std::array<DecodeEventSet, kEventSets> events = {};  // [0] stays empty
  std::uint16_t count = 0;                             ///< views in use
  std::uint16_t packets = 0;                           ///< captured packets among them
  std::uint16_t event_count = 1;                       ///< event sets in use, the empty one among them

  [[nodiscard]] std::span<PacketView> all() noexcept { return {views.data(), count}; }
  /// Adds an event to a view; beyond kEventSets the last set is shared (the counter still tells each one).
  void raise(PacketView& view, DecodeEvent event) noexcept;
  void clear() noexcept;
};

}  // namespace hd
