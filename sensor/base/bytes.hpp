// SPDX-License-Identifier: Apache-2.0
// Bytes as they came from a wire or disk, and the one reader for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "sensor/base/assert.hpp"

namespace hd {

/// Bytes that someone else owns. Not text: see base/escape.hpp before showing them to a person.
using Bytes = std::span<const std::uint8_t>;

/// The same bytes seen as characters, for functions that compare; says nothing about an encoding.
inline std::string_view as_chars(Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The same characters seen as bytes.
inline Bytes as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Conversion to a narrower integer that must not lose anything (asserts).
template <class To, class From>
  requires std::is_integral_v<To> && std::is_integral_v<From>
constexpr To narrow(From value) noexcept {
  const To result = static_cast<To>(value);
  HD_ASSERT(static_cast<From>(result) == value && ((result < To{}) == (value < From{})));
  return result;
}

/// a + b of values from the wire; false (and *out untouched) on overflow.
template <class T>
[[nodiscard]] constexpr bool checked_add(T a, T b, T* out) noexcept {
  T sum{};
  if (__builtin_add_overflow(a, b, &sum)) return false;
  *out = sum;
  return true;
}

/// Unaligned loads and stores. The caller has checked that sizeof(T) bytes are there.
template <class T>
  requires std::is_trivially_copyable_v<T>
inline T load(const std::uint8_t* at) noexcept {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}
inline std::uint16_t load_be16(const std::uint8_t* at) noexcept { return __builtin_bswap16(load<std::uint16_t>(at)); }
inline std::uint32_t load_be32(const std::uint8_t* at) noexcept { return __builtin_bswap32(load<std::uint32_t>(at)); }
inline std::uint64_t load_be64(const std::uint8_t* at) noexcept { return __builtin_bswap64(load<std::uint64_t>(at)); }
inline std::uint32_t load_be24(const std::uint8_t* at) noexcept {
  return (std::uint32_t{at[0]} << 16) | (std::uint32_t{at[1]} << 8) | at[2];
}
inline std::uint16_t load_le16(const std::uint8_t* at) noexcept { return load<std::uint16_t>(at); }
inline std::uint32_t load_le32(const std::uint8_t* at) noexcept { return load<std::uint32_t>(at); }
inline std::uint64_t load_le64(const std::uint8_t* at) noexcept { return load<std::uint64_t>(at); }
template <class T>
  requires std::is_trivially_copyable_v<T>
inline void store(std::uint8_t* at, T value) noexcept {
  std::memcpy(at, &value, sizeof(T));
}

/// Reads forwards through bytes from the wire. A read past the end gives 0, takes nothing, and sets
/// short_read(), which stays set; so a parser may read a whole header and ask once.
class Cursor {
 public:
  explicit Cursor(Bytes bytes) noexcept : bytes_(bytes) {}

  [[nodiscard]] std::uint8_t u8() noexcept { return need(1) ? bytes_[position_++] : std::uint8_t{0}; }
  [[nodiscard]] std::uint16_t be16() noexcept { return take<std::uint16_t>(2, load_be16); }
  [[nodiscard]] std::uint32_t be24() noexcept { return take<std::uint32_t>(3, load_be24); }
  [[nodiscard]] std::uint32_t be32() noexcept { return take<std::uint32_t>(4, load_be32); }
  [[nodiscard]] std::uint64_t be64() noexcept { return take<std::uint64_t>(8, load_be64); }
  [[nodiscard]] std::uint16_t le16() noexcept { return take<std::uint16_t>(2, load_le16); }
  [[nodiscard]] std::uint32_t le32() noexcept { return take<std::uint32_t>(4, load_le32); }
  [[nodiscard]] std::uint64_t le64() noexcept { return take<std::uint64_t>(8, load_le64); }

  /// `length` bytes, or an empty span and short_read().
  [[nodiscard]] Bytes bytes(std::size_t length) noexcept {
    if (!need(length)) return {};
    const Bytes result = bytes_.subspan(position_, length);
    position_ += length;
    return result;
  }
  void skip(std::size_t length) noexcept {
    if (need(length)) position_ += length;
  }
  /// What is left, without taking it.
  [[nodiscard]] Bytes rest() const noexcept { return bytes_.subspan(position_); }
  [[nodiscard]] std::size_t left() const noexcept { return bytes_.size() - position_; }
  [[nodiscard]] std::size_t position() const noexcept { return position_; }
  [[nodiscard]] bool short_read() const noexcept { return short_; }
  [[nodiscard]] bool at_end() const noexcept { return position_ == bytes_.size(); }

 private:
  bool need(std::size_t length) noexcept {
    if (length <= left()) return true;
    short_ = true;
    return false;
  }
  template <class T>
  T take(std::size_t length, T (*read)(const std::uint8_t*)) noexcept {
    if (!need(length)) return T{0};
    const T value = read(bytes_.data() + position_);
    position_ += length;
    return value;
  }

  Bytes bytes_;
  std::size_t position_ = 0;
  bool short_ = false;
};

}  // namespace hd
