// SPDX-License-Identifier: Apache-2.0
// What only odd sessions need: different SYNs or SYN/ACKs until one of them is confirmed, and the places of urgent
// bytes that were taken out of the stream.
#pragma once

#include <array>
#include <cstdint>

#include "sensor/stream/header.hpp"

namespace hd {

/// A SYN or SYN/ACK that was kept.
struct HandshakeOffer {
  TcpHeader header = {};
  std::uint32_t packet_s = 0;  ///< seconds of its packet
};

struct TcpOdd {
  static constexpr std::size_t kSyns = 10;     ///< as Suricata's max-syn-queued
  static constexpr std::size_t kSynAcks = 5;   ///< as Suricata's max-synack-queued
  static constexpr std::size_t kUrgents = 16;

  std::array<HandshakeOffer, kSyns> syns = {};
  std::array<HandshakeOffer, kSynAcks> syn_acks = {};
  std::uint8_t syn_count = 0;
  std::uint8_t syn_ack_count = 0;
  std::array<std::uint8_t, 2> urgent_count = {};  ///< by direction
  /// Sequence numbers of bytes behind the side's base that are not part of its stream, rising.
  std::array<std::array<std::uint32_t, kUrgents>, 2> urgents = {};
};

}  // namespace hd
