// SPDX-License-Identifier: Apache-2.0
#include "sensor/detect/byte_ops.hpp"

#include <bit>

namespace hd {
namespace {

std::optional<unsigned> digit_of(std::uint8_t c, unsigned base) noexcept {
  unsigned value = 99;
  if (c >= '0' && c <= '9') value = c - '0';
  else if (c >= 'a' && c <= 'f') value = c - 'a' + 10u;
  else if (c >= 'A' && c <= 'F') value = c - 'A' + 10u;
  if (value >= base) return std::nullopt;
  return value;
}

std::optional<ByteNumber> read_text(Bytes text, NumberText kind) noexcept {
  const unsigned base = kind == NumberText::hexadecimal ? 16 : kind == NumberText::octal ? 8 : 10;
  std::size_t at = 0;
  while (at < text.size() && (text[at] == ' ' || (text[at] >= 9 && text[at] <= 13))) ++at;
  bool is_negative = false;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) is_negative = text[at++] == '-';
  if (base == 16 && at + 1 < text.size() && text[at] == '0' && (text[at + 1] | 0x20) == 'x') at += 2;
  const std::size_t first = at;
  std::uint64_t value = 0;
  while (at < text.size()) {
    const auto digit = digit_of(text[at], base);
    if (!digit) break;
    value = value * base + *digit;
    ++at;
  }
  if (at == first) return std::nullopt;
  return ByteNumber{is_negative ? 0 - value : value, at};
}

}  // namespace

std::optional<ByteNumber> read_number(Bytes buffer, std::int64_t at, std::size_t count, ByteOrder order,
                                      NumberText text) noexcept {
  if (at < 0 || static_cast<std::uint64_t>(at) > buffer.size() || count > buffer.size() - static_cast<std::size_t>(at)) return std::nullopt;
  const Bytes field = buffer.subspan(static_cast<std::size_t>(at), count);
  if (text != NumberText::none) return read_text(field, text);
  if (count > 8) return std::nullopt;  // none at all is the number 0: a jump by its offset alone
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t byte = order == ByteOrder::little ? field[count - 1 - i] : field[i];
    value = value << 8 | byte;
  }
  return ByteNumber{value, count};
}

std::uint64_t apply_mask(std::uint64_t value, std::uint64_t mask) noexcept {
  if (mask == 0) return value;
  return (value & mask) >> std::countr_zero(mask);
}

bool byte_test_holds(const ByteTestStep& step, std::uint64_t value, std::uint64_t right) noexcept {
  bool holds = false;
  if (step.is_xor) {
    holds = (value ^ right) != 0;
  } else {
    switch (step.compare) {
      case Compare::equal: holds = value == right; break;
      case Compare::not_equal: holds = value != right; break;
      case Compare::less: holds = value < right; break;
      case Compare::less_equal: holds = value <= right; break;
      case Compare::greater: holds = value > right; break;
      case Compare::greater_equal: holds = value >= right; break;
      case Compare::mask_set: holds = (value & right) != 0; break;
      case Compare::mask_unset: holds = (value & right) == 0; break;
      case Compare::range:
      case Compare::range_negated: break;
    }
  }
  return holds != step.is_negated;
}

std::optional<std::uint64_t> byte_math_result(ByteMathStep::Operator op, std::uint64_t left, std::uint64_t right) noexcept {
  switch (op) {
    case ByteMathStep::Operator::add: return left + right;
    case ByteMathStep::Operator::subtract: return left - right;
    case ByteMathStep::Operator::multiply: return left * right;
    case ByteMathStep::Operator::divide:
      if (right == 0) return std::nullopt;
      return left / right;
    case ByteMathStep::Operator::shift_left: return right < 64 ? left << right : 0;
    case ByteMathStep::Operator::shift_right: return right < 64 ? left >> right : 0;
  }
  return std::nullopt;
}

std::size_t decode_base64(Bytes in, std::span<std::uint8_t> out) noexcept {
  std::uint32_t bits = 0;
  unsigned count = 0;
  std::size_t written = 0;
  for (const std::uint8_t c : in) {
    unsigned value = 0;
    if (c >= 'A' && c <= 'Z') value = c - 'A';
    else if (c >= 'a' && c <= 'z') value = c - 'a' + 26u;
    else if (c >= '0' && c <= '9') value = c - '0' + 52u;
    else if (c == '+') value = 62;
    else if (c == '/') value = 63;
    else if (c == '\r' || c == '\n' || c == ' ' || c == '\t') continue;
    else break;
    bits = bits << 6 | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      if (written == out.size()) return written;
      out[written++] = static_cast<std::uint8_t>(bits >> count);
    }
  }
  return written;
}

}  // namespace hd
