// SPDX-License-Identifier: Apache-2.0
// The store on one SQLite file: WAL, synchronous=FULL. One connection writes under a lock, one reads under another.
#pragma once

#include <memory>
#include <mutex>
#include <set>

#include "collector/store/sqlite/database.hpp"
#include "collector/store/store.hpp"

namespace hd {

class SqliteStore final : public Store {
 public:
  SqliteStore(StoreOptions options, std::unique_ptr<Database> writer, std::unique_ptr<Database> reader, Clock& clock)
      : options_(std::move(options)), clock_(clock), writer_(std::move(writer)), reader_(std::move(reader)) {}
  /// Makes or upgrades the schema; E7002 when the store is of a later release.
  [[nodiscard]] Result<void> begin();

  // ingest.cpp
  [[nodiscard]] Id16 store_id() override;
  [[nodiscard]] std::uint64_t generation() override;
  [[nodiscard]] Result<std::uint64_t> take_sensor(const Id16& sensor) override;
  [[nodiscard]] Result<std::vector<StoredLane>> lanes(const Id16& sensor) override;
  [[nodiscard]] CommitAnswer commit(const std::vector<CommitBatch>& batches) override;
  [[nodiscard]] Result<ChainAt> chain_at(const Id16& sensor, std::uint64_t epoch, std::uint8_t lane, std::uint64_t number) override;
  [[nodiscard]] Result<void> observe_head(const Id16& sensor, std::uint64_t epoch, std::uint8_t lane, std::uint64_t head, bool is_final) override;
  // people.cpp
  [[nodiscard]] Result<void> invite(std::string_view token_hash, const std::string& name, WallTime until, bool auto_confirm) override;
  [[nodiscard]] Result<std::optional<std::pair<std::string, bool>>> use_invitation(std::string_view token_hash, WallTime now) override;
  [[nodiscard]] Result<void> put_sensor(const SensorRow& sensor) override;
  [[nodiscard]] Result<void> set_sensor_state(const std::string& name, const std::string& state) override;
  [[nodiscard]] Result<void> touch_sensor(const Id16& id, const std::string& software, WallTime now) override;
  [[nodiscard]] Result<std::vector<SensorRow>> sensors() override;
  [[nodiscard]] Result<void> put_user(const UserRow& user) override;
  [[nodiscard]] Result<std::vector<UserRow>> users() override;
  [[nodiscard]] Result<std::optional<UserRow>> user(const std::string& name) override;
  [[nodiscard]] Result<void> put_session(std::string_view token_hash, const SessionRow& session) override;
  [[nodiscard]] Result<std::optional<SessionRow>> session(std::string_view token_hash, WallTime now) override;
  [[nodiscard]] Result<void> end_session(std::string_view token_hash) override;
  [[nodiscard]] Result<void> put_login_link(std::string_view token_hash, const std::string& user, WallTime until) override;
  [[nodiscard]] Result<std::optional<std::string>> use_login_link(std::string_view token_hash, WallTime now) override;
  // work.cpp
  [[nodiscard]] Result<std::vector<AlertGroup>> groups(const GroupFilter& filter) override;
  [[nodiscard]] Result<std::optional<AlertGroup>> group(std::uint64_t id) override;
  [[nodiscard]] Result<std::vector<AlertRow>> alerts_of_group(std::uint64_t group, std::uint32_t limit) override;
  [[nodiscard]] Result<std::optional<AlertRow>> alert(std::uint64_t id) override;
  [[nodiscard]] Result<std::vector<Incident>> incidents(bool only_open, std::uint32_t limit) override;
  [[nodiscard]] Result<std::optional<Incident>> incident(const std::string& number) override;
  [[nodiscard]] Result<std::vector<TimelineEntry>> timeline(std::uint64_t incident) override;
  [[nodiscard]] Result<Incident> change_incident(const Incident& incident, const std::string& kind, const std::string& body, const std::string& author, WallTime now) override;
  [[nodiscard]] Result<void> add_entry(std::uint64_t incident, const std::string& kind, const std::string& body, const std::string& author, WallTime now) override;
  [[nodiscard]] Result<Incident> open_incident(std::uint64_t group, const std::string& user, WallTime now) override;
  [[nodiscard]] Result<void> join_group(std::uint64_t group, const std::string& number, const std::string& user, WallTime now) override;
  [[nodiscard]] Result<void> dismiss_group(std::uint64_t group, const std::string& reason, const std::string& user, WallTime now) override;
  [[nodiscard]] Result<void> own_group(std::uint64_t group, const std::string& user, WallTime now) override;
  [[nodiscard]] Result<Counts> counts() override;
  [[nodiscard]] Result<std::vector<Change>> changes_after(std::uint64_t number, std::uint32_t limit) override;
  [[nodiscard]] Result<std::uint64_t> last_change() override;
  [[nodiscard]] Result<bool> mark_rung(std::uint64_t incident, const std::string& duty, std::size_t rung) override;
  [[nodiscard]] std::vector<Duty> duties(const Incident& incident, WallTime now) override;
  [[nodiscard]] const StoreOptions& options() const override { return options_; }
  // ledger.cpp
  [[nodiscard]] Result<LedgerReport> check_ledger(const std::string& sensor, bool deep) override;
  [[nodiscard]] Result<void> backup(const std::string& path) override;

 private:
  struct LaneRow {
    std::int64_t id = 0;
    std::uint64_t cursor = 0;
  };
  // All of these expect the writer's lock and an open transaction.
  [[nodiscard]] Result<LaneRow> lane_row(const Id16& sensor, std::uint64_t epoch, std::uint8_t lane);
  [[nodiscard]] CommitStatus enter(const CommitBatch& batch, std::string& text);
  [[nodiscard]] Result<void> enter_alert(const CommitBatch& batch, const StoredRecord& record, std::int64_t lane, const std::string& sensor_name);
  [[nodiscard]] Result<void> note_health(const Id16& sensor, std::string_view body);
  [[nodiscard]] Result<AlertGroup> group_for(const Alert& alert, const TimeBasis& basis, WallTime arrived, const std::string& sensor_name);
  /// Writes the group and notes the change; write_group leaves the note to its caller.
  [[nodiscard]] Result<void> save_group(AlertGroup& group);
  [[nodiscard]] Result<void> write_group(AlertGroup& group);
  [[nodiscard]] Result<void> maybe_open(AlertGroup& group, const Alert& alert, const TimeBasis& basis, WallTime arrived);
  [[nodiscard]] Result<Incident> insert_incident(AlertGroup& group, const std::string& by, bool is_provisional, std::uint8_t severity, WallTime t0, const std::string& basis, WallTime now);
  [[nodiscard]] Result<void> append_entry(std::uint64_t incident, const std::string& number, const std::string& kind, const std::string& body, const std::string& author, WallTime now);
  [[nodiscard]] Result<void> note_change(const char* topic, std::uint64_t reference);
  [[nodiscard]] Result<std::optional<AlertGroup>> read_group(Database& database, std::uint64_t id);
  [[nodiscard]] Result<std::optional<Incident>> read_incident(Database& database, const std::string& number, std::uint64_t id);
  /// The statement's last step as a result.
  [[nodiscard]] Result<void> finish(Database& database, Statement& statement, const char* act);

  StoreOptions options_;
  Clock& clock_;
  std::mutex writing_, reading_;
  std::set<std::uint64_t> touched_ = {};  ///< groups that the transaction of commit() changed: told once each
  std::unique_ptr<Database> writer_, reader_;
};

}  // namespace hd
