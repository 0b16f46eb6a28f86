// SPDX-License-Identifier: Apache-2.0
// States after the first FIN. `close_wait`: the client ended; `fin_wait1`, `fin_wait2`: the server did.
#include "sensor/stream/step.hpp"

namespace hd {

bool TcpStep::in_closing_state(TcpState state) noexcept {
  if (header.has(tcp_flag::rst)) return take_rst();
  const bool has_fin = header.has(tcp_flag::fin);
  if (!has_fin && header.has(tcp_flag::syn)) return refuse(StreamEvent::shutdown_syn_resend);
  if (!has_fin && !header.has(tcp_flag::ack)) return true;
  if (session->has(session_flag::timestamp) && !has_valid_timestamp()) return false;
  switch (state) {
    case TcpState::fin_wait1:
      return has_fin ? fin_wait1_fin() : fin_wait1_ack();
    case TcpState::fin_wait2:
      return has_fin ? fin_wait2_fin() : fin_wait2_ack();
    case TcpState::close_wait:
      return has_fin ? close_wait_fin() : close_wait_ack();
    case TcpState::closing:
      return has_fin || closing_ack();
    case TcpState::last_ack:
      return has_fin || last_ack_ack();
    case TcpState::time_wait:
      return has_fin || time_wait_ack();
    default:
      return true;
  }
}

bool TcpStep::is_fin_in_window() noexcept {
  const TcpSide& own = sender();
  return seq_at_least(header.end(), own.next_seq) && seq_at_most(header.seq, own.last_ack + own.window);
}

void TcpStep::take_closing_segment() noexcept {
  TcpSide& other = receiver();
  if (session->has(session_flag::timestamp)) keep_timestamp();
  TcpSide& own = sender();
  if (header.seq == own.next_seq) own.next_seq = header.end();
  if (header.has(tcp_flag::ack)) {
    take_ack();
    update_next_win(other, other.last_ack + other.window);
  }
  take_segment();
}

bool TcpStep::fin_wait1_fin() noexcept {
  const bool is_again = is_retransmission() || sender().has(side_flag::finished);
  if (!has_valid_ack(receiver())) return refuse(StreamEvent::fin1_invalid_ack);
  if (!is_fin_in_window()) return refuse(StreamEvent::fin1_fin_wrong_seq);
  if (!is_again) {
    result.is_fin = true;
    sender().set(side_flag::finished);
    const std::uint32_t next = receiver().next_seq;
    const bool acknowledges_fin = header.has(tcp_flag::ack) && (header.ack == next || header.ack == next + 1);
    set_state(acknowledges_fin ? TcpState::time_wait : TcpState::closing);
    receiver().window = announced_window();
  }
  take_closing_segment();
  return true;
}

bool TcpStep::fin_wait1_ack() noexcept {
  const bool is_again = is_retransmission();
  TcpSide& own = sender();
  if (!has_valid_ack(receiver())) return refuse(StreamEvent::fin1_invalid_ack);
  if (!is_again) {
    const bool has_lax_window = session->has(session_flag::midstream) || session->has(session_flag::async);
    if (!has_lax_window && seq_after(header.end(), own.next_win)) return refuse(StreamEvent::fin1_ack_wrong_seq);
    // The other side's FIN is acknowledged.
    if (header.seq == own.next_seq && !own.has(side_flag::finished)) set_state(TcpState::fin_wait2);
    receiver().window = announced_window();
  }
  take_closing_segment();
  return true;
}

bool TcpStep::fin_wait2_fin() noexcept {
  TcpSide& own = sender();
  const bool is_same = header.seq == own.next_seq - 1 && header.ack == receiver().last_ack;
  const bool is_again = is_same || is_retransmission() || own.has(side_flag::finished);
  if (!is_again) {
    if (!has_valid_ack(receiver())) return refuse(StreamEvent::fin2_invalid_ack);
    if (!is_fin_in_window()) return refuse(StreamEvent::fin2_fin_wrong_seq);
    result.is_fin = true;
    own.set(side_flag::finished);
    set_state(TcpState::time_wait);
    receiver().window = announced_window();
  }
  take_closing_segment();
  return true;
}

bool TcpStep::fin_wait2_ack() noexcept {
  const bool is_again = is_retransmission();
  const TcpSide& own = sender();
  if (!has_valid_ack(receiver())) return refuse(StreamEvent::fin2_invalid_ack);
  if (!is_again) {
    const bool has_lax_window = session->has(session_flag::midstream) || session->has(session_flag::async);
    if (!has_lax_window && seq_after(header.end(), own.next_win)) return refuse(StreamEvent::fin2_ack_wrong_seq);
    receiver().window = announced_window();
  }
  take_closing_segment();
  return true;
}

bool TcpStep::close_wait_fin() noexcept {
  TcpSide& own = sender();
  const bool is_again = is_retransmission() || own.has(side_flag::finished);
  if (!is_fin_in_window()) return refuse(StreamEvent::closewait_fin_out_of_window);
  if (!has_valid_ack(receiver())) return refuse(StreamEvent::closewait_invalid_ack);
  if (!is_again) {
    result.is_fin = true;
    own.set(side_flag::finished);
    set_state(TcpState::last_ack);
    receiver().window = announced_window();
  }
  take_closing_segment();
  return true;
}

bool TcpStep::close_wait_ack() noexcept {
  const bool is_again = is_retransmission();
  const TcpSide& own = sender();
  if (header.length > 0 && seq_at_most(header.end(), own.last_ack)) return refuse(StreamEvent::closewait_pkt_before_last_ack);
  if (seq_after(header.seq, own.last_ack + own.window)) return refuse(StreamEvent::closewait_ack_out_of_window);
  if (!has_valid_ack(receiver())) return refuse(StreamEvent::closewait_invalid_ack);
  if (!is_again) receiver().window = announced_window();
  take_closing_segment();
  return true;
}

bool TcpStep::closing_ack() noexcept {
  const TcpSide& own = sender();
  const bool is_again = is_retransmission();
  if (!has_valid_ack(receiver())) return refuse(StreamEvent::closing_invalid_ack);
  if (header.seq != own.next_seq && header.seq != own.next_seq + 1) return refuse(StreamEvent::closing_ack_wrong_seq);
  if (!is_again) {
    set_state(TcpState::time_wait);
    receiver().window = announced_window();
  }
  take_closing_segment();
  return true;
}

bool TcpStep::last_ack_ack() noexcept {
  const TcpSide& own = sender();
  const bool is_again = is_retransmission();
  if (!has_valid_ack(receiver())) return refuse(StreamEvent::lastack_invalid_ack);
  if (is_to_server() && !seq_before(header.seq, own.next_seq)) {
    if (header.seq != own.next_seq && header.seq != own.next_seq + 1) return refuse(StreamEvent::lastack_ack_wrong_seq);
    if (!is_again) {
      set_state(TcpState::closed);
      receiver().window = announced_window();
    }
  }
  take_closing_segment();
  return true;
}

bool TcpStep::time_wait_ack() noexcept {
  const TcpSide& own = sender();
  const bool is_again = is_retransmission();
  if (!has_valid_ack(receiver())) return refuse(StreamEvent::timewait_invalid_ack);
  if (header.length == 0 && header.seq != own.next_seq && header.seq != own.next_seq + 1) {
    return refuse(StreamEvent::timewait_ack_wrong_seq);
  }
  if (!is_again) {
    set_state(TcpState::closed);
    receiver().window = announced_window();
  }
  take_closing_segment();
  return true;
}

bool TcpStep::in_closed() noexcept {
  if (header.has(tcp_flag::rst)) return true;
  // The RST that closed it came from this packet's sender, and may not have been its own.
  if (sender().has(side_flag::rst_received) || !receiver().has(side_flag::rst_received)) return true;
  const bool is_taken = dispatch(session->before_rst);
  if (is_taken && session->state == TcpState::closed) session->state = session->before_rst;
  return is_taken;
}

}  // namespace hd
