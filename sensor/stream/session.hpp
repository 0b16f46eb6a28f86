// SPDX-License-Identifier: Apache-2.0
// One TCP connection: the state machine's memory and what is kept of both directions.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sensor/base/slab.hpp"
#include "sensor/packet/view.hpp"
#include "sensor/stream/extent.hpp"
#include "sensor/stream/policy.hpp"

namespace hd {

/// States of a session as seen from the middle. Their order matters: comparisons with < and > are made.
enum class TcpState : std::uint8_t {
  none, listen, syn_sent, syn_recv, established, fin_wait1, fin_wait2, time_wait, last_ack, close_wait, closing, closed
};
/// As in EVE's tcp.state.
[[nodiscard]] std::string_view name_of(TcpState state) noexcept;

namespace tcp_flag {
inline constexpr std::uint8_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10, urg = 0x20, ece = 0x40,
                              cwr = 0x80;
}  // namespace tcp_flag

namespace session_flag {
inline constexpr std::uint16_t midstream = 1 << 0;              ///< taken up without a handshake
inline constexpr std::uint16_t midstream_established = 1 << 1;  ///< ... on a data packet; server's window unknown
inline constexpr std::uint16_t midstream_synack = 1 << 2;       ///< ... on a SYN/ACK
inline constexpr std::uint16_t async = 1 << 3;                  ///< only one side is seen
inline constexpr std::uint16_t timestamp = 1 << 4;              ///< both sides use timestamps
inline constexpr std::uint16_t sack = 1 << 5;
inline constexpr std::uint16_t client_sack = 1 << 6;
inline constexpr std::uint16_t client_wscale = 1 << 7;          ///< the SYN offered window scaling
inline constexpr std::uint16_t four_way = 1 << 8;               ///< simultaneous open
inline constexpr std::uint16_t fast_open = 1 << 9;
inline constexpr std::uint16_t evasion = 1 << 10;               ///< a handshake's ACK acknowledged nonsense
inline constexpr std::uint16_t confirmed = 1 << 11;             ///< the server took the end of the handshake
inline constexpr std::uint16_t closed_by_rst = 1 << 12;
}  // namespace session_flag

namespace side_flag {
inline constexpr std::uint16_t timestamp = 1 << 0;       ///< this side sent timestamps in its SYN
inline constexpr std::uint16_t zero_timestamp = 1 << 1;  ///< ... of value 0
inline constexpr std::uint16_t keep_alive = 1 << 2;      ///< its last packet was a keep-alive
inline constexpr std::uint16_t had_gap = 1 << 3;
inline constexpr std::uint16_t rst_received = 1 << 4;    ///< got a RST that may be forged (signed with a key)
inline constexpr std::uint16_t depth_reached = 1 << 5;
inline constexpr std::uint16_t no_reassembly = 1 << 6;   ///< nothing of this direction is kept any more
inline constexpr std::uint16_t app_stopped = 1 << 7;
inline constexpr std::uint16_t raw_stopped = 1 << 8;
inline constexpr std::uint16_t raw_flush = 1 << 9;       ///< raw window is due at once
inline constexpr std::uint16_t finished = 1 << 10;       ///< its FIN was accepted
inline constexpr std::uint16_t raw_stopping = 1 << 11;   ///< raw windows end at raw_end
}  // namespace side_flag

/// What one side sends. `window`, `next_win` and `last_ack` are the other side's words about it.
struct TcpSide {
  std::uint32_t isn = 0;
  std::uint32_t next_seq = 0;        ///< behind the last byte seen
  std::uint32_t last_ack = 0;        ///< acknowledged by the other side
  std::uint32_t next_win = 0;        ///< right edge of the other side's receive window
  std::uint32_t window = 0;          ///< the other side's receive window
  std::uint32_t last_timestamp = 0;
  std::uint32_t last_packet_s = 0;   ///< seconds of the packet that bore it
  std::uint16_t flags = 0;           ///< side_flag
  std::uint16_t mss = 0;             ///< this side's option, 0 none
  std::uint8_t wscale = 0;           ///< shift for windows that the other side announces
  std::uint8_t tcp_flags = 0;        ///< of all its packets
  TargetPolicy policy = TargetPolicy::unset;  ///< of the receiver
  std::uint8_t border_next = 0;      ///< in `borders`
  std::uint32_t base_seq = 0;        ///< sequence number of stream offset `base`
  std::uint64_t base = 0;            ///< everything before was given out
  std::uint64_t app = 0;             ///< progress of the parser
  std::uint64_t raw = 0;             ///< progress of raw inspection
  std::uint64_t raw_end = 0;         ///< with raw_stopping: nothing from here on is inspected
  StreamExtent first = {};
  std::uint16_t extents = 0;         ///< further ones
  std::uint16_t urgent_taken = 0;    ///< urgent bytes taken out of the stream
  std::uint32_t kept = 0;            ///< bytes in all extents
  static constexpr std::size_t kBorders = 8;
  std::array<std::uint32_t, kBorders> borders = {};  ///< low words of the starts of the last segments in `first`

  [[nodiscard]] bool has(std::uint16_t flag) const noexcept { return (flags & flag) != 0; }
  void set(std::uint16_t flag) noexcept { flags = static_cast<std::uint16_t>(flags | flag); }
  void clear(std::uint16_t flag) noexcept { flags = static_cast<std::uint16_t>(flags & ~flag); }
};

struct TcpOdd;  // sensor/stream/odd.hpp

struct TcpSession {
  TcpState state = TcpState::none;
  TcpState before_rst = TcpState::none;  ///< state that the last change left
  std::uint16_t flags = 0;               ///< session_flag
  Index<TcpOdd> odd = {};                ///< only of sessions with different SYNs or SYN/ACKs, or urgent bytes
  std::array<TcpSide, 2> sides = {};     ///< by direction of their data: [0] what the client sends

  [[nodiscard]] TcpSide& side(Direction direction) noexcept { return sides[hd::index_of(direction)]; }
  [[nodiscard]] const TcpSide& side(Direction direction) const noexcept { return sides[hd::index_of(direction)]; }
  [[nodiscard]] bool has(std::uint16_t flag) const noexcept { return (flags & flag) != 0; }
  void set(std::uint16_t flag) noexcept { flags = static_cast<std::uint16_t>(flags | flag); }
  void clear(std::uint16_t flag) noexcept { flags = static_cast<std::uint16_t>(flags & ~flag); }
};

}  // namespace hd
