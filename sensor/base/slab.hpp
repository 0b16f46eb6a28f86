// SPDX-License-Identifier: Apache-2.0
// Objects of one type, all memory taken at start, named by a 32-bit index instead of a pointer.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "sensor/base/assert.hpp"
#include "sensor/base/pages.hpp"

namespace hd {

/// Number of an object in a Slab<T>; of a type of its own, so that a flow's index is not a chunk's. 0 is none.
template <class T>
struct Index {
  std::uint32_t value = 0;
  constexpr explicit operator bool() const { return value != 0; }
  constexpr auto operator<=>(const Index&) const = default;
};

/// Fixed number of T. acquire() constructs, release() destroys; neither allocates. One thread.
/// When it is empty acquire() gives a null index: the owner evicts or refuses, and counts.
template <class T>
class Slab {
 public:
  explicit Slab(std::uint32_t capacity)
      : pages_(sizeof(T) * (std::size_t{capacity} + 1)), free_(new std::uint32_t[capacity]), capacity_(capacity) {}
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;
  Slab(Slab&&) = delete;
  Slab& operator=(Slab&&) = delete;

  template <class... Args>
  [[nodiscard]] Index<T> acquire(Args&&... args) noexcept {
    std::uint32_t number = 0;
    if (free_count_ > 0) number = free_[--free_count_];
    else if (made_ < capacity_) number = ++made_;
    else return {};
    ++used_;
    new (at(number)) T(std::forward<Args>(args)...);
    return {number};
  }
  void release(Index<T> index) noexcept {
    HD_DEBUG_ASSERT(index.value > 0 && index.value <= made_);
    at(index.value)->~T();
    free_[free_count_++] = index.value;
    --used_;
  }
  [[nodiscard]] T& operator[](Index<T> index) noexcept {
    HD_DEBUG_ASSERT(index.value > 0 && index.value <= made_);
    return *at(index.value);
  }
  [[nodiscard]] const T& operator[](Index<T> index) const noexcept {
    return *(static_cast<const T*>(pages_.data()) + index.value);
  }
  [[nodiscard]] Index<T> index_of(const T& object) const noexcept {
    return {static_cast<std::uint32_t>(&object - static_cast<const T*>(pages_.data()))};
  }
  [[nodiscard]] std::uint32_t used() const noexcept { return used_; }
  [[nodiscard]] std::uint32_t capacity() const noexcept { return capacity_; }

 private:
  [[nodiscard]] T* at(std::uint32_t number) noexcept { return static_cast<T*>(pages_.data()) + number; }

  Pages pages_;
  std::unique_ptr<std::uint32_t[]> free_;
  std::uint32_t capacity_;
  std::uint32_t free_count_ = 0;
  std::uint32_t made_ = 0;
  std::uint32_t used_ = 0;
};

}  // namespace hd
