// SPDX-License-Identifier: Apache-2.0
// What the collector keeps, as acts of the domain. Implemented by sqlite/ (PostgreSQL comes through the same door).
//
// Threads: the ingest acts belong to the committer's thread; all others may come from any thread. Each act is one transaction:
// it is done wholly, or not at all and says so. Acts that change something return after it is durable.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/domain/alert.hpp"
#include "collector/domain/duty.hpp"
#include "collector/domain/group.hpp"
#include "collector/domain/incident.hpp"
#include "collector/domain/system.hpp"
#include "sensor/base/bytes.hpp"
#include "sensor/base/result.hpp"
#include "sensor/base/time.hpp"

namespace hd {

using Id16 = std::array<std::uint8_t, 16>;

// --- ingest ---

enum class StoredKind : std::uint8_t { alert = 1, shed = 2, journal = 3, protocol = 4 };

struct StoredRecord {
  StoredKind kind = StoredKind::alert;
  std::uint64_t number = 0, last = 0;  ///< last > number: a shed note
  std::uint8_t severity = 0;
  WallTime packet_time = {};
  std::uint64_t wseq = 0, replay_cursor = 0;
  std::string_view body = {};
  // Of a shed note.
  std::string reason = {};
  std::array<std::uint64_t, 4> counts = {};
  WallTime from = {}, to = {};
};

struct CommitBatch {
  Id16 sensor = {};
  std::uint64_t epoch = 0;
  std::uint8_t lane = 0;
  std::uint64_t first = 0, last = 0;
  Id16 chain_after = {};
  std::uint64_t head = 0, owner_token = 0;
  bool closes_lane = false;
  WallTime received = {};
  Nanos clock_offset = 0, clock_error = -1;
  std::vector<StoredRecord> records = {};
};

enum class CommitStatus : std::uint8_t { committed, cursor_moved, lease_lost, full, io_error, unknown };
struct CommitAnswer {
  CommitStatus status = CommitStatus::io_error;
  std::size_t batch = 0;  ///< which one was refused
  std::string text = {};
};

struct StoredLane {
  std::uint64_t epoch = 0;
  std::uint8_t lane = 0;
  std::uint64_t cursor = 0, head_seen = 0, stored = 0, shed = 0;
  Id16 chain = {};
  bool is_closed = false;
};
struct ChainAt {
  std::uint64_t number = 0;
  Id16 chain = {};
};

// --- sensors ---

struct SensorRow {
  Id16 id = {};
  std::string name = {}, site = {}, state = {}, key = {}, software = {};
  WallTime created = {}, last_seen = {};
  std::uint64_t stored = 0, shed = 0, pending = 0;
  std::string health = {};  ///< JSON of the newest status journal entry
};

// --- people ---

enum class Role : std::uint8_t { viewer, analyst, admin };
[[nodiscard]] std::string_view name_of(Role role) noexcept;
[[nodiscard]] std::optional<Role> role_of(std::string_view name) noexcept;

struct UserRow {
  std::string name = {}, full_name = {}, password_hash = {};
  Role role = Role::viewer;
  bool is_disabled = false;
  WallTime created = {};
};
struct SessionRow {
  std::string user = {};
  Role role = Role::viewer;
  std::string csrf = {};
  WallTime created = {}, last_used = {};
};

// --- reading ---

struct GroupFilter {
  std::optional<GroupState> state = {};
  std::uint8_t severity_max = 4;
  std::string text = {};       ///< part of title, signature, attacker or victim
  std::uint64_t incident = 0;  ///< only groups of this incident
  std::uint32_t limit = 100;
};
struct AlertRow {
  std::uint64_t id = 0, group = 0, number = 0;
  std::uint32_t sid = 0;
  std::uint8_t severity = 0;
  WallTime packet_time = {}, basis = {}, arrived = {};
  bool is_corrected = true;
  std::string eve = {};
};
struct Change {
  std::uint64_t number = 0;
  std::string topic = {};      ///< group, incident, sensor
  std::uint64_t reference = 0;
};
struct Counts {
  std::uint64_t alerts = 0, groups_undecided = 0, incidents_open = 0;
  std::array<std::uint64_t, 4> undecided_by_severity = {};
};

struct StoreOptions {
  std::string path = {};       ///< folder
  SystemRegister systems = {};
  PackFile packs = {};
  std::string pack = "vn-kg-1556";
};

class Store {
 public:
  virtual ~Store() = default;

  // Ingest: the committer's thread.
  [[nodiscard]] virtual Id16 store_id() = 0;
  [[nodiscard]] virtual std::uint64_t generation() = 0;
  /// Takes the sensor for this collector: a token that rises with each taking.
  [[nodiscard]] virtual Result<std::uint64_t> take_sensor(const Id16& sensor) = 0;
  [[nodiscard]] virtual Result<std::vector<StoredLane>> lanes(const Id16& sensor) = 0;
  /// One transaction: rows, shed ranges, groups, incidents, and for each lane the cursor, compared with what is there.
  [[nodiscard]] virtual CommitAnswer commit(const std::vector<CommitBatch>& batches) = 0;
  [[nodiscard]] virtual Result<ChainAt> chain_at(const Id16& sensor, std::uint64_t epoch, std::uint8_t lane, std::uint64_t number) = 0;
  [[nodiscard]] virtual Result<void> observe_head(const Id16& sensor, std::uint64_t epoch, std::uint8_t lane, std::uint64_t head, bool is_final) = 0;

  // Sensors.
  [[nodiscard]] virtual Result<void> invite(std::string_view token_hash, const std::string& name, WallTime until, bool auto_confirm) = 0;
  /// Uses an invitation up; the name it was for, and whether a person must still confirm. Nothing: no such invitation now.
  [[nodiscard]] virtual Result<std::optional<std::pair<std::string, bool>>> use_invitation(std::string_view token_hash, WallTime now) = 0;
  [[nodiscard]] virtual Result<void> put_sensor(const SensorRow& sensor) = 0;
  [[nodiscard]] virtual Result<void> set_sensor_state(const std::string& name, const std::string& state) = 0;
  [[nodiscard]] virtual Result<void> touch_sensor(const Id16& id, const std::string& software, WallTime now) = 0;
  [[nodiscard]] virtual Result<std::vector<SensorRow>> sensors() = 0;

  // People.
  [[nodiscard]] virtual Result<void> put_user(const UserRow& user) = 0;
  [[nodiscard]] virtual Result<std::vector<UserRow>> users() = 0;
  [[nodiscard]] virtual Result<std::optional<UserRow>> user(const std::string& name) = 0;
  [[nodiscard]] virtual Result<void> put_session(std::string_view token_hash, const SessionRow& session) = 0;
  [[nodiscard]] virtual Result<std::optional<SessionRow>> session(std::string_view token_hash, WallTime now) = 0;
  [[nodiscard]] virtual Result<void> end_session(std::string_view token_hash) = 0;
  [[nodiscard]] virtual Result<void> put_login_link(std::string_view token_hash, const std::string& user, WallTime until) = 0;
  [[nodiscard]] virtual Result<std::optional<std::string>> use_login_link(std::string_view token_hash, WallTime now) = 0;

  // Work.
  [[nodiscard]] virtual Result<std::vector<AlertGroup>> groups(const GroupFilter& filter) = 0;
  [[nodiscard]] virtual Result<std::optional<AlertGroup>> group(std::uint64_t id) = 0;
  [[nodiscard]] virtual Result<std::vector<AlertRow>> alerts_of_group(std::uint64_t group, std::uint32_t limit) = 0;
  [[nodiscard]] virtual Result<std::optional<AlertRow>> alert(std::uint64_t id) = 0;
  [[nodiscard]] virtual Result<std::vector<Incident>> incidents(bool only_open, std::uint32_t limit) = 0;
  [[nodiscard]] virtual Result<std::optional<Incident>> incident(const std::string& number) = 0;
  [[nodiscard]] virtual Result<std::vector<TimelineEntry>> timeline(std::uint64_t incident) = 0;
  /// Writes a changed incident and its entry, if `incident.version` is still the stored one; E7003 otherwise.
  [[nodiscard]] virtual Result<Incident> change_incident(const Incident& incident, const std::string& kind, const std::string& body, const std::string& author, WallTime now) = 0;
  /// Adds an entry without changing the incident.
  [[nodiscard]] virtual Result<void> add_entry(std::uint64_t incident, const std::string& kind, const std::string& body, const std::string& author, WallTime now) = 0;
  /// Opens an incident from a group by a person; E7003 when the group has one.
  [[nodiscard]] virtual Result<Incident> open_incident(std::uint64_t group, const std::string& user, WallTime now) = 0;
  [[nodiscard]] virtual Result<void> join_group(std::uint64_t group, const std::string& number, const std::string& user, WallTime now) = 0;
  [[nodiscard]] virtual Result<void> dismiss_group(std::uint64_t group, const std::string& reason, const std::string& user, WallTime now) = 0;
  [[nodiscard]] virtual Result<void> own_group(std::uint64_t group, const std::string& user, WallTime now) = 0;
  [[nodiscard]] virtual Result<Counts> counts() = 0;
  [[nodiscard]] virtual Result<std::vector<Change>> changes_after(std::uint64_t number, std::uint32_t limit) = 0;
  [[nodiscard]] virtual Result<std::uint64_t> last_change() = 0;
  /// Marks a rung of a duty as said; false when it was said before.
  [[nodiscard]] virtual Result<bool> mark_rung(std::uint64_t incident, const std::string& duty, std::size_t rung) = 0;
  [[nodiscard]] virtual std::vector<Duty> duties(const Incident& incident, WallTime now) = 0;
  [[nodiscard]] virtual const StoreOptions& options() const = 0;

  // Ledger and care.
  /// Each thing that does not hold as a line; empty: the ledger holds. `sensor` empty: all.
  struct LedgerReport {
    std::vector<std::string> violations = {}, unknown = {};
    std::uint64_t generated = 0, stored = 0, shed = 0, pending = 0, lanes = 0;
  };
  [[nodiscard]] virtual Result<LedgerReport> check_ledger(const std::string& sensor, bool deep) = 0;
  [[nodiscard]] virtual Result<void> backup(const std::string& path) = 0;
};

/// Opens or makes the store in `options.path`. Errors: E7001, E7002.
[[nodiscard]] Result<std::unique_ptr<Store>> open_sqlite_store(StoreOptions options, Clock& clock);

}  // namespace hd
