// SPDX-License-Identifier: Apache-2.0
#include "collector/ingest/guarded_store.hpp"

#include <sys/statvfs.h>

#include <algorithm>

namespace hd {
namespace {

// A packet time that is surer than this says something about delay.
constexpr Nanos kCertain = 2 * kSecond;
constexpr std::uint64_t kLeast = 256u << 20, kLeastShare = 20;

std::string mebibytes(std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

}  // namespace

CommitResult GuardedStore::commit(const std::vector<const IngestBatch*>& batches) {
  if (const auto room = room_()) {
    const std::uint64_t least = stop_below_.value_or(std::min(kLeast, room->size / kLeastShare));
    if (room->free < least) {
      const std::lock_guard guard(lock_);
      ++meters_.kept_back;
      return {.outcome = CommitOutcome::full, .text = "the disk is full but for " + mebibytes(room->free) + ", and below " + mebibytes(least) + " (store.stop_below) no alerts are taken"};
    }
  }
  const Ticks begin = clock_.ticks();
  CommitResult result = store_.commit(batches);
  const Ticks end = clock_.ticks();
  const WallTime now = clock_.wall();
  const std::lock_guard guard(lock_);
  meters_.commit.add(end - begin);
  if (result.outcome != CommitOutcome::committed) return result;
  for (const IngestBatch* batch : batches) {
    if (batch->clock_error < 0 || batch->clock_error > kCertain) continue;
    for (const RecordView& record : batch->records) {
      if (record.header.kind != RecordKind::alert) continue;
      meters_.delay.add(std::max<Nanos>(0, now.ns - (record.header.time.ns + batch->clock_offset)));
    }
  }
  return result;
}

GuardMeters GuardedStore::meters() const {
  const std::lock_guard guard(lock_);
  return meters_;
}

std::optional<DiskRoom> room_of(const std::string& folder) {
  struct statvfs about {};
  if (::statvfs(folder.c_str(), &about) != 0) return std::nullopt;
  return DiskRoom{.free = std::uint64_t{about.f_bavail} * about.f_frsize, .size = std::uint64_t{about.f_blocks} * about.f_frsize};
}

}  // namespace hd
