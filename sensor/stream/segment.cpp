// SPDX-License-Identifier: Apache-2.0
// A segment of an accepted packet: where its bytes go, and which readers are to be called.
#include <algorithm>

#include "sensor/stream/step.hpp"

namespace hd {
namespace {

/// Bytes before `seq` that were taken out of the stream as urgent.
std::uint32_t taken_before(const TcpOdd& odd, std::size_t side, std::uint32_t seq) noexcept {
  std::uint32_t count = 0;
  while (count < odd.urgent_count[side] && seq_before(odd.urgents[side][count], seq)) ++count;
  return count;
}

/// Remembers a place; false when there is no room. Known places are taken once.
bool remember_urgent(TcpOdd& odd, std::size_t side, std::uint32_t seq) noexcept {
  auto& places = odd.urgents[side];
  const std::size_t count = odd.urgent_count[side];
  const std::size_t at = taken_before(odd, side, seq);
  if (at < count && places[at] == seq) return true;
  if (count == TcpOdd::kUrgents) return false;
  std::copy_backward(places.begin() + at, places.begin() + count, places.begin() + count + 1);
  places[at] = seq;
  ++odd.urgent_count[side];
  return true;
}

}  // namespace

void TcpStep::take_segment() noexcept {
  const std::size_t own = hd::index_of(view.direction);
  const std::size_t other = 1 - own;
  TcpSide& side = sender();
  bool is_own_due = false;
  bool is_other_due = true;
  if (header.has(tcp_flag::rst)) {
    is_own_due = true;
    is_other_due = false;
  } else if (header.has(tcp_flag::fin) && session->state > TcpState::time_wait) {
    is_own_due = true;
    is_other_due = header.has(tcp_flag::ack);
  } else if (session->state == TcpState::closed || session->has(session_flag::async)) {
    is_own_due = true;
  }
  if (header.length > 0 && !side.has(side_flag::no_reassembly)) {
    ++tracker.counters_.segments;
    result.was_added = insert_payload();
  }
  if (side.has(side_flag::depth_reached) && !side.has(side_flag::no_reassembly)) is_own_due = true;
  result.app_due[own] = is_own_due && !side.has(side_flag::app_stopped);
  result.app_due[other] = is_other_due && !receiver().has(side_flag::app_stopped);
}

bool TcpStep::insert_payload() noexcept {
  TcpSide& side = sender();
  set_policy(side, view.direction);
  if (side.has(side_flag::app_stopped) && side.has(side_flag::raw_stopped)) return true;
  SegmentPart part = {header.seq, view.payload_bytes()};
  if (header.has(tcp_flag::syn)) ++part.seq;  // the SYN itself has a number
  const bool has_urgent = header.has(tcp_flag::urg) && header.urgent > 0 && header.urgent <= header.length;
  const auto index = hd::index_of(view.direction);
  if (has_urgent && options().urgent == UrgentPolicy::gap) {
    const SegmentPart head = {part.seq, part.bytes.first(std::size_t{header.urgent} - 1u)};
    const SegmentPart tail = {part.seq + header.urgent, part.bytes.subspan(header.urgent)};
    return insert(head) && insert(tail);
  }
  if (has_urgent && options().urgent == UrgentPolicy::oob) {
    TcpOdd* kept = odd();
    if (kept != nullptr && remember_urgent(*kept, index, part.seq + header.urgent - 1)) {
      ++tracker.counters_.urgent_taken;
    } else {
      ++tracker.counters_.urgent_limit;
      raise(StreamEvent::reassembly_urgent_oob_limit_reached);
    }
  }
  if (!session->odd) return insert(part);
  // Urgent bytes that were taken out, now or by an earlier copy, cut the segment.
  bool is_placed = true;
  const TcpOdd& kept = tracker.odds_[session->odd];
  for (std::size_t i = 0; i < kept.urgent_count[index]; ++i) {
    const std::uint32_t urgent = kept.urgents[index][i];
    const std::uint32_t before = urgent - part.seq;
    if (before >= part.bytes.size()) continue;
    is_placed = insert({part.seq, part.bytes.first(before)}) && is_placed;
    part = {urgent + 1, part.bytes.subspan(std::size_t{before} + 1u)};
  }
  return insert(part) && is_placed;
}

bool TcpStep::insert(SegmentPart part) noexcept {
  if (part.bytes.empty()) return true;
  TcpSide& side = sender();
  std::int64_t place = static_cast<std::int32_t>(part.seq - side.base_seq);
  if (session->odd) place -= taken_before(tracker.odds_[session->odd], hd::index_of(view.direction), part.seq);
  const std::int64_t begin = static_cast<std::int64_t>(side.base) + place;
  if (begin + static_cast<std::int64_t>(part.bytes.size()) <= static_cast<std::int64_t>(side.base)) {
    raise(StreamEvent::reassembly_segment_before_base_seq);
    return true;
  }
  if (begin < 0) {
    // Begins before the stream does: what lies there is left out.
    part.bytes = part.bytes.subspan(static_cast<std::size_t>(-begin));
  }
  const auto offset = static_cast<std::uint64_t>(std::max<std::int64_t>(begin, 0));
  if (!clip_to_depth(offset, part.bytes)) return true;
  const StreamStore::Placed placed = tracker.store_.place(side, offset, part.bytes);
  if (placed.is_different) raise(StreamEvent::reassembly_overlap_different_data);
  if (placed.is_limited) raise(StreamEvent::reassembly_insert_limit);
  if (placed.is_memory_out) {
    raise(StreamEvent::reassembly_insert_memcap);
    raise(StreamEvent::reassembly_no_segment);
  }
  return !placed.is_limited && !placed.is_memory_out;
}

bool TcpStep::clip_to_depth(std::uint64_t offset, Bytes& bytes) noexcept {
  const std::uint64_t depth = options().depth;
  if (depth == 0) return true;
  TcpSide& side = sender();
  const std::uint64_t end = offset + bytes.size();
  if (end <= depth && !side.has(side_flag::depth_reached)) return true;
  if (!side.has(side_flag::depth_reached)) {
    side.set(side_flag::depth_reached);
    ++tracker.counters_.stream_depth;
  }
  raise(StreamEvent::reassembly_depth_reached);
  if (offset >= depth) {
    tracker.counters_.depth_bytes += bytes.size();
    return false;
  }
  if (end > depth) {
    tracker.counters_.depth_bytes += end - depth;
    bytes = bytes.first(static_cast<std::size_t>(depth - offset));
  }
  return true;
}

}  // namespace hd
