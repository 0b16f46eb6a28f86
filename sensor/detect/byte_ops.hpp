// SPDX-License-Identifier: Apache-2.0
// Numbers out of a buffer for byte_test, byte_jump, byte_extract and byte_math, and base64 for base64_decode.
#pragma once

#include <cstdint>
#include <optional>

#include "sensor/base/bytes.hpp"
#include "sensor/lang/ir.hpp"

namespace hd {

/// `count` bytes at `at` as a number in the given order (1 to 8 bytes), or as digits of a text (1 to 23 characters; leading
/// blanks are skipped). Nothing when they are not all there, or the text has no digit.
struct ByteNumber {
  std::uint64_t value = 0;
  std::size_t used = 0;  ///< bytes that the number took
};
[[nodiscard]] std::optional<ByteNumber> read_number(Bytes buffer, std::int64_t at, std::size_t count, ByteOrder order,
                                                    NumberText text) noexcept;

/// value & mask, shifted right past the mask's trailing zeros, as `bitmask` says.
[[nodiscard]] std::uint64_t apply_mask(std::uint64_t value, std::uint64_t mask) noexcept;

/// The comparison of byte_test.
[[nodiscard]] bool byte_test_holds(const ByteTestStep& step, std::uint64_t value, std::uint64_t right) noexcept;

/// Result of byte_math; nothing for a division by zero or a shift of 64 and more.
[[nodiscard]] std::optional<std::uint64_t> byte_math_result(ByteMathStep::Operator op, std::uint64_t left, std::uint64_t right) noexcept;

/// Decodes base64 (RFC 4648; padding optional, stops at the first letter outside the alphabet, blanks and line ends are
/// skipped) into `out`; answers the number of bytes written.
[[nodiscard]] std::size_t decode_base64(Bytes in, std::span<std::uint8_t> out) noexcept;

}  // namespace hd
