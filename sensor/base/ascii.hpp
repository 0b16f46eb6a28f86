// SPDX-License-Identifier: Apache-2.0
// Bytes of text protocols: letters of ASCII without case, blanks, numbers. Other bytes are left as they are.
#pragma once

#include <cstdint>
#include <string_view>

#include "sensor/base/bytes.hpp"

namespace hd::ascii {

[[nodiscard]] constexpr std::uint8_t small(std::uint8_t c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + 32) : c;
}
[[nodiscard]] constexpr bool is_digit(std::uint8_t c) noexcept { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_blank(std::uint8_t c) noexcept { return c == ' ' || c == '\t'; }
[[nodiscard]] constexpr bool is_space(std::uint8_t c) noexcept { return c == ' ' || (c >= 9 && c <= 13); }

/// Whether the bytes begin with `words`, case left aside.
[[nodiscard]] inline bool begins_with(Bytes bytes, std::string_view words) noexcept {
  if (bytes.size() < words.size()) return false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (small(bytes[i]) != small(static_cast<std::uint8_t>(words[i]))) return false;
  }
  return true;
}
[[nodiscard]] inline bool equal(Bytes bytes, std::string_view words) noexcept {
  return bytes.size() == words.size() && begins_with(bytes, words);
}
/// Without blanks, tabs and line ends at both sides.
[[nodiscard]] inline Bytes trimmed(Bytes text) noexcept {
  while (!text.empty() && is_space(text.front())) text = text.subspan(1);
  while (!text.empty() && is_space(text.back())) text = text.first(text.size() - 1);
  return text;
}
/// Without the line end (LF, CR LF, or CRs before it).
[[nodiscard]] inline Bytes without_line_end(Bytes line) noexcept {
  if (!line.empty() && line.back() == '\n') line = line.first(line.size() - 1);
  while (!line.empty() && line.back() == '\r') line = line.first(line.size() - 1);
  return line;
}
/// Place of a byte at or behind `from`; size() when there is none.
[[nodiscard]] inline std::size_t find(Bytes bytes, char wanted, std::size_t from = 0) noexcept {
  const std::size_t at = as_chars(bytes).find(wanted, from);
  return at == std::string_view::npos ? bytes.size() : at;
}
/// Digits at the front as a number, at most `high`; how many were taken in `used` (0: none, or too large).
[[nodiscard]] inline std::uint64_t number(Bytes text, std::uint64_t high, std::size_t& used) noexcept {
  std::uint64_t value = 0;
  for (used = 0; used < text.size() && is_digit(text[used]); ++used) {
    const std::uint64_t digit = text[used] - '0';
    if (value > (high - digit) / 10) {
      used = 0;
      return 0;
    }
    value = value * 10 + digit;
  }
  return value;
}

}  // namespace hd::ascii
