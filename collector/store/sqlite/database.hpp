// SPDX-License-Identifier: Apache-2.0
// SQLite's C interface as values that clean up after themselves. Only bound parameters, never text put together.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "sensor/base/bytes.hpp"
#include "sensor/base/result.hpp"

namespace hd {

class Database;

/// One statement. bind() in the order of the question marks, then step() until it says done. Its compiled form goes back to
/// the database that made it, which outlives it.
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3_stmt* statement, Database& home) : statement_(statement), home_(&home) {}
  ~Statement();
  Statement(Statement&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)), home_(other.home_), next_(other.next_) {}
  Statement& operator=(Statement&& other) noexcept {
    std::swap(statement_, other.statement_);
    std::swap(home_, other.home_);
    next_ = other.next_;
    return *this;
  }

  Statement& bind(std::string_view text);
  Statement& bind(const std::string& text) { return bind(std::string_view(text)); }
  Statement& bind(const char* text) { return bind(std::string_view(text)); }
  Statement& bind(std::int64_t number);
  Statement& bind(std::uint64_t number) { return bind(static_cast<std::int64_t>(number)); }
  Statement& bind(std::uint32_t number) { return bind(static_cast<std::int64_t>(number)); }
  Statement& bind(int number) { return bind(static_cast<std::int64_t>(number)); }
  Statement& bind_blob(Bytes bytes);
  Statement& bind_null();

  /// SQLITE_ROW, SQLITE_DONE or an error code.
  int step();
  /// Ready for other values.
  void reset();

  [[nodiscard]] std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  [[nodiscard]] std::uint64_t number(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] Bytes blob(int column) const;
  [[nodiscard]] bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

 private:
  sqlite3_stmt* statement_ = nullptr;
  Database* home_ = nullptr;
  int next_ = 1;
};

class Database {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Database>> open(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Statements of the program itself; asserts that they are well-formed.
  [[nodiscard]] Statement prepare(const char* sql);
  /// Keeps the compiled form for the next prepare() of the same text.
  void keep(sqlite3_stmt* statement);
  [[nodiscard]] Result<void> execute(const char* sql);
  [[nodiscard]] std::int64_t last_row() const { return sqlite3_last_insert_rowid(handle_); }
  [[nodiscard]] int changed() const { return sqlite3_changes(handle_); }
  /// E7001 with SQLite's word; the extended code tells full from broken.
  [[nodiscard]] Error error(const char* act) const;
  [[nodiscard]] int code() const { return sqlite3_extended_errcode(handle_); }
  [[nodiscard]] sqlite3* handle() { return handle_; }

 private:
  explicit Database(sqlite3* handle) : handle_(handle) {}
  sqlite3* handle_;
  std::map<std::string, sqlite3_stmt*, std::less<>> kept_ = {};  // by text; compiling costs more than running
};

/// BEGIN IMMEDIATE … COMMIT; what is not committed is rolled back.
class SqlTransaction {
 public:
  explicit SqlTransaction(Database& database) : database_(database), is_open_(database.execute("BEGIN IMMEDIATE").has_value()) {}
  ~SqlTransaction() {
    if (is_open_) (void)database_.execute("ROLLBACK");
  }
  SqlTransaction(const SqlTransaction&) = delete;
  SqlTransaction& operator=(const SqlTransaction&) = delete;
  [[nodiscard]] bool is_open() const { return is_open_; }
  [[nodiscard]] Result<void> commit() {
    auto done = database_.execute("COMMIT");
    if (done) is_open_ = false;
    return done;
  }

 private:
  Database& database_;
  bool is_open_;
};

}  // namespace hd
