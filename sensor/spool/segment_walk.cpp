// SPDX-License-Identifier: Apache-2.0
#include "sensor/spool/segment_walk.hpp"

#include <algorithm>

namespace hd {
namespace {

constexpr std::size_t kBlock = 1u << 20;
// Behind damage numbers may have been lost, but not without end.
constexpr std::uint64_t kNumberJumpMax = 1ull << 32;

}  // namespace

SegmentWalk::SegmentWalk(DiskFile& file, LaneKey lane, std::uint64_t offset, std::uint64_t number)
    : file_(file), lane_(lane), end_(offset), number_(number) {}

// Makes `need` bytes from `offset` readable, as far as the file goes.
bool SegmentWalk::fill(std::uint64_t offset, std::size_t need) {
  if (offset >= block_offset_ && offset + need <= block_offset_ + block_.size()) return true;
  block_.resize(std::max(kBlock, need));
  block_offset_ = offset;
  std::size_t got = 0;
  if (file_.read(offset, block_, &got) != 0) is_failed_ = true;
  block_.resize(is_failed_ ? 0 : got);
  return block_.size() >= need;
}

Bytes SegmentWalk::at(std::uint64_t offset) const noexcept {
  return Bytes(block_).subspan(static_cast<std::size_t>(offset - block_offset_));
}

bool SegmentWalk::is_next_at(std::uint64_t offset) {
  if (!fill(offset, kRecordHeaderSize)) return false;
  const Bytes header = at(offset);
  const std::uint32_t length = load_le32(header.data() + 4);
  const std::uint64_t number = load_le64(header.data() + 8);
  if (length == 0 || length > kRecordBodyMax || number <= number_ || number - number_ > kNumberJumpMax) return false;
  return fill(offset, record_size(length)) && read_record(lane_, at(offset), &record_);
}

SegmentWalk::Step SegmentWalk::next() {
  offset_ = end_;
  if (is_next_at(offset_)) {
    const bool is_hole = record_.header.number != number_ + 1;
    number_ = record_.header.last;
    end_ = offset_ + record_size(record_.body.size());
    return is_hole ? Step::hole : Step::record;
  }
  // Records begin at multiples of 8; the search is bounded by the file.
  for (std::uint64_t offset = offset_ + 8; !is_failed_ && fill(offset, kRecordHeaderSize); offset += 8) {
    if (!is_next_at(offset)) continue;
    offset_ = offset;
    number_ = record_.header.last;
    end_ = offset_ + record_size(record_.body.size());
    return Step::hole;
  }
  return is_failed_ ? Step::io_error : Step::end;
}

}  // namespace hd
