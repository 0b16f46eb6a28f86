// SPDX-License-Identifier: Apache-2.0
#include "sensor/spool/core_lane.hpp"

#include <algorithm>

namespace hd {

const Note* CoreLane::note_at(std::uint64_t number) const noexcept {
  for (const Note& note : notes) {
    if (note.first <= number && number <= note.last) return &note;
  }
  return nullptr;
}

const Piece* CoreLane::piece_at(std::uint64_t number) const noexcept {
  const auto after = std::upper_bound(memory.begin(), memory.end(), number,
                                      [](std::uint64_t n, const Piece& piece) { return n < piece.first; });
  if (after == memory.begin()) return nullptr;
  const Piece& piece = *std::prev(after);
  return number <= piece.last ? &piece : nullptr;
}

bool CoreLane::is_on_disk(std::uint64_t number) const noexcept {
  if (segments.empty() || number < segments.front().first || number > disk_head) return false;
  return std::none_of(holes.begin(), holes.end(),
                      [number](const NumberRange& hole) { return hole.first <= number && number <= hole.last; });
}

std::optional<NumberRange> CoreLane::missing_from(std::uint64_t from) const noexcept {
  std::uint64_t at = std::max<std::uint64_t>(from, 1);
  while (at <= head) {
    if (const Note* note = note_at(at)) {
      at = note->last + 1;
    } else if (const Piece* piece = piece_at(at)) {
      at = piece->last + 1;
    } else if (is_on_disk(at)) {
      std::uint64_t end = disk_head;
      for (const NumberRange& hole : holes) {
        if (hole.first > at) end = std::min(end, hole.first - 1);
      }
      at = end + 1;
    } else {
      // Up to the next number that something holds.
      std::uint64_t last = head;
      for (const Note& other : notes) {
        if (other.first > at) last = std::min(last, other.first - 1);
      }
      for (const Piece& other : memory) {
        if (other.first > at) last = std::min(last, other.first - 1);
      }
      if (!segments.empty() && segments.front().first > at) last = std::min(last, segments.front().first - 1);
      for (const NumberRange& hole : holes) {
        if (hole.first <= at && at <= hole.last) last = std::min(last, hole.last);
      }
      return NumberRange{.first = at, .last = last};
    }
  }
  return std::nullopt;
}

std::uint64_t CoreLane::lowest() const noexcept {
  std::uint64_t low = head + 1;
  if (!notes.empty()) low = std::min(low, notes.front().first);
  if (!memory.empty()) low = std::min(low, memory.front().first);
  if (!segments.empty() && segments.front().first <= disk_head) low = std::min(low, segments.front().first);
  return low;
}

std::uint64_t CoreLane::segment_last(std::size_t index) const noexcept {
  return index + 1 < segments.size() ? segments[index + 1].first - 1 : disk_head;
}

std::optional<Chain> CoreLane::known_chain(std::uint64_t number) const noexcept {
  if (number == 0) return Chain{};
  if (number == head && !is_unverifiable) return chain_head;
  if (number == acked) return chain_acked;
  for (const Piece& piece : memory) {
    if (piece.last == number && piece.is_chain_known) return piece.after;
    if (piece.first == number + 1 && piece.is_chain_known) return piece.before;
  }
  for (const SegmentStart& segment : segments) {
    if (segment.first == number + 1) return segment.before;
  }
  for (const Note& note : notes) {
    if (note.last == number) return note.after;
  }
  return std::nullopt;
}

void CoreLane::put(Note note) {
  const std::uint64_t first = note.first;
  const std::uint64_t last = note.last;
  // Only a note for want of room stands for whole files; others take single numbers out of them.
  while (note.reason == ShedReason::spool_full && !segments.empty() && segments.front().first <= last &&
         segment_last(0) <= last) {
    segments.pop_front();
  }
  std::erase_if(notes, [&](const Note& old) { return old.first >= first && old.last <= last; });
  std::erase_if(memory, [&](const Piece& piece) { return piece.last >= first && piece.first <= last; });
  std::erase_if(holes, [&](const NumberRange& hole) { return hole.first >= first && hole.last <= last; });
  const auto at = std::find_if(notes.begin(), notes.end(), [&](const Note& other) { return other.first > first; });
  notes.insert(at, std::move(note));
}

std::size_t CoreLane::forget_acked() {
  std::size_t bytes = 0;
  while (!memory.empty() && memory.front().last <= acked) {
    bytes += memory.front().bytes->size();
    memory.pop_front();
  }
  return bytes;
}

bool CoreEpoch::is_drained() const noexcept {
  return std::all_of(lanes.begin(), lanes.end(), [](const CoreLane& lane) { return lane.acked >= lane.head; });
}

Chain chain_in(const Piece& piece, std::uint64_t number) {
  if (number == piece.last) return piece.after;
  Chain chain = piece.before;
  for (std::size_t begin = 0; begin < piece.bytes->size();) {
    RecordView record;
    if (!read_record(piece.lane, Bytes(*piece.bytes).subspan(begin), &record) || record.header.number > number) break;
    chain = chain_after(chain, record);
    begin += record_size(record.body.size());
  }
  return chain;
}

std::optional<Slice> slice_of(const Piece& piece, std::uint64_t from, const Chain& before, std::size_t bytes_max,
                              std::size_t items_max) {
  if (from == piece.first && piece.bytes->size() <= bytes_max && piece.items <= items_max && before == piece.before &&
      piece.is_chain_known) {
    return Slice{.last = piece.last, .items = piece.items, .begin = 0, .length = piece.bytes->size(), .after = piece.after};
  }
  Slice slice{.after = before};
  std::size_t at = 0;
  while (at < piece.bytes->size()) {
    RecordView record;
    if (!read_record(piece.lane, Bytes(*piece.bytes).subspan(at), &record)) return std::nullopt;
    const std::size_t size = record_size(record.body.size());
    if (record.header.last < from) {
      slice.begin = at + size;
    } else {
      if (slice.length + size > bytes_max || slice.items + 1u > items_max) break;
      slice.length += size;
      slice.items += 1;
      slice.last = record.header.last;
      slice.after = chain_after(slice.after, record);
    }
    at += size;
  }
  if (slice.items == 0) return std::nullopt;
  return slice;
}

}  // namespace hd
