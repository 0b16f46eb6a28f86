// SPDX-License-Identifier: Apache-2.0
// Addresses, times, protocol names and community ids as EVE writes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sensor/base/time.hpp"
#include "sensor/packet/view.hpp"

namespace hd {

/// RFC 5952 for IPv6, dotted quad for IPv4. In a packet of IPv6 an address of the form ::ffff:a.b.c.d is what it says.
void append_address(std::string& out, const Address& address, bool is_ip6_packet = false);
/// 2022-08-30T01:02:03.123456+0000
void append_timestamp(std::string& out, PacketTime time);
/// TCP, UDP, ICMP, IPv6-ICMP …; numbers that have no name as three digits.
[[nodiscard]] std::string protocol_name(std::uint8_t protocol);

/// Community ID version 1 (github.com/corelight/community-id-spec), seed 0. Ports of ICMP are its type and code by the
/// specification's pairing. "1:" and base64.
struct FlowTuple {
  Address source = {}, target = {};
  std::uint16_t source_port = 0, target_port = 0;
  std::uint8_t protocol = 0;
  bool has_ports = false;
};
[[nodiscard]] std::string community_id(const FlowTuple& tuple);

}  // namespace hd
