// SPDX-License-Identifier: Apache-2.0
#include "sensor/spool/segment_store.hpp"

#include <algorithm>
#include <cerrno>

#include "sensor/spool/segment_walk.hpp"
#include "sensor/spool/spool_files.hpp"

namespace hd {
namespace {

constexpr std::string_view kSegmentEnd = ".seg";

std::string lane_name(std::uint8_t lane) { return std::string(1, static_cast<char>('0' + lane)); }

}  // namespace

SegmentStore::SegmentStore(Disk& disk, SegmentOptions options) : disk_(disk), options_(std::move(options)) {}

std::string SegmentStore::epoch_folder(std::uint64_t epoch) const { return options_.folder + "/" + hex64(epoch); }
std::string SegmentStore::lane_folder(LaneKey lane) const { return epoch_folder(lane.epoch) + "/" + lane_name(lane.lane); }

SegmentStore::Lane* SegmentStore::find(LaneKey lane) {
  const auto epoch = epochs_.find(lane.epoch);
  return epoch == epochs_.end() || lane.lane >= kLaneCount ? nullptr : &epoch->second.lanes[lane.lane];
}

std::vector<std::uint64_t> SegmentStore::epochs() const {
  std::vector<std::uint64_t> names;
  for (const auto& [name, epoch] : epochs_) names.push_back(name);
  return names;
}

// The folders of an epoch and its lanes, durable before any number of it is given.
bool SegmentStore::open_epoch(std::uint64_t epoch) {
  const std::string folder = epoch_folder(epoch);
  int error = disk_.make_folder(folder);
  for (std::uint8_t lane = 0; error == 0 && lane < kLaneCount; ++lane) {
    error = disk_.make_folder(lane_folder({.epoch = epoch, .lane = lane}));
  }
  if (HD_BROKEN(options_, epoch_counter)) {
    if (error == 0) epochs_.try_emplace(epoch);
    return error == 0;
  }
  if (error == 0) error = disk_.sync_folder(folder);
  if (error == 0) error = disk_.sync_folder(options_.folder);
  if (error != 0) return false;
  epochs_.try_emplace(epoch);
  return true;
}

int SegmentStore::begin_segment(LaneKey key, Lane& lane, const Piece& piece, Now now, SegmentStart* start) {
  const std::string folder = lane_folder(key);
  const std::uint64_t room = key.lane == kLaneJournal ? options_.journal_segment_bytes : options_.segment_bytes;
  const std::uint64_t bytes = std::max<std::uint64_t>(room, kSegmentHeaderSize + piece.bytes->size());
  // A second file for the same numbers exists when the sync of the first failed; the later name wins.
  std::string name = hex64(piece.first) + std::string(kSegmentEnd);
  std::shared_ptr<DiskFile> file;
  int error = disk_.open(folder + "/" + name, Disk::Open::create_new, &file);
  for (int copy = 1; error == EEXIST && copy < 10; ++copy) {
    name = hex64(piece.first) + "." + std::to_string(copy) + std::string(kSegmentEnd);
    error = disk_.open(folder + "/" + name, Disk::Open::create_new, &file);
  }
  if (error != 0) return error;
  const SegmentHeader header{.lane = key, .first = piece.first, .chain = piece.before, .sensor = options_.sensor,
                             .created = now.wall, .boot = options_.boot};
  error = file->allocate(bytes);
  if (error == 0) error = file->write(0, encode_segment(header));
  if (error == 0) error = file->sync();
  if (error == 0) error = disk_.sync_folder(folder);
  if (error != 0) {
    static_cast<void>(disk_.unlink(folder + "/" + name));
    return error;
  }
  if (lane.active != nullptr && lane.is_dirty) rolled_.push_back(lane.active);
  lane.active = std::move(file);
  lane.offset = kSegmentHeaderSize;
  lane.is_dirty = false;
  lane.segments.push_back({.name = name, .first = piece.first, .before = piece.before, .bytes = bytes});
  used_ += bytes;
  *start = {.lane = key, .first = piece.first, .before = piece.before, .bytes = bytes, .from = piece.from};
  return 0;
}

int SegmentStore::write_piece(LaneKey key, Lane& lane, const Piece& piece, Now now, std::vector<SegmentStart>* started) {
  const bool fits = lane.active != nullptr && lane.offset + piece.bytes->size() <= lane.segments.back().bytes;
  if (!fits) {
    SegmentStart start;
    if (const int error = begin_segment(key, lane, piece, now, &start)) return error;
    started->push_back(start);
  }
  if (const int error = lane.active->write(lane.offset, *piece.bytes)) return error;
  lane.offset += piece.bytes->size();
  lane.is_dirty = true;
  return 0;
}

// What the active file holds beyond `last` does not count; the next piece begins a new file.
void SegmentStore::abandon_active(Lane& lane, std::uint64_t last) {
  if (lane.segments.empty()) return;
  lane.segments.back().last = last;
  lane.segments.back().is_damaged = true;
  lane.active.reset();
  lane.is_dirty = false;
}

spool_event::Appended SegmentStore::append(const spool_action::Append& action, Now now) {
  spool_event::Appended done;
  if (action.fresh) rolled_.clear();
  std::vector<LaneKey> renewed;
  for (const Piece& piece : action.pieces) {
    Lane* lane = find(piece.lane);
    if (lane == nullptr) return done;
    if (action.fresh && std::find(renewed.begin(), renewed.end(), piece.lane) == renewed.end()) {
      // Files that begin within what is written anew are superseded as a whole.
      renewed.push_back(piece.lane);
      while (!lane->segments.empty() && lane->segments.back().first > piece.first) {
        remove_segment(piece.lane, *lane, lane->segments.size() - 1);
      }
      abandon_active(*lane, piece.first - 1);
    }
    int error = write_piece(piece.lane, *lane, piece, now, &done.started);
    if (error != 0 && lane->active != nullptr && error != ENOSPC) {
      // Once more in a new file: the fault may be of this one only.
      abandon_active(*lane, piece.first - 1);
      error = write_piece(piece.lane, *lane, piece, now, &done.started);
    }
    if (error != 0) {
      if (!lane->segments.empty()) abandon_active(*lane, piece.first - 1);
      return done;
    }
    ++done.pieces;
  }
  return done;
}

std::vector<std::shared_ptr<DiskFile>> SegmentStore::begin_sync() {
  std::vector<std::shared_ptr<DiskFile>> files = std::exchange(rolled_, {});
  for (auto& [name, epoch] : epochs_) {
    for (Lane& lane : epoch.lanes) {
      if (lane.active != nullptr && std::exchange(lane.is_dirty, false)) files.push_back(lane.active);
    }
  }
  return files;
}

// Note first, synced; then what it covers goes. If the process dies between, the note wins at the next start.
bool SegmentStore::put_note(const Note& note, Now now) {
  Lane* lane = find(note.lane);
  if (lane == nullptr) return false;
  const SegmentHeader header{.lane = note.lane, .first = note.first, .sensor = options_.sensor, .created = now.wall,
                             .boot = options_.boot};
  const auto head = encode_segment(header);
  Payload content(head.begin(), head.end());
  content.insert(content.end(), note.bytes.begin(), note.bytes.end());
  const std::string folder = lane_folder(note.lane);
  if (replace_file(disk_, folder, hex64(note.first) + ".note", content) != 0) return false;
  for (std::size_t n = lane->notes.size(); n > 0; --n) {
    const NoteFile old = lane->notes[n - 1];
    if (old.first < note.first || old.last > note.last) continue;
    used_ -= old.bytes;
    if (old.first != note.first) static_cast<void>(disk_.unlink(folder + "/" + hex64(old.first) + ".note"));
    lane->notes.erase(lane->notes.begin() + static_cast<std::ptrdiff_t>(n - 1));
  }
  lane->notes.push_back({.first = note.first, .last = note.last, .bytes = content.size()});
  used_ += content.size();
  // Only a note for want of room stands for whole files; others take single numbers out of them.
  if (note.reason == ShedReason::spool_full) drop_through(note.lane, note.last);
  return disk_.sync_folder(folder) == 0;
}

void SegmentStore::remove_segment(LaneKey key, Lane& lane, std::size_t index) {
  const Segment segment = lane.segments[index];
  const std::string path = lane_folder(key) + "/" + segment.name;
  if (lane.reading_name == segment.name) {
    lane.reading.reset();
    lane.reading_name.clear();
  }
  if (index + 1 == lane.segments.size()) {
    lane.active.reset();
    lane.is_dirty = false;
  }
  lane.segments.erase(lane.segments.begin() + static_cast<std::ptrdiff_t>(index));
  used_ -= std::min(used_, segment.bytes);
  if (segment.is_damaged) quarantine(path, hex64(key.epoch) + "-" + lane_name(key.lane) + "-" + segment.name);
  else static_cast<void>(disk_.unlink(path));
}

void SegmentStore::drop_through(LaneKey key, std::uint64_t through) {
  Lane* lane = find(key);
  if (lane == nullptr) return;
  // The last file goes only when the caller knows its end, which is what `through` says.
  while (!lane->segments.empty()) {
    const bool has_next = lane->segments.size() > 1;
    const Segment& segment = lane->segments.front();
    const std::uint64_t last = segment.last != 0 ? segment.last : has_next ? lane->segments[1].first - 1 : through;
    if (segment.first > through || last > through) break;
    remove_segment(key, *lane, 0);
  }
}

void SegmentStore::drop_note(LaneKey key, std::uint64_t first) {
  Lane* lane = find(key);
  if (lane == nullptr) return;
  for (std::size_t n = 0; n < lane->notes.size(); ++n) {
    if (lane->notes[n].first != first) continue;
    used_ -= std::min(used_, lane->notes[n].bytes);
    static_cast<void>(disk_.unlink(lane_folder(key) + "/" + hex64(first) + ".note"));
    lane->notes.erase(lane->notes.begin() + static_cast<std::ptrdiff_t>(n));
    return;
  }
}

void SegmentStore::remove_epoch(std::uint64_t epoch) {
  for (std::uint8_t n = 0; n < kLaneCount; ++n) {
    const LaneKey key{.epoch = epoch, .lane = n};
    if (Lane* lane = find(key)) {
      while (!lane->segments.empty()) remove_segment(key, *lane, 0);
      while (!lane->notes.empty()) drop_note(key, lane->notes.front().first);
    }
    std::vector<std::string> left;
    static_cast<void>(disk_.list(lane_folder(key), &left));
    for (const std::string& name : left) static_cast<void>(disk_.unlink(lane_folder(key) + "/" + name));
    static_cast<void>(disk_.remove_folder(lane_folder(key)));
  }
  static_cast<void>(disk_.remove_folder(epoch_folder(epoch)));
  static_cast<void>(disk_.sync_folder(options_.folder));
  epochs_.erase(epoch);
}

void SegmentStore::quarantine(const std::string& path, const std::string& name) {
  const std::string folder = options_.folder + "/quarantine";
  ++quarantined_;
  std::vector<std::string> kept;
  if (disk_.make_folder(folder) != 0 || disk_.list(folder, &kept) != 0 || kept.size() >= options_.quarantine_max ||
      disk_.rename(path, folder + "/" + name) != 0) {
    static_cast<void>(disk_.unlink(path));
  }
}

bool SegmentStore::save_state(const SpoolState& state) {
  return replace_file(disk_, options_.folder, "state", as_bytes(to_json(state))) == 0;
}

// Not synced: an older cursor costs a repetition, which the collector trims.
void SegmentStore::save_cursors(const spool_action::SaveCursors& cursors) {
  if (cursor_file_ == nullptr) {
    const std::string path = options_.folder + "/cursor";
    if (disk_.open(path, Disk::Open::existing, &cursor_file_) != 0 &&
        (disk_.open(path, Disk::Open::create_new, &cursor_file_) != 0 ||
         cursor_file_->allocate(2 * kCursorSlotSize) != 0)) {
      cursor_file_.reset();
      return;
    }
  }
  const CursorFile file{.generation = ++cursor_generation_, .store = cursors.store,
                        .store_generation = cursors.store_generation, .cursors = cursors.cursors};
  const std::uint64_t slot = (cursor_generation_ & 1) * kCursorSlotSize;
  if (cursor_file_->write(slot, encode_cursor_slot(file)) != 0) cursor_file_.reset();
}

spool_event::Usage SegmentStore::usage() {
  spool_event::Usage usage{.used = used_, .free = UINT64_MAX};
  if (disk_.free_bytes(options_.folder, &usage.free) != 0) usage.free = UINT64_MAX;
  return usage;
}

}  // namespace hd
