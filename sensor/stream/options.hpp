// SPDX-License-Identifier: Apache-2.0
// Settings, limits and counters of TCP tracking.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sensor/stream/policy.hpp"

namespace hd {

/// What becomes of a segment's urgent byte (setting `stream.urgent`).
enum class UrgentPolicy : std::uint8_t { oob, keep_inline, drop, gap };

struct TcpOptions {
  std::uint32_t sessions_max = 65'536;
  std::size_t memory = std::size_t{256} << 20;      ///< stream bytes of all sessions
  std::uint32_t extents_max = 32'768;               ///< pieces behind holes, all sessions
  std::uint32_t odd_max = 4'096;                    ///< sessions with different SYNs, SYN/ACKs, or urgent bytes
  std::uint32_t unread_max = std::uint32_t{1} << 20;  ///< bytes kept of one direction
  std::uint16_t out_of_order_max = 256;             ///< pieces behind holes of one direction
  std::uint64_t depth = std::uint64_t{1} << 20;     ///< bytes of one direction that are looked at; 0 all
  std::array<std::uint32_t, 2> chunk = {2560, 2560};  ///< raw window, by direction
  bool midstream = false;
  bool async_oneside = false;
  UrgentPolicy urgent = UrgentPolicy::oob;
  HostPolicies policies = HostPolicies::standard();
};

struct StreamCounters {
  std::uint64_t sessions = 0;           ///< begun
  std::uint64_t sessions_full = 0;      ///< packets that found no memory for a session
  std::uint64_t midstream = 0;          ///< sessions taken up without handshake
  std::uint64_t packets = 0;
  std::uint64_t invalid = 0;            ///< packets refused by the state machine
  std::uint64_t segments = 0;           ///< with data
  std::uint64_t in_order = 0;           ///< of these, by the short way
  std::uint64_t out_of_order = 0;       ///< kept behind a hole
  std::uint64_t retransmitted = 0;      ///< nothing new in it
  std::uint64_t overlaps = 0;
  std::uint64_t overlaps_different = 0;
  std::uint64_t gaps = 0;               ///< declared to a parser
  std::uint64_t gap_bytes = 0;
  std::uint64_t stream_ooo = 0;         ///< limit: pieces out of order
  std::uint64_t stream_limit = 0;       ///< limit: unread bytes of one direction, or memory of all
  std::uint64_t stream_depth = 0;       ///< limit: directions that reached their depth
  std::uint64_t depth_bytes = 0;        ///< bytes beyond the depth, not looked at
  std::uint64_t urgent_taken = 0;
  std::uint64_t urgent_limit = 0;       ///< limit: urgent bytes taken out of one session
  std::uint64_t odd_full = 0;           ///< limit: sessions with odd handshakes kept at a time
  std::array<std::uint64_t, 2> raw_windows = {};
};

}  // namespace hd
