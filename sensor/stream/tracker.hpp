// SPDX-License-Identifier: Apache-2.0
// TCP of one worker: state, order, overlaps, gaps, and the two readers of a stream: parser and raw windows.
//
// A packet:   take() -> for both directions that it says, app_data()/app_consumed() until nothing comes
//             -> raw_due() of the packet's own direction, then raw_window()/raw_done() until the window is empty.
// A flow's end: set flow_flag::ending, and for each direction with needs_end() do the same without take(); end().
// Data is given out when it was acknowledged by the other side (docs: detection 20.3, 20.5).
#pragma once

#include <array>
#include <cstdint>

#include "sensor/base/bytes.hpp"
#include "sensor/base/slab.hpp"
#include "sensor/flow/record.hpp"
#include "sensor/flow/table.hpp"
#include "sensor/packet/view.hpp"
#include "sensor/stream/events.hpp"
#include "sensor/stream/options.hpp"
#include "sensor/stream/odd.hpp"
#include "sensor/stream/session.hpp"
#include "sensor/stream/store.hpp"

namespace hd {

/// What take() says of a packet.
struct TakeResult {
  bool has_session = false;      ///< false: no handshake seen and no midstream pick-up; the packet stands alone
  bool is_valid = false;         ///< false: not part of the session (wrong sequence, acknowledgement, state ...)
  bool was_added = false;        ///< the payload went into the stream: stream rules see it there, not in this packet
  bool was_established = false;  ///< before this packet: what flow:established sees
  bool is_midstream = false;     ///< no session, and this packet is not the begin of one (exception policy)
  bool is_fin = false;           ///< an accepted FIN
  bool is_rst = false;           ///< an accepted RST
  bool directions_swapped = false;          ///< the flow's sides were exchanged; view.direction as well
  std::array<bool, 2> app_due = {};         ///< by direction of the data; the other side's comes first
  std::array<std::uint32_t, 2> new_acked = {};  ///< by direction of the data
};

/// What the parser may see now.
struct AppData {
  Bytes bytes = {};
  std::uint64_t gap = 0;   ///< bytes lost before `bytes`; app_consumed() counts only bytes, the gap is taken as read
  std::uint64_t offset = 0;  ///< stream offset of bytes[0]
  bool is_end = false;     ///< nothing follows in this direction
  bool is_depth = false;   ///< the stream's depth is reached: last call
};

/// Bytes that raw rules inspect together.
struct RawWindow {
  Bytes bytes = {};
  std::uint64_t offset = 0;  ///< stream offset of bytes[0]
};

/// Sessions of one worker. One thread; nothing allocates after construction. Spans that are given out stay valid
/// until the next call that changes the same flow's stream.
class TcpTracker {
 public:
  TcpTracker(const TcpOptions& options, FlowTable& flows);
  ~TcpTracker() = default;
  TcpTracker(const TcpTracker&) = delete;
  TcpTracker& operator=(const TcpTracker&) = delete;

  /// Takes a TCP packet of a flow: state, sequence numbers, data. Adds what is odd to `events`.
  TakeResult take(FlowRecord& flow, PacketView& view, StreamEventSet& events) noexcept;

  /// Whether a packet begins a new connection on the 5-tuple of an old one (for FlowTable::find_or_create).
  [[nodiscard]] bool is_reuse(const FlowRecord& flow, const PacketView& view) const noexcept;

  // The parser's reader. Declares a gap (event, counter) when bytes were acknowledged that nobody saw.
  [[nodiscard]] AppData app_data(FlowRecord& flow, Direction direction, StreamEventSet& events) noexcept;
  /// The parser is done with n bytes of what app_data() gave.
  void app_consumed(FlowRecord& flow, Direction direction, std::size_t n) noexcept;
  /// No parser for this direction (any more): nothing is kept for one.
  void app_stop(FlowRecord& flow, Direction direction) noexcept;

  // The raw rules' reader.
  /// Whether windows of this direction are to be inspected now: asked on a packet of the same direction that take()
  /// found valid, or at the flow's end.
  [[nodiscard]] bool raw_due(const FlowRecord& flow, Direction direction) const noexcept;
  /// The next window; empty when there is none. More than one where holes lie between.
  [[nodiscard]] RawWindow raw_window(FlowRecord& flow, Direction direction) noexcept;
  void raw_done(FlowRecord& flow, Direction direction, const RawWindow& window) noexcept;
  /// The parser ended something: the window is due with the next packet of this direction (or this one).
  void flush_raw(FlowRecord& flow, Direction direction) noexcept;
  /// Raw rules do not look at what comes after this; what is kept is due at once.
  void stop_raw(FlowRecord& flow, Direction direction) noexcept;

  /// Whether a pseudo packet of this direction is to be inspected at the flow's end.
  [[nodiscard]] bool needs_end(const FlowRecord& flow, Direction direction) const noexcept;
  /// Gives back all memory of a flow's session. Does nothing without one.
  void end(FlowRecord& flow) noexcept;
  /// Exchanges the sides; goes with FlowTable::swap_directions.
  void swap(FlowRecord& flow) noexcept;

  /// The session for keywords and records; null when the flow has none.
  [[nodiscard]] const TcpSession* session(const FlowRecord& flow) const noexcept {
    return flow.tcp ? &sessions_[flow.tcp] : nullptr;
  }
  /// Bytes of this direction by sequence numbers, the SYN counted (stream_size); 0 without a session.
  [[nodiscard]] std::uint32_t bytes_seen(const FlowRecord& flow, Direction direction) const noexcept;
  [[nodiscard]] bool is_established(const FlowRecord& flow) const noexcept {
    return flow.tcp && sessions_[flow.tcp].state >= TcpState::established;
  }

  [[nodiscard]] const StreamCounters& counters() const noexcept { return counters_; }
  [[nodiscard]] std::size_t memory_used() const noexcept { return store_.memory_used(); }
  [[nodiscard]] std::uint32_t sessions() const noexcept { return sessions_.used(); }

 private:
  /// Stream offset up to which the other side acknowledged. Where only one side is seen, all of it.
  [[nodiscard]] static std::uint64_t acknowledged(const TcpSession& session, const TcpSide& side) noexcept;
  [[nodiscard]] TcpSession* session_of(const FlowRecord& flow) noexcept {
    return flow.tcp ? &sessions_[flow.tcp] : nullptr;
  }
  /// Drops what neither reader needs any more.
  void settle(TcpSession& session, Direction direction) noexcept;
  /// Depth was reached with an earlier packet: nothing of this direction is kept any more.
  void close_depth(TcpSession& session, Direction direction) noexcept;

  friend struct TcpStep;  // one packet in its session: checks.cpp, handshake.cpp, established.cpp, closing.cpp

  TcpOptions options_;
  FlowTable& flows_;
  Slab<TcpSession> sessions_;
  Slab<TcpOdd> odds_;
  StreamCounters counters_;
  StreamStore store_;
};

}  // namespace hd
