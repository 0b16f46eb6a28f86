// SPDX-License-Identifier: Apache-2.0
// Memory that is given up all at once, out of a BufferPool: one per transaction.
#pragma once

#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <string_view>

#include "sensor/base/buffer_pool.hpp"
#include "sensor/base/bytes.hpp"

namespace hd {

/// Bump allocation from blocks of a pool, 8-aligned. Destroying or reset() gives the blocks back; destructors of
/// what was placed in it do not run. When the pool is empty or `limit` is reached, allocate() gives nullptr.
class Arena {
 public:
  explicit Arena(BufferPool& pool, std::size_t limit = std::size_t{8} << 20) noexcept : pool_(&pool), limit_(limit) {}
  ~Arena() { reset(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  Arena(Arena&&) = delete;
  Arena& operator=(Arena&&) = delete;

  [[nodiscard]] std::uint8_t* allocate(std::size_t size) noexcept {
    size = (size + 7) & ~std::size_t{7};
    if (size > left_ && !grow(size)) return nullptr;
    std::uint8_t* result = next_;
    next_ += size;
    left_ -= size;
    return result;
  }
  /// A copy of the bytes; empty when there is no room (the caller counts that).
  [[nodiscard]] Bytes copy(Bytes bytes) noexcept {
    if (bytes.empty()) return {};
    std::uint8_t* at = allocate(bytes.size());
    if (at == nullptr) return {};
    std::memcpy(at, bytes.data(), bytes.size());
    return {at, bytes.size()};
  }
  template <class T, class... Args>
  [[nodiscard]] T* make(Args&&... args) noexcept {
    static_assert(alignof(T) <= 8);
    std::uint8_t* at = allocate(sizeof(T));
    return at == nullptr ? nullptr : new (at) T{static_cast<Args&&>(args)...};
  }
  void reset() noexcept;
  [[nodiscard]] std::size_t used() const noexcept { return used_; }
  [[nodiscard]] BufferPool& pool() noexcept { return *pool_; }

 private:
  bool grow(std::size_t size) noexcept;

  BufferPool* pool_;
  std::uint8_t* next_ = nullptr;
  std::size_t left_ = 0;
  std::uint8_t* last_block_ = nullptr;  // each block begins with {previous block, its size}
  std::size_t used_ = 0;
  std::size_t limit_;
};

}  // namespace hd
