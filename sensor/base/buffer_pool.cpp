// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/buffer_pool.hpp"

#include <bit>

#include "sensor/base/bytes.hpp"

namespace hd {

unsigned BufferPool::class_of(std::size_t size) noexcept {
  const std::size_t rounded = std::bit_ceil(size < kSmallest ? kSmallest : size);
  return static_cast<unsigned>(std::countr_zero(rounded)) - 6;
}

std::span<std::uint8_t> BufferPool::take(std::size_t size) noexcept {
  if (size > kLargest) return {};
  const unsigned level = class_of(size);
  const std::size_t length = kSmallest << level;
  std::uint8_t* block = free_[level];
  if (block != nullptr) {
    free_[level] = load<std::uint8_t*>(block);
  } else {
    if (carved_ + length > pages_.size()) return {};
    block = static_cast<std::uint8_t*>(pages_.data()) + carved_;
    carved_ += length;
  }
  used_ += length;
  return {block, length};
}

void BufferPool::give(std::span<std::uint8_t> block) noexcept {
  const unsigned level = class_of(block.size());
  HD_DEBUG_ASSERT(block.size() == kSmallest << level);
  store(block.data(), free_[level]);
  free_[level] = block.data();
  used_ -= block.size();
}

}  // namespace hd
