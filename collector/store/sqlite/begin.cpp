// SPDX-License-Identifier: Apache-2.0
// Opening, schema steps, identity.
#include "collector/store/sqlite/sqlite_store.hpp"
#include "generated_schema.hpp"
#include "sensor/base/crypto.hpp"
#include "sensor/base/file.hpp"

#include <iterator>

namespace hd {

std::string_view name_of(Role role) noexcept {
  switch (role) {
    case Role::viewer: return "viewer";
    case Role::analyst: return "analyst";
    case Role::admin: return "admin";
  }
  return "";
}

std::optional<Role> role_of(std::string_view name) noexcept {
  for (const Role role : {Role::viewer, Role::analyst, Role::admin}) {
    if (name_of(role) == name) return role;
  }
  return std::nullopt;
}

Result<std::unique_ptr<Store>> open_sqlite_store(StoreOptions options, Clock& clock) {
  if (auto made = make_folders(options.path, 0700); !made) return fail(std::move(made.error()));
  const std::string path = options.path + "/haidang.sqlite";
  auto writer = Database::open(path);
  if (!writer) return fail(std::move(writer.error()));
  auto reader = Database::open(path);
  if (!reader) return fail(std::move(reader.error()));
  auto store = std::make_unique<SqliteStore>(std::move(options), std::move(*writer), std::move(*reader), clock);
  if (auto begun = store->begin(); !begun) return fail(std::move(begun.error()));
  return std::unique_ptr<Store>(std::move(store));
}

Result<void> SqliteStore::finish(Database& database, Statement& statement, const char* act) {
  const int code = statement.step();
  if (code == SQLITE_DONE || code == SQLITE_ROW) return {};
  return fail(database.error(act));
}

Result<void> SqliteStore::begin() {
  const std::lock_guard guard(writing_);
  Statement version = writer_->prepare("PRAGMA user_version");
  if (version.step() != SQLITE_ROW) return fail(writer_->error("read"));
  const auto have = static_cast<std::size_t>(version.integer(0));
  version = {};
  if (have > std::size(kSchemaSteps)) {
    return fail({.code = ErrorCode::E7002, .what = "the store is of a later release (schema " + std::to_string(have) + ", this program knows " + std::to_string(std::size(kSchemaSteps)) + ")",
                 .hint = "Start the newer haidang-collector, or restore a backup made before the upgrade."});
  }
  for (std::size_t step = have; step < std::size(kSchemaSteps); ++step) {
    SqlTransaction transaction(*writer_);
    if (!transaction.is_open()) return fail(writer_->error("upgrade"));
    // Another process may have made this step meanwhile.
    Statement now = writer_->prepare("PRAGMA user_version");
    if (now.step() != SQLITE_ROW) return fail(writer_->error("read"));
    if (static_cast<std::size_t>(now.integer(0)) > step) continue;
    now = {};
    if (auto done = writer_->execute(std::string(kSchemaSteps[step]).c_str()); !done) return done;
    if (auto done = writer_->execute(("PRAGMA user_version=" + std::to_string(step + 1)).c_str()); !done) return done;
    if (step == 0) {
      Id16 id{};
      random_bytes(id);
      Statement insert = writer_->prepare("INSERT INTO meta VALUES('store_id',?),('generation',1)");
      insert.bind_blob(id);
      if (auto done = finish(*writer_, insert, "begin"); !done) return done;
    }
    if (auto done = transaction.commit(); !done) return done;
  }
  return {};
}

Id16 SqliteStore::store_id() {
  const std::lock_guard guard(reading_);
  Id16 id{};
  Statement read = reader_->prepare("SELECT value FROM meta WHERE key='store_id'");
  if (read.step() == SQLITE_ROW && read.blob(0).size() == id.size()) std::copy(read.blob(0).begin(), read.blob(0).end(), id.begin());
  return id;
}

std::uint64_t SqliteStore::generation() {
  const std::lock_guard guard(reading_);
  Statement read = reader_->prepare("SELECT value FROM meta WHERE key='generation'");
  return read.step() == SQLITE_ROW ? read.number(0) : 0;
}

}  // namespace hd
