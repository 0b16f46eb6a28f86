// SPDX-License-Identifier: Apache-2.0
// Content transfer codings of mail (RFC 2045 6): base64 and quoted-printable, in pieces.
#pragma once

#include <cstdint>
#include <span>

#include "sensor/base/bytes.hpp"

namespace hd::protocol::smtp {

enum class TransferCoding : std::uint8_t { none, base64, quoted_printable };

/// Decodes what is shown, piece by piece. The line end before a boundary belongs to the boundary, so of texts the last
/// line end is held back until more comes.
class Decoder {
 public:
  static constexpr std::size_t kPieceMax = 4'096;

  void begin(TransferCoding coding) noexcept { *this = Decoder{}, coding_ = coding; }
  [[nodiscard]] TransferCoding coding() const noexcept { return coding_; }
  /// `piece` has at most kPieceMax bytes; the answer lies in `room` (kPieceMax + 8 bytes) or is empty.
  [[nodiscard]] Bytes take(Bytes piece, std::span<std::uint8_t, kPieceMax + 8> room) noexcept;
  /// Whether bytes were not as the coding has them.
  [[nodiscard]] bool was_wrong() const noexcept { return was_wrong_; }

 private:
  [[nodiscard]] std::size_t base64(Bytes piece, std::uint8_t* to) noexcept;
  [[nodiscard]] std::size_t quoted(Bytes piece, std::uint8_t* to) noexcept;
  [[nodiscard]] std::size_t plain(Bytes piece, std::uint8_t* to) noexcept;
  [[nodiscard]] std::size_t release(std::uint8_t* to) noexcept;

  TransferCoding coding_ = TransferCoding::none;
  std::uint32_t bits_ = 0;
  std::uint8_t count_ = 0;      // letters in bits_
  std::uint8_t held_[2] = {};   // line end, or begin of an escape
  std::uint8_t held_count_ = 0;
  std::uint8_t escape_[2] = {}; // "=X" of which more is to come
  std::uint8_t escape_count_ = 0;
  bool is_over_ = false;        // behind the padding
  bool was_wrong_ = false;
};

}  // namespace hd::protocol::smtp
