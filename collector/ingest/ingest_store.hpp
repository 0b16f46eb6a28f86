// SPDX-License-Identifier: Apache-2.0
// What ingest asks of a store: everything that exactly-once rests on. The real stores implement it by their own
// transactions; the simulation by one that fails in every way a database can.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sensor/base/time.hpp"
#include "sensor/link/bodies.hpp"
#include "sensor/link/record.hpp"

namespace hd {

/// Records of one lane that follow each other, ready to be entered. `first` is the lane's cursor + 1.
struct IngestBatch {
  SensorId sensor{};
  LaneKey lane{};
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  Chain before{};  ///< chain at first - 1: as stored, or as restated behind damage on the sensor's disk
  Chain after{};
  std::uint64_t head = 0;       ///< the sensor's testimony of its head
  std::uint64_t owner_token = 0;  ///< of the lease; compared in the commit
  bool closes_lane = false;     ///< entered by the collector itself: the sensor has no such epoch any more
  WallTime received{};
  Nanos clock_offset = 0;   ///< to be added to a packet time to get the collector's
  Nanos clock_error = -1;   ///< bound of that; -1: unknown

  /// Records above the cursor. A shed note at the front may begin below `first`; what counts of it is first …
  /// record.last. They point into `payload`.
  std::vector<RecordView> records = {};
  /// The decompressed payload of the message, and the block as it arrived (zstd if `is_zstd`).
  std::shared_ptr<const Payload> payload = {};
  std::shared_ptr<const Payload> block = {};
  bool is_zstd = false;
};

enum class CommitOutcome : std::uint8_t {
  committed,
  cursor_moved,  ///< a lane's cursor or token was not as expected; nothing of the group was entered
  full,          ///< no room; nothing was entered
  io_error,      ///< refused; nothing was entered
  unknown,       ///< the answer to COMMIT was lost: read the cursors
};

struct CommitResult {
  CommitOutcome outcome = CommitOutcome::io_error;
  std::size_t batch = 0;     ///< cursor_moved: which one
  bool lease_lost = false;   ///< cursor_moved: another collector holds the sensor
  LaneCursor actual = {};    ///< cursor_moved: what the lane has
  std::string text = {};     ///< for the log
};

/// A lane as the store has it.
struct IngestLane {
  LaneKey lane{};
  std::uint64_t cursor = 0;
  Chain chain{};
  std::uint64_t head_seen = 0;
  bool is_closed = false;
};

struct SensorSession {
  bool is_ok = false;        ///< false: another collector holds the sensor
  std::uint64_t token = 0;   ///< rises with each taking
  std::vector<IngestLane> lanes = {};
};

class IngestStore {
 public:
  virtual ~IngestStore() = default;

  /// UUID of the database, and a count that `restore` raises.
  [[nodiscard]] virtual Uuid store_id() = 0;
  [[nodiscard]] virtual std::uint64_t store_generation() = 0;

  /// Takes or renews the lease of a sensor and reads its lanes. nullopt: the store cannot be read now.
  [[nodiscard]] virtual std::optional<SensorSession> open_session(const SensorId& sensor) = 0;
  virtual void close_session(const SensorId& sensor, std::uint64_t token) = 0;

  /// One transaction: rows, shed ranges, batches, and for each lane cursor and chain, compared with what is there.
  /// Batches of one lane follow each other in `batches`. All or nothing, durable when it answers `committed`.
  [[nodiscard]] virtual CommitResult commit(const std::vector<const IngestBatch*>& batches) = 0;

  /// Cursors of the lanes, read anew (after an unknown outcome). nullopt: cannot be read now.
  [[nodiscard]] virtual std::optional<std::vector<LaneCursor>> cursors(const SensorId& sensor) = 0;

  /// Chain at `number` if that was an item of its own (recomputed from the stored block if need be), else at the
  /// nearest number below for which it is known; number 0 when there is none.
  [[nodiscard]] virtual ChainPoint chain_at(const SensorId& sensor, LaneKey lane, std::uint64_t number) = 0;

  /// The sensor's testimony of heads; only ever raises what is stored. `are_final`: its last word on lanes that are
  /// over; what it had testified beyond that is unknown (a power loss took unsynced numbers back).
  virtual void observe_heads(const SensorId& sensor, const std::vector<LaneHead>& heads, bool are_final) = 0;
};

}  // namespace hd
