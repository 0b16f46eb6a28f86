// SPDX-License-Identifier: Apache-2.0
// Entering batches exactly once: rows, groups, incidents and the lane's cursor in one transaction (delivery.md 5.2).
#include <algorithm>
#include <map>

#include "collector/store/sqlite/sqlite_store.hpp"
#include "sensor/base/json.hpp"
#include "sensor/base/json_writer.hpp"

namespace hd {
namespace {

std::string opened_body(const std::string& policy, const AlertGroup& group) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("policy", policy).field("group", group.id).field("sid", group.sid).field("attacker", group.attacker).field("victim", group.victim).end_object();
  return out;
}

std::string joined_body(const AlertGroup& group) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("group", group.id).field("sid", group.sid).field("signature", group.signature).field("count", group.count).end_object();
  return out;
}

CommitStatus status_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL: return CommitStatus::full;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return CommitStatus::io_error;
    default: return CommitStatus::io_error;
  }
}

}  // namespace

Result<std::uint64_t> SqliteStore::take_sensor(const Id16& sensor) {
  const std::lock_guard guard(writing_);
  Statement update = writer_->prepare("UPDATE sensor SET token=token+1 WHERE id=? RETURNING token");
  update.bind_blob(sensor);
  const int code = update.step();
  if (code == SQLITE_ROW) {
    const std::uint64_t token = update.number(0);
    (void)update.step();
    return token;
  }
  return fail(code == SQLITE_DONE ? Error{.code = ErrorCode::E7003, .what = "the sensor is not enrolled"} : writer_->error("write"));
}

Result<std::vector<StoredLane>> SqliteStore::lanes(const Id16& sensor) {
  const std::lock_guard guard(writing_);  // what was just committed must be seen
  std::vector<StoredLane> result;
  Statement read = writer_->prepare("SELECT epoch,lane,cursor,head_seen,stored,shed,chain,is_closed FROM lane WHERE sensor=? ORDER BY epoch,lane");
  read.bind_blob(sensor);
  int code = SQLITE_ROW;
  while ((code = read.step()) == SQLITE_ROW) {
    StoredLane lane{.epoch = read.number(0), .lane = static_cast<std::uint8_t>(read.integer(1)), .cursor = read.number(2), .head_seen = read.number(3), .stored = read.number(4), .shed = read.number(5), .is_closed = read.integer(7) != 0};
    const Bytes chain = read.blob(6);
    std::copy_n(chain.begin(), std::min(chain.size(), lane.chain.size()), lane.chain.begin());
    result.push_back(lane);
  }
  if (code != SQLITE_DONE) return fail(writer_->error("read"));
  return result;
}

Result<SqliteStore::LaneRow> SqliteStore::lane_row(const Id16& sensor, std::uint64_t epoch, std::uint8_t lane) {
  Statement read = writer_->prepare("SELECT id,cursor FROM lane WHERE sensor=? AND epoch=? AND lane=?");
  read.bind_blob(sensor).bind(epoch).bind(static_cast<int>(lane));
  if (read.step() == SQLITE_ROW) return LaneRow{read.integer(0), read.number(1)};
  Statement insert = writer_->prepare("INSERT INTO lane(sensor,epoch,lane,chain) VALUES(?,?,?,?)");
  insert.bind_blob(sensor).bind(epoch).bind(static_cast<int>(lane)).bind_blob(Id16{});
  if (auto done = finish(*writer_, insert, "write"); !done) return fail(std::move(done.error()));
  return LaneRow{writer_->last_row(), 0};
}

CommitAnswer SqliteStore::commit(const std::vector<CommitBatch>& batches) {
  const std::lock_guard guard(writing_);
  SqlTransaction transaction(*writer_);
  if (!transaction.is_open()) return {.status = status_of(writer_->code()), .text = writer_->error("write").what};
  touched_.clear();
  for (std::size_t i = 0; i < batches.size(); ++i) {
    std::string text;
    const CommitStatus status = enter(batches[i], text);
    if (status != CommitStatus::committed) return {.status = status, .batch = i, .text = text};
  }
  for (const std::uint64_t group : touched_) {
    if (auto done = note_change("group", group); !done) return {.status = status_of(writer_->code()), .text = done.error().what};
  }
  if (auto done = transaction.commit(); !done) return {.status = status_of(writer_->code()), .text = done.error().what};
  return {.status = CommitStatus::committed};
}

CommitStatus SqliteStore::enter(const CommitBatch& batch, std::string& text) {
  const auto refuse = [&](const Error& error) {
    text = error.what;
    return status_of(writer_->code());
  };
  Statement sensor = writer_->prepare("SELECT token,name FROM sensor WHERE id=?");
  sensor.bind_blob(batch.sensor);
  if (sensor.step() != SQLITE_ROW || sensor.number(0) != batch.owner_token) return CommitStatus::lease_lost;
  const std::string name = sensor.text(1);
  auto lane = lane_row(batch.sensor, batch.epoch, batch.lane);
  if (!lane) return refuse(lane.error());
  if (lane->cursor + 1 != batch.first) return CommitStatus::cursor_moved;
  std::uint64_t stored = 0, shed = 0;
  for (const StoredRecord& record : batch.records) {
    Result<void> done;
    if (record.kind == StoredKind::shed) {
      const std::uint64_t first = std::max(record.number, batch.first);
      Statement insert = writer_->prepare("INSERT INTO shed VALUES(?,?,?,?,?,?,?,?,?,?)");
      insert.bind(lane->id).bind(first).bind(record.last).bind(record.reason).bind(record.counts[0]).bind(record.counts[1]).bind(record.counts[2]).bind(record.counts[3]).bind(record.from.ns).bind(record.to.ns);
      done = finish(*writer_, insert, "write");
      shed += record.last - first + 1;
    } else if (record.kind == StoredKind::alert) {
      done = enter_alert(batch, record, lane->id, name);
      ++stored;
    } else {
      Statement insert = writer_->prepare("INSERT INTO item VALUES(?,?,?,?,?)");
      insert.bind(lane->id).bind(record.number).bind(static_cast<int>(record.kind)).bind(record.packet_time.ns).bind(record.body);
      done = finish(*writer_, insert, "write");
      if (done && record.kind == StoredKind::journal) done = note_health(batch.sensor, record.body);
      ++stored;
    }
    if (!done) return refuse(done.error());
  }
  Statement insert = writer_->prepare("INSERT INTO batch VALUES(?,?,?,?,?,?,?)");
  insert.bind(lane->id).bind(batch.first).bind(batch.last).bind_blob(batch.chain_after).bind(batch.received.ns).bind(batch.clock_offset).bind(batch.clock_error);
  if (auto done = finish(*writer_, insert, "write"); !done) return refuse(done.error());
  Statement move = writer_->prepare("UPDATE lane SET cursor=?,chain=?,head_seen=max(head_seen,?),stored=stored+?,shed=shed+?,is_closed=is_closed|? WHERE id=? AND cursor=?");
  move.bind(batch.last).bind_blob(batch.chain_after).bind(std::max(batch.head, batch.last)).bind(stored).bind(shed).bind(batch.closes_lane ? 1 : 0).bind(lane->id).bind(batch.first - 1);
  if (auto done = finish(*writer_, move, "write"); !done) return refuse(done.error());
  return writer_->changed() == 1 ? CommitStatus::committed : CommitStatus::cursor_moved;
}

// A sensor's status in its journal is what the console shows of it until the next.
Result<void> SqliteStore::note_health(const Id16& sensor, std::string_view body) {
  constexpr std::size_t kHealthMax = 64u << 10;
  constexpr std::string_view kSchema = "haidang.status/1";
  if (body.size() > kHealthMax || body.find(kSchema) == std::string_view::npos) return {};
  const auto document = JsonDocument::parse(body);
  if (!document || document->get("schema").as_string() != kSchema) return {};
  Statement update = writer_->prepare("UPDATE sensor SET health=? WHERE id=?");
  update.bind(body).bind_blob(sensor);
  if (auto done = finish(*writer_, update, "write"); !done) return done;
  return note_change("sensor", 0);
}

Result<void> SqliteStore::enter_alert(const CommitBatch& batch, const StoredRecord& record, std::int64_t lane, const std::string& sensor_name) {
  // What a replay finds is detected now, whenever its packets were recorded.
  const TimeBasis basis = record.replay_cursor != 0 ? TimeBasis{.time = batch.received, .is_corrected = false}
                                                    : basis_of(record.packet_time, batch.clock_offset, batch.clock_error, batch.received);
  auto alert = decode_alert(record.body);
  std::uint64_t group_id = 0;
  std::uint32_t sid = 0;
  if (alert) {
    sid = alert->sid;
    auto group = group_for(*alert, basis, batch.received, sensor_name);
    if (!group) return fail(std::move(group.error()));
    if (auto done = maybe_open(*group, *alert, basis, batch.received); !done) return done;
    if (auto done = write_group(*group); !done) return done;
    group_id = group->id;
    touched_.insert(group_id);
  }
  // A line that cannot be read is stored as it came, in no group: the ledger counts it, and nothing is lost.
  Statement insert = writer_->prepare("INSERT INTO alert(lane,number,group_id,sid,severity,packet_time,basis,is_corrected,arrived,replay_cursor,eve) VALUES(?,?,?,?,?,?,?,?,?,?,?)");
  insert.bind(lane).bind(record.number).bind(group_id).bind(sid).bind(static_cast<int>(record.severity)).bind(record.packet_time.ns).bind(basis.time.ns).bind(basis.is_corrected ? 1 : 0);
  insert.bind(batch.received.ns).bind(record.replay_cursor).bind(record.body);
  return finish(*writer_, insert, "write");
}

Result<AlertGroup> SqliteStore::group_for(const Alert& alert, const TimeBasis& basis, WallTime arrived, const std::string& sensor_name) {
  Statement find = writer_->prepare("SELECT id FROM alert_group WHERE key=? ORDER BY last DESC LIMIT 1");
  find.bind(group_key(alert));
  if (find.step() == SQLITE_ROW) {
    auto group = read_group(*writer_, find.number(0));
    if (!group) return fail(std::move(group.error()));
    if (*group && is_open_for(**group, basis.time) && (*group)->state != GroupState::dismissed) {
      add_alert(**group, alert, basis.time);
      return std::move(**group);
    }
  }
  AlertGroup group = begin_group(alert, basis.time, arrived, options_.systems.find(alert.victim));
  group.sensor = sensor_name;
  // Its number is needed by what follows.
  if (auto done = write_group(group); !done) return fail(std::move(done.error()));
  return group;
}

// Opens by policy, or moves the incident's T0 when an older alert of its group comes late.
Result<void> SqliteStore::maybe_open(AlertGroup& group, const Alert& alert, const TimeBasis& basis, WallTime arrived) {
  if (group.incident != 0) {
    auto incident = read_incident(*writer_, {}, group.incident);
    if (!incident) return fail(std::move(incident.error()));
    if (*incident && basis.time < (*incident)->t0) {
      Statement move = writer_->prepare("UPDATE incident SET t0=?,t0_basis=?,version=version+1 WHERE id=?");
      move.bind(basis.time.ns).bind(basis.is_corrected ? "packet_corrected" : "arrived").bind(group.incident);
      if (auto done = finish(*writer_, move, "write"); !done) return done;
      return append_entry(group.incident, (*incident)->number, "t0", utc_text(basis.time), "system", arrived);
    }
    return {};
  }
  std::uint64_t rate = 0;
  if (group.count > 1 && counts_rate(group)) {
    // The newest ones only: a group may be a million alerts long.
    Statement recent = writer_->prepare("SELECT count(*) FROM (SELECT basis FROM alert WHERE group_id=? ORDER BY id DESC LIMIT 600) WHERE basis>?");
    recent.bind(group.id).bind(basis.time.ns - 600 * kSecond);
    if (recent.step() == SQLITE_ROW) rate = recent.number(0);
  }
  const auto opening = should_open(group, alert, rate + 1);
  if (!opening) return {};
  // The same hosts in an open incident of the same kind: one file, not two.
  Statement same = writer_->prepare("SELECT number,id FROM incident WHERE state<5 AND kind=? AND victim=? AND attacker=? AND victim<>'*' ORDER BY id DESC LIMIT 1");
  same.bind(opening->kind).bind(group.victim).bind(group.attacker);
  if (same.step() == SQLITE_ROW) {
    group.incident = same.number(1);
    group.state = GroupState::incident;
    group.decided_by = "policy:" + opening->policy;
    group.decided_at = arrived;
    return append_entry(group.incident, same.text(0), "group_joined", joined_body(group), "system", arrived);
  }
  auto incident = insert_incident(group, "policy:" + opening->policy, true, opening->severity, basis.time, basis.is_corrected ? "packet_corrected" : "arrived", arrived);
  if (!incident) return fail(std::move(incident.error()));
  return append_entry(incident->id, incident->number, "opened", opened_body(opening->policy, group), "system", arrived);
}

Result<ChainAt> SqliteStore::chain_at(const Id16& sensor, std::uint64_t epoch, std::uint8_t lane, std::uint64_t number) {
  const std::lock_guard guard(writing_);
  Statement read = writer_->prepare("SELECT b.last,b.chain FROM batch b JOIN lane l ON l.id=b.lane WHERE l.sensor=? AND l.epoch=? AND l.lane=? AND b.last<=? ORDER BY b.last DESC LIMIT 1");
  read.bind_blob(sensor).bind(epoch).bind(static_cast<int>(lane)).bind(number);
  const int code = read.step();
  ChainAt result;
  if (code == SQLITE_ROW) {
    result.number = read.number(0);
    const Bytes chain = read.blob(1);
    std::copy_n(chain.begin(), std::min(chain.size(), result.chain.size()), result.chain.begin());
  } else if (code != SQLITE_DONE) {
    return fail(writer_->error("read"));
  }
  return result;
}

Result<void> SqliteStore::observe_head(const Id16& sensor, std::uint64_t epoch, std::uint8_t lane, std::uint64_t head, bool is_final) {
  const std::lock_guard guard(writing_);
  SqlTransaction transaction(*writer_);
  auto row = lane_row(sensor, epoch, lane);
  if (!row) return fail(std::move(row.error()));
  Statement update = writer_->prepare("UPDATE lane SET head_seen=max(head_seen,?),head_seen_at=?,is_closed=is_closed|? WHERE id=?");
  update.bind(head).bind(clock_.wall().ns).bind(is_final ? 1 : 0).bind(row->id);
  if (auto done = finish(*writer_, update, "write"); !done) return done;
  return transaction.commit();
}

}  // namespace hd
