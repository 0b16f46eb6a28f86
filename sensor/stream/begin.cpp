// SPDX-License-Identifier: Apache-2.0
// How a session begins: with a SYN, or late, where that is allowed.
#include "sensor/stream/step.hpp"

namespace hd {

bool TcpStep::in_none() noexcept {
  if (header.has(tcp_flag::rst)) return refuse(StreamEvent::rst_but_no_session);
  if (header.has(tcp_flag::fin) && (!options().midstream || header.length == 0)) {
    return refuse(StreamEvent::fin_but_no_session);
  }
  if (header.has(tcp_flag::syn)) return header.has(tcp_flag::ack) ? begin_with_syn_ack() : begin_with_syn();
  if (header.has(tcp_flag::ack)) return begin_midstream();
  return true;
}

bool TcpStep::begin_with_syn() noexcept {
  if (!make_session()) return false;
  // Packets of an older connection may have begun this flow with the other side as its client.
  if (!is_to_server()) swap_directions();
  set_state(TcpState::syn_sent);
  if (options().async_oneside) session->set(session_flag::async);
  take_syn({header, seconds()});
  if (!header.has_fast_open) return true;
  session->set(session_flag::fast_open);
  if (header.length == 0) return true;
  client().next_seq += header.length;
  take_segment();
  return true;
}

bool TcpStep::begin_with_syn_ack() noexcept {
  if (!options().midstream && !options().async_oneside) {
    result.is_midstream = true;
    return true;
  }
  if (!make_session()) return false;
  // The sender of a SYN/ACK is the server.
  if (is_to_server()) swap_directions();
  ++tracker.counters_.midstream;
  set_state(TcpState::syn_recv);
  session->set(session_flag::midstream | session_flag::midstream_synack);
  flow.set(flow_flag::midstream);
  if (options().async_oneside) session->set(session_flag::async);
  set_base(server(), header.seq);
  server().next_seq = header.seq + 1;
  server().mss = header.mss;
  client().window = header.window;
  set_base(client(), header.ack - 1);
  client().next_seq = header.ack;
  client().last_ack = header.ack;
  server().last_ack = header.seq;
  client().next_win = client().last_ack + client().window;
  // The client's own word is not known yet; the server's is the best guess.
  server().window = header.window;
  server().next_win = server().last_ack + server().window;
  // The server only scales when the client does: its factor is known, the client's is not.
  if (header.has_wscale) {
    client().wscale = header.wscale;
    server().wscale = kAssumedWscale;
  }
  if (header.has_timestamp) {
    server().last_timestamp = header.timestamp;
    client().last_timestamp = header.timestamp_echo;
    if (header.timestamp == 0) server().set(side_flag::zero_timestamp);
    if (header.timestamp_echo == 0) client().set(side_flag::zero_timestamp);
    server().last_packet_s = seconds();
    session->set(session_flag::timestamp);
  }
  if (header.has_sack_permitted) session->set(session_flag::sack);
  return true;
}

bool TcpStep::begin_midstream() noexcept {
  if (!options().midstream) {
    result.is_midstream = true;
    return true;
  }
  if (!make_session()) return false;
  ++tracker.counters_.midstream;
  session->set(session_flag::midstream | session_flag::midstream_established);
  flow.set(flow_flag::midstream);
  set_state(TcpState::established);
  if (options().async_oneside) session->set(session_flag::async);
  TcpSide& own = sender();
  TcpSide& other = receiver();
  set_base(own, header.seq - 1);
  own.next_seq = header.end();
  own.window = header.window;
  own.last_ack = header.seq;
  own.next_win = own.last_ack + own.window;
  set_base(other, header.ack - 1);
  other.next_seq = header.ack;
  other.last_ack = header.ack;
  other.next_win = other.last_ack;
  own.wscale = kAssumedWscale;
  other.wscale = kAssumedWscale;
  if (header.has_timestamp) {
    own.last_timestamp = header.timestamp;
    other.last_timestamp = header.timestamp_echo;
    if (header.timestamp == 0) own.set(side_flag::zero_timestamp);
    if (header.timestamp_echo == 0) other.set(side_flag::zero_timestamp);
    own.last_packet_s = seconds();
    session->set(session_flag::timestamp);
  }
  session->set(session_flag::sack);
  take_segment();
  return header.has(tcp_flag::fin) ? take_fin() : true;
}

}  // namespace hd
