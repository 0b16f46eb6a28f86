// SPDX-License-Identifier: Apache-2.0
// Questions that every state asks of a packet (RFC 9293 section 3.10.7, RFC 7323, RFC 1122 section 4.2.3.6).
#include "sensor/stream/step.hpp"

namespace hd {
namespace {

constexpr std::uint32_t kPawsExpiry_s = 24u * 24 * 3600;  // RFC 7323 section 5.5

}  // namespace

bool TcpStep::is_keep_alive() noexcept {
  if (header.length > 1 || header.has_syn_fin_rst()) return false;
  TcpSide& side = sender();
  if (header.ack != receiver().last_ack || header.seq != side.next_seq - 1) return false;
  side.set(side_flag::keep_alive);
  return true;
}

bool TcpStep::is_keep_alive_ack() noexcept {
  if (header.length > 0 || header.has_syn_fin_rst() || header.window == 0) return false;
  const TcpSide& other = receiver();
  return other.has(side_flag::keep_alive) && announced_window() == other.window && header.ack == other.last_ack &&
         header.seq == sender().next_seq;
}

bool TcpStep::is_fin_shutdown_ack() noexcept {
  const TcpState state = session->state;
  if (state != TcpState::time_wait && state != TcpState::close_wait && state != TcpState::last_ack) return false;
  if (header.flags != tcp_flag::ack || header.length != 0) return false;
  const std::uint32_t next = receiver().next_seq;
  return header.seq == sender().next_seq && (header.ack == next || header.ack == next + 1);
}

bool TcpStep::is_window_update() noexcept {
  if (session->state < TcpState::established || header.has_syn_fin_rst() || header.window == 0) return false;
  const TcpSide& other = receiver();
  return announced_window() != other.window && header.ack == other.last_ack && header.seq == sender().next_seq;
}

bool TcpStep::is_bad_window_update() noexcept {
  if (session->state < TcpState::established || session->state == TcpState::closed || header.has_syn_fin_rst()) return false;
  const TcpSide& other = receiver();
  const std::uint32_t window = announced_window();
  if (window >= other.window) return false;
  const std::uint32_t shrunk = other.window - window;
  if (shrunk <= header.length || !seq_after(header.ack, other.next_seq) || !seq_after(header.seq, sender().next_seq)) return false;
  // A window may shrink by what is acknowledged and not yet read; a little more is common.
  const std::uint32_t acknowledged = header.ack - other.last_ack;
  const std::uint32_t margin = window > 1024 ? 32 : 0;
  if (shrunk <= acknowledged + margin) return false;
  raise(StreamEvent::pkt_bad_window_update);
  return true;
}

bool TcpStep::is_outdated_ack() noexcept {
  if (session->state < TcpState::established || header.length != 0 || header.has_syn_fin_rst()) return false;
  return header.seq == sender().next_seq && seq_before(header.ack, receiver().last_ack);
}

TcpStep::Spurious TcpStep::spurious_retransmission() noexcept {
  if (header.length == 0) return Spurious::no;
  const TcpSide& side = sender();
  if (!side.has(side_flag::no_reassembly) && seq_at_most(header.end(), side.base_seq)) return Spurious::before_base;
  if (!side.has(side_flag::had_gap) && seq_at_most(header.end(), side.last_ack)) return Spurious::acknowledged;
  return Spurious::no;
}

bool TcpStep::is_retransmission() noexcept {
  if (header.length == 0) return false;
  const TcpSide& side = sender();
  const bool is_old = seq_at_most(header.end(), side.next_seq) ||
                      (seq_before(header.seq, side.last_ack) && seq_after(header.end(), side.last_ack));
  if (is_old) raise(StreamEvent::pkt_retransmission);
  return is_old;
}

bool TcpStep::has_valid_ack(const TcpSide& acknowledged) noexcept {
  if (!header.has(tcp_flag::ack)) return true;
  const std::uint32_t ack = header.ack;
  if (ack == acknowledged.last_ack) return true;
  if (seq_before(ack, acknowledged.last_ack)) {
    // As far back as the last window is an old packet, further back is nonsense.
    if (acknowledged.window == 0 || !seq_before(ack, acknowledged.last_ack - acknowledged.window)) return true;
  } else if (session->has(session_flag::async)) {
    return true;
  } else if (session->state == TcpState::syn_sent) {
    // No window is known yet; a RST may refuse the SYN.
    if (!is_to_server() && header.has(tcp_flag::rst) && ack == acknowledged.isn + 1) return true;
  } else {
    if (seq_at_most(ack, acknowledged.next_win)) return true;
  }
  raise(StreamEvent::pkt_invalid_ack);
  return false;
}

bool TcpStep::has_valid_timestamp() noexcept {
  if (!header.has_timestamp) return true;
  TcpSide& side = sender();
  set_policy(side, view.direction);
  const TargetPolicy policy = side.policy;
  std::uint32_t last = side.last_timestamp;
  bool is_checked = true;
  if (side.has(side_flag::zero_timestamp)) {
    if (policy == TargetPolicy::linux || policy == TargetPolicy::windows2k3) {
      session->clear(session_flag::timestamp);  // these do not use timestamps that began with 0
      is_checked = false;
    } else if (policy == TargetPolicy::old_linux || policy == TargetPolicy::windows || policy == TargetPolicy::vista) {
      side.clear(side_flag::zero_timestamp);
      if (side.next_seq == header.seq) {
        last = header.timestamp;
        is_checked = false;
      }
    }
  }
  if (policy == TargetPolicy::hpux11 && side.next_seq != header.seq) is_checked = false;
  if (header.timestamp == 0) {
    const bool is_taken = policy == TargetPolicy::old_linux || policy == TargetPolicy::windows ||
                          policy == TargetPolicy::windows2k3 || policy == TargetPolicy::vista ||
                          policy == TargetPolicy::solaris;
    if (!is_taken) return refuse(StreamEvent::pkt_invalid_timestamp);
  }
  if (!is_checked) return true;
  std::uint32_t last_packet_s = side.last_packet_s;
  if (last_packet_s == 0 && session->has(session_flag::midstream)) last_packet_s = seconds();
  const std::uint32_t slack = policy == TargetPolicy::linux ? 1 : 0;  // Linux takes one that is off by one
  const bool is_old = static_cast<std::int32_t>(header.timestamp - last + slack) < 0;
  const bool is_expired = seconds() > last_packet_s + kPawsExpiry_s;
  const bool is_bad = is_old || (side.last_timestamp != 0 && is_expired);
  if (is_bad && !(side.next_seq == header.seq && is_expired)) return refuse(StreamEvent::pkt_invalid_timestamp);
  return true;
}

void TcpStep::keep_timestamp() noexcept {
  TcpSide& side = sender();
  if (!header.has_timestamp) {
    // Solaris stops with timestamps when a packet comes without one.
    if (side.policy == TargetPolicy::solaris) session->clear(session_flag::timestamp);
    return;
  }
  const bool is_newer = static_cast<std::int32_t>(header.timestamp - side.last_timestamp) >= 0;
  if (side.next_seq == header.seq && (is_newer || side.last_timestamp == 0)) side.last_timestamp = header.timestamp;
  side.last_packet_s = seconds();
}

bool TcpStep::is_valid_rst() noexcept {
  if (session->has(session_flag::timestamp) && !has_valid_timestamp()) return false;
  if (header.length > 0) raise(StreamEvent::rst_with_data);
  TcpSide& side = sender();
  set_policy(side, view.direction);
  if (header.has(tcp_flag::ack) && header.ack != 0 && !has_valid_ack(receiver())) {
    return refuse(StreamEvent::rst_invalid_ack);
  }
  // Signed with a key that we do not have: the receiver may refuse it. If its sender goes on, it did.
  if (header.is_signed) receiver().set(side_flag::rst_received);
  if (session->has(session_flag::async)) return seq_at_least(header.seq, side.next_seq);
  switch (side.policy) {
    case TargetPolicy::hpux11:
      return seq_at_least(header.seq, side.next_seq);
    case TargetPolicy::old_linux:
    case TargetPolicy::linux:
    case TargetPolicy::solaris:
      return seq_at_least(header.end(), side.last_ack) && seq_before(header.seq, side.next_seq + side.window);
    default:
      return header.seq == side.next_seq;
  }
}

void TcpStep::check_after_rst() noexcept {
  if (header.has(tcp_flag::rst)) return;
  TcpSide& other = receiver();
  if (!other.has(side_flag::rst_received)) return;
  other.clear(side_flag::rst_received);
  session->clear(session_flag::closed_by_rst);
  raise(StreamEvent::suspected_rst_inject);
}

}  // namespace hd
