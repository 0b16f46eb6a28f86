// SPDX-License-Identifier: Apache-2.0
// Which flow a packet belongs to: addresses, ports, protocol and VLAN tags, the same for both directions.
#pragma once

#include <array>
#include <cstdint>

#include "sensor/base/hash.hpp"
#include "sensor/flow/record.hpp"
#include "sensor/packet/view.hpp"

namespace hd {

/// Whether VLAN identifiers are part of a flow's identity (setting `vlan_tracking`).
enum class VlanTracking : std::uint8_t { off, on };

/// Identity of a flow as one packet shows it: `source` is who sent this packet (or, for an ICMP error that is
/// attached to another flow, who sent the packet inside it).
/// Of ICMP the ports are the message type and its counterpart (echo and echo reply, ...), so that requests and
/// replies of two hosts are one flow, as in Suricata; identifiers are not part of the key.
struct FlowKey {
  Address source = {};
  Address target = {};
  std::uint16_t source_port = 0;
  std::uint16_t target_port = 0;
  std::array<std::uint16_t, 2> vlan = {};
  std::uint8_t protocol = 0;
  bool is_embedded = false;  ///< taken from inside an ICMP error: finds flows, never begins one

  /// False: the packet belongs to no flow (fragment, IP without a known transport, nonsense, ICMP errors whose
  /// inner packet cannot be read).
  [[nodiscard]] bool read(const PacketView& view, VlanTracking tracking) noexcept;
  /// The same for both directions. Cost: two multiplies for IPv4, four for IPv6. Never 0.
  [[nodiscard]] std::uint32_t hash(const HashKey& key) const noexcept;
};

/// How a key fits a record.
enum class KeyMatch : std::uint8_t { none, to_server, to_client };
[[nodiscard]] KeyMatch match(const FlowRecord& record, const FlowKey& key) noexcept;

/// Type of the message that answers (or asked for) an ICMP message; 0xffff when there is no such pair.
[[nodiscard]] std::uint16_t icmp_counterpart(std::uint8_t protocol, std::uint8_t type) noexcept;
/// Whether an ICMPv4 message is an error: these never begin a flow.
[[nodiscard]] bool is_icmp_error(std::uint8_t type) noexcept;

}  // namespace hd
