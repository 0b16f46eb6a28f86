// SPDX-License-Identifier: Apache-2.0
// One segment file read record by record, with the search for the next valid record behind damage.
#pragma once

#include "sensor/link/record.hpp"
#include "sensor/spool/disk.hpp"

namespace hd {

class SegmentWalk {
 public:
  /// Begins at `offset`, where records with numbers above `number` are expected.
  SegmentWalk(DiskFile& file, LaneKey lane, std::uint64_t offset, std::uint64_t number);

  enum class Step : std::uint8_t {
    record,   ///< record() is the next one
    hole,     ///< bytes that do not read; record() is the next valid one behind them, with a higher number
    end,      ///< no valid record follows
    io_error  ///< the file cannot be read any further
  };
  /// The view is valid until the next call.
  [[nodiscard]] Step next();
  [[nodiscard]] const RecordView& record() const noexcept { return record_; }
  /// Of record(), and of the byte behind it.
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }
  [[nodiscard]] std::uint64_t offset_end() const noexcept { return end_; }

 private:
  [[nodiscard]] bool fill(std::uint64_t offset, std::size_t need);
  [[nodiscard]] Bytes at(std::uint64_t offset) const noexcept;
  [[nodiscard]] bool is_next_at(std::uint64_t offset);

  DiskFile& file_;
  LaneKey lane_;
  std::vector<std::uint8_t> block_ = {};
  std::uint64_t block_offset_ = 0;
  RecordView record_ = {};
  std::uint64_t offset_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t number_ = 0;
  bool is_failed_ = false;
};

}  // namespace hd
