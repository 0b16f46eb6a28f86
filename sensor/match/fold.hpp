// SPDX-License-Identifier: Apache-2.0
// Letters without case, ASCII only, as the rule language's nocase means it: eight bytes at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sensor/base/bytes.hpp"

namespace hd {

/// Whether letters match both ways.
enum class LetterCase : std::uint8_t { exact, folded };

/// A..Z to a..z in each of eight bytes; other bytes stay.
[[nodiscard]] constexpr std::uint64_t fold8(std::uint64_t bytes) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101u;
  const std::uint64_t low = bytes & (kOnes * 0x7f);
  const std::uint64_t from_a = low + kOnes * (0x80 - 'A');
  const std::uint64_t after_z = low + kOnes * (0x7f - 'Z');
  const std::uint64_t upper = (from_a & ~after_z) & ~bytes & (kOnes * 0x80);
  return bytes | (upper >> 2);
}
[[nodiscard]] constexpr std::uint8_t fold1(std::uint8_t byte) noexcept {
  return byte >= 'A' && byte <= 'Z' ? static_cast<std::uint8_t>(byte | 0x20) : byte;
}
/// A copy with small letters.
[[nodiscard]] std::string folded(std::string_view text);

/// Whether `length` bytes at `bytes` are those at `folded_bytes`, which has small letters only, when case does not count.
[[nodiscard]] bool equals_folded(const std::uint8_t* bytes, const std::uint8_t* folded_bytes, std::size_t length) noexcept;

}  // namespace hd
