// SPDX-License-Identifier: Apache-2.0
// The state in which data flows, and how it is left: FIN and RST.
#include "sensor/stream/step.hpp"

namespace hd {

bool TcpStep::in_established() noexcept {
  if (header.has(tcp_flag::rst)) return take_rst();
  if (header.has(tcp_flag::fin)) {
    if (session->has(session_flag::timestamp) && !has_valid_timestamp()) return false;
    return take_fin();
  }
  if (header.is_syn_ack()) return established_syn_ack();
  if (header.has(tcp_flag::syn)) {
    if (!is_to_server()) return refuse(StreamEvent::est_syn_toclient);
    if (header.seq != client().isn) return refuse(StreamEvent::est_syn_resend_diff_seq);
    return refuse(StreamEvent::est_syn_resend);
  }
  if (!header.has(tcp_flag::ack)) return true;
  if (session->has(session_flag::timestamp) && !has_valid_timestamp()) return false;
  return established_data();
}

bool TcpStep::established_syn_ack() noexcept {
  if (is_to_server()) return refuse(StreamEvent::est_synack_toserver);
  if (header.ack != client().isn + 1) return refuse(StreamEvent::est_synack_resend_with_different_ack);
  if (header.seq != server().isn) return refuse(StreamEvent::est_synack_resend_with_diff_seq);
  // Until the server shows that it got the last ACK of the handshake, it may send its SYN/ACK again.
  if (session->has(session_flag::confirmed)) return refuse(StreamEvent::est_synack_resend);
  return true;
}

bool TcpStep::established_data() noexcept {
  TcpSide& own = sender();
  TcpSide& other = receiver();
  if (!is_to_server()) {
    session->set(session_flag::confirmed);
    if (session->has(session_flag::midstream_established)) {
      // Picked up on a client's packet: only now the server's words about its window are known.
      own.next_win = own.last_ack + (std::uint32_t{header.window} << own.wscale);
      session->clear(session_flag::midstream_established);
    }
  }
  if (!has_valid_ack(other)) return refuse(StreamEvent::est_invalid_ack);
  const bool is_async = session->has(session_flag::async);
  const bool is_probe_of_life = header.length <= 1 && header.seq == own.next_seq - 1;
  if (!is_probe_of_life && seq_before(header.end(), own.last_ack)) {
    // Acknowledged before we saw it: taken as far as it is new.
    const bool is_unseen = seq_after(own.last_ack, own.next_seq) && seq_after(header.end(), own.next_seq);
    if (is_async) own.last_ack = header.seq;
    else if (!is_unseen) return refuse(StreamEvent::est_pkt_before_last_ack);
  }
  const bool is_zero_window_probe = header.length == 1 && header.seq == own.next_seq && own.window == 0;
  const bool has_lax_window = session->has(session_flag::midstream) || is_async;
  const bool is_in_window = is_zero_window_probe || has_lax_window || seq_at_most(header.end(), own.next_win);
  if (!is_zero_window_probe && is_in_window) update_next_seq(own, header.end());
  if (is_async) update_last_ack(own, header.seq);  // nobody else moves it
  if (!is_in_window) return refuse(StreamEvent::est_packet_out_of_window);

  other.window = announced_window();
  update_last_ack(other, header.ack);
  if (!is_async && seq_after(other.last_ack, other.next_seq)) other.next_seq = other.last_ack;
  if (session->has(session_flag::timestamp)) keep_timestamp();
  update_next_win(other, other.last_ack + other.window);
  take_segment();
  return true;
}

bool TcpStep::take_rst() noexcept {
  if (!is_valid_rst()) return false;
  result.is_rst = true;
  TcpSide& own = sender();
  TcpSide& other = receiver();
  session->set(session_flag::closed_by_rst);
  set_state(TcpState::closed);
  const bool has_ack = header.has(tcp_flag::ack) && has_valid_ack(other);
  own.next_seq = header.end();
  own.window = std::uint32_t{header.window} << own.wscale;
  // What a RST says of the other side is taken as far as data was seen, not further.
  if (has_ack) update_last_ack(other, seq_after(header.ack, other.next_seq) ? other.next_seq : header.ack);
  if (session->has(session_flag::timestamp)) keep_timestamp();
  take_segment();
  return true;
}

bool TcpStep::take_fin() noexcept {
  TcpSide& own = sender();
  if (!has_valid_ack(receiver())) return refuse(StreamEvent::fin_invalid_ack);
  if (!is_fin_in_window()) return refuse(StreamEvent::fin_out_of_window);
  if (header.has(tcp_flag::syn)) return refuse(StreamEvent::fin_syn);
  result.is_fin = true;
  own.set(side_flag::finished);
  set_state(is_to_server() ? TcpState::close_wait : TcpState::fin_wait1);
  own.next_seq = header.end();
  receiver().window = announced_window();
  if (header.has(tcp_flag::ack)) take_ack();
  if (session->has(session_flag::timestamp)) keep_timestamp();
  take_segment();
  return true;
}

}  // namespace hd
