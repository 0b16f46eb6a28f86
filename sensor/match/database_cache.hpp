// SPDX-License-Identifier: Apache-2.0
// Compiled literal databases on disk, so that the second start is fast (docs: detection 17).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sensor/base/result.hpp"
#include "sensor/match/literal_database.hpp"

namespace hd {

/// A folder that only this user may open, one file a database, named by what it was made from. A file that is damaged,
/// foreign or of another version is removed and built anew; the cache is never a reason to fail.
class DatabaseCache {
 public:
  /// No folder: every get() builds.
  DatabaseCache();
  ~DatabaseCache();
  DatabaseCache(const DatabaseCache&) = delete;
  DatabaseCache& operator=(const DatabaseCache&) = delete;
  DatabaseCache(DatabaseCache&& other) noexcept;
  DatabaseCache& operator=(DatabaseCache&& other) noexcept;

  /// Makes `folder` (0700) when it is missing. Error E4002 when others may enter it or it is another user's, E4001 when
  /// it cannot be made: the caller says so and goes on without.
  [[nodiscard]] static Result<DatabaseCache> open(const std::string& folder);

  /// From disk when it is there, else built and written. Any number of threads at once.
  [[nodiscard]] Result<std::shared_ptr<const LiteralDatabase>> get(const LiteralSet& set);

  /// Removes the files that were used longest ago until at most `bytes_max` bytes are left.
  void prune(std::uint64_t bytes_max);

  struct Counts {
    std::uint64_t loaded = 0, built = 0, damaged = 0, not_written = 0;
  };
  [[nodiscard]] Counts counts() const;
  [[nodiscard]] bool is_on() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hd
