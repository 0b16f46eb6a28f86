// SPDX-License-Identifier: Apache-2.0
#include "sensor/protocols/smtp/transfer_coding.hpp"

#include "sensor/base/ascii.hpp"

namespace hd::protocol::smtp {
namespace {

constexpr std::uint8_t kNone = 0xff;

constexpr std::uint8_t value_of(std::uint8_t c) noexcept {
  if (c >= 'A' && c <= 'Z') return static_cast<std::uint8_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<std::uint8_t>(c - 'a' + 26);
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0' + 52);
  return c == '+' ? 62 : c == '/' ? 63 : kNone;
}
constexpr std::uint8_t hex_of(std::uint8_t c) noexcept {
  if (ascii::is_digit(c)) return static_cast<std::uint8_t>(c - '0');
  const std::uint8_t small = ascii::small(c);
  return small >= 'a' && small <= 'f' ? static_cast<std::uint8_t>(small - 'a' + 10) : kNone;
}

}  // namespace

Bytes Decoder::take(Bytes piece, std::span<std::uint8_t, kPieceMax + 8> room) noexcept {
  HD_ASSERT(piece.size() <= kPieceMax);
  std::size_t size = 0;
  switch (coding_) {
    case TransferCoding::base64: size = base64(piece, room.data()); break;
    case TransferCoding::quoted_printable: size = quoted(piece, room.data()); break;
    case TransferCoding::none: size = plain(piece, room.data()); break;
  }
  return {room.data(), size};
}

// Letters outside of the alphabet are passed over (RFC 2045 6.8).
std::size_t Decoder::base64(Bytes piece, std::uint8_t* to) noexcept {
  std::size_t size = 0;
  for (const std::uint8_t c : piece) {
    if (c == '=') {
      if (count_ >= 2) {
        const std::uint32_t bits = bits_ << (6 * (4 - count_));
        to[size++] = static_cast<std::uint8_t>(bits >> 16);
        if (count_ == 3) to[size++] = static_cast<std::uint8_t>(bits >> 8);
      }
      bits_ = count_ = 0;
      continue;
    }
    const std::uint8_t value = value_of(c);
    if (value == kNone) {
      was_wrong_ = was_wrong_ || !ascii::is_space(c);
      continue;
    }
    bits_ = bits_ << 6 | value;
    if (++count_ < 4) continue;
    to[size++] = static_cast<std::uint8_t>(bits_ >> 16);
    to[size++] = static_cast<std::uint8_t>(bits_ >> 8);
    to[size++] = static_cast<std::uint8_t>(bits_);
    bits_ = count_ = 0;
  }
  return size;
}

std::size_t Decoder::release(std::uint8_t* to) noexcept {
  const std::size_t size = held_count_;
  for (std::size_t i = 0; i < size; ++i) to[i] = held_[i];
  held_count_ = 0;
  return size;
}

// "=XX" is a byte, "=" at the end of a line joins it with the next.
std::size_t Decoder::quoted(Bytes piece, std::uint8_t* to) noexcept {
  std::size_t size = 0;
  for (const std::uint8_t c : piece) {
    if (escape_count_ == 0 && c != '=') {
      if (c == '\r' || c == '\n') {
        if (c == '\r' || held_count_ == 2 || (held_count_ == 1 && held_[0] == '\n')) size += release(to + size);
        held_[held_count_++] = c;
      } else {
        size += release(to + size);
        to[size++] = c;
      }
      continue;
    }
    if (escape_count_ == 0) {
      size += release(to + size);
      escape_[escape_count_++] = c;
      continue;
    }
    if (escape_count_ == 1 && ascii::is_space(c)) {
      if (c == '\n') escape_count_ = 0;
      continue;
    }
    escape_[1] = escape_count_ == 1 ? c : escape_[1];
    if (++escape_count_ < 3) continue;
    escape_count_ = 0;
    const std::uint8_t high = hex_of(escape_[1]), low = hex_of(c);
    if (high != kNone && low != kNone) {
      to[size++] = static_cast<std::uint8_t>(high << 4 | low);
      continue;
    }
    was_wrong_ = true;
    for (const std::uint8_t one : {std::uint8_t{'='}, escape_[1], c}) to[size++] = one;
  }
  return size;
}

std::size_t Decoder::plain(Bytes piece, std::uint8_t* to) noexcept {
  std::size_t size = release(to);
  std::size_t end = piece.size();
  if (end > 0 && piece[end - 1] == '\n') --end;
  if (end < piece.size() && end > 0 && piece[end - 1] == '\r') --end;
  for (std::size_t i = 0; i < end; ++i) to[size++] = piece[i];
  for (std::size_t i = end; i < piece.size(); ++i) held_[held_count_++] = piece[i];
  return size;
}

}  // namespace hd::protocol::smtp
