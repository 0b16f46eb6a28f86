// SPDX-License-Identifier: Apache-2.0
// A value that one thread writes now and then and others read whole, without a lock on the writing side: a sequence lock
// over atomic words (H. Boehm, "Can seqlocks get along with programming language memory models?", MSPC 2012).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <thread>
#include <type_traits>

namespace hd {

/// One writer thread; any number of readers. `T` is plain data; its size is rounded up to words of 8 bytes.
template <class T>
class Published {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Published() { write(T{}); }

  /// Writer: never waits.
  void write(const T& value) noexcept {
    Words words = {};
    std::memcpy(words.data(), &value, sizeof value);
    const std::uint64_t sequence = sequence_.load(std::memory_order_relaxed);
    sequence_.store(sequence + 1, std::memory_order_relaxed);
    // Whoever sees one of these words sees the odd number too (no fence: the thread sanitizer does not know them).
    for (std::size_t i = 0; i < words.size(); ++i) words_[i].store(words[i], std::memory_order_release);
    sequence_.store(sequence + 2, std::memory_order_release);
  }

  /// Reader: the last value that was written as a whole; repeats while the writer is at it.
  [[nodiscard]] T read() const noexcept {
    for (;;) {
      const std::uint64_t before = sequence_.load(std::memory_order_acquire);
      Words words = {};
      for (std::size_t i = 0; i < words.size(); ++i) words[i] = words_[i].load(std::memory_order_acquire);
      if (before % 2 == 0 && sequence_.load(std::memory_order_relaxed) == before) {
        T value;
        std::memcpy(static_cast<void*>(&value), words.data(), sizeof value);
        return value;
      }
      std::this_thread::yield();
    }
  }

 private:
  static constexpr std::size_t kWords = (sizeof(T) + 7) / 8;
  using Words = std::array<std::uint64_t, kWords>;
  std::atomic<std::uint64_t> sequence_{0};
  std::array<std::atomic<std::uint64_t>, kWords> words_ = {};
};

}  // namespace hd
