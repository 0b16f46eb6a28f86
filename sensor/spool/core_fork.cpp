// SPDX-License-Identifier: Apache-2.0
// SensorCore: the collector holds another history (a restored snapshot, a cloned disk). The last common number is
// searched with PROBE; what lies above it is carried into a new epoch, which is named to the collector only when it is
// whole and synced, so that an interruption leaves either the old epoch or the new one, never both.
#include <algorithm>

#include "sensor/spool/sensor_core.hpp"

namespace hd {

void SensorCore::begin_fork() {
  const std::uint64_t epoch = forked_.front().lane.epoch;
  std::erase_if(forked_, [epoch](const LaneCursor& at) { return at.lane.epoch != epoch; });
  if (find(epoch)->is_volatile || is_volatile() || is_syncing_) {
    // Nothing can be carried over without the disk; a sync under way is over at the next try.
    return end_session("fork", is_syncing_ ? 0 : 60 * kSecond);
  }
  session_ = SessionState::forked;
  for (const LaneCursor& at : verify_) {
    if (at.lane.epoch == epoch) migrate_next_[at.lane.lane] = at.cursor + 1;
  }
  fork_at_ = 0;
  probe_ = {.high = std::min(forked_[0].cursor, find(forked_[0].lane)->head)};
  probe_next();
}

void SensorCore::probe_next() {
  while (probe_.low >= probe_.high) {
    migrate_next_[forked_[fork_at_].lane.lane] = probe_.low + 1;
    if (++fork_at_ == forked_.size()) return begin_migration();
    probe_ = {.high = std::min(forked_[fork_at_].cursor, find(forked_[fork_at_].lane)->head)};
  }
  probe_.asked = probe_.low + (probe_.high - probe_.low + 1) / 2;
  is_proving_ = true;
  proof_ = {};
  send(FrameType::probe, encode(ProbeBody{.lane = forked_[fork_at_].lane, .numbers = {probe_.asked}}));
}

void SensorCore::receive_proof(const Message& message) {
  ProofBody proof;
  if (!decode(message.payload, &proof)) return refuse("proof");
  if (session_ != SessionState::forked || is_migrating() || !is_proving_ || proof.points.size() != 1 ||
      proof.lane != forked_[fork_at_].lane || proof.points[0].asked != probe_.asked ||
      proof.points[0].at.number > probe_.asked) {
    return refuse("proof");
  }
  proof_ = proof.points[0].at;
  const CoreLane& lane = *find(proof.lane);
  if (proof_.number <= probe_.low) return judge_proof(false, {});
  if (const Piece* piece = lane.piece_at(proof_.number); piece != nullptr && piece->is_chain_known) {
    return judge_proof(true, chain_in(*piece, proof_.number));
  }
  if (lane.is_on_disk(proof_.number)) return act(spool_action::ChainAt{.lane = proof.lane, .number = proof_.number});
  if (const auto own = lane.known_chain(proof_.number)) return judge_proof(true, *own);
  judge_proof(true, proof_.chain);  // older than what is held: nothing speaks against it
}

void SensorCore::judge_proof(bool is_known, const Chain& own) {
  is_proving_ = false;
  // A number that the collector cannot prove was entered as shed: nothing speaks against it either.
  if (!is_known || proof_.number <= probe_.low || own == proof_.chain) {
    probe_.low = probe_.asked;
  } else {
    probe_.high = proof_.number - 1;
  }
  probe_next();
}

// -- Carrying over ---------------------------------------------------------------------------------------------------

void SensorCore::begin_migration() {
  carried_ = forked_;
  const std::uint64_t from = forked_.front().lane.epoch;
  if (from != current_ && !has_to_carry(from)) {
    // The end of a closed epoch was lost (power) after the collector had it: nothing is missing there.
    absorb();
    session_ = SessionState::verifying;
    forked_.clear();
    verify_at_ = 0;
    return verify_next();
  }
  alarm("rolled_back", "the spool is not the one that the collector knows (restored snapshot or cloned disk)");
  migrate_from_ = from;
  migration_ = Migration::new_epoch;
  if (from == current_) return request_epoch("fork");
  advance_migration(true);
}

bool SensorCore::has_to_carry(std::uint64_t epoch) noexcept {
  const CoreEpoch& from = *find(epoch);
  for (std::size_t n = 0; n < kLaneCount; ++n) {
    if (migrate_next_[n] <= from.lanes[n].head) return true;
  }
  return false;
}

// What the collector holds beyond this spool's end is stored: the epoch ends where the collector is.
void SensorCore::absorb() {
  for (const LaneCursor& at : carried_) {
    CoreLane& lane = *find(at.lane);
    lane.head = std::max(lane.head, at.cursor);
    lane.acked = at.cursor;
    lane.chain_head = lane.chain_acked = at.chain;
    lane.synced = lane.head;
    memory_bytes_ -= lane.forget_acked();
    cursors_changed_ = true;
  }
  close(*find(carried_.front().lane.epoch));
}

void SensorCore::advance_migration(bool ok) {
  if (!ok || is_volatile()) return abort_migration("the disk failed");
  switch (migration_) {
    case Migration::none: return;
    case Migration::new_epoch: {
      if (!has_to_carry(migrate_from_)) {
        absorb();
        migrate_from_ = 0;
        migration_ = Migration::none;
        end_session("fork");
        return flush();
      }
      migrate_to_ = 0;
      while (migrate_to_ == 0 || find(migrate_to_) != nullptr) migrate_to_ = random_.next();
      migration_ = Migration::marking;
      return save_state(false);
    }
    case Migration::marking:
      migration_ = Migration::opening;
      return act(spool_action::OpenEpoch{migrate_to_});
    case Migration::opening: {
      CoreEpoch epoch{.epoch = migrate_to_, .reason = "fork", .is_closed = true, .is_held_back = true};
      for (std::uint8_t n = 0; n < kLaneCount; ++n) epoch.lanes[n].key = {.epoch = migrate_to_, .lane = n};
      // Before the current one, which stays the last.
      epochs_.insert(std::prev(epochs_.end()), std::move(epoch));
      migration_ = Migration::carrying;
      return migrate_next();
    }
    case Migration::carrying: {
      CoreLane& lane = *find(migrate_piece_.lane);
      lane.head = lane.disk_head = lane.synced = migrate_piece_.last;
      lane.chain_head = migrate_piece_.after;
      lane.time_head = migrate_piece_.to;
      return migrate_next();
    }
    case Migration::waiting:
      migration_ = Migration::syncing;
      is_syncing_ = true;
      return act(spool_action::Sync{++sync_token_});
    case Migration::syncing: {
      const std::uint64_t gone = std::exchange(migrate_from_, 0);
      const std::uint64_t kept = std::exchange(migrate_to_, 0);
      remember_gone(*find(gone), true);
      CoreEpoch& epoch = *find(kept);
      epoch.is_held_back = false;
      close(epoch);
      std::erase_if(finals_, [gone](const SpoolState::Final& final) { return final.epoch == gone; });
      migration_ = Migration::unmarking;
      return save_state(false);
    }
    case Migration::unmarking: return finish_migration();
  }
}

void SensorCore::migrate_next() {
  const CoreEpoch& from = *find(migrate_from_);
  for (std::uint8_t n = 0; n < kLaneCount; ++n) {
    const CoreLane& lane = from.lanes[n];
    const std::uint64_t next = migrate_next_[n];
    if (next > lane.head) continue;
    if (const Note* note = lane.note_at(next)) return migrate_note(lane.key, {next, note->last}, note->reason);
    if (const Piece* piece = lane.piece_at(next)) return migrate_records(lane.key, next, *piece->bytes);
    if (lane.is_on_disk(next)) {
      return act(spool_action::Read{.lane = lane.key, .from = next, .through = lane.disk_head, .bytes_max = kBatchBytesMax});
    }
    const auto gap = lane.missing_from(next);
    return migrate_note(lane.key, {next, gap ? gap->last : lane.head}, ShedReason::recovered_gap);
  }
  if (is_syncing_) {
    migration_ = Migration::waiting;
    return;
  }
  migration_ = Migration::waiting;
  advance_migration(true);
}

void SensorCore::migrate_records(LaneKey from, std::uint64_t first, Bytes bytes) {
  const CoreLane& to = find(migrate_to_)->lanes[from.lane];
  auto out = std::make_shared<Payload>();
  Piece piece{.lane = to.key, .first = to.head + 1, .last = to.head, .before = to.chain_head, .after = to.chain_head};
  std::uint64_t next = first;
  while (!bytes.empty()) {
    RecordView record;
    if (!read_record(from, bytes, &record)) break;
    bytes = bytes.subspan(record_size(record.body.size()));
    if (record.header.last < first) continue;
    next = record.header.last + 1;
    if (piece.items++ == 0) piece.from = record.header.time;
    piece.to = record.header.time;
    if (record.header.kind == RecordKind::shed) {
      ShedNote note;
      HD_ASSERT(decode_shed(record.body, &note));
      const std::uint64_t count = record.header.last - std::max(record.header.number, first) + 1;
      note.flags = kShedInPlace;
      piece.after = append_shed(to.key, piece.last + 1, piece.last + count, piece.after, note, out.get());
      piece.last += count;
      continue;
    }
    RecordHeader header = record.header;
    header.number = header.last = ++piece.last;
    const std::size_t begin = out->size();
    append_record(to.key, header, record.body, out.get());
    piece.after = blake2b_128(piece.after, Bytes(*out).subspan(begin, kRecordHeaderSize + record.body.size()));
  }
  if (piece.items == 0) return migrate_note(from, {first, first}, ShedReason::damaged);
  piece.bytes = std::move(out);
  migrate_write(from.lane, std::move(piece), next);
}

void SensorCore::migrate_note(LaneKey from, NumberRange range, ShedReason reason) {
  const CoreLane& to = find(migrate_to_)->lanes[from.lane];
  auto out = std::make_shared<Payload>();
  const std::uint64_t last = to.head + (range.last - range.first + 1);
  const ShedNote note{.reason = reason, .flags = kShedInPlace, .from = {now_.wall.ns}, .to = {now_.wall.ns}};
  const Chain after = append_shed(to.key, to.head + 1, last, to.chain_head, note, out.get());
  migrate_write(from.lane,
                {.lane = to.key, .first = to.head + 1, .last = last, .items = 1, .before = to.chain_head, .after = after,
                 .from = note.from, .to = note.to, .bytes = std::move(out)},
                range.last + 1);
}

void SensorCore::migrate_write(std::uint8_t lane, Piece piece, std::uint64_t next) {
  migrate_next_[lane] = next;
  migrate_piece_ = piece;
  act(spool_action::Append{.pieces = {std::move(piece)}});
}

void SensorCore::abort_migration(std::string_view why) {
  const std::uint64_t half = std::exchange(migrate_to_, 0);
  if (migration_ != Migration::new_epoch && migration_ != Migration::marking && half != 0) {
    act(spool_action::RemoveEpoch{half});
    std::erase_if(epochs_, [half](const CoreEpoch& epoch) { return epoch.epoch == half; });
  }
  migration_ = Migration::none;
  migrate_from_ = 0;
  is_syncing_ = false;
  alarm("migration_failed", "what lies above the fork could not be carried over: " + std::string(why));
  end_session("fork", 5 * kSecond);
  flush();
}

void SensorCore::finish_migration() {
  const std::uint64_t gone = carried_.front().lane.epoch;
  if (const CoreEpoch* epoch = find(gone)) {
    for (const CoreLane& lane : epoch->lanes) {
      for (const Piece& piece : lane.memory) memory_bytes_ -= piece.bytes->size();
    }
  }
  std::erase_if(epochs_, [gone](const CoreEpoch& epoch) { return epoch.epoch == gone; });
  act(spool_action::RemoveEpoch{gone});
  migration_ = Migration::none;
  end_session("fork");
  flush();
}

}  // namespace hd
