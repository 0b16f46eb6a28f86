// SPDX-License-Identifier: Apache-2.0
// Sensors, invitations, users, sessions.
#include <algorithm>

#include "collector/store/sqlite/sqlite_store.hpp"

namespace hd {
namespace {

constexpr Nanos kSessionIdle = 12 * 3600 * kSecond;  // a shift

}  // namespace

Result<void> SqliteStore::invite(std::string_view token_hash, const std::string& name, WallTime until, bool auto_confirm) {
  const std::lock_guard guard(writing_);
  Statement insert = writer_->prepare("INSERT INTO invitation(token_hash,name,until,auto_confirm) VALUES(?,?,?,?)");
  insert.bind(token_hash).bind(name).bind(until.ns).bind(auto_confirm ? 1 : 0);
  return finish(*writer_, insert, "write");
}

Result<std::optional<std::pair<std::string, bool>>> SqliteStore::use_invitation(std::string_view token_hash, WallTime now) {
  const std::lock_guard guard(writing_);
  Statement use = writer_->prepare("UPDATE invitation SET used=1 WHERE token_hash=? AND used=0 AND until>=? RETURNING name,auto_confirm");
  use.bind(token_hash).bind(now.ns);
  const int code = use.step();
  if (code == SQLITE_ROW) {
    auto result = std::optional(std::pair(use.text(0), use.integer(1) == 0));
    (void)use.step();
    return result;
  }
  if (code != SQLITE_DONE) return fail(writer_->error("write"));
  return std::optional<std::pair<std::string, bool>>();
}

Result<void> SqliteStore::put_sensor(const SensorRow& sensor) {
  const std::lock_guard guard(writing_);
  SqlTransaction transaction(*writer_);
  Statement insert = writer_->prepare(
      "INSERT INTO sensor(id,name,site,state,key,software,created,last_seen,health) VALUES(?,?,?,?,?,?,?,?,?) "
      "ON CONFLICT(id) DO UPDATE SET name=excluded.name,site=excluded.site,state=excluded.state,key=excluded.key,software=excluded.software,health=excluded.health");
  insert.bind_blob(sensor.id).bind(sensor.name).bind(sensor.site).bind(sensor.state).bind(sensor.key).bind(sensor.software).bind(sensor.created.ns).bind(sensor.last_seen.ns).bind(sensor.health);
  if (auto done = finish(*writer_, insert, "write"); !done) return done;
  if (auto done = note_change("sensor", 0); !done) return done;
  return transaction.commit();
}

Result<void> SqliteStore::set_sensor_state(const std::string& name, const std::string& state) {
  const std::lock_guard guard(writing_);
  SqlTransaction transaction(*writer_);
  Statement update = writer_->prepare("UPDATE sensor SET state=? WHERE name=?");
  update.bind(state).bind(name);
  if (auto done = finish(*writer_, update, "write"); !done) return done;
  if (writer_->changed() != 1) return fail(ErrorCode::E7003, "there is no sensor " + name);
  if (auto done = note_change("sensor", 0); !done) return done;
  return transaction.commit();
}

Result<void> SqliteStore::touch_sensor(const Id16& id, const std::string& software, WallTime now) {
  const std::lock_guard guard(writing_);
  Statement update = writer_->prepare("UPDATE sensor SET last_seen=?,software=CASE WHEN ?='' THEN software ELSE ? END WHERE id=?");
  update.bind(now.ns).bind(software).bind(software).bind_blob(id);
  return finish(*writer_, update, "write");
}

Result<std::vector<SensorRow>> SqliteStore::sensors() {
  const std::lock_guard guard(reading_);
  Statement read = reader_->prepare(
      "SELECT s.id,name,site,state,key,software,created,last_seen,health,coalesce(sum(l.stored),0),coalesce(sum(l.shed),0),coalesce(sum(max(l.head_seen-l.cursor,0)),0) "
      "FROM sensor s LEFT JOIN lane l ON l.sensor=s.id GROUP BY s.id ORDER BY name");
  std::vector<SensorRow> result;
  int code = SQLITE_ROW;
  while ((code = read.step()) == SQLITE_ROW) {
    SensorRow row{.name = read.text(1), .site = read.text(2), .state = read.text(3), .key = read.text(4), .software = read.text(5), .created = {read.integer(6)}, .last_seen = {read.integer(7)},
                  .stored = read.number(9), .shed = read.number(10), .pending = read.number(11), .health = read.text(8)};
    const Bytes id = read.blob(0);
    std::copy_n(id.begin(), std::min(id.size(), row.id.size()), row.id.begin());
    result.push_back(std::move(row));
  }
  if (code != SQLITE_DONE) return fail(reader_->error("read"));
  return result;
}

Result<void> SqliteStore::put_user(const UserRow& user) {
  const std::lock_guard guard(writing_);
  Statement insert = writer_->prepare(
      "INSERT INTO user VALUES(?,?,?,?,?,?) ON CONFLICT(name) DO UPDATE SET full_name=excluded.full_name,role=excluded.role,password_hash=excluded.password_hash,is_disabled=excluded.is_disabled");
  insert.bind(user.name).bind(user.full_name).bind(name_of(user.role)).bind(user.password_hash).bind(user.is_disabled ? 1 : 0).bind(user.created.ns);
  return finish(*writer_, insert, "write");
}

namespace {
UserRow user_of(Statement& row) {
  return {.name = row.text(0), .full_name = row.text(1), .password_hash = row.text(3), .role = role_of(row.text(2)).value_or(Role::viewer), .is_disabled = row.integer(4) != 0, .created = {row.integer(5)}};
}
}  // namespace

Result<std::vector<UserRow>> SqliteStore::users() {
  const std::lock_guard guard(reading_);
  Statement read = reader_->prepare("SELECT name,full_name,role,password_hash,is_disabled,created FROM user ORDER BY name");
  std::vector<UserRow> result;
  int code = SQLITE_ROW;
  while ((code = read.step()) == SQLITE_ROW) result.push_back(user_of(read));
  if (code != SQLITE_DONE) return fail(reader_->error("read"));
  return result;
}

Result<std::optional<UserRow>> SqliteStore::user(const std::string& name) {
  const std::lock_guard guard(reading_);
  Statement read = reader_->prepare("SELECT name,full_name,role,password_hash,is_disabled,created FROM user WHERE name=?");
  read.bind(name);
  const int code = read.step();
  if (code == SQLITE_ROW) return user_of(read);
  if (code == SQLITE_DONE) return std::optional<UserRow>();
  return fail(reader_->error("read"));
}

Result<void> SqliteStore::put_session(std::string_view token_hash, const SessionRow& session) {
  const std::lock_guard guard(writing_);
  Statement insert = writer_->prepare("INSERT INTO session VALUES(?,?,?,?,?)");
  insert.bind(token_hash).bind(session.user).bind(session.csrf).bind(session.created.ns).bind(session.last_used.ns);
  return finish(*writer_, insert, "write");
}

Result<std::optional<SessionRow>> SqliteStore::session(std::string_view token_hash, WallTime now) {
  SessionRow row;
  {
    const std::lock_guard guard(reading_);
    Statement read = reader_->prepare("SELECT s.user,u.role,s.csrf,s.created,s.last_used FROM session s JOIN user u ON u.name=s.user WHERE s.token_hash=? AND u.is_disabled=0 AND s.last_used>=?");
    read.bind(token_hash).bind(now.ns - kSessionIdle);
    const int code = read.step();
    if (code == SQLITE_DONE) return std::optional<SessionRow>();
    if (code != SQLITE_ROW) return fail(reader_->error("read"));
    row = {.user = read.text(0), .role = role_of(read.text(1)).value_or(Role::viewer), .csrf = read.text(2), .created = {read.integer(3)}, .last_used = {read.integer(4)}};
  }
  if (now - row.last_used > 60 * kSecond) {
    const std::lock_guard guard(writing_);
    Statement touch = writer_->prepare("UPDATE session SET last_used=? WHERE token_hash=?");
    touch.bind(now.ns).bind(token_hash);
    if (auto done = finish(*writer_, touch, "write"); !done) return fail(std::move(done.error()));
  }
  return std::optional(std::move(row));
}

Result<void> SqliteStore::end_session(std::string_view token_hash) {
  const std::lock_guard guard(writing_);
  Statement remove = writer_->prepare("DELETE FROM session WHERE token_hash=?");
  remove.bind(token_hash);
  return finish(*writer_, remove, "write");
}

Result<void> SqliteStore::put_login_link(std::string_view token_hash, const std::string& user, WallTime until) {
  const std::lock_guard guard(writing_);
  Statement insert = writer_->prepare("INSERT INTO login_link VALUES(?,?,?)");
  insert.bind(token_hash).bind(user).bind(until.ns);
  return finish(*writer_, insert, "write");
}

Result<std::optional<std::string>> SqliteStore::use_login_link(std::string_view token_hash, WallTime now) {
  const std::lock_guard guard(writing_);
  Statement use = writer_->prepare("DELETE FROM login_link WHERE token_hash=? RETURNING user,until");
  use.bind(token_hash);
  const int code = use.step();
  if (code == SQLITE_DONE) return std::optional<std::string>();
  if (code != SQLITE_ROW) return fail(writer_->error("write"));
  const std::string user = use.text(0);
  const bool is_good = use.integer(1) >= now.ns;
  (void)use.step();
  return is_good ? std::optional(user) : std::nullopt;
}

}  // namespace hd
