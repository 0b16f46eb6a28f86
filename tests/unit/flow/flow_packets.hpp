// SPDX-License-Identifier: Apache-2.0
// Packets for tests of flows: only what a flow key reads.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "sensor/packet/view.hpp"

namespace hd::test {

struct Tuple {
  std::uint32_t source = 0x0a000001;
  std::uint32_t target = 0xc0000207;
  std::uint16_t source_port = 40000;
  std::uint16_t target_port = 53;
  std::uint8_t protocol = ip_protocol::udp;
  std::uint16_t vlan = 0;

  [[nodiscard]] Tuple reversed() const {
    return {target, source, target_port, source_port, protocol, vlan};
  }
};

inline void put32(std::vector<std::uint8_t>& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}
inline void put16(std::vector<std::uint8_t>& bytes, std::size_t at, std::uint16_t value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}

/// Owns the bytes of the packets it made.
class Packets {
 public:
  /// An IPv4 header and 8 bytes of transport that begin with the ports.
  PacketView make(const Tuple& tuple, PacketTime time = {}) {
    std::vector<std::uint8_t>& bytes = bytes_.emplace_back(40, std::uint8_t{0});
    bytes[0] = 0x45;
    bytes[9] = tuple.protocol;
    put32(bytes, 12, tuple.source);
    put32(bytes, 16, tuple.target);
    put16(bytes, 20, tuple.source_port);
    put16(bytes, 22, tuple.target_port);
    return view(bytes, tuple, time);
  }
  /// An ICMP message; for type 3 with the head of `inner` inside.
  PacketView icmp(const Tuple& outer, std::uint8_t type, std::uint16_t identifier, const Tuple& inner = {}) {
    Tuple tuple = outer;
    tuple.protocol = ip_protocol::icmp;
    std::vector<std::uint8_t>& bytes = bytes_.emplace_back(56, std::uint8_t{0});
    bytes[0] = 0x45;
    bytes[9] = ip_protocol::icmp;
    put32(bytes, 12, tuple.source);
    put32(bytes, 16, tuple.target);
    bytes[20] = type;
    put16(bytes, 24, identifier);
    bytes[28] = 0x45;
    bytes[37] = inner.protocol;
    put32(bytes, 40, inner.source);
    put32(bytes, 44, inner.target);
    put16(bytes, 48, inner.source_port);
    put16(bytes, 50, inner.target_port);
    return view(bytes, tuple, PacketTime{1'700'000'000 * kSecond});
  }

 private:
  static PacketView view(const std::vector<std::uint8_t>& bytes, const Tuple& tuple, PacketTime time) {
    PacketView result;
    result.data = bytes.data();
    result.caplen = result.wirelen = static_cast<std::uint32_t>(bytes.size());
    result.time = time;
    result.l4 = 20;
    result.payload = 28;
    result.flags = packet_flag::ip4 | packet_flag::l4;
    result.protocol = tuple.protocol;
    result.vlan[0] = tuple.vlan;
    result.vlan_count = tuple.vlan != 0;
    return result;
  }
  std::deque<std::vector<std::uint8_t>> bytes_;
};

}  // namespace hd::test
