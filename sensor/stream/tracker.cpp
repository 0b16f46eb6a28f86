// SPDX-License-Identifier: Apache-2.0
#include "sensor/stream/tracker.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "sensor/stream/header.hpp"
#include "sensor/stream/step.hpp"

namespace hd {
namespace {

constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

}  // namespace

TcpTracker::TcpTracker(const TcpOptions& options, FlowTable& flows)
    : options_(options), flows_(flows), sessions_(options.sessions_max), odds_(options.odd_max), store_(options_, counters_) {}

TakeResult TcpTracker::take(FlowRecord& flow, PacketView& view, StreamEventSet& events) noexcept {
  TakeResult result;
  TcpSession* session = session_of(flow);
  if (session != nullptr) {
    close_depth(*session, Direction::to_server);
    close_depth(*session, Direction::to_client);
  }
  const TcpHeader header = TcpHeader::read(view);
  if (options_.urgent == UrgentPolicy::drop && header.has(tcp_flag::urg)) {
    result.has_session = session != nullptr;
    ++counters_.invalid;
    return result;
  }
  TcpStep step{*this, flow, view, events, result, header, session};
  step.run();
  return result;
}

bool TcpTracker::is_reuse(const FlowRecord& flow, const PacketView& view) const noexcept {
  const TcpSession* known = session(flow);
  if (known == nullptr || (known->state < TcpState::last_ack && known->state != TcpState::none)) return false;
  const TcpHeader header = TcpHeader::read(view);
  if (!header.has(tcp_flag::syn) || header.has(tcp_flag::rst) || header.has(tcp_flag::fin)) return false;
  if (header.has(tcp_flag::ack)) {
    if (!options_.midstream) return false;
    return view.direction == Direction::to_server || known->sides[1].isn != header.seq;
  }
  return view.direction == Direction::to_client || known->sides[0].isn != header.seq;
}

std::uint64_t TcpTracker::acknowledged(const TcpSession& session, const TcpSide& side) noexcept {
  if (session.has(session_flag::async) && session.state >= TcpState::established) return kAll;
  if (session.state < TcpState::syn_recv) return side.base;
  const auto ahead = static_cast<std::int32_t>(side.last_ack - side.base_seq);
  return ahead > 0 ? side.base + static_cast<std::uint32_t>(ahead) : side.base;
}

AppData TcpTracker::app_data(FlowRecord& flow, Direction direction, StreamEventSet& events) noexcept {
  AppData data;
  TcpSession* session = session_of(flow);
  if (session == nullptr) return data;
  TcpSide& side = session->side(direction);
  if (side.has(side_flag::app_stopped) || side.has(side_flag::no_reassembly)) return data;
  const bool is_ending = flow.has(flow_flag::ending);
  const bool is_closed = session->state == TcpState::closed;
  data.is_end = is_closed || is_ending;
  data.is_depth = side.has(side_flag::depth_reached);
  const std::uint64_t acked = acknowledged(*session, side);
  // A RST says nothing about what arrived; after FINs, and at the flow's end, all is given out.
  const std::uint64_t limit = is_ending || (is_closed && !session->has(session_flag::closed_by_rst)) ? kAll : acked;
  data.offset = side.app;
  const StreamExtent* extent = store_.at_or_after(side, side.app);
  if (extent == nullptr) return data;
  if (extent->offset > side.app) {
    const std::uint64_t counted_fin = session->state >= TcpState::fin_wait1 ? 1 : 0;
    if (acked <= side.app + counted_fin) return data;
    const std::uint64_t gap_end = std::min(extent->offset, limit);
    data.gap = gap_end - side.app;
    side.app = gap_end;
    data.offset = gap_end;
    ++counters_.gaps;
    counters_.gap_bytes += data.gap;
    events.add(StreamEvent::reassembly_seq_gap);
    side.set(side_flag::had_gap);
    if (gap_end < extent->offset) {
      settle(*session, direction);
      return data;
    }
  }
  const std::uint64_t end = std::min(extent->end(), limit);
  if (end > side.app) {
    data.bytes = extent->bytes().subspan(static_cast<std::size_t>(side.app - extent->offset), static_cast<std::size_t>(end - side.app));
  }
  return data;
}

void TcpTracker::app_consumed(FlowRecord& flow, Direction direction, std::size_t n) noexcept {
  TcpSession* session = session_of(flow);
  if (session == nullptr || n == 0) return;
  TcpSide& side = session->side(direction);
  if (side.has(side_flag::app_stopped)) return;
  side.app = std::min(side.app + n, store_.right_edge(side));
  settle(*session, direction);
}

void TcpTracker::app_stop(FlowRecord& flow, Direction direction) noexcept {
  TcpSession* session = session_of(flow);
  if (session == nullptr) return;
  session->side(direction).set(side_flag::app_stopped);
  settle(*session, direction);
}

bool TcpTracker::raw_due(const FlowRecord& flow, Direction direction) const noexcept {
  const TcpSession* known = session(flow);
  if (known == nullptr || known->state < TcpState::established) return false;
  const TcpSide& side = known->side(direction);
  if (side.first.length == 0 || side.has(side_flag::raw_stopped) || side.has(side_flag::no_reassembly)) return false;
  if (store_.right_edge(side) <= side.raw) return false;
  if (side.has(side_flag::depth_reached) || side.has(side_flag::raw_flush) || side.has(side_flag::raw_stopping)) return true;
  if (known->state > TcpState::time_wait || flow.has(flow_flag::ending)) return true;
  const std::uint64_t acked = std::min(acknowledged(*known, side), store_.right_edge(side));
  return acked > side.raw && acked - side.raw >= options_.chunk[hd::index_of(direction)];
}

RawWindow TcpTracker::raw_window(FlowRecord& flow, Direction direction) noexcept {
  TcpSession* session = session_of(flow);
  if (session == nullptr) return {};
  TcpSide& side = session->side(direction);
  if (side.has(side_flag::raw_stopped) || side.has(side_flag::no_reassembly)) return {};
  std::uint64_t limit = flow.has(flow_flag::ending) ? kAll : acknowledged(*session, side);
  if (side.has(side_flag::raw_stopping)) limit = std::min(limit, side.raw_end);
  const StreamExtent* extent = store_.at_or_after(side, side.raw);
  if (extent == nullptr) return {};
  const std::uint64_t begin = std::max(side.raw, extent->offset);
  const std::uint64_t end = std::min(extent->end(), limit);
  if (end <= begin) return {};
  ++counters_.raw_windows[hd::index_of(direction)];
  return {extent->bytes().subspan(static_cast<std::size_t>(begin - extent->offset), static_cast<std::size_t>(end - begin)), begin};
}

void TcpTracker::raw_done(FlowRecord& flow, Direction direction, const RawWindow& window) noexcept {
  TcpSession* session = session_of(flow);
  if (session == nullptr || window.bytes.empty()) return;
  TcpSide& side = session->side(direction);
  side.raw = std::max(side.raw, window.offset + window.bytes.size());
  side.clear(side_flag::raw_flush);
  if (side.has(side_flag::raw_stopping) && side.raw >= side.raw_end) side.set(side_flag::raw_stopped);
  settle(*session, direction);
}

void TcpTracker::flush_raw(FlowRecord& flow, Direction direction) noexcept {
  TcpSession* session = session_of(flow);
  if (session != nullptr) session->side(direction).set(side_flag::raw_flush);
}

void TcpTracker::stop_raw(FlowRecord& flow, Direction direction) noexcept {
  TcpSession* session = session_of(flow);
  if (session == nullptr) return;
  TcpSide& side = session->side(direction);
  if (side.has(side_flag::raw_stopping) || side.has(side_flag::raw_stopped)) return;
  side.raw_end = store_.right_edge(side);
  side.set(side.raw < side.raw_end ? side_flag::raw_stopping : side_flag::raw_stopped);
  settle(*session, direction);
}

void TcpTracker::settle(TcpSession& session, Direction direction) noexcept {
  TcpSide& side = session.side(direction);
  std::uint64_t base = kAll;
  if (!side.has(side_flag::app_stopped)) base = side.app;
  if (!side.has(side_flag::raw_stopped)) base = std::min(base, side.raw);
  if (base == kAll) {
    base = std::max(side.base, std::min(acknowledged(session, side), side.base + (side.next_seq - side.base_seq)));
    store_.drop(side);
  }
  if (base <= side.base) return;
  side.base_seq += static_cast<std::uint32_t>(base - side.base);
  if (session.odd) {
    // Urgent bytes that were taken out have sequence numbers, but no place in the stream.
    TcpOdd& odd = odds_[session.odd];
    const std::size_t index = hd::index_of(direction);
    auto& places = odd.urgents[index];
    std::size_t passed = 0;
    while (passed < odd.urgent_count[index] && seq_at_most(places[passed], side.base_seq)) {
      ++side.base_seq;
      ++passed;
    }
    std::copy(places.begin() + static_cast<std::ptrdiff_t>(passed), places.begin() + odd.urgent_count[index], places.begin());
    odd.urgent_count[index] = static_cast<std::uint8_t>(odd.urgent_count[index] - passed);
  }
  store_.advance(side, base);
}

void TcpTracker::close_depth(TcpSession& session, Direction direction) noexcept {
  TcpSide& side = session.side(direction);
  if (!side.has(side_flag::depth_reached) || side.has(side_flag::no_reassembly)) return;
  side.set(side_flag::no_reassembly);
  store_.drop(side);
}

bool TcpTracker::needs_end(const FlowRecord& flow, Direction direction) const noexcept {
  const TcpSession* known = session(flow);
  if (known == nullptr) return false;
  if (known->state >= TcpState::established && known->state != TcpState::closed) return true;
  const TcpSide& side = known->side(direction);
  const std::uint64_t edge = store_.right_edge(side);
  return (!side.has(side_flag::app_stopped) && side.app < edge) || (!side.has(side_flag::raw_stopped) && side.raw < edge);
}

void TcpTracker::end(FlowRecord& flow) noexcept {
  TcpSession* session = session_of(flow);
  if (session == nullptr) return;
  for (TcpSide& side : session->sides) store_.drop(side);
  if (session->odd) odds_.release(session->odd);
  sessions_.release(flow.tcp);
  flow.tcp = {};
}

void TcpTracker::swap(FlowRecord& flow) noexcept {
  TcpSession* session = session_of(flow);
  if (session == nullptr) return;
  std::swap(session->sides[0], session->sides[1]);
  if (!session->odd) return;
  TcpOdd& odd = odds_[session->odd];
  std::swap(odd.urgents[0], odd.urgents[1]);
  std::swap(odd.urgent_count[0], odd.urgent_count[1]);
}

std::uint32_t TcpTracker::bytes_seen(const FlowRecord& flow, Direction direction) const noexcept {
  const TcpSession* known = session(flow);
  if (known == nullptr) return 0;
  const TcpSide& side = known->side(direction);
  return side.next_seq - side.isn;
}

}  // namespace hd
