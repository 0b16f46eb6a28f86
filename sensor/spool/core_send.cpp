// SPDX-License-Identifier: Apache-2.0
// SensorCore: what is sent next.
#include <algorithm>

#include "sensor/spool/sensor_core.hpp"

namespace hd {
namespace {

// A lane with a backlog is served at least once in so many batches.
constexpr std::uint64_t kFairEvery = 16;

}  // namespace

void SensorCore::send(FrameType type, Payload payload, FrameHeader header) {
  header.type = type;
  header.session = session_id_;
  header.sent_ns = now_.wall.ns;
  act(spool_action::Send{Message{.header = header, .payload = std::move(payload)}});
}

void SensorCore::send_hello() {
  HelloBody hello{.sensor = options_.sensor, .instance = options_.instance, .boot = options_.boot,
                  .machine = options_.machine, .software = options_.software, .nonce = nonce_, .store = store_,
                  .store_generation = store_generation_};
  hello.sync = options_.sync == SyncPolicy::group ? "group" : options_.sync == SyncPolicy::batch ? "batch" : "none";
  // At most so many at once: the one that numbers are given in, the oldest that are not drained, then others.
  std::size_t named = 1;
  for (CoreEpoch& epoch : epochs_) epoch.is_named = epoch.epoch == current_;
  for (const bool drained : {false, true}) {
    for (CoreEpoch& epoch : epochs_) {
      if (epoch.is_held_back || epoch.is_named || epoch.is_drained() != drained || named == kEpochsMax) continue;
      epoch.is_named = true;
      ++named;
    }
  }
  for (const CoreEpoch& epoch : epochs_) {
    hello.epochs_more = hello.epochs_more || !epoch.is_named;
    if (!epoch.is_named) continue;
    HelloEpoch& out = hello.epochs.emplace_back();
    out.epoch = epoch.epoch;
    out.reason = epoch.reason;
    out.closed = epoch.is_closed;
    for (std::size_t n = 0; n < kLaneCount; ++n) {
      const CoreLane& lane = epoch.lanes[n];
      out.lanes[n] = {.acked = lane.acked, .head = lane.head, .lowest = lane.lowest(), .chain_acked = lane.chain_acked};
    }
  }
  for (const SpoolState::Gone& gone : gone_) {
    HelloEpoch& out = hello.epochs.emplace_back();
    out.epoch = gone.epoch;
    out.reason = gone.is_carried ? kEpochCarried : kEpochRetired;
    out.closed = true;
    for (std::size_t n = 0; n < kLaneCount; ++n) out.lanes[n] = {.head = gone.heads[n], .lowest = gone.heads[n] + 1};
  }
  const std::string json = to_json(hello);
  const Bytes bytes = as_bytes(json);
  send(FrameType::hello, Payload(bytes.begin(), bytes.end()));
}

void SensorCore::send_ping() {
  next_ping_ = now_.ticks + options_.ping_every;
  PingBody ping{.t1 = now_.wall.ns, .clock_offset = clock_offset_, .clock_error = clock_error_};
  for (const CoreEpoch& epoch : epochs_) {
    if (epoch.is_held_back || !epoch.is_named) continue;
    for (const CoreLane& lane : epoch.lanes) {
      if (lane.head > 0 && ping.heads.size() < kEntriesMax) ping.heads.push_back({.lane = lane.key, .head = lane.head});
    }
  }
  send(FrameType::ping, encode(ping));
}

std::uint64_t SensorCore::exposed(const CoreLane& lane) const noexcept {
  if (options_.sync != SyncPolicy::batch || lane.key.epoch != current_ || is_volatile()) return lane.head;
  return lane.synced;
}

void SensorCore::pump() {
  if (session_ != SessionState::open || is_putting_ || is_migrating()) return;
  while (flights_.size() < options_.in_flight_max) {
    bool is_blocked = false;
    bool is_sent = false;
    const bool is_fair_turn = fair_turn_ % kFairEvery == kFairEvery - 1;
    for (std::size_t turn = 0; turn < kLaneCount && !is_sent && !is_blocked; ++turn) {
      // Journal, then severity 1, 2, 3, the rest; on the fair turn begin with the lane whose turn it is.
      const std::size_t n = is_fair_turn ? (fair_lane_ + turn) % kLaneCount : turn;
      for (CoreEpoch& epoch : epochs_) {
        if (epoch.is_held_back || !epoch.is_named) continue;
        const Next next = send_from(epoch.lanes[n]);
        if (session_ != SessionState::open) return;
        is_sent = next == Next::sent;
        is_blocked = next == Next::blocked;
        if (is_sent && is_fair_turn) fair_lane_ = (n + 1) % kLaneCount;
        if (is_sent || is_blocked) break;
      }
    }
    if (!is_sent) return;
    ++fair_turn_;
  }
}

SensorCore::Next SensorCore::send_from(CoreLane& lane) {
  if (lane.is_reading || lane.next > exposed(lane)) return Next::none;
  Batch batch;
  bool is_blocked = false;
  if (!build(lane, &batch, &is_blocked)) return is_blocked ? Next::blocked : Next::none;
  if (batch.first <= lane.sent_ever) {
    counters_.resent_items += std::min(batch.last, lane.sent_ever) - std::min(batch.first, lane.sent_ever) + 1;
  }
  flights_.push_back({.lane = lane.key, .first = batch.first, .last = batch.last, .before = batch.chain, .after = batch.after});
  if (flights_.size() == 1) last_moved_ = now_.ticks;
  sent_bytes_ += batch.payload.size();
  lane.next = batch.last + 1;
  lane.chain_next = batch.after;
  lane.sent = std::max(lane.sent, batch.last);
  lane.sent_ever = std::max(lane.sent_ever, batch.last);
  counters_.sent_batches += 1;
  FrameHeader header{.epoch = lane.key.epoch, .lane = lane.key.lane, .items = batch.items, .first = batch.first,
                     .last = batch.last, .chain = batch.chain, .head = lane.head};
  if (lane.key.lane <= 1) header.flags |= kFlagUrgent;
  if (batch.is_rechained) header.flags |= kFlagRechain;
  send(FrameType::batch, std::move(batch.payload), header);
  return Next::sent;
}

bool SensorCore::build(CoreLane& lane, Batch* batch, bool* blocked) {
  const std::uint64_t credit = credit_ - std::min(credit_, sent_bytes_);
  const std::size_t budget = std::min<std::uint64_t>(session_batch_max_, credit);
  if (const Note* note = lane.note_at(lane.next)) {
    if (note->bytes.size() > credit) {
      *blocked = true;
      return false;
    }
    *batch = {.payload = note->bytes, .items = 1, .first = note->first, .last = note->last, .after = note->after};
    // Inside the note the collector trims, and has nothing to compare.
    if (note->first == lane.next) batch->chain = lane.chain_next;
    return true;
  }
  batch->first = lane.next;
  batch->chain = batch->after = lane.chain_next;
  std::uint64_t next = lane.next;
  while (next <= exposed(lane) && lane.note_at(next) == nullptr) {
    const Piece* piece = lane.piece_at(next);
    if (piece == nullptr || piece->first > next) break;
    const bool is_first = batch->items == 0;
    // Behind damage the chain goes on from what the disk knows again.
    if (piece->first == next && piece->is_chain_known && piece->before != batch->after) {
      if (!is_first) break;
      batch->chain = batch->after = piece->before;
      batch->is_rechained = true;
    }
    std::size_t room = budget > batch->payload.size() ? budget - batch->payload.size() : 0;
    // One record larger than a batch travels alone.
    auto slice = slice_of(*piece, next, batch->after, room, options_.batch_items_max - batch->items);
    if (!slice && is_first && credit >= room) slice = slice_of(*piece, next, batch->after, std::min<std::size_t>(credit, kPayloadMax), 1);
    if (!slice) {
      *blocked = is_first;
      break;
    }
    const Bytes bytes = Bytes(*piece->bytes).subspan(slice->begin, slice->length);
    batch->payload.insert(batch->payload.end(), bytes.begin(), bytes.end());
    batch->items += slice->items;
    batch->last = slice->last;
    batch->after = slice->after;
    const bool is_cut = slice->last != piece->last;
    next = slice->last + 1;
    if (is_cut || batch->items >= options_.batch_items_max) break;
  }
  if (batch->items > 0) return true;
  if (*blocked) return false;
  if (lane.is_on_disk(lane.next)) {
    lane.is_reading = true;
    std::uint64_t through = lane.disk_head;
    for (const Piece& piece : lane.memory) {
      if (piece.first > lane.next) through = std::min(through, piece.first - 1);
    }
    act(spool_action::Read{.lane = lane.key, .from = lane.next, .through = through, .bytes_max = session_batch_max_});
    return false;
  }
  // Held nowhere: a hole that was not known when the session opened. The next one begins with a note for it.
  end_session("hole");
  return false;
}

void SensorCore::on(spool_event::ReadDone& event) {
  CoreLane* lane = find(event.lane);
  if (is_migrating()) {
    if (event.ok) return migrate_records(event.lane, event.from, *event.piece.bytes);
    return migrate_note(event.lane, {.first = event.from, .last = std::max(event.from, event.bad_through)},
                        ShedReason::damaged);
  }
  if (lane == nullptr || !lane->is_reading) return;
  lane->is_reading = false;
  if (event.ok) {
    if (lane->piece_at(event.from) != nullptr) return;
    const auto at = std::find_if(lane->memory.begin(), lane->memory.end(),
                                 [&](const Piece& piece) { return piece.first > event.piece.first; });
    memory_bytes_ += event.piece.bytes->size();
    lane->memory.insert(at, event.piece);
    return;
  }
  alarm("spool_damaged", "a part of the spool cannot be read; its numbers are entered as damaged");
  const std::uint64_t last = std::min(std::max(event.from, event.bad_through), lane->disk_head);
  lane->holes.push_back({.first = event.from, .last = last});
  put_note(make_note(*lane, {.first = event.from, .last = last}, ShedReason::damaged, nullptr));
}

}  // namespace hd
