// SPDX-License-Identifier: Apache-2.0
// The spool's files (docs/formats/spool.md): segments per epoch and lane, shed notes beside them, state and cursors.
// Does what SensorCore asks and decides nothing but the layout.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sensor/link/broken.hpp"
#include "sensor/link/segment.hpp"
#include "sensor/spool/core_words.hpp"
#include "sensor/spool/disk.hpp"

namespace hd {

struct SegmentOptions {
  std::string folder = {};
  SensorId sensor{};
  Uuid boot{};
  std::uint64_t segment_bytes = 16u << 20;
  std::uint64_t journal_segment_bytes = 1u << 20;  ///< of lane 0, which is nearly empty
  std::size_t quarantine_max = 64;                 ///< damaged files kept for a look
#ifdef HD_BREAKABLE
  Broken broken = {};
#endif
};

/// What a page that outlives the process, but not the machine, says about the last epoch.
struct HeadMarks {
  std::uint64_t epoch = 0;  ///< 0: nothing is known
  std::array<std::uint64_t, kLaneCount> heads{};
  bool abandoned = false;
};

class SegmentStore {
 public:
  SegmentStore(Disk& disk, SegmentOptions options);

  /// Reads what is there. Never fails for damage: what does not read becomes a hole, a file that is not ours goes to
  /// quarantine. An errno only when the folder itself cannot be used.
  [[nodiscard]] int recover(const HeadMarks& marks, Recovered* recovered);

  // Answers to SensorCore's actions.
  [[nodiscard]] bool open_epoch(std::uint64_t epoch);
  [[nodiscard]] spool_event::Appended append(const spool_action::Append& action, Now now);
  [[nodiscard]] bool put_note(const Note& note, Now now);
  void drop_through(LaneKey lane, std::uint64_t through);
  void drop_note(LaneKey lane, std::uint64_t first);
  void remove_epoch(std::uint64_t epoch);
  [[nodiscard]] bool save_state(const SpoolState& state);
  void save_cursors(const spool_action::SaveCursors& cursors);
  [[nodiscard]] spool_event::ReadDone read(const spool_action::Read& action);
  [[nodiscard]] spool_event::ChainIs chain_at(const spool_action::ChainAt& action);
  [[nodiscard]] spool_event::Usage usage();

  /// The files that hold unsynced bytes; they may be synced on another thread, and the answer comes back here.
  [[nodiscard]] std::vector<std::shared_ptr<DiskFile>> begin_sync();

  /// Calls `visit` with each record of a segment, newest segment first, until it answers false after a segment.
  /// For what a restart has to know of the last records (replay position, numbers of the workers).
  void walk_back(LaneKey lane, const std::function<void(const RecordView&)>& visit,
                 const std::function<bool(const SegmentHeader&)>& more);
  [[nodiscard]] std::vector<std::uint64_t> epochs() const;
  [[nodiscard]] std::uint64_t quarantined() const noexcept { return quarantined_; }

 private:
  struct Segment {
    std::string name = {};
    std::uint64_t first = 0;
    std::uint64_t last = 0;  ///< highest number to be taken from it; 0: up to the next one's first
    Chain before{};
    std::uint64_t bytes = 0;  ///< of the file
    bool is_damaged = false;
  };
  struct NoteFile {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t bytes = 0;
  };
  struct Lane {
    std::vector<Segment> segments = {};
    std::vector<NoteFile> notes = {};
    std::shared_ptr<DiskFile> active = {};  ///< of the last segment, when it may be written
    std::uint64_t offset = 0;               ///< end of its records
    bool is_dirty = false;
    // Where the last read ended.
    std::shared_ptr<DiskFile> reading = {};
    std::string reading_name = {};
    std::uint64_t read_offset = 0;
    std::uint64_t read_number = 0;
    Chain read_chain{};
    bool is_read_chain_known = true;
  };
  struct Epoch {
    std::array<Lane, kLaneCount> lanes = {};
    WallTime created{};
  };

  [[nodiscard]] std::string epoch_folder(std::uint64_t epoch) const;
  [[nodiscard]] std::string lane_folder(LaneKey lane) const;
  [[nodiscard]] Lane* find(LaneKey lane);
  [[nodiscard]] bool open_reading(Lane& lane, const Segment& segment, const spool_action::Read& action);
  [[nodiscard]] int begin_segment(LaneKey key, Lane& lane, const Piece& piece, Now now, SegmentStart* start);
  [[nodiscard]] int write_piece(LaneKey key, Lane& lane, const Piece& piece, Now now, std::vector<SegmentStart>* started);
  void abandon_active(Lane& lane, std::uint64_t last);
  void remove_segment(LaneKey key, Lane& lane, std::size_t index);
  void quarantine(const std::string& path, const std::string& name);

  // segment_recovery.cpp
  void recover_files(const HeadMarks& marks, Recovered* recovered);
  void recover_epoch(std::uint64_t epoch, const HeadMarks& marks, Recovered* recovered);
  void recover_lane(LaneKey key, const SpoolState::Final* final, RecoveredLane* out, WallTime* created);
  void load_lane(LaneKey key, Lane& lane, RecoveredLane* out, WallTime* created);
  [[nodiscard]] bool load_segment(LaneKey key, const std::string& name, Lane& lane, WallTime* created);
  [[nodiscard]] bool load_note(LaneKey key, const std::string& name, Lane& lane, RecoveredLane* out);
  void apply_notes(LaneKey key, Lane& lane, RecoveredLane* out);
  [[nodiscard]] std::uint64_t last_number(LaneKey key, const Segment& segment);
  void scan_tail(LaneKey key, Lane& lane, std::uint64_t head_max, RecoveredLane* out);
  void load_cursors(Recovered* recovered);

  Disk& disk_;
  SegmentOptions options_;
  std::map<std::uint64_t, Epoch> epochs_ = {};
  std::vector<std::shared_ptr<DiskFile>> rolled_ = {};  // full, perhaps not synced
  std::shared_ptr<DiskFile> cursor_file_ = {};
  std::uint64_t cursor_generation_ = 0;
  std::uint64_t used_ = 0;
  std::uint64_t quarantined_ = 0;
};

}  // namespace hd
