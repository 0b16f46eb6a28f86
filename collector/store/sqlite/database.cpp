// SPDX-License-Identifier: Apache-2.0
#include "collector/store/sqlite/database.hpp"

#include "sensor/base/assert.hpp"

namespace hd {

Statement::~Statement() {
  if (statement_ != nullptr) home_->keep(statement_);
}

Statement& Statement::bind(std::string_view text) {
  sqlite3_bind_text64(statement_, next_++, text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}
Statement& Statement::bind(std::int64_t number) {
  sqlite3_bind_int64(statement_, next_++, number);
  return *this;
}
Statement& Statement::bind_blob(Bytes bytes) {
  sqlite3_bind_blob64(statement_, next_++, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
  return *this;
}
Statement& Statement::bind_null() {
  sqlite3_bind_null(statement_, next_++);
  return *this;
}
int Statement::step() { return sqlite3_step(statement_); }
void Statement::reset() {
  sqlite3_reset(statement_);
  next_ = 1;
}
std::string Statement::text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_, column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}
Bytes Statement::blob(int column) const {
  return {static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column)), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  if (code != SQLITE_OK) {
    const std::string word = handle == nullptr ? "no memory" : sqlite3_errmsg(handle);
    sqlite3_close_v2(handle);
    return fail(ErrorCode::E7001, "cannot open the store " + path + ": " + word);
  }
  std::unique_ptr<Database> database(new Database(handle));
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, 10'000);
  for (const char* pragma : {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON", "PRAGMA wal_autocheckpoint=8192", "PRAGMA trusted_schema=OFF"}) {
    if (auto done = database->execute(pragma); !done) return fail(std::move(done.error()));
  }
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : kept_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

Statement Database::prepare(const char* sql) {
  if (const auto found = kept_.find(std::string_view(sql)); found != kept_.end()) {
    sqlite3_stmt* const statement = found->second;
    kept_.erase(found);
    return {statement, *this};
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) {
    // Only a broken store or our own mistake gets here; the statement is then null and each step fails.
    HD_DEBUG_ASSERT(code != SQLITE_ERROR);
  }
  return {statement, *this};
}

void Database::keep(sqlite3_stmt* statement) {
  constexpr std::size_t kKeptMax = 256;
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  const char* sql = sqlite3_sql(statement);
  // Two of one text are in use at once now and then: one is enough to keep.
  if (kept_.size() >= kKeptMax || !kept_.try_emplace(sql, statement).second) sqlite3_finalize(statement);
}

Result<void> Database::execute(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return fail(error("write"));
  return {};
}

Error Database::error(const char* act) const {
  return {.code = ErrorCode::E7001, .what = std::string("cannot ") + act + " the store: " + sqlite3_errmsg(handle_)};
}

}  // namespace hd
