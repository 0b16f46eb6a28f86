// SPDX-License-Identifier: Apache-2.0
// One content in one buffer, for the confirm step.
#pragma once

#include <cstddef>

#include "sensor/base/bytes.hpp"

namespace hd {

/// What the searches answer when there is no match.
inline constexpr std::size_t kNotFound = static_cast<std::size_t>(-1);

/// Offset of the first occurrence of `needle` at or after `from`, or kNotFound. The needle is not empty; `from` may lie
/// beyond the end. Compares the needle's first and last byte 32 (AVX2) or 16 places at once, then the rest.
[[nodiscard]] std::size_t find(Bytes haystack, Bytes needle, std::size_t from = 0) noexcept;

/// The same without regard to the case of ASCII letters. `folded_needle` has small letters only.
[[nodiscard]] std::size_t find_folded(Bytes haystack, Bytes folded_needle, std::size_t from = 0) noexcept;

}  // namespace hd
