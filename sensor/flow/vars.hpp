// SPDX-License-Identifier: Apache-2.0
// What rules remember of a flow: bits, integers, captured bytes. Made when the first is written.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "sensor/base/buffer_pool.hpp"
#include "sensor/base/bytes.hpp"

namespace hd {

/// Variables of one flow. Numbers are those of the ruleset's name table. All is bounded: what does not fit is
/// refused (the writer gets false and counts). Trivially destructible: drop() gives the byte block back.
class FlowVars {
 public:
  static constexpr std::uint32_t kInlineBits = 256;   ///< numbers below are one bit each
  static constexpr std::uint32_t kSparseBits = 32;    ///< set bits with higher numbers
  static constexpr std::uint32_t kIntegers = 16;
  static constexpr std::uint32_t kCaptures = 8;
  static constexpr std::size_t kCaptureBytes = 1024;  ///< of one capture; longer ones are cut
  static constexpr std::size_t kCaptureTotal = 8192;  ///< of all captures of a flow

  [[nodiscard]] bool bit(std::uint32_t number) const noexcept;
  /// False: no room for another high-numbered bit.
  [[nodiscard]] bool set_bit(std::uint32_t number) noexcept;
  void clear_bit(std::uint32_t number) noexcept;
  /// Calls f(number) for each set bit, in rising order.
  template <class F>
  void for_each_bit(F&& f) const {
    for (std::uint32_t word = 0; word < bits_.size(); ++word) {
      for (std::uint64_t left = bits_[word]; left != 0; left &= left - 1) {
        f(word * 64 + static_cast<std::uint32_t>(__builtin_ctzll(left)));
      }
    }
    for (std::uint32_t i = 0; i < sparse_count_; ++i) f(sparse_[i]);
  }

  [[nodiscard]] bool has_integer(std::uint32_t number) const noexcept;
  /// 0 when it was never set.
  [[nodiscard]] std::uint32_t integer(std::uint32_t number) const noexcept;
  [[nodiscard]] bool set_integer(std::uint32_t number, std::uint32_t value) noexcept;
  template <class F>
  void for_each_integer(F&& f) const {
    for (std::uint32_t i = 0; i < integer_count_; ++i) f(integers_[i].number, integers_[i].value);
  }

  /// Bytes captured under a number (pcre's flow: names); empty when none.
  [[nodiscard]] Bytes capture(std::uint32_t number) const noexcept;
  /// Replaces the capture of this number; cut to kCaptureBytes. False: no room or no memory.
  [[nodiscard]] bool set_capture(std::uint32_t number, Bytes bytes, BufferPool& pool) noexcept;
  template <class F>
  void for_each_capture(F&& f) const {
    for (std::uint32_t i = 0; i < capture_count_; ++i) f(captures_[i].number, bytes_of(captures_[i]));
  }

  /// Gives the memory of the captures back. Called by FlowTable before the flow goes.
  void drop(BufferPool& pool) noexcept;

 private:
  struct Integer {
    std::uint32_t number = 0;
    std::uint32_t value = 0;
  };
  struct Capture {
    std::uint32_t number = 0;
    std::uint16_t offset = 0;
    std::uint16_t length = 0;
  };
  [[nodiscard]] Bytes bytes_of(const Capture& capture) const noexcept {
    return Bytes(block_).subspan(capture.offset, capture.length);
  }
  void remove_capture(std::uint32_t at) noexcept;
  [[nodiscard]] bool reserve(std::size_t size, BufferPool& pool) noexcept;

  std::array<std::uint64_t, kInlineBits / 64> bits_ = {};
  std::array<std::uint32_t, kSparseBits> sparse_ = {};  // sorted
  std::array<Integer, kIntegers> integers_ = {};
  std::array<Capture, kCaptures> captures_ = {};        // in order of their bytes in block_
  std::span<std::uint8_t> block_ = {};
  std::uint16_t sparse_count_ = 0;
  std::uint16_t integer_count_ = 0;
  std::uint16_t capture_count_ = 0;
  std::uint16_t capture_bytes_ = 0;
};

}  // namespace hd
