// SPDX-License-Identifier: Apache-2.0
// generated = stored + shed + pending, per sensor, epoch and lane; no number twice, none missing (delivery.md 6).
#include "collector/store/sqlite/sqlite_store.hpp"

namespace hd {
namespace {

struct Range {
  std::uint64_t first = 0, last = 0;
};

std::string place_of(const std::string& sensor, std::uint64_t epoch, std::uint64_t lane) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (int shift = 60; shift >= 0; shift -= 4) hex += kDigits[(epoch >> shift) & 15];
  return sensor + " epoch " + hex + " lane " + std::to_string(lane);
}

}  // namespace

Result<Store::LedgerReport> SqliteStore::check_ledger(const std::string& sensor, bool deep) {
  const std::lock_guard guard(reading_);
  LedgerReport report;
  Statement lanes = reader_->prepare("SELECT l.id,s.name,l.epoch,l.lane,l.cursor,l.head_seen,l.stored,l.shed FROM lane l JOIN sensor s ON s.id=l.sensor WHERE ?='' OR s.name=? ORDER BY s.name,l.epoch,l.lane");
  lanes.bind(sensor).bind(sensor);
  int code = SQLITE_ROW;
  while ((code = lanes.step()) == SQLITE_ROW) {
    const std::int64_t lane = lanes.integer(0);
    const std::string place = place_of(lanes.text(1), lanes.number(2), lanes.number(3));
    const std::uint64_t cursor = lanes.number(4), stored = lanes.number(6), shed = lanes.number(7);
    const std::uint64_t head = std::max(lanes.number(5), cursor);
    ++report.lanes;
    report.generated += head;
    report.stored += stored;
    report.shed += shed;
    report.pending += head - cursor;
    if (stored + shed != cursor) report.violations.push_back(place + ": stored " + std::to_string(stored) + " + shed " + std::to_string(shed) + " is not the cursor " + std::to_string(cursor));
    // The union of stored numbers and shed ranges must be exactly 1..cursor.
    Statement numbers = reader_->prepare(
        "SELECT number,number FROM alert WHERE lane=?1 UNION ALL SELECT number,number FROM item WHERE lane=?1 UNION ALL SELECT first,last FROM shed WHERE lane=?1 ORDER BY 1");
    numbers.bind(lane);
    std::uint64_t next = 1;
    while (numbers.step() == SQLITE_ROW) {
      const Range range{numbers.number(0), numbers.number(1)};
      if (range.first < next) report.violations.push_back(place + ": number " + std::to_string(range.first) + " twice");
      if (range.first > next) report.violations.push_back(place + ": numbers " + std::to_string(next) + " to " + std::to_string(range.first - 1) + " are missing");
      next = std::max(next, range.last + 1);
    }
    if (next != cursor + 1) report.violations.push_back(place + ": numbers end at " + std::to_string(next - 1) + ", the cursor says " + std::to_string(cursor));
    if (!deep) continue;
    Statement batches = reader_->prepare("SELECT first,last FROM batch WHERE lane=? ORDER BY first");
    batches.bind(lane);
    std::uint64_t joined = 1;
    while (batches.step() == SQLITE_ROW) {
      if (batches.number(0) != joined) report.violations.push_back(place + ": batches do not join at " + std::to_string(joined));
      joined = batches.number(1) + 1;
    }
    Statement unknown = reader_->prepare("SELECT reason,first,last FROM shed WHERE lane=? AND reason IN ('volatile_lost','crash')");
    unknown.bind(lane);
    while (unknown.step() == SQLITE_ROW) report.unknown.push_back(place + ": " + unknown.text(0) + " " + std::to_string(unknown.number(1)) + " to " + std::to_string(unknown.number(2)));
  }
  if (code != SQLITE_DONE) return fail(reader_->error("read"));
  if (deep) {
    Statement integrity = reader_->prepare("PRAGMA integrity_check");
    while (integrity.step() == SQLITE_ROW) {
      if (integrity.text(0) != "ok") report.violations.push_back("store: " + integrity.text(0));
    }
  }
  return report;
}

Result<void> SqliteStore::backup(const std::string& path) {
  const std::lock_guard guard(reading_);
  Statement copy = reader_->prepare("VACUUM INTO ?");
  copy.bind(path);
  return finish(*reader_, copy, "back up");
}

}  // namespace hd
