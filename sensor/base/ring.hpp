// SPDX-License-Identifier: Apache-2.0
// A ring of records of any length between one writing and one reading thread. Records are written in place and read in
// place: no copy, no allocation after construction, no lock, no system call.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "sensor/base/assert.hpp"
#include "sensor/base/bytes.hpp"

namespace hd {

/// One writer thread calls reserve and commit, one reader thread front and pop. Each record is preceded by an 8-byte
/// word with its length; a word of all ones says that the rest up to the end of the memory is unused.
class SpscRing {
 public:
  /// `capacity` in bytes is rounded up to a power of two, at least 1 KiB. Its memory is touched here.
  explicit SpscRing(std::size_t capacity)
      : capacity_(std::bit_ceil(capacity < kCapacityMin ? kCapacityMin : capacity)),
        memory_(std::make_unique<std::uint64_t[]>(capacity_ / kAlign)) {}

  SpscRing(const SpscRing&) = delete;
  SpscRing& operator=(const SpscRing&) = delete;

  /// The longest record that is sure to fit into an empty ring, wherever its ends stand.
  [[nodiscard]] std::size_t length_max() const noexcept { return capacity_ / 2 - kAlign; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  /// Writer: room for one record of at most `length` (1 … length_max()) bytes, 8-aligned; empty when the ring is full.
  /// Nothing is visible to the reader before commit; a second reserve without commit gives the first up.
  [[nodiscard]] std::span<std::uint8_t> reserve(std::size_t length) noexcept {
    HD_DEBUG_ASSERT(length > 0);
    if (length > length_max()) return {};
    const std::size_t need = kAlign + round_up(length);
    const std::size_t to_end = capacity_ - (written_ & (capacity_ - 1));
    skip_ = need > to_end ? to_end : 0;
    if (!has_room(need + skip_)) return {};
    reserved_ = length;
    return {bytes_at(written_ + skip_) + kAlign, length};
  }

  /// Writer: hands over the reserved record, of which `length` (1 … reserved) bytes were written.
  void commit(std::size_t length) noexcept {
    HD_DEBUG_ASSERT(length > 0 && length <= reserved_);
    if (skip_ > 0) store_word(written_, kSkip);
    store_word(written_ + skip_, length);
    written_ += skip_ + kAlign + round_up(length);
    skip_ = reserved_ = 0;
    // Pairs with the acquire in front(): the record's bytes are there before its end is seen.
    tail_.store(written_, std::memory_order_release);
  }

  /// Reader: the oldest record, in place; empty when there is none. It stays until pop.
  [[nodiscard]] Bytes front() noexcept {
    if (read_ == tail_seen_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);  // pairs with commit
      if (read_ == tail_seen_) return {};
    }
    std::uint64_t length = load_word(read_);
    if (length == kSkip) {
      read_ += capacity_ - (read_ & (capacity_ - 1));
      length = load_word(read_);
    }
    return {bytes_at(read_) + kAlign, static_cast<std::size_t>(length)};
  }

  /// Reader: gives the oldest record's room back. front() has answered a record before.
  void pop() noexcept {
    read_ += kAlign + round_up(static_cast<std::size_t>(load_word(read_)));
    // Pairs with the acquire in has_room(): all reads of the record are over before the writer may use its room.
    head_.store(read_, std::memory_order_release);
  }

  /// Either thread, or a third one: bytes in use, a moment ago.
  [[nodiscard]] std::size_t used() const noexcept {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    return tail >= head ? static_cast<std::size_t>(tail - head) : 0;
  }

 private:
  static constexpr std::size_t kAlign = 8;
  static constexpr std::size_t kCapacityMin = 1024;
  static constexpr std::size_t kLine = 64;
  static constexpr std::uint64_t kSkip = ~std::uint64_t{0};

  static constexpr std::size_t round_up(std::size_t n) noexcept { return (n + kAlign - 1) & ~(kAlign - 1); }

  [[nodiscard]] bool has_room(std::size_t need) noexcept {
    if (capacity_ - static_cast<std::size_t>(written_ - head_seen_) >= need) return true;
    head_seen_ = head_.load(std::memory_order_acquire);  // pairs with pop
    return capacity_ - static_cast<std::size_t>(written_ - head_seen_) >= need;
  }
  [[nodiscard]] std::uint8_t* bytes_at(std::uint64_t position) noexcept {
    return reinterpret_cast<std::uint8_t*>(memory_.get()) + (position & (capacity_ - 1));
  }
  void store_word(std::uint64_t position, std::uint64_t word) noexcept { store(bytes_at(position), word); }
  [[nodiscard]] std::uint64_t load_word(std::uint64_t position) noexcept { return load_le64(bytes_at(position)); }

  std::size_t capacity_;
  std::unique_ptr<std::uint64_t[]> memory_;

  // Positions only grow (64 bits never wrap); the place in memory is position modulo capacity.
  alignas(kLine) std::atomic<std::uint64_t> tail_{0};  // written by the writer
  std::uint64_t written_ = 0;                          // the writer's own
  std::uint64_t head_seen_ = 0;
  std::size_t skip_ = 0;
  std::size_t reserved_ = 0;
  alignas(kLine) std::atomic<std::uint64_t> head_{0};  // written by the reader
  std::uint64_t read_ = 0;                             // the reader's own
  std::uint64_t tail_seen_ = 0;
};

}  // namespace hd
