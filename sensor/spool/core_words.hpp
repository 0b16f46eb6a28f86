// SPDX-License-Identifier: Apache-2.0
// The words between SensorCore and the world: what happens to it (events) and what it wants done (actions).
// All are values; nothing here owns a file, a socket or a clock.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "sensor/base/time.hpp"
#include "sensor/link/bodies.hpp"
#include "sensor/link/frame.hpp"
#include "sensor/link/hello.hpp"
#include "sensor/link/now.hpp"
#include "sensor/link/record.hpp"

namespace hd {

/// Something that is to get a number: an alert, a protocol record, a journal entry.
struct SpoolItem {
  RecordKind kind = RecordKind::alert;
  std::uint8_t severity = 4;
  std::uint16_t worker = 0;
  std::uint32_t run = 0;
  PacketTime time{};
  std::uint64_t wseq = 0;
  std::uint64_t replay_cursor = 0;
  std::string body = {};  ///< one EVE line without newline, 1 … kRecordBodyMax bytes
};

/// Alerts that have a number in their worker but will never have a body.
struct SpoolLoss {
  ShedReason reason = ShedReason::ring_full;
  std::array<std::uint64_t, 4> counts{};  ///< by severity 1, 2, 3, ≥ 4
  PacketTime from{};
  PacketTime to{};
  std::uint32_t run = 0;
  std::uint16_t worker = 0;
  std::uint64_t wseq = 0;  ///< number of the note in its worker, from 1
};

/// Consecutive items of a lane as their records lie on disk and wire.
struct Piece {
  LaneKey lane{};
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint32_t items = 0;
  Chain before{};
  Chain after{};
  bool is_chain_known = true;  ///< false: read from behind damage, before and after mean nothing
  PacketTime from{};  ///< of the first item
  PacketTime to{};    ///< of the last
  std::shared_ptr<const Payload> bytes{};
};

/// A shed note that stands at its place in a lane, outside the segments.
struct Note {
  LaneKey lane{};
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  ShedReason reason = ShedReason::spool_full;
  Chain after{};
  Payload bytes{};  ///< the record
};

/// A file of a lane: it holds numbers from `first` up to the next one's first.
struct SegmentStart {
  LaneKey lane{};
  std::uint64_t first = 0;
  Chain before{};
  std::uint64_t bytes = 0;  ///< on the disk
  PacketTime from{};        ///< of the first item
};

struct NumberRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

/// What survives of the spool besides segments and notes; replaced as a whole, atomically.
struct SpoolState {
  std::uint64_t current = 0;         ///< epoch that numbers are given in; 0: none
  bool clean = false;                ///< the last stop synced everything
  Uuid boot{};                       ///< of the machine when this was written
  std::uint64_t migrating_from = 0;  ///< a fork is being carried over (0: no); migrating_to is not sent yet
  std::uint64_t migrating_to = 0;
  /// Heads that an epoch had when it was given up or closed; what the disk holds beyond them does not count.
  struct Final {
    std::uint64_t epoch = 0;
    std::array<std::uint64_t, kLaneCount> heads{};
  };
  std::vector<Final> finals = {};
  /// Epochs that are over and gone from the disk, with what is to be said of them in HELLO.
  struct Gone {
    std::uint64_t epoch = 0;
    bool is_carried = false;  ///< its undelivered items went on into another epoch (fork)
    std::array<std::uint64_t, kLaneCount> heads{};
  };
  std::vector<Gone> gone = {};
};

// -- What recovery found ---------------------------------------------------------------------------------------------

struct RecoveredLane {
  std::uint64_t head = 0;
  PacketTime time_head{};
  Chain chain_head{};
  std::uint64_t acked = 0;
  Chain chain_acked{};
  std::vector<SegmentStart> segments = {};
  std::vector<Note> notes = {};
  std::vector<NumberRange> holes = {};  ///< numbers that cannot be read and have no note
};

struct RecoveredEpoch {
  std::uint64_t epoch = 0;
  bool is_whole = true;  ///< nothing says that numbers were lost at its end
  std::array<RecoveredLane, kLaneCount> lanes{};
};

struct Recovered {
  SpoolState state;
  std::vector<RecoveredEpoch> epochs = {};  ///< oldest first
  Uuid store{};
  std::uint64_t store_generation = 0;
};

// -- Events ----------------------------------------------------------------------------------------------------------

namespace spool_event {
struct Start {};
struct Item {
  SpoolItem item;
};
struct Loss {
  SpoolLoss loss;
};
struct Tick {};
/// Answer to Append: how many pieces, from the first, are written; and the files that were begun.
struct Appended {
  std::size_t pieces = 0;
  std::vector<SegmentStart> started = {};
};
struct Synced {
  std::uint64_t token = 0;
  bool ok = false;
};
struct EpochOpened {
  std::uint64_t epoch = 0;
  bool ok = false;
};
struct StateSaved {
  bool ok = false;
};
struct NotePut {
  Note note;
  bool ok = false;
};
/// Answer to Read. Without a piece, numbers up to `bad_through` cannot be read.
struct ReadDone {
  LaneKey lane{};
  std::uint64_t from = 0;
  Piece piece{};
  bool ok = false;
  std::uint64_t bad_through = 0;
};
struct ChainIs {
  LaneKey lane{};
  std::uint64_t number = 0;
  bool found = false;
  Chain chain{};
};
struct Usage {
  std::uint64_t used = 0;
  std::uint64_t free = 0;
};
struct Received {
  Message message;
};
/// The socket, or a frame on it, is broken.
struct LinkDown {};
struct ControlResult {
  std::string json;
};
/// Sync, say goodbye, mark the stop as clean.
struct Stop {};
}  // namespace spool_event

using SensorEvent =
    std::variant<spool_event::Start, spool_event::Item, spool_event::Loss, spool_event::Tick, spool_event::Appended,
                 spool_event::Synced, spool_event::EpochOpened, spool_event::StateSaved, spool_event::NotePut,
                 spool_event::ReadDone, spool_event::ChainIs, spool_event::Usage, spool_event::Received,
                 spool_event::LinkDown, spool_event::ControlResult, spool_event::Stop>;

// -- Actions ---------------------------------------------------------------------------------------------------------

namespace spool_action {
/// Make the epoch's folder durable. Answer: EpochOpened.
struct OpenEpoch {
  std::uint64_t epoch = 0;
};
/// Write the pieces in this order, stop at the first that fails. `fresh`: into new files, since the old ones' sync
/// failed. Answer: Appended.
struct Append {
  std::vector<Piece> pieces = {};
  bool fresh = false;
};
/// fdatasync what was written. Answer: Synced with the same token, later.
struct Sync {
  std::uint64_t token = 0;
};
/// Write the note and sync it, then remove the files that it covers. Answer: NotePut.
struct PutNote {
  Note note;
};
/// Acknowledged: files that hold nothing above `through` may go.
struct DropThrough {
  LaneKey lane{};
  std::uint64_t through = 0;
};
struct DropNote {
  LaneKey lane{};
  std::uint64_t first = 0;
};
struct RemoveEpoch {
  std::uint64_t epoch = 0;
};
/// The heads that are given now, for the page that outlives the process (not the machine).
struct MarkHeads {
  std::uint64_t epoch = 0;
  std::array<std::uint64_t, kLaneCount> heads{};
  bool abandoned = false;  ///< the epoch's disk failed: no more is written to it
};
struct SaveCursors {
  std::vector<LaneCursor> cursors = {};
  Uuid store{};
  std::uint64_t store_generation = 0;
};
/// Answer: StateSaved.
struct SaveState {
  SpoolState state;
};
/// Records from `from` to at most `through`, about `bytes_max`, at least one. Answer: ReadDone.
struct Read {
  LaneKey lane{};
  std::uint64_t from = 0;
  std::uint64_t through = 0;
  std::size_t bytes_max = 0;
};
/// Answer: ChainIs.
struct ChainAt {
  LaneKey lane{};
  std::uint64_t number = 0;
};
/// A new socket to one of the configured collectors.
struct Connect {
  std::size_t endpoint = 0;
};
struct Disconnect {};
struct Send {
  Message message;
};
/// A signed envelope for the control part.
struct Control {
  Payload envelope;
};
struct Alarm {
  std::string kind;
  std::string text;
};
/// The clean stop is over.
struct Stopped {};
}  // namespace spool_action

using SensorAction =
    std::variant<spool_action::OpenEpoch, spool_action::Append, spool_action::Sync, spool_action::PutNote,
                 spool_action::DropThrough, spool_action::DropNote, spool_action::RemoveEpoch, spool_action::MarkHeads,
                 spool_action::SaveCursors, spool_action::SaveState, spool_action::Read, spool_action::ChainAt,
                 spool_action::Connect, spool_action::Disconnect, spool_action::Send, spool_action::Control,
                 spool_action::Alarm, spool_action::Stopped>;

}  // namespace hd
