// SPDX-License-Identifier: Apache-2.0
// Byte blocks of power-of-two sizes out of one reserved range: growth without malloc on the packet path.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "sensor/base/pages.hpp"

namespace hd {

/// Gives blocks of 64 B to 16 MiB. Blocks that were given back are reused by size. One thread. Nothing is
/// returned to the kernel before the pool ends; the range is touched only as far as it was used.
class BufferPool {
 public:
  static constexpr std::size_t kSmallest = 64;
  static constexpr std::size_t kLargest = std::size_t{16} << 20;

  /// limit: bytes in use at most, over all blocks. The reserved range is a little larger.
  explicit BufferPool(std::size_t limit) : pages_(limit), limit_(limit) {}

  /// A block of at least `size` bytes, its size rounded up to the power of two; empty when the limit is
  /// reached or size > kLargest. Contents are undefined.
  [[nodiscard]] std::span<std::uint8_t> take(std::size_t size) noexcept;
  /// Gives back what take() gave, the whole block.
  void give(std::span<std::uint8_t> block) noexcept;

  [[nodiscard]] std::size_t used() const noexcept { return used_; }
  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }

 private:
  static constexpr unsigned kClasses = 19;  // 2^6 ... 2^24
  static unsigned class_of(std::size_t size) noexcept;

  Pages pages_;
  std::size_t limit_;
  std::size_t carved_ = 0;
  std::size_t used_ = 0;
  std::array<std::uint8_t*, kClasses> free_{};  // linked through the first 8 bytes of each block
};

}  // namespace hd
