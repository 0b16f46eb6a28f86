// SPDX-License-Identifier: Apache-2.0
// Groups, incidents and their timelines.
#include <algorithm>

#include "collector/store/sqlite/sqlite_store.hpp"
#include "sensor/base/json_writer.hpp"

namespace hd {
namespace {

constexpr const char* kGroupColumns =
    "id,key,gid,sid,signature,title_vi,title_en,category,technique,kind,severity,attacker,victim,sensor,system,system_level,first,last,first_arrival,count,state,"
    "decided_by,reason,owner,decided_at,incident,version FROM alert_group";

AlertGroup group_of(Statement& row) {
  AlertGroup group{.id = row.number(0), .key = row.text(1), .gid = static_cast<std::uint32_t>(row.integer(2)), .sid = static_cast<std::uint32_t>(row.integer(3)), .signature = row.text(4),
                   .title_vi = row.text(5), .title_en = row.text(6), .category = row.text(7), .technique = row.text(8), .kind = row.text(9), .severity = static_cast<std::uint8_t>(row.integer(10)),
                   .attacker = row.text(11), .victim = row.text(12), .sensor = row.text(13), .system = row.text(14), .system_level = static_cast<std::uint8_t>(row.integer(15)),
                   .first = {row.integer(16)}, .last = {row.integer(17)}, .first_arrival = {row.integer(18)}, .count = row.number(19)};
  group.state = static_cast<GroupState>(row.integer(20));
  group.decided_by = row.text(21);
  group.reason = row.text(22);
  group.owner = row.text(23);
  group.decided_at = {row.integer(24)};
  group.incident = row.number(25);
  group.version = row.number(26);
  return group;
}

constexpr const char* kIncidentColumns =
    "i.id,number,title,summary,kind,severity,state,state_since,opened,t0,t0_basis,owner,opened_by,is_provisional,system,system_level,attacker,victim,cause,measures,"
    "lessons,contained_at,response_ended,reported_at,report_proof,version,"
    "(SELECT coalesce(sum(count),0) FROM alert_group g WHERE g.incident=i.id),(SELECT count(*) FROM alert_group g WHERE g.incident=i.id) FROM incident i";

std::optional<WallTime> time_at(const Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return WallTime{row.integer(column)};
}

Incident incident_of(Statement& row) {
  Incident incident{.id = row.number(0), .number = row.text(1), .title = row.text(2), .summary = row.text(3), .kind = row.text(4), .severity = static_cast<std::uint8_t>(row.integer(5))};
  incident.state = static_cast<IncidentState>(row.integer(6));
  incident.state_since = {row.integer(7)};
  incident.opened = {row.integer(8)};
  incident.t0 = {row.integer(9)};
  incident.t0_basis = row.text(10);
  incident.owner = row.text(11);
  incident.opened_by = row.text(12);
  incident.is_provisional = row.integer(13) != 0;
  incident.system = row.text(14);
  incident.system_level = static_cast<std::uint8_t>(row.integer(15));
  incident.attacker = row.text(16);
  incident.victim = row.text(17);
  incident.cause = row.text(18);
  incident.measures = row.text(19);
  incident.lessons = row.text(20);
  incident.contained_at = time_at(row, 21);
  incident.response_ended = time_at(row, 22);
  incident.reported_at = time_at(row, 23);
  incident.report_proof = row.text(24);
  incident.version = row.number(25);
  incident.alerts = row.number(26);
  incident.groups = row.number(27);
  return incident;
}

void bind_time(Statement& statement, const std::optional<WallTime>& time) {
  if (time) statement.bind(time->ns);
  else statement.bind_null();
}

// Letters of LIKE that mean something are taken as they are.
std::string like_of(const std::string& text) {
  std::string out = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out + "%";
}

}  // namespace

Result<std::optional<AlertGroup>> SqliteStore::read_group(Database& database, std::uint64_t id) {
  Statement read = database.prepare((std::string("SELECT ") + kGroupColumns + " WHERE id=?").c_str());
  read.bind(id);
  const int code = read.step();
  if (code == SQLITE_ROW) return group_of(read);
  if (code == SQLITE_DONE) return std::optional<AlertGroup>();
  return fail(database.error("read"));
}

Result<std::optional<Incident>> SqliteStore::read_incident(Database& database, const std::string& number, std::uint64_t id) {
  Statement read = database.prepare((std::string("SELECT ") + kIncidentColumns + " WHERE number=? OR i.id=?").c_str());
  read.bind(number).bind(id);
  const int code = read.step();
  if (code == SQLITE_ROW) return incident_of(read);
  if (code == SQLITE_DONE) return std::optional<Incident>();
  return fail(database.error("read"));
}

Result<void> SqliteStore::save_group(AlertGroup& group) {
  if (auto done = write_group(group); !done) return done;
  return note_change("group", group.id);
}

Result<void> SqliteStore::write_group(AlertGroup& group) {
  if (group.id == 0) {
    Statement insert = writer_->prepare(
        "INSERT INTO alert_group(key,gid,sid,signature,title_vi,title_en,category,technique,kind,severity,attacker,victim,sensor,system,system_level,first,last,first_arrival,count) "
        "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    insert.bind(group.key).bind(group.gid).bind(group.sid).bind(group.signature).bind(group.title_vi).bind(group.title_en).bind(group.category).bind(group.technique).bind(group.kind);
    insert.bind(static_cast<int>(group.severity)).bind(group.attacker).bind(group.victim).bind(group.sensor).bind(group.system).bind(static_cast<int>(group.system_level));
    insert.bind(group.first.ns).bind(group.last.ns).bind(group.first_arrival.ns).bind(group.count);
    if (auto done = finish(*writer_, insert, "write"); !done) return done;
    group.id = static_cast<std::uint64_t>(writer_->last_row());
  } else {
    Statement update = writer_->prepare(
        "UPDATE alert_group SET severity=?,attacker=?,victim=?,first=?,last=?,count=?,state=?,decided_by=?,reason=?,owner=?,decided_at=?,incident=?,version=version+1 WHERE id=?");
    update.bind(static_cast<int>(group.severity)).bind(group.attacker).bind(group.victim).bind(group.first.ns).bind(group.last.ns).bind(group.count).bind(static_cast<int>(group.state));
    update.bind(group.decided_by).bind(group.reason).bind(group.owner).bind(group.decided_at.ns).bind(group.incident).bind(group.id);
    if (auto done = finish(*writer_, update, "write"); !done) return done;
  }
  return {};
}

// Readers that are further behind than what is kept load their page anew.
Result<void> SqliteStore::note_change(const char* topic, std::uint64_t reference) {
  constexpr std::int64_t kKept = 20'000, kSweepEvery = 1'000;
  Statement insert = writer_->prepare("INSERT INTO change(topic,reference) VALUES(?,?)");
  insert.bind(topic).bind(reference);
  if (auto done = finish(*writer_, insert, "write"); !done) return done;
  const std::int64_t number = writer_->last_row();
  if (number % kSweepEvery != 0) return {};
  Statement sweep = writer_->prepare("DELETE FROM change WHERE number<=?");
  sweep.bind(number - kKept);
  return finish(*writer_, sweep, "write");
}

Result<void> SqliteStore::append_entry(std::uint64_t incident, const std::string& number, const std::string& kind, const std::string& body, const std::string& author, WallTime now) {
  TimelineEntry entry{.incident = incident, .sequence = 1, .at = {now.ns / kMillisecond * kMillisecond}, .kind = kind, .body = body, .author = author, .previous_hash = genesis_of(number)};
  Statement last = writer_->prepare("SELECT sequence,hash FROM entry WHERE incident=? ORDER BY sequence DESC LIMIT 1");
  last.bind(incident);
  if (last.step() == SQLITE_ROW) {
    entry.sequence = last.number(0) + 1;
    entry.previous_hash = last.text(1);
  }
  entry.hash = hash_of(entry);
  Statement insert = writer_->prepare("INSERT INTO entry VALUES(?,?,?,?,?,?,?,?)");
  insert.bind(incident).bind(entry.sequence).bind(entry.at.ns).bind(entry.kind).bind(entry.body).bind(entry.author).bind(entry.previous_hash).bind(entry.hash);
  if (auto done = finish(*writer_, insert, "write"); !done) return done;
  return note_change("incident", incident);
}

Result<Incident> SqliteStore::insert_incident(AlertGroup& group, const std::string& by, bool is_provisional, std::uint8_t severity, WallTime t0, const std::string& basis, WallTime now) {
  const int year = civil_of(now, kVietnamZone).date.year;
  Statement last = writer_->prepare("SELECT number FROM incident WHERE number LIKE ? ORDER BY id DESC LIMIT 1");
  last.bind("SC-" + std::to_string(year) + "-%");
  std::uint64_t count = 1;
  if (last.step() == SQLITE_ROW) count = std::strtoull(last.text(0).substr(8).c_str(), nullptr, 10) + 1;
  Incident incident{.number = incident_number(year, count), .title = group.title_vi.empty() ? group.signature : group.title_vi, .kind = group.kind, .severity = severity, .state_since = now,
                    .opened = now, .t0 = t0, .t0_basis = basis, .opened_by = by, .is_provisional = is_provisional, .system = group.system, .system_level = group.system_level,
                    .attacker = group.attacker, .victim = group.victim};
  Statement insert = writer_->prepare(
      "INSERT INTO incident(number,title,summary,kind,severity,state,state_since,opened,t0,t0_basis,owner,opened_by,is_provisional,system,system_level,attacker,victim) "
      "VALUES(?,?,?,?,?,0,?,?,?,?,'',?,?,?,?,?,?)");
  insert.bind(incident.number).bind(incident.title).bind(incident.summary).bind(incident.kind).bind(static_cast<int>(severity)).bind(now.ns).bind(now.ns).bind(t0.ns).bind(basis);
  insert.bind(by).bind(is_provisional ? 1 : 0).bind(incident.system).bind(static_cast<int>(incident.system_level)).bind(incident.attacker).bind(incident.victim);
  if (auto done = finish(*writer_, insert, "write"); !done) return fail(std::move(done.error()));
  incident.id = static_cast<std::uint64_t>(writer_->last_row());
  group.incident = incident.id;
  group.state = GroupState::incident;
  group.decided_by = by;
  group.decided_at = now;
  return incident;
}

Result<std::vector<AlertGroup>> SqliteStore::groups(const GroupFilter& filter) {
  const std::lock_guard guard(reading_);
  std::string sql = std::string("SELECT ") + kGroupColumns + " WHERE severity<=?";
  if (filter.state) sql += " AND state=?";
  if (filter.incident != 0) sql += " AND incident=?";
  if (!filter.text.empty()) sql += " AND (signature LIKE ?1x ESCAPE '\\' OR title_vi LIKE ?1x ESCAPE '\\' OR attacker LIKE ?1x ESCAPE '\\' OR victim LIKE ?1x ESCAPE '\\')";
  for (std::size_t at = sql.find("?1x"); at != std::string::npos; at = sql.find("?1x")) sql.replace(at, 3, "?");
  sql += " ORDER BY severity, last DESC LIMIT ?";
  Statement read = reader_->prepare(sql.c_str());
  read.bind(static_cast<int>(filter.severity_max));
  if (filter.state) read.bind(static_cast<int>(*filter.state));
  if (filter.incident != 0) read.bind(filter.incident);
  for (int i = 0; i < 4 && !filter.text.empty(); ++i) read.bind(like_of(filter.text));
  read.bind(std::min(filter.limit, 1000u));
  std::vector<AlertGroup> result;
  int code = SQLITE_ROW;
  while ((code = read.step()) == SQLITE_ROW) result.push_back(group_of(read));
  if (code != SQLITE_DONE) return fail(reader_->error("read"));
  return result;
}

Result<std::optional<AlertGroup>> SqliteStore::group(std::uint64_t id) {
  const std::lock_guard guard(reading_);
  return read_group(*reader_, id);
}

namespace {
AlertRow alert_of(Statement& row) {
  return {.id = row.number(0), .group = row.number(1), .number = row.number(2), .sid = static_cast<std::uint32_t>(row.integer(3)), .severity = static_cast<std::uint8_t>(row.integer(4)),
          .packet_time = {row.integer(5)}, .basis = {row.integer(6)}, .arrived = {row.integer(7)}, .is_corrected = row.integer(8) != 0, .eve = row.text(9)};
}
}  // namespace

Result<std::vector<AlertRow>> SqliteStore::alerts_of_group(std::uint64_t group, std::uint32_t limit) {
  const std::lock_guard guard(reading_);
  Statement read = reader_->prepare("SELECT id,group_id,number,sid,severity,packet_time,basis,arrived,is_corrected,eve FROM alert WHERE group_id=? ORDER BY id DESC LIMIT ?");
  read.bind(group).bind(std::min(limit, 1000u));
  std::vector<AlertRow> result;
  int code = SQLITE_ROW;
  while ((code = read.step()) == SQLITE_ROW) result.push_back(alert_of(read));
  if (code != SQLITE_DONE) return fail(reader_->error("read"));
  return result;
}

Result<std::optional<AlertRow>> SqliteStore::alert(std::uint64_t id) {
  const std::lock_guard guard(reading_);
  Statement read = reader_->prepare("SELECT id,group_id,number,sid,severity,packet_time,basis,arrived,is_corrected,eve FROM alert WHERE id=?");
  read.bind(id);
  const int code = read.step();
  if (code == SQLITE_ROW) return alert_of(read);
  if (code == SQLITE_DONE) return std::optional<AlertRow>();
  return fail(reader_->error("read"));
}

Result<std::vector<Incident>> SqliteStore::incidents(bool only_open, std::uint32_t limit) {
  const std::lock_guard guard(reading_);
  Statement read = reader_->prepare((std::string("SELECT ") + kIncidentColumns + (only_open ? " WHERE state<5" : "") + " ORDER BY i.id DESC LIMIT ?").c_str());
  read.bind(std::min(limit, 1000u));
  std::vector<Incident> result;
  int code = SQLITE_ROW;
  while ((code = read.step()) == SQLITE_ROW) result.push_back(incident_of(read));
  if (code != SQLITE_DONE) return fail(reader_->error("read"));
  return result;
}

Result<std::optional<Incident>> SqliteStore::incident(const std::string& number) {
  const std::lock_guard guard(reading_);
  return read_incident(*reader_, number, 0);
}

Result<std::vector<TimelineEntry>> SqliteStore::timeline(std::uint64_t incident) {
  const std::lock_guard guard(reading_);
  Statement read = reader_->prepare("SELECT sequence,at,kind,body,author,previous_hash,hash FROM entry WHERE incident=? ORDER BY sequence");
  read.bind(incident);
  std::vector<TimelineEntry> result;
  int code = SQLITE_ROW;
  while ((code = read.step()) == SQLITE_ROW) {
    result.push_back({.incident = incident, .sequence = read.number(0), .at = {read.integer(1)}, .kind = read.text(2), .body = read.text(3), .author = read.text(4), .previous_hash = read.text(5), .hash = read.text(6)});
  }
  if (code != SQLITE_DONE) return fail(reader_->error("read"));
  return result;
}

Result<Incident> SqliteStore::change_incident(const Incident& changed, const std::string& kind, const std::string& body, const std::string& author, WallTime now) {
  const std::lock_guard guard(writing_);
  SqlTransaction transaction(*writer_);
  if (!transaction.is_open()) return fail(writer_->error("write"));
  Statement update = writer_->prepare(
      "UPDATE incident SET title=?,summary=?,kind=?,severity=?,state=?,state_since=?,t0=?,t0_basis=?,owner=?,is_provisional=?,system=?,system_level=?,cause=?,measures=?,lessons=?,"
      "contained_at=?,response_ended=?,reported_at=?,report_proof=?,version=version+1 WHERE id=? AND version=?");
  update.bind(changed.title).bind(changed.summary).bind(changed.kind).bind(static_cast<int>(changed.severity)).bind(static_cast<int>(changed.state)).bind(changed.state_since.ns).bind(changed.t0.ns);
  update.bind(changed.t0_basis).bind(changed.owner).bind(changed.is_provisional ? 1 : 0).bind(changed.system).bind(static_cast<int>(changed.system_level)).bind(changed.cause).bind(changed.measures).bind(changed.lessons);
  bind_time(update, changed.contained_at);
  bind_time(update, changed.response_ended);
  bind_time(update, changed.reported_at);
  update.bind(changed.report_proof).bind(changed.id).bind(changed.version);
  if (auto done = finish(*writer_, update, "write"); !done) return fail(std::move(done.error()));
  if (writer_->changed() != 1) return fail(ErrorCode::E7003, "somebody else changed " + changed.number + " meanwhile");
  if (auto done = append_entry(changed.id, changed.number, kind, body, author, now); !done) return fail(std::move(done.error()));
  auto result = read_incident(*writer_, changed.number, 0);
  if (!result) return fail(std::move(result.error()));
  if (auto done = transaction.commit(); !done) return fail(std::move(done.error()));
  return std::move(**result);
}

Result<void> SqliteStore::add_entry(std::uint64_t id, const std::string& kind, const std::string& body, const std::string& author, WallTime now) {
  const std::lock_guard guard(writing_);
  SqlTransaction transaction(*writer_);
  auto incident = read_incident(*writer_, {}, id);
  if (!incident) return fail(std::move(incident.error()));
  if (!*incident) return fail(ErrorCode::E7003, "there is no such incident");
  if (auto done = append_entry(id, (*incident)->number, kind, body, author, now); !done) return done;
  return transaction.commit();
}

Result<Incident> SqliteStore::open_incident(std::uint64_t group_id, const std::string& user, WallTime now) {
  const std::lock_guard guard(writing_);
  SqlTransaction transaction(*writer_);
  auto group = read_group(*writer_, group_id);
  if (!group) return fail(std::move(group.error()));
  if (!*group) return fail(ErrorCode::E7003, "there is no such group");
  if ((*group)->incident != 0) return fail(ErrorCode::E7003, "the group belongs to an incident already");
  auto incident = insert_incident(**group, user, false, (*group)->severity, (*group)->first, "packet_corrected", now);
  if (!incident) return fail(std::move(incident.error()));
  if (auto done = save_group(**group); !done) return fail(std::move(done.error()));
  if (auto done = append_entry(incident->id, incident->number, "opened", (*group)->signature, user, now); !done) return fail(std::move(done.error()));
  if (auto done = transaction.commit(); !done) return fail(std::move(done.error()));
  return incident;
}

Result<void> SqliteStore::join_group(std::uint64_t group_id, const std::string& number, const std::string& user, WallTime now) {
  const std::lock_guard guard(writing_);
  SqlTransaction transaction(*writer_);
  auto group = read_group(*writer_, group_id);
  if (!group) return fail(std::move(group.error()));
  auto incident = read_incident(*writer_, number, 0);
  if (!incident) return fail(std::move(incident.error()));
  if (!*group || !*incident) return fail(ErrorCode::E7003, "there is no such group or incident");
  if ((*group)->incident != 0) return fail(ErrorCode::E7003, "the group belongs to an incident already");
  (*group)->incident = (*incident)->id;
  (*group)->state = GroupState::incident;
  (*group)->decided_by = user;
  (*group)->decided_at = now;
  if (auto done = save_group(**group); !done) return done;
  if ((*group)->first < (*incident)->t0) {
    Statement move = writer_->prepare("UPDATE incident SET t0=?,version=version+1 WHERE id=?");
    move.bind((*group)->first.ns).bind((*incident)->id);
    if (auto done = finish(*writer_, move, "write"); !done) return done;
  }
  if (auto done = append_entry((*incident)->id, number, "group_joined", (*group)->signature, user, now); !done) return done;
  return transaction.commit();
}

Result<void> SqliteStore::dismiss_group(std::uint64_t group_id, const std::string& reason, const std::string& user, WallTime now) {
  const std::lock_guard guard(writing_);
  SqlTransaction transaction(*writer_);
  auto group = read_group(*writer_, group_id);
  if (!group) return fail(std::move(group.error()));
  if (!*group) return fail(ErrorCode::E7003, "there is no such group");
  if ((*group)->incident != 0) return fail(ErrorCode::E7003, "the group belongs to an incident");
  (*group)->state = GroupState::dismissed;
  (*group)->reason = reason;
  (*group)->decided_by = user;
  (*group)->decided_at = now;
  if (auto done = save_group(**group); !done) return done;
  return transaction.commit();
}

Result<void> SqliteStore::own_group(std::uint64_t group_id, const std::string& user, WallTime) {
  const std::lock_guard guard(writing_);
  SqlTransaction transaction(*writer_);
  auto group = read_group(*writer_, group_id);
  if (!group) return fail(std::move(group.error()));
  if (!*group) return fail(ErrorCode::E7003, "there is no such group");
  (*group)->owner = user;
  if (auto done = save_group(**group); !done) return done;
  return transaction.commit();
}

Result<Counts> SqliteStore::counts() {
  const std::lock_guard guard(reading_);
  Counts counts;
  Statement alerts = reader_->prepare("SELECT coalesce(sum(count),0) FROM alert_group");
  if (alerts.step() == SQLITE_ROW) counts.alerts = alerts.number(0);
  Statement open = reader_->prepare("SELECT count(*) FROM incident WHERE state<5");
  if (open.step() == SQLITE_ROW) counts.incidents_open = open.number(0);
  Statement groups = reader_->prepare("SELECT severity,count(*) FROM alert_group WHERE state=0 GROUP BY severity");
  while (groups.step() == SQLITE_ROW) {
    const std::int64_t severity = groups.integer(0);
    if (severity >= 1 && severity <= 4) counts.undecided_by_severity[static_cast<std::size_t>(severity - 1)] = groups.number(1);
    counts.groups_undecided += groups.number(1);
  }
  return counts;
}

Result<std::vector<Change>> SqliteStore::changes_after(std::uint64_t number, std::uint32_t limit) {
  const std::lock_guard guard(reading_);
  Statement read = reader_->prepare("SELECT number,topic,reference FROM change WHERE number>? ORDER BY number LIMIT ?");
  read.bind(number).bind(std::min(limit, 1000u));
  std::vector<Change> result;
  int code = SQLITE_ROW;
  while ((code = read.step()) == SQLITE_ROW) result.push_back({read.number(0), read.text(1), read.number(2)});
  if (code != SQLITE_DONE) return fail(reader_->error("read"));
  return result;
}

Result<std::uint64_t> SqliteStore::last_change() {
  const std::lock_guard guard(reading_);
  Statement read = reader_->prepare("SELECT coalesce(max(number),0) FROM change");
  if (read.step() != SQLITE_ROW) return fail(reader_->error("read"));
  return read.number(0);
}

Result<bool> SqliteStore::mark_rung(std::uint64_t incident, const std::string& duty, std::size_t rung) {
  const std::lock_guard guard(writing_);
  Statement insert = writer_->prepare("INSERT OR IGNORE INTO rung VALUES(?,?,?)");
  insert.bind(incident).bind(duty).bind(static_cast<std::uint64_t>(rung));
  if (auto done = finish(*writer_, insert, "write"); !done) return fail(std::move(done.error()));
  return writer_->changed() == 1;
}

std::vector<Duty> SqliteStore::duties(const Incident& incident, WallTime now) {
  for (const ClockPack& pack : options_.packs.packs) {
    if (pack.id == options_.pack) return evaluate(pack, options_.packs.calendars, events_of(incident), now, incident.is_provisional);
  }
  return {};
}

}  // namespace hd
