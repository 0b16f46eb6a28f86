// SPDX-License-Identifier: Apache-2.0
// The order in which a packet is looked at, and the words of the state machine.
#include "sensor/stream/step.hpp"

#include <array>

namespace hd {

void TcpStep::run() noexcept {
  StreamCounters& counters = tracker.counters_;
  ++counters.packets;
  if (!header.has(tcp_flag::ack) && header.ack != 0) raise(StreamEvent::pkt_broken_ack);
  if (session != nullptr) {
    result.was_established = session->state >= TcpState::established;
    sender().tcp_flags = static_cast<std::uint8_t>(sender().tcp_flags | header.flags);
    if (session->has(session_flag::async) && client().tcp_flags != 0 && server().tcp_flags != 0) {
      session->clear(session_flag::async);
    }
  }
  if (session == nullptr || session->state == TcpState::none) {
    result.is_valid = in_none();
    result.has_session = session != nullptr;
    if (session != nullptr) sender().tcp_flags = header.flags;
    return;
  }
  result.has_session = true;
  result.is_valid = true;
  if (is_keep_alive()) return;
  const bool is_answer = is_keep_alive_ack();
  receiver().clear(side_flag::keep_alive);
  if (is_answer) return;
  const std::array<std::uint32_t, 2> acked = {client().last_ack, server().last_ack};
  const bool is_plain = is_fin_shutdown_ack() || is_window_update();
  if (is_plain || (!is_bad_window_update() && !is_outdated_ack())) {
    const Spurious spurious = spurious_retransmission();
    if (spurious != Spurious::no) {
      raise(StreamEvent::pkt_spurious_retransmission);
      ++counters.retransmitted;
    }
    if (spurious != Spurious::before_base) result.is_valid = dispatch(session->state);
    if (!result.is_valid) {
      ++counters.invalid;
      return;
    }
  }
  if (result.was_established) result.new_acked = {client().last_ack - acked[0], server().last_ack - acked[1]};
  check_after_rst();
}

bool TcpStep::dispatch(TcpState state) noexcept {
  switch (state) {
    case TcpState::none:
    case TcpState::listen:
      return true;
    case TcpState::syn_sent:
      return in_syn_sent();
    case TcpState::syn_recv:
      return in_syn_recv();
    case TcpState::established:
      return in_established();
    case TcpState::fin_wait1:
    case TcpState::fin_wait2:
    case TcpState::time_wait:
    case TcpState::last_ack:
    case TcpState::close_wait:
    case TcpState::closing:
      return in_closing_state(state);
    case TcpState::closed:
      return in_closed();
  }
  return true;
}

bool TcpStep::make_session() noexcept {
  if (session != nullptr) return true;
  flow.tcp = tracker.sessions_.acquire();
  if (!flow.tcp) {
    ++tracker.counters_.sessions_full;
    return false;
  }
  session = &tracker.sessions_[flow.tcp];
  ++tracker.counters_.sessions;
  return true;
}

void TcpStep::swap_directions() noexcept {
  FlowTable::swap_directions(flow);
  view.direction = opposite(view.direction);
  result.directions_swapped = !result.directions_swapped;
}

void TcpStep::set_state(TcpState state) noexcept {
  if (session->state == state) return;
  session->before_rst = session->state;
  session->state = state;
  if (flow.state == FlowState::bypassed) return;
  switch (state) {
    case TcpState::established:
    case TcpState::fin_wait1:
    case TcpState::fin_wait2:
    case TcpState::closing:
    case TcpState::close_wait:
      tracker.flows_.set_state(flow, FlowState::established);
      return;
    case TcpState::last_ack:
    case TcpState::time_wait:
    case TcpState::closed:
      tracker.flows_.set_state(flow, FlowState::closed);
      return;
    case TcpState::none:
    case TcpState::listen:
    case TcpState::syn_sent:
    case TcpState::syn_recv:
      return;
  }
}

void TcpStep::set_base(TcpSide& side, std::uint32_t isn) noexcept {
  side.isn = isn;
  side.base_seq = isn + 1;
}

void TcpStep::set_policy(TcpSide& side, Direction data) noexcept {
  if (side.policy != TargetPolicy::unset) return;
  side.policy = options().policies.of(data == Direction::to_server ? flow.server : flow.client);
}

void TcpStep::update_last_ack(TcpSide& side, std::uint32_t ack) noexcept {
  if (seq_after(ack, side.last_ack)) side.last_ack = ack;
}

void TcpStep::update_next_seq(TcpSide& side, std::uint32_t seq) noexcept {
  if (seq_after(seq, side.next_seq)) side.next_seq = seq;
}

void TcpStep::update_next_win(TcpSide& side, std::uint32_t right_edge) noexcept {
  if (seq_after(right_edge, side.next_win)) side.next_win = right_edge;
}

void TcpStep::take_ack() noexcept {
  TcpSide& acknowledged = receiver();
  if (seq_before(acknowledged.next_seq, header.ack)) acknowledged.next_seq = header.ack;
  update_last_ack(acknowledged, header.ack);
}

TcpOdd* TcpStep::odd() noexcept {
  if (!session->odd) {
    session->odd = tracker.odds_.acquire();
    if (!session->odd) {
      ++tracker.counters_.odd_full;
      return nullptr;
    }
  }
  return &tracker.odds_[session->odd];
}

}  // namespace hd
