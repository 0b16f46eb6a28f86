// SPDX-License-Identifier: Apache-2.0
// One packet in its session: the words in which the state machine's files are written. Private to this room.
#pragma once

#include <cstdint>

#include "sensor/base/bytes.hpp"
#include "sensor/flow/record.hpp"
#include "sensor/packet/view.hpp"
#include "sensor/stream/events.hpp"
#include "sensor/stream/header.hpp"
#include "sensor/stream/odd.hpp"
#include "sensor/stream/session.hpp"
#include "sensor/stream/tracker.hpp"

namespace hd {

/// Window scale of a side whose handshake was not seen: the largest (RFC 7323 section 2.3).
inline constexpr std::uint8_t kAssumedWscale = 14;

/// Of all acting functions that return bool: false means that the packet is refused, its event raised.
struct TcpStep {
  TcpTracker& tracker;
  FlowRecord& flow;
  PacketView& view;
  StreamEventSet& events;
  TakeResult& result;
  TcpHeader header;
  TcpSession* session = nullptr;

  /// Reads through the whole life of a packet; fills `result`.
  void run() noexcept;

  // step.cpp: words
  [[nodiscard]] bool is_to_server() const noexcept { return view.direction == Direction::to_server; }
  [[nodiscard]] TcpSide& sender() noexcept { return session->side(view.direction); }
  [[nodiscard]] TcpSide& receiver() noexcept { return session->side(opposite(view.direction)); }
  [[nodiscard]] TcpSide& client() noexcept { return session->sides[0]; }
  [[nodiscard]] TcpSide& server() noexcept { return session->sides[1]; }
  [[nodiscard]] const TcpOptions& options() const noexcept { return tracker.options_; }
  [[nodiscard]] std::uint32_t seconds() const noexcept { return static_cast<std::uint32_t>(view.time.ns / kSecond); }
  /// The receive window that this packet announces for the receiver's data.
  [[nodiscard]] std::uint32_t announced_window() noexcept { return std::uint32_t{header.window} << receiver().wscale; }
  void raise(StreamEvent event) noexcept { events.add(event); }
  bool refuse(StreamEvent event) noexcept {
    raise(event);
    return false;
  }
  bool make_session() noexcept;
  void swap_directions() noexcept;
  void set_state(TcpState state) noexcept;
  void set_base(TcpSide& side, std::uint32_t isn) noexcept;
  void set_policy(TcpSide& side, Direction data) noexcept;
  static void update_last_ack(TcpSide& side, std::uint32_t ack) noexcept;
  static void update_next_seq(TcpSide& side, std::uint32_t seq) noexcept;
  static void update_next_win(TcpSide& side, std::uint32_t right_edge) noexcept;
  /// What a packet says about the other side's data: window, acknowledgement.
  void take_ack() noexcept;
  bool dispatch(TcpState state) noexcept;
  [[nodiscard]] TcpOdd* odd() noexcept;  ///< made when there is none; null (counted) without memory

  // checks.cpp: what every state asks
  [[nodiscard]] bool is_keep_alive() noexcept;
  [[nodiscard]] bool is_keep_alive_ack() noexcept;
  [[nodiscard]] bool is_fin_shutdown_ack() noexcept;
  [[nodiscard]] bool is_window_update() noexcept;
  [[nodiscard]] bool is_bad_window_update() noexcept;
  [[nodiscard]] bool is_outdated_ack() noexcept;
  enum class Spurious : std::uint8_t { no, acknowledged, before_base };
  [[nodiscard]] Spurious spurious_retransmission() noexcept;
  [[nodiscard]] bool is_retransmission() noexcept;
  [[nodiscard]] bool has_valid_ack(const TcpSide& acknowledged) noexcept;
  [[nodiscard]] bool has_valid_timestamp() noexcept;
  void keep_timestamp() noexcept;
  [[nodiscard]] bool is_valid_rst() noexcept;
  void check_after_rst() noexcept;

  // begin.cpp, handshake.cpp
  bool in_none() noexcept;
  bool in_syn_sent() noexcept;
  bool in_syn_recv() noexcept;
  bool begin_with_syn() noexcept;
  bool begin_with_syn_ack() noexcept;
  bool begin_midstream() noexcept;
  void take_syn(const HandshakeOffer& offer) noexcept;
  void take_syn_ack(const HandshakeOffer& offer) noexcept;
  [[nodiscard]] bool has_valid_echo() noexcept;
  bool syn_sent_rst() noexcept;
  bool syn_sent_syn() noexcept;
  bool syn_sent_syn_ack() noexcept;
  bool four_way_syn_ack() noexcept;
  bool syn_sent_ack() noexcept;
  bool syn_recv_rst() noexcept;
  bool syn_recv_syn_ack() noexcept;
  bool syn_recv_ack() noexcept;
  bool four_way_ack() noexcept;
  void choose_offer_by_ack() noexcept;
  bool accept_three_way_ack() noexcept;
  bool accept_lost_packets() noexcept;

  // established.cpp
  bool in_established() noexcept;
  bool established_syn_ack() noexcept;
  bool established_data() noexcept;
  bool take_rst() noexcept;
  bool take_fin() noexcept;

  // closing.cpp
  bool in_closing_state(TcpState state) noexcept;
  bool fin_wait1_fin() noexcept;
  bool fin_wait1_ack() noexcept;
  bool fin_wait2_fin() noexcept;
  bool fin_wait2_ack() noexcept;
  bool close_wait_fin() noexcept;
  bool close_wait_ack() noexcept;
  bool closing_ack() noexcept;
  bool last_ack_ack() noexcept;
  bool time_wait_ack() noexcept;
  bool in_closed() noexcept;
  [[nodiscard]] bool is_fin_in_window() noexcept;
  void take_closing_segment() noexcept;

  // segment.cpp
  struct SegmentPart {
    std::uint32_t seq = 0;
    Bytes bytes = {};
  };
  void take_segment() noexcept;
  bool insert_payload() noexcept;
  bool insert(SegmentPart part) noexcept;
  bool clip_to_depth(std::uint64_t offset, Bytes& bytes) noexcept;
};

}  // namespace hd
