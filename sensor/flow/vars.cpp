// SPDX-License-Identifier: Apache-2.0
#include "sensor/flow/vars.hpp"

#include <algorithm>
#include <cstring>

namespace hd {

bool FlowVars::bit(std::uint32_t number) const noexcept {
  if (number < kInlineBits) return (bits_[number / 64] >> (number % 64) & 1) != 0;
  return std::binary_search(sparse_.begin(), sparse_.begin() + sparse_count_, number);
}

bool FlowVars::set_bit(std::uint32_t number) noexcept {
  if (number < kInlineBits) {
    bits_[number / 64] |= std::uint64_t{1} << (number % 64);
    return true;
  }
  auto* const end = sparse_.begin() + sparse_count_;
  auto* const at = std::lower_bound(sparse_.begin(), end, number);
  if (at != end && *at == number) return true;
  if (sparse_count_ == kSparseBits) return false;
  std::copy_backward(at, end, end + 1);
  *at = number;
  ++sparse_count_;
  return true;
}

void FlowVars::clear_bit(std::uint32_t number) noexcept {
  if (number < kInlineBits) {
    bits_[number / 64] &= ~(std::uint64_t{1} << (number % 64));
    return;
  }
  auto* const end = sparse_.begin() + sparse_count_;
  auto* const at = std::lower_bound(sparse_.begin(), end, number);
  if (at == end || *at != number) return;
  std::copy(at + 1, end, at);
  --sparse_count_;
}

bool FlowVars::has_integer(std::uint32_t number) const noexcept {
  return std::any_of(integers_.begin(), integers_.begin() + integer_count_,
                     [&](const Integer& entry) { return entry.number == number; });
}

std::uint32_t FlowVars::integer(std::uint32_t number) const noexcept {
  for (std::uint32_t i = 0; i < integer_count_; ++i) {
    if (integers_[i].number == number) return integers_[i].value;
  }
  return 0;
}

bool FlowVars::set_integer(std::uint32_t number, std::uint32_t value) noexcept {
  for (std::uint32_t i = 0; i < integer_count_; ++i) {
    if (integers_[i].number == number) {
      integers_[i].value = value;
      return true;
    }
  }
  if (integer_count_ == kIntegers) return false;
  integers_[integer_count_++] = {number, value};
  return true;
}

Bytes FlowVars::capture(std::uint32_t number) const noexcept {
  for (std::uint32_t i = 0; i < capture_count_; ++i) {
    if (captures_[i].number == number) return bytes_of(captures_[i]);
  }
  return {};
}

bool FlowVars::set_capture(std::uint32_t number, Bytes bytes, BufferPool& pool) noexcept {
  bytes = bytes.first(std::min(bytes.size(), kCaptureBytes));
  for (std::uint32_t i = 0; i < capture_count_; ++i) {
    if (captures_[i].number == number) {
      remove_capture(i);
      break;
    }
  }
  const std::size_t total = capture_bytes_ + bytes.size();
  if (capture_count_ == kCaptures || total > kCaptureTotal || !reserve(total, pool)) return false;
  if (!bytes.empty()) std::memcpy(block_.data() + capture_bytes_, bytes.data(), bytes.size());
  captures_[capture_count_++] = {number, capture_bytes_, static_cast<std::uint16_t>(bytes.size())};
  capture_bytes_ = static_cast<std::uint16_t>(total);
  return true;
}

void FlowVars::remove_capture(std::uint32_t at) noexcept {
  const Capture gone = captures_[at];
  const std::size_t behind = std::size_t{gone.offset} + gone.length;
  if (behind < capture_bytes_) std::memmove(block_.data() + gone.offset, block_.data() + behind, capture_bytes_ - behind);
  std::copy(captures_.begin() + at + 1, captures_.begin() + capture_count_, captures_.begin() + at);
  --capture_count_;
  for (std::uint32_t i = at; i < capture_count_; ++i) {
    captures_[i].offset = static_cast<std::uint16_t>(captures_[i].offset - gone.length);
  }
  capture_bytes_ = static_cast<std::uint16_t>(capture_bytes_ - gone.length);
}

bool FlowVars::reserve(std::size_t size, BufferPool& pool) noexcept {
  if (size <= block_.size()) return true;
  const std::span<std::uint8_t> larger = pool.take(size);
  if (larger.empty()) return false;
  if (capture_bytes_ > 0) std::memcpy(larger.data(), block_.data(), capture_bytes_);
  if (!block_.empty()) pool.give(block_);
  block_ = larger;
  return true;
}

void FlowVars::drop(BufferPool& pool) noexcept {
  if (!block_.empty()) pool.give(block_);
  block_ = {};
  capture_count_ = 0;
  capture_bytes_ = 0;
}

}  // namespace hd
