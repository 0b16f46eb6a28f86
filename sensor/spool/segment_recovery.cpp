// SPDX-License-Identifier: Apache-2.0
// SegmentStore: what is there at start. Only the last file of a lane is read as a whole; damage further back shows when
// it is read for sending.
#include <algorithm>
#include <cerrno>

#include "sensor/spool/segment_store.hpp"
#include "sensor/spool/segment_walk.hpp"
#include "sensor/spool/spool_files.hpp"

namespace hd {
namespace {

constexpr std::size_t kStateMax = 1u << 20;

bool number_in_name(const std::string& name, std::string_view ending, std::uint64_t* number) {
  return name.size() > 16 && std::string_view(name).ends_with(ending) &&
         hex64_of(std::string_view(name).substr(0, 16), number) && name[16] == '.';
}

}  // namespace

int SegmentStore::recover(const HeadMarks& marks, Recovered* recovered) {
  if (const int error = disk_.make_folder(options_.folder)) return error;
  // Its own name has to be durable as well, or a power loss takes the whole spool.
  const std::size_t slash = options_.folder.rfind('/');
  const std::string above = slash == std::string::npos ? "" : options_.folder.substr(0, std::max<std::size_t>(slash, 1));
  if (const int error = disk_.sync_folder(above)) return error;
  Payload text;
  if (read_small_file(disk_, options_.folder + "/state", kStateMax, &text) == 0 &&
      !state_of(as_chars(text), &recovered->state)) {
    recovered->state = {};
  }
  load_cursors(recovered);
  recover_files(marks, recovered);
  return 0;
}

void SegmentStore::load_cursors(Recovered* recovered) {
  Payload both;
  if (read_small_file(disk_, options_.folder + "/cursor", 2 * kCursorSlotSize, &both) != 0) return;
  CursorFile best;
  for (std::size_t slot = 0; slot + kCursorSlotSize <= both.size(); slot += kCursorSlotSize) {
    CursorFile file;
    if (decode_cursor_slot(Bytes(both).subspan(slot, kCursorSlotSize), &file) && file.generation > best.generation) {
      best = std::move(file);
    }
  }
  cursor_generation_ = best.generation;
  recovered->store = best.store;
  recovered->store_generation = best.store_generation;
  for (const LaneCursor& at : best.cursors) {
    auto epoch = std::find_if(recovered->epochs.begin(), recovered->epochs.end(),
                              [&](const RecoveredEpoch& e) { return e.epoch == at.lane.epoch; });
    if (epoch == recovered->epochs.end()) {
      recovered->epochs.push_back({.epoch = at.lane.epoch});
      epoch = std::prev(recovered->epochs.end());
    }
    epoch->lanes[at.lane.lane].acked = at.cursor;
    epoch->lanes[at.lane.lane].chain_acked = at.chain;
  }
}

void SegmentStore::recover_files(const HeadMarks& marks, Recovered* recovered) {
  std::vector<std::string> names;
  static_cast<void>(disk_.list(options_.folder, &names));
  std::vector<RecoveredEpoch> acked = std::exchange(recovered->epochs, {});
  for (const std::string& name : names) {
    std::uint64_t epoch = 0;
    if (name.size() != 16 || !hex64_of(name, &epoch) || epoch == 0) continue;
    RecoveredEpoch found{.epoch = epoch};
    for (const RecoveredEpoch& known : acked) {
      if (known.epoch == epoch) found = known;
    }
    recovered->epochs.push_back(std::move(found));
    recover_epoch(epoch, marks, recovered);
  }
  // Oldest first; an epoch without any file has no time and counts as the youngest but the current one.
  const auto age = [this, recovered](const RecoveredEpoch& epoch) {
    const std::int64_t created = epochs_[epoch.epoch].created.ns;
    return std::pair(epoch.epoch == recovered->state.current, created == 0 ? INT64_MAX : created);
  };
  std::stable_sort(recovered->epochs.begin(), recovered->epochs.end(),
                   [&](const RecoveredEpoch& a, const RecoveredEpoch& b) { return age(a) < age(b); });
}

void SegmentStore::recover_epoch(std::uint64_t epoch, const HeadMarks& marks, Recovered* recovered) {
  RecoveredEpoch& out = recovered->epochs.back();
  const SpoolState& state = recovered->state;
  SpoolState::Final final{.epoch = epoch, .heads = marks.heads};
  const bool is_marked = marks.epoch == epoch;
  bool has_final = is_marked && marks.abandoned;
  for (const SpoolState::Final& known : state.finals) {
    if (known.epoch != epoch) continue;
    final = known;
    has_final = true;
  }
  Epoch& files = epochs_[epoch];
  bool is_behind = false;
  bool is_at_final = has_final;
  for (std::uint8_t n = 0; n < kLaneCount; ++n) {
    RecoveredLane& lane = out.lanes[n];
    recover_lane({.epoch = epoch, .lane = n}, has_final ? &final : nullptr, &lane, &files.created);
    is_at_final = is_at_final && lane.head == final.heads[n];
    std::uint64_t known = has_final ? final.heads[n] : 0;
    if (is_marked) {
      is_behind = is_behind || lane.head < marks.heads[n];
      known = std::max(known, marks.heads[n]);
    }
    // Numbers that were given and are not there any more.
    if (known > lane.head && known > lane.acked) {
      lane.holes.push_back({.first = std::max(lane.head, lane.acked) + 1, .last = known});
      lane.head = known;
      lane.chain_head = {};
    }
  }
  bool is_damaged = false;
  for (const RecoveredLane& lane : out.lanes) is_damaged = is_damaged || !lane.holes.empty();
  out.is_whole = is_damaged ? false : state.clean ? is_at_final : is_marked && !marks.abandoned && !is_behind;
}

void SegmentStore::recover_lane(LaneKey key, const SpoolState::Final* final, RecoveredLane* out, WallTime* created) {
  Lane& lane = epochs_[key.epoch].lanes[key.lane];
  load_lane(key, lane, out, created);
  apply_notes(key, lane, out);
  const std::uint64_t head_max = final != nullptr ? final->heads[key.lane] : UINT64_MAX;
  scan_tail(key, lane, head_max, out);
  for (const Segment& segment : lane.segments) {
    out->segments.push_back({.lane = key, .first = segment.first, .before = segment.before, .bytes = segment.bytes});
  }
}

void SegmentStore::load_lane(LaneKey key, Lane& lane, RecoveredLane* out, WallTime* created) {
  std::vector<std::string> names;
  const std::string folder = lane_folder(key);
  static_cast<void>(disk_.list(folder, &names));
  for (const std::string& name : names) {
    std::uint64_t ignored = 0;
    bool is_ours = false;
    if (number_in_name(name, ".seg", &ignored)) is_ours = load_segment(key, name, lane, created);
    else if (number_in_name(name, ".note", &ignored)) is_ours = load_note(key, name, lane, out);
    else if (name.ends_with(".tmp")) is_ours = disk_.unlink(folder + "/" + name) == 0;
    if (!is_ours) quarantine(folder + "/" + name, hex64(key.epoch) + "-" + std::to_string(key.lane) + "-" + name);
  }
  std::stable_sort(lane.segments.begin(), lane.segments.end(),
                   [](const Segment& a, const Segment& b) { return a.first < b.first; });
  // Of two files with the same first number the later name was written because the other's sync had failed.
  for (std::size_t n = 0; n + 1 < lane.segments.size();) {
    if (lane.segments[n].first == lane.segments[n + 1].first) {
      const std::size_t older = lane.segments[n].name.size() > lane.segments[n + 1].name.size() ? n + 1
                                : lane.segments[n].name.size() < lane.segments[n + 1].name.size() ? n
                                : lane.segments[n].name < lane.segments[n + 1].name ? n : n + 1;
      lane.segments[older].is_damaged = true;
      const bool was_last = older + 1 == lane.segments.size();
      remove_segment(key, lane, older);
      if (was_last) continue;
    } else {
      ++n;
    }
  }
}

bool SegmentStore::load_segment(LaneKey key, const std::string& name, Lane& lane, WallTime* created) {
  std::shared_ptr<DiskFile> file;
  std::array<std::uint8_t, kSegmentHeaderSize> bytes{};
  std::size_t got = 0;
  SegmentHeader header;
  std::uint64_t first = 0;
  std::uint64_t length = 0;
  if (disk_.open(lane_folder(key) + "/" + name, Disk::Open::existing, &file) != 0 || file->read(0, bytes, &got) != 0 ||
      !decode_segment(Bytes(bytes).first(got), &header) || file->length(&length) != 0) {
    return false;
  }
  const bool is_ours = header.lane == key && header.sensor == options_.sensor && number_in_name(name, ".seg", &first) &&
                       first == header.first;
  if (!is_ours) return false;
  if (created->ns == 0 || header.created < *created) *created = header.created;
  lane.segments.push_back({.name = name, .first = header.first, .before = header.chain, .bytes = length});
  used_ += length;
  return true;
}

bool SegmentStore::load_note(LaneKey key, const std::string& name, Lane& lane, RecoveredLane* out) {
  Payload content;
  SegmentHeader header;
  RecordView record;
  ShedNote shed;
  if (read_small_file(disk_, lane_folder(key) + "/" + name, kSegmentHeaderSize + record_size(kShedBodySize), &content) != 0 ||
      !decode_segment(content, &header) || header.lane != key || header.sensor != options_.sensor ||
      !read_record(key, Bytes(content).subspan(kSegmentHeaderSize), &record) ||
      record.header.kind != RecordKind::shed || !decode_shed(record.body, &shed)) {
    return false;
  }
  const Bytes note = Bytes(content).subspan(kSegmentHeaderSize);
  out->notes.push_back({.lane = key, .first = record.header.number, .last = record.header.last, .reason = shed.reason,
                        .after = shed.chain_last, .bytes = Payload(note.begin(), note.end())});
  lane.notes.push_back({.first = record.header.number, .last = record.header.last, .bytes = content.size()});
  used_ += content.size();
  return true;
}

// A crash between writing a note and removing what it covers: the note wins.
void SegmentStore::apply_notes(LaneKey key, Lane& lane, RecoveredLane* out) {
  std::stable_sort(out->notes.begin(), out->notes.end(), [](const Note& a, const Note& b) { return a.first < b.first; });
  for (std::size_t n = 0; n + 1 < out->notes.size();) {
    const bool is_inside = out->notes[n + 1].last <= out->notes[n].last;
    if (is_inside) {
      drop_note(key, out->notes[n + 1].first);
      out->notes.erase(out->notes.begin() + static_cast<std::ptrdiff_t>(n + 1));
    } else {
      ++n;
    }
  }
  for (const Note& note : out->notes) {
    if (note.reason != ShedReason::spool_full) continue;
    for (std::size_t n = lane.segments.size(); n > 0; --n) {
      const bool has_next = n < lane.segments.size();
      const std::uint64_t last = has_next ? lane.segments[n].first - 1 : last_number(key, lane.segments[n - 1]);
      if (last >= note.first && last <= note.last) remove_segment(key, lane, n - 1);
    }
  }
}

std::uint64_t SegmentStore::last_number(LaneKey key, const Segment& segment) {
  std::shared_ptr<DiskFile> file;
  std::uint64_t last = segment.first - 1;
  if (disk_.open(lane_folder(key) + "/" + segment.name, Disk::Open::existing, &file) != 0) return last;
  SegmentWalk walk(*file, key, kSegmentHeaderSize, last);
  for (auto step = walk.next(); step == SegmentWalk::Step::record || step == SegmentWalk::Step::hole; step = walk.next()) {
    last = walk.record().header.last;
  }
  return last;
}

void SegmentStore::scan_tail(LaneKey key, Lane& lane, std::uint64_t head_max, RecoveredLane* out) {
  if (!out->notes.empty()) {
    out->head = out->notes.back().last;
    out->chain_head = out->notes.back().after;
  }
  while (!lane.segments.empty() && lane.segments.back().first > head_max) {
    lane.segments.back().is_damaged = true;
    remove_segment(key, lane, lane.segments.size() - 1);
  }
  if (lane.segments.empty()) return;
  Segment& segment = lane.segments.back();
  std::shared_ptr<DiskFile> file;
  std::uint64_t number = segment.first - 1;
  Chain chain = segment.before;
  lane.offset = kSegmentHeaderSize;
  if (disk_.open(lane_folder(key) + "/" + segment.name, Disk::Open::existing, &file) == 0) {
    SegmentWalk walk(*file, key, kSegmentHeaderSize, number);
    for (auto step = walk.next(); step == SegmentWalk::Step::record || step == SegmentWalk::Step::hole; step = walk.next()) {
      const RecordView& record = walk.record();
      if (record.header.last > head_max) break;
      if (step == SegmentWalk::Step::hole) {
        out->holes.push_back({.first = number + 1, .last = record.header.number - 1});
        segment.is_damaged = true;
      }
      number = record.header.last;
      chain = chain_after(chain, record);
      out->time_head = record.header.time;
      lane.offset = walk.offset_end();
    }
    // Written further when the epoch goes on; what a killed process left in the page cache is synced with it.
    lane.active = std::move(file);
    lane.is_dirty = true;
    if (head_max != UINT64_MAX) segment.last = number;
  }
  if (number > out->head || out->notes.empty()) {
    out->head = number;
    out->chain_head = chain;
  }
}

}  // namespace hd
