// SPDX-License-Identifier: Apache-2.0
// SensorCore: numbers, writing, syncing, and what happens when the disk does not.
#include <algorithm>

#include "sensor/base/json_writer.hpp"
#include "sensor/spool/sensor_core.hpp"

namespace hd {

SensorCore::Actions SensorCore::step(SensorEvent event, Now now) {
  now_ = now;
  out_.clear();
  if (!is_stopped_) {
    std::visit([this](auto& one) { on(one); }, event);
    pump();
  }
  return std::move(out_);
}

namespace {

std::uint8_t lane_of(const SpoolItem& item) noexcept {
  switch (item.kind) {
    case RecordKind::alert: return lane_of_severity(item.severity);
    case RecordKind::journal: return kLaneJournal;
    case RecordKind::protocol:
    case RecordKind::shed: return 4;
  }
  return 4;
}

}  // namespace

void SensorCore::on(spool_event::Item& event) {
  if (is_stopping_) return;
  const std::uint8_t lane = lane_of(event.item);
  take(lane, Entry{.item = std::move(event.item)});
  if (lane == 1) flush();
  else flush_if_due();
}

void SensorCore::on(spool_event::Loss& event) {
  for (std::uint8_t lane = 1; lane < kLaneCount; ++lane) {
    const std::uint64_t count = event.loss.counts[lane - 1u];
    if (count > 0) take(lane, Entry{.is_loss = true, .loss = event.loss, .count = count});
  }
  flush_if_due();
}

void SensorCore::journal(std::string_view kind, const std::function<void(JsonWriter&)>& fields) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("event_type", "hd_journal").field("kind", kind);
  fields(json);
  json.end_object();
  const PacketTime time{now_.wall.ns};
  // The journal is never shed; when its lane is full, entries of one kind become one with a count.
  std::uint64_t waiting = 0;
  for (const CoreEpoch& epoch : epochs_) waiting += epoch.lanes[0].head - std::min(epoch.lanes[0].acked, epoch.lanes[0].head);
  if (waiting * record_size(body.size()) > options_.journal_max) {
    Held& held = held_journal_[std::string(kind)];
    if (held.count++ == 0) held.from = time;
    held.body = body;
    counters_.journal_merged += 1;
    return;
  }
  take(kLaneJournal, Entry{.item = {.kind = RecordKind::journal, .severity = 0, .time = time, .body = body}});
  flush_if_due();
}

void SensorCore::take(std::uint8_t lane, Entry entry) {
  if (gather_bytes_ == 0) gather_since_ = now_.ticks;
  gather_bytes_ += record_size(entry.is_loss ? kShedBodySize : entry.item.body.size());
  gather_[lane].push_back(std::move(entry));
}

std::size_t SensorCore::gathered() const noexcept {
  std::size_t count = 0;
  for (const auto& lane : gather_) count += lane.size();
  return count;
}

bool SensorCore::may_number() const noexcept {
  return current_ != 0 && !is_opening_ && !is_saving_ && !is_appending_ && !is_rewriting_ && !is_migrating();
}

void SensorCore::flush_if_due() {
  if (gather_bytes_ >= options_.batch_bytes_max || now_.ticks - gather_since_ >= options_.gather) flush();
}

void SensorCore::flush() {
  if (gather_bytes_ == 0 || !may_number()) return;
  CoreEpoch& epoch = *find(current_);
  pending_ = number_gathered(epoch);
  if (pending_.empty()) return;
  if (epoch.is_volatile) {
    for (const Piece& piece : pending_) accept(piece, false);
    pending_.clear();
    bound_memory();
    return;
  }
  is_appending_ = true;
  act(spool_action::Append{.pieces = pending_});
}

// Pieces as they would be; nothing is changed before they are written.
std::vector<Piece> SensorCore::number_gathered(const CoreEpoch& epoch) const {
  std::vector<Piece> pieces;
  for (std::uint8_t n = 0; n < kLaneCount; ++n) {
    const CoreLane& lane = epoch.lanes[n];
    std::uint64_t number = lane.head;
    Chain chain = lane.chain_head;
    std::shared_ptr<Payload> bytes;
    for (const Entry& entry : gather_[n]) {
      const std::size_t size = record_size(entry.is_loss ? kShedBodySize : entry.item.body.size());
      if (bytes == nullptr || bytes->size() + size > options_.batch_bytes_max ||
          pieces.back().items == options_.batch_items_max) {
        bytes = std::make_shared<Payload>();
        const PacketTime from = entry.is_loss ? entry.loss.from : entry.item.time;
        pieces.push_back({.lane = lane.key, .first = number + 1, .before = chain, .from = from, .bytes = bytes});
      }
      Piece& piece = pieces.back();
      const std::size_t begin = bytes->size();
      if (entry.is_loss) {
        const ShedNote note{.reason = entry.loss.reason, .flags = kShedInPlace, .from = entry.loss.from, .to = entry.loss.to,
                            .run = entry.loss.run, .worker = entry.loss.worker, .wseq = entry.loss.wseq};
        chain = append_shed(lane.key, number + 1, number + entry.count, chain, note, bytes.get());
      } else {
        const SpoolItem& item = entry.item;
        append_record(lane.key,
                      {.number = number + 1, .last = number + 1, .time = item.time, .wseq = item.wseq, .run = item.run,
                       .worker = item.worker, .kind = item.kind, .severity = item.severity,
                       .replay_cursor = item.replay_cursor},
                      as_bytes(item.body), bytes.get());
        const std::size_t length = kRecordHeaderSize + item.body.size();
        chain = blake2b_128(chain, Bytes(*bytes).subspan(begin, length));
      }
      number += entry.count;
      piece.items += 1;
      piece.last = number;
      piece.after = chain;
      piece.to = entry.is_loss ? entry.loss.to : entry.item.time;
    }
  }
  return pieces;
}

void SensorCore::accept(const Piece& piece, bool is_written) {
  CoreLane& lane = *find(piece.lane);
  lane.head = piece.last;
  lane.chain_head = piece.after;
  lane.time_head = piece.to;
  if (is_written) lane.disk_head = piece.last;
  lane.memory.push_back(piece);
  memory_bytes_ += piece.bytes->size();
  for (std::uint32_t n = 0; n < piece.items; ++n) {
    const Entry& entry = gather_[piece.lane.lane][n];
    counters_.spooled[piece.lane.lane] += entry.is_loss ? 0 : 1;
    if (entry.is_loss) counters_.shed[{piece.lane.lane, entry.loss.reason}] += entry.count;
  }
  forget_gathered(piece.lane.lane, piece.items);
}

void SensorCore::forget_gathered(std::uint8_t lane, std::uint64_t items) {
  auto& entries = gather_[lane];
  for (std::uint64_t n = 0; n < items; ++n) {
    gather_bytes_ -= record_size(entries[n].is_loss ? kShedBodySize : entries[n].item.body.size());
  }
  entries.erase(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(items));
}

void SensorCore::on(spool_event::Appended& event) {
  for (const SegmentStart& segment : event.started) {
    CoreLane* lane = find(segment.lane);
    if (lane == nullptr) continue;
    lane->segments.push_back(segment);
    used_ += segment.bytes;
  }
  if (migration_ == Migration::carrying) return advance_migration(event.pieces == 1);
  if (is_rewriting_) {
    is_rewriting_ = false;
    if (event.pieces < pending_.size()) fail_disk("a file whose sync failed cannot be written anew");
    else begin_sync();
    pending_.clear();
    return flush();
  }
  is_appending_ = false;
  const std::size_t done = std::min(event.pieces, pending_.size());
  // What could not be written keeps its numbers and goes out from memory: should the disk hold it all the same, it is
  // the same item under the same number.
  for (std::size_t n = 0; n < pending_.size(); ++n) accept(pending_[n], n < done);
  if (done > 0 && !has_unsynced_) {
    has_unsynced_ = true;
    unsynced_since_ = now_.ticks;
    sync_epoch_ = current_;
  }
  const bool is_whole = done == pending_.size();
  pending_.clear();
  mark_heads(*find(current_), false);
  if (!is_whole) fail_disk("it cannot be written");
  trim_memory();
  bound();
  if (options_.sync == SyncPolicy::batch && !is_syncing_ && has_unsynced_) begin_sync();
  if (is_stopping_ && !is_stopped_) finish_stop();
  else flush_if_due();
}

void SensorCore::mark_heads(const CoreEpoch& epoch, bool abandoned) {
  spool_action::MarkHeads mark{.epoch = epoch.epoch, .abandoned = abandoned};
  for (std::size_t n = 0; n < kLaneCount; ++n) mark.heads[n] = epoch.lanes[n].head;
  act(std::move(mark));
}

// -- Syncing ---------------------------------------------------------------------------------------------------------

void SensorCore::begin_sync() {
  const CoreEpoch& epoch = *find(current_);
  is_syncing_ = true;
  has_unsynced_ = false;
  sync_epoch_ = current_;
  for (std::size_t n = 0; n < kLaneCount; ++n) sync_target_[n] = epoch.lanes[n].head;
  act(spool_action::Sync{++sync_token_});
}

void SensorCore::on(spool_event::Synced& event) {
  if (!is_syncing_ || event.token != sync_token_) return;
  is_syncing_ = false;
  if (migration_ == Migration::syncing) return advance_migration(event.ok);
  CoreEpoch* epoch = find(sync_epoch_);
  if (epoch == nullptr || sync_epoch_ != current_ || epoch->is_volatile) return;
  if (!event.ok) {
    counters_.disk_failures += 1;
    if (++sync_failures_ > 1) fail_disk("it cannot be synced");
    else rewrite_unsynced();
    return;
  }
  sync_failures_ = 0;
  for (std::size_t n = 0; n < kLaneCount; ++n) {
    epoch->lanes[n].synced = std::max(epoch->lanes[n].synced, sync_target_[n]);
  }
  if (is_stopping_) {
    // A sync that was under way when the stop came may not have covered its last words.
    if (has_unsynced_) begin_sync();
    else save_state(true);
    return;
  }
  if (migration_ == Migration::waiting) return advance_migration(true);
  trim_memory();
}

// An fsync error is final for the file: what it may have lost is written again elsewhere, from memory.
void SensorCore::rewrite_unsynced() {
  pending_.clear();
  for (CoreLane& lane : find(current_)->lanes) {
    for (const Piece& piece : lane.memory) {
      if (piece.last > lane.synced) pending_.push_back(piece);
    }
  }
  if (pending_.empty()) return begin_sync();
  is_rewriting_ = true;
  act(spool_action::Append{.pieces = pending_, .fresh = true});
}

void SensorCore::fail_disk(std::string_view why) {
  if (is_volatile()) return;
  counters_.disk_failures += 1;
  CoreEpoch& epoch = *find(current_);
  epoch.is_pinned = true;
  mark_heads(epoch, true);
  is_syncing_ = has_unsynced_ = false;
  alarm("spool_failed", "the spool failed: " + std::string(why));
  open_volatile();
  flush();
  if (is_stopping_ && !is_stopped_) finish_stop();
}

// -- Bounds ----------------------------------------------------------------------------------------------------------

// What also lies safely on the disk need not be kept; the newest goes first, since the oldest is sent next.
void SensorCore::trim_memory() {
  for (auto epoch = epochs_.rbegin(); epoch != epochs_.rend() && memory_bytes_ > options_.cache_max; ++epoch) {
    if (epoch->is_volatile || epoch->is_pinned) continue;
    for (std::size_t n = kLaneCount; n > 0 && memory_bytes_ > options_.cache_max; --n) {
      CoreLane& lane = epoch->lanes[n - 1];
      for (std::size_t at = lane.memory.size(); at > 0 && memory_bytes_ > options_.cache_max; --at) {
        const Piece& piece = lane.memory[at - 1];
        if (options_.sync != SyncPolicy::none && piece.last > lane.synced) continue;
        memory_bytes_ -= piece.bytes->size();
        lane.memory.erase(lane.memory.begin() + static_cast<std::ptrdiff_t>(at - 1));
      }
    }
  }
}

void SensorCore::on(spool_event::Usage& event) {
  used_ = event.used;
  free_ = event.free;
  bound();
}

void SensorCore::bound() {
  if (is_volatile() || is_putting_ || is_migrating()) return;
  while (used_ > options_.spool_max || free_ < options_.keep_free) {
    if (!drop_acked_segment()) break;
  }
  if (used_ > options_.spool_max || free_ < options_.keep_free) static_cast<void>(shed_oldest_segment());
  retire_epochs();
}

bool SensorCore::drop_acked_segment() {
  for (CoreEpoch& epoch : epochs_) {
    for (std::size_t n = kLaneCount; n > 0; --n) {
      CoreLane& lane = epoch.lanes[n - 1];
      if (lane.segments.empty() || lane.segment_last(0) > lane.acked) continue;
      const bool is_active = epoch.epoch == current_ && lane.segments.size() == 1;
      if (is_active) continue;
      const std::uint64_t last = lane.segment_last(0);
      // First it is written down that these numbers are acknowledged: without them the lane's end would be unknown.
      save_cursors_if_due(true);
      used_ -= std::min(used_, lane.segments.front().bytes);
      free_ += std::min(lane.segments.front().bytes, UINT64_MAX - free_);
      lane.segments.pop_front();
      act(spool_action::DropThrough{.lane = lane.key, .through = last});
      return true;
    }
  }
  return false;
}

// The lowest lane that holds anything unacknowledged gives up its oldest file, oldest epoch first.
bool SensorCore::shed_oldest_segment() {
  for (std::size_t n = kLaneCount - 1; n > 0; --n) {
    for (CoreEpoch& epoch : epochs_) {
      CoreLane& lane = epoch.lanes[n];
      if (epoch.is_held_back || lane.segments.empty() || lane.disk_head <= lane.acked) continue;
      const NumberRange range{.first = std::max(lane.segments.front().first, lane.acked + 1),
                              .last = lane.segment_last(0)};
      if (range.last < range.first) continue;
      if (HD_BROKEN(options_, shed_unnoted)) {
        act(spool_action::DropThrough{.lane = lane.key, .through = range.last});
        used_ -= std::min(used_, lane.segments.front().bytes);
        lane.segments.pop_front();
        std::erase_if(lane.memory, [&](const Piece& piece) { return piece.last <= range.last; });
        if (lane.next <= range.last) {
          lane.next = range.last + 1;
          lane.chain_next = lane.known_chain(range.last).value_or(Chain{});
        }
        lane.acked = range.last;
        return true;
      }
      put_note(make_note(lane, range, ShedReason::spool_full, nullptr));
      return true;
    }
  }
  return false;
}

void SensorCore::bound_memory() {
  std::size_t held = 0;
  for (const CoreEpoch& epoch : epochs_) {
    if (!epoch.is_volatile && !epoch.is_pinned) continue;
    for (const CoreLane& lane : epoch.lanes) {
      for (const Piece& piece : lane.memory) held += piece.bytes->size();
    }
  }
  for (std::size_t n = kLaneCount - 1; n > 0; --n) {
    for (CoreEpoch& epoch : epochs_) {
      CoreLane& lane = epoch.lanes[n];
      while ((epoch.is_volatile || epoch.is_pinned) && held > options_.memory_max && !lane.memory.empty()) {
        const Piece piece = lane.memory.front();
        held -= piece.bytes->size();
        apply_note(make_note(lane, {.first = std::max(piece.first, lane.acked + 1), .last = piece.last},
                             ShedReason::spool_full, &piece.after));
      }
    }
  }
}

// `after` is the chain at range.last; null: known from what lies behind it, or else the note's own.
Note SensorCore::make_note(CoreLane& lane, NumberRange range, ShedReason reason, const Chain* after) const {
  Note note{.lane = lane.key, .first = range.first, .last = range.last, .reason = reason};
  for (const Note& other : lane.notes) {
    if (other.reason == reason && other.last + 1 == note.first) note.first = other.first;
  }
  ShedNote body{.reason = reason, .from = {now_.wall.ns}, .to = {now_.wall.ns}};
  if (!lane.segments.empty() && lane.segments.front().first <= range.last) {
    body.from = lane.segments.front().from;
    body.to = lane.segments.size() > 1 ? lane.segments[1].from : lane.time_head;
  }
  const auto known = after != nullptr ? std::optional<Chain>(*after) : lane.known_chain(range.last);
  if (known && !(lane.is_unverifiable && range.last == lane.head)) body.chain_last = *known;
  else body.flags = kShedInPlace;
  note.after = append_shed(lane.key, note.first, note.last, {}, body, &note.bytes);
  return note;
}

void SensorCore::put_note(Note note) {
  const CoreEpoch& epoch = *find(note.lane.epoch);
  if (epoch.is_volatile || is_volatile()) return apply_note(std::move(note));
  is_putting_ = true;
  act(spool_action::PutNote{std::move(note)});
}

void SensorCore::on(spool_event::NotePut& event) {
  is_putting_ = false;
  const bool ok = event.ok;
  // Without the disk the note holds in memory: should the process end, the records are still there and are sent.
  apply_note(std::move(event.note));
  if (!ok) fail_disk("a note cannot be written");
  if (session_ == SessionState::verifying) return fill_gaps();
  if (ok) bound();
}

void SensorCore::apply_note(Note note) {
  CoreLane& lane = *find(note.lane);
  const std::uint64_t before = note.first;
  std::uint64_t counted = note.last - before + 1;
  for (const Note& other : lane.notes) {
    if (other.first >= note.first && other.last <= note.last) counted -= other.last - other.first + 1;
  }
  counters_.shed[{lane.key.lane, note.reason}] += counted;
  for (const Piece& piece : lane.memory) {
    if (piece.last >= note.first && piece.first <= note.last) memory_bytes_ -= piece.bytes->size();
  }
  if (note.last == lane.head && lane.is_unverifiable) lane.chain_head = note.after;
  lane.put(std::move(note));
}

// Drained epochs are kept for a collector that comes back from a backup, while there is room and only so many.
void SensorCore::retire_epochs() {
  if (session_ == SessionState::verifying || session_ == SessionState::forked) return;  // they are being compared
  const auto is_retirable = [this](const CoreEpoch& epoch) {
    return epoch.is_closed && !epoch.is_held_back && epoch.epoch != current_ && epoch.epoch != migrate_from_ &&
           epoch.is_drained();
  };
  auto retirable = static_cast<std::size_t>(std::count_if(epochs_.begin(), epochs_.end(), is_retirable));
  for (std::size_t at = 0; at < epochs_.size() && retirable > options_.closed_epochs_kept;) {
    if (!is_retirable(epochs_[at])) {
      ++at;
      continue;
    }
    const CoreEpoch gone = std::move(epochs_[at]);
    epochs_.erase(epochs_.begin() + static_cast<std::ptrdiff_t>(at));
    --retirable;
    std::erase_if(finals_, [&](const SpoolState::Final& final) { return final.epoch == gone.epoch; });
    for (const CoreLane& lane : gone.lanes) {
      for (const Piece& piece : lane.memory) memory_bytes_ -= piece.bytes->size();
    }
    remember_gone(gone, false);
    if (!gone.is_volatile) act(spool_action::RemoveEpoch{gone.epoch});
    journal("epoch_close", [&](JsonWriter& json) {
      json.field("epoch", hex64(gone.epoch)).key("heads").begin_array();
      for (const CoreLane& lane : gone.lanes) json.value(lane.head);
      json.end_array();
    });
  }
}

// -- Time ------------------------------------------------------------------------------------------------------------

void SensorCore::on(spool_event::Tick&) {
  if (!held_journal_.empty()) {
    auto held = std::exchange(held_journal_, {});
    for (const auto& [kind, entry] : held) {
      journal("merged", [&](JsonWriter& json) {
        json.field("of", kind).field("count", entry.count).field("from_ns", entry.from.ns).key("last").raw(entry.body);
      });
    }
  }
  if (gather_bytes_ > 0) flush_if_due();
  if (has_unsynced_ && !is_syncing_ && !is_volatile() && may_number() && options_.sync != SyncPolicy::none &&
      now_.ticks - unsynced_since_ >= options_.sync_every) {
    begin_sync();
  }
  if (is_volatile() && !is_opening_ && !is_stopping_ && now_.ticks >= disk_retry_at_) {
    disk_retry_at_ = now_.ticks + options_.disk_retry;
    request_epoch("healed");
  }
  save_cursors_if_due(false);
  retire_epochs();
  tick_session();
}

Ticks SensorCore::next_tick() const noexcept {
  Ticks at = std::min(session_timer_, now_.ticks + kSecond);
  if (session_ == SessionState::open || session_ == SessionState::stalled) at = std::min(at, next_ping_);
  if (gather_bytes_ > 0) at = std::min(at, gather_since_ + options_.gather);
  if (has_unsynced_ && !is_syncing_) at = std::min(at, unsynced_since_ + options_.sync_every);
  return std::max(at, now_.ticks + kMillisecond);
}

}  // namespace hd
