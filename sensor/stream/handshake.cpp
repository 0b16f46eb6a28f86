// SPDX-License-Identifier: Apache-2.0
// States between SYN and established: handshakes with three and four ways, fast open, lost packets.
#include "sensor/stream/step.hpp"

namespace hd {
void TcpStep::take_syn(const HandshakeOffer& offer) noexcept {
  set_base(client(), offer.header.seq);
  client().next_seq = offer.header.seq + 1;
  client().mss = offer.header.mss;
  client().clear(side_flag::timestamp | side_flag::zero_timestamp);
  client().last_timestamp = 0;
  if (offer.header.has_timestamp) {
    client().last_timestamp = offer.header.timestamp;
    client().last_packet_s = offer.packet_s;
    client().set(side_flag::timestamp);
    if (offer.header.timestamp == 0) client().set(side_flag::zero_timestamp);
  }
  server().window = offer.header.window;
  session->clear(session_flag::client_wscale | session_flag::client_sack);
  if (offer.header.has_wscale) {
    session->set(session_flag::client_wscale);
    server().wscale = offer.header.wscale;
  }
  if (offer.header.has_sack_permitted) session->set(session_flag::client_sack);
}

void TcpStep::take_syn_ack(const HandshakeOffer& offer) noexcept {
  set_state(TcpState::syn_recv);
  set_base(server(), offer.header.seq);
  server().next_seq = offer.header.seq + 1;
  server().mss = offer.header.mss;
  client().window = offer.header.window;
  if (offer.header.has_timestamp && client().has(side_flag::timestamp)) {
    server().last_timestamp = offer.header.timestamp;
    server().last_packet_s = offer.packet_s;
    session->set(session_flag::timestamp);
    if (offer.header.timestamp == 0) server().set(side_flag::zero_timestamp);
  } else {
    client().last_timestamp = 0;
    client().clear(side_flag::zero_timestamp);
    session->clear(session_flag::timestamp);
  }
  client().last_ack = offer.header.ack;
  server().last_ack = server().isn + 1;
  if (session->has(session_flag::client_wscale) && offer.header.has_wscale) {
    client().wscale = offer.header.wscale;
  } else {
    client().wscale = 0;
    server().wscale = 0;
  }
  if (session->has(session_flag::client_sack) && offer.header.has_sack_permitted) session->set(session_flag::sack);
  client().next_win = client().last_ack + client().window;
  server().next_win = server().last_ack + server().window;
  session->clear(session_flag::four_way);
}

bool TcpStep::has_valid_echo() noexcept {
  // Only an evil or confused server answers a SYN with an echo of a timestamp that was not sent.
  if (is_to_server() || !header.has_timestamp || header.timestamp_echo == 0) return true;
  if (client().has(side_flag::timestamp)) {
    return client().last_timestamp == 0 || header.timestamp_echo == client().last_timestamp;
  }
  return client().last_timestamp != 0;
}

bool TcpStep::in_syn_sent() noexcept {
  if (header.is_syn_ack() && !header.has(tcp_flag::rst)) return syn_sent_syn_ack();
  if (!has_valid_echo()) return refuse(StreamEvent::pkt_invalid_timestamp);
  if (header.has(tcp_flag::rst)) return syn_sent_rst();
  if (header.has(tcp_flag::fin)) return true;
  if (header.has(tcp_flag::syn)) return syn_sent_syn();
  if (header.has(tcp_flag::ack)) return syn_sent_ack();
  return true;
}

bool TcpStep::syn_sent_rst() noexcept {
  if (!is_valid_rst()) return false;
  const TcpSide& own = sender();
  if (is_to_server() && (header.seq != own.isn || header.window != 0 || header.ack != own.isn + 1)) return true;
  session->set(session_flag::closed_by_rst);
  set_state(TcpState::closed);
  result.is_rst = true;
  return true;
}

bool TcpStep::syn_sent_syn() noexcept {
  if (!is_to_server()) {
    // Both sides opened at once, or the server splits the handshake.
    session->set(session_flag::four_way);
    set_base(server(), header.seq);
    server().next_seq = header.seq + 1;
    server().mss = header.mss;
    if (header.has_timestamp) {
      server().last_timestamp = header.timestamp;
      server().last_packet_s = seconds();
      server().set(side_flag::timestamp);
      if (header.timestamp == 0) server().set(side_flag::zero_timestamp);
    }
    client().window = header.window;
    client().wscale = header.has_wscale ? header.wscale : std::uint8_t{0};
    return true;
  }
  const bool is_same = header.seq == client().isn && (!header.has_timestamp || header.timestamp == client().last_timestamp);
  if (is_same) return true;
  TcpOdd* kept = odd();
  if (kept == nullptr) return true;
  for (std::size_t i = 0; i < kept->syn_count; ++i) {
    if (kept->syns[i].header.seq == header.seq && kept->syns[i].header.timestamp == header.timestamp) return true;
  }
  if (kept->syn_count == TcpOdd::kSyns) return refuse(StreamEvent::handshake_syn_flood);
  kept->syns[kept->syn_count++] = {header, seconds()};
  return true;
}

bool TcpStep::syn_sent_syn_ack() noexcept {
  if (session->has(session_flag::four_way) && is_to_server()) return four_way_syn_ack();
  if (is_to_server()) return refuse(StreamEvent::handshake_synack_in_wrong_direction);
  const auto fits = [&] {
    return has_valid_echo() && (header.ack == client().isn + 1 || (session->has(session_flag::fast_open) && header.ack == client().next_seq));
  };
  if (!fits() && session->odd) {
    // Perhaps it answers one of the other SYNs.
    const TcpOdd& kept = tracker.odds_[session->odd];
    for (std::size_t i = 0; i < kept.syn_count; ++i) {
      const TcpHeader& syn = kept.syns[i].header;
      const bool is_echo = !header.has_timestamp || !syn.has_timestamp || header.timestamp_echo == syn.timestamp;
      if (!is_echo || header.ack != syn.seq + 1) continue;
      take_syn(kept.syns[i]);
      break;
    }
  }
  if (!has_valid_echo()) return refuse(StreamEvent::pkt_invalid_timestamp);
  if (header.ack != client().next_seq) {
    if (header.ack != client().isn + 1) return refuse(StreamEvent::handshake_synack_with_wrong_ack);
    // The server did not take the data of the SYN: the client sends it again.
    raise(StreamEvent::handshake_synack_tfo_data_ignored);
    tracker.store_.reset(client());
    client().next_seq = client().isn + 1;
    session->clear(session_flag::fast_open);
  }
  take_syn_ack({header, seconds()});
  if (session->has(session_flag::fast_open) && header.length > 0) {
    server().next_seq += header.length;
    take_segment();
  }
  return true;
}

bool TcpStep::four_way_syn_ack() noexcept {
  if (header.ack != server().isn + 1) return refuse(StreamEvent::four_way_synack_with_wrong_ack);
  if (header.seq != client().isn) return refuse(StreamEvent::four_way_synack_with_wrong_syn);
  set_state(TcpState::syn_recv);
  client().next_seq = client().isn + 1;
  server().window = header.window;
  if (header.has_timestamp && server().has(side_flag::timestamp)) {
    client().last_timestamp = header.timestamp;
    client().last_packet_s = seconds();
    session->set(session_flag::timestamp);
    if (header.timestamp == 0) client().set(side_flag::zero_timestamp);
  } else {
    server().last_timestamp = 0;
    server().clear(side_flag::zero_timestamp);
  }
  server().last_ack = header.ack;
  client().last_ack = header.seq;
  server().wscale = session->has(session_flag::client_wscale) && header.has_wscale ? header.wscale : std::uint8_t{0};
  if (session->has(session_flag::client_sack) && header.has_sack_permitted) session->set(session_flag::sack);
  client().next_win = client().last_ack + client().window;
  server().next_win = server().last_ack + server().window;
  return true;
}

bool TcpStep::syn_sent_ack() noexcept {
  if (!options().async_oneside || !is_to_server()) return true;
  // The SYN's sender goes on and nobody answered: the other side is not seen.
  if (header.seq != client().next_seq) return refuse(StreamEvent::handshake_async_wrong_seq);
  session->set(session_flag::async);
  set_state(TcpState::established);
  client().window = header.window;
  client().last_ack = header.seq;
  client().next_win = client().last_ack + client().window;
  set_base(server(), header.ack - 1);
  server().next_seq = header.ack;
  server().last_ack = header.ack;
  server().next_win = header.ack;
  client().wscale = kAssumedWscale;
  if (header.has_timestamp && client().has(side_flag::timestamp)) {
    session->set(session_flag::timestamp);
    client().clear(side_flag::timestamp);
    client().last_packet_s = seconds();
  } else {
    client().last_timestamp = 0;
    client().clear(side_flag::zero_timestamp);
  }
  if (session->has(session_flag::client_sack)) session->set(session_flag::sack);
  update_next_seq(client(), header.end());
  take_segment();
  return true;
}

bool TcpStep::in_syn_recv() noexcept {
  if (header.has(tcp_flag::rst)) return syn_recv_rst();
  if (header.has(tcp_flag::fin)) {
    if (session->has(session_flag::timestamp) && !has_valid_timestamp()) return false;
    return take_fin();
  }
  if (header.is_syn_ack()) return syn_recv_syn_ack();
  if (header.has(tcp_flag::syn)) {
    if (!is_to_server()) return refuse(StreamEvent::handshake_syn_toclient_on_syn_recv);
    if (header.seq != client().isn) return refuse(StreamEvent::handshake_syn_resend_diff_seq_on_syn_recv);
    return true;
  }
  if (header.has(tcp_flag::ack)) return syn_recv_ack();
  return true;
}

bool TcpStep::syn_recv_rst() noexcept {
  if (!is_valid_rst()) return false;
  result.is_rst = true;
  if (session->has(session_flag::evasion)) {
    // These take such a RST for a stray packet, not for one of this session.
    const TargetPolicy policy = sender().policy;
    if (policy == TargetPolicy::linux || policy == TargetPolicy::old_linux || policy == TargetPolicy::solaris) return true;
  }
  session->set(session_flag::closed_by_rst);
  set_state(TcpState::closed);
  if (session->has(session_flag::timestamp)) keep_timestamp();
  return true;
}

bool TcpStep::syn_recv_syn_ack() noexcept {
  if (is_to_server()) return refuse(StreamEvent::handshake_synack_toserver_on_syn_recv);
  if (header.ack != client().last_ack) return refuse(StreamEvent::handshake_synack_resend_with_different_ack);
  if (header.seq == server().isn) return true;
  // The server changed its mind about its number: which one holds, the client's ACK will tell.
  TcpOdd* kept = odd();
  if (kept == nullptr) return true;
  for (std::size_t i = 0; i < kept->syn_ack_count; ++i) {
    if (kept->syn_acks[i].header.seq == header.seq) return true;
  }
  if (kept->syn_ack_count == TcpOdd::kSynAcks) return refuse(StreamEvent::handshake_synack_flood);
  kept->syn_acks[kept->syn_ack_count++] = {header, seconds()};
  return true;
}

void TcpStep::choose_offer_by_ack() noexcept {
  if (!session->odd || !is_to_server() || header.ack == server().next_seq) return;
  const TcpOdd& kept = tracker.odds_[session->odd];
  for (std::size_t i = 0; i < kept.syn_ack_count; ++i) {
    if (kept.syn_acks[i].header.seq + 1 != header.ack) continue;
    take_syn_ack(kept.syn_acks[i]);
    return;
  }
}

bool TcpStep::four_way_ack() noexcept {
  if (header.seq != server().next_seq) return refuse(StreamEvent::four_way_wrong_seq);
  if (!has_valid_ack(client())) return refuse(StreamEvent::four_way_invalid_ack);
  update_last_ack(client(), header.ack);
  update_next_seq(server(), header.end());
  client().window = announced_window();
  client().next_win = client().last_ack + client().window;
  set_state(TcpState::established);
  take_segment();
  return true;
}

bool TcpStep::syn_recv_ack() noexcept {
  choose_offer_by_ack();
  if (session->has(session_flag::timestamp) && !has_valid_timestamp()) return false;
  if (session->has(session_flag::four_way) && !is_to_server()) return four_way_ack();
  if (is_to_server() && header.seq == client().next_seq && header.ack == server().next_seq) return accept_three_way_ack();
  if (options().async_oneside && !is_to_server() && header.seq == server().next_seq) {
    // Only the server is seen: its SYN/ACK, and now its data.
    session->set(session_flag::async);
    server().next_seq = header.end();
    server().last_ack = header.seq;
    client().window = announced_window();
    client().last_ack = header.ack;
    if (session->has(session_flag::midstream)) {
      server().window = header.window;
      server().next_win = server().last_ack + server().window;
      server().wscale = kAssumedWscale;
      client().wscale = kAssumedWscale;
      session->set(session_flag::sack);
    }
    set_state(TcpState::established);
    take_segment();
    return true;
  }
  if (is_to_server() && header.seq == client().next_seq) {
    // Some hosts do not answer this with a RST, and take what follows.
    session->set(session_flag::evasion);
    return refuse(StreamEvent::handshake_right_seq_wrong_ack_evasion);
  }
  return accept_lost_packets();
}

bool TcpStep::accept_three_way_ack() noexcept {
  update_last_ack(server(), header.ack);
  update_next_seq(client(), header.end());
  server().window = announced_window();
  server().next_win = server().last_ack + server().window;
  if (session->has(session_flag::midstream)) {
    client().window = std::uint32_t{header.window} << client().wscale;
    client().next_win = client().last_ack + client().window;
    if (!session->has(session_flag::midstream_synack)) {
      server().wscale = kAssumedWscale;
      client().wscale = kAssumedWscale;
      session->set(session_flag::sack);
    }
  }
  if (session->has(session_flag::timestamp)) keep_timestamp();
  set_state(TcpState::established);
  take_segment();
  return true;
}

bool TcpStep::accept_lost_packets() noexcept {
  TcpSide& own = sender();
  TcpSide& other = receiver();
  bool is_plausible = false;
  if (is_to_server()) {
    // A fitting acknowledgement with a later number in the window: client packets were lost.
    is_plausible = seq_after(header.seq, own.next_seq) && seq_at_most(header.seq, own.next_win) && header.ack == other.next_seq;
  } else {
    // The server goes on: the client's ACK was lost, or it answers the data of a fast-open SYN.
    // With a hole in its data, Suricata compares its number with the client's; so do we.
    const bool is_next = header.seq == own.next_seq && seq_at_least(header.ack, other.last_ack);
    is_plausible = is_next || (seq_after(header.seq, other.next_seq) && seq_after(header.ack, other.last_ack));
  }
  if (!is_plausible) return refuse(StreamEvent::handshake_wrong_seq_wrong_ack);
  if (session->has(session_flag::timestamp)) keep_timestamp();
  update_last_ack(other, header.ack);
  if (seq_before(other.next_seq, other.last_ack)) other.next_seq = other.last_ack;
  own.next_seq = header.end();
  other.window = announced_window();
  other.next_win = other.last_ack + other.window;
  set_state(TcpState::established);
  take_segment();
  return true;
}

}  // namespace hd
