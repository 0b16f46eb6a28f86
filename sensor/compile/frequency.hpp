// SPDX-License-Identifier: Apache-2.0
// How often a literal is met in ordinary traffic: the measure by which prefilters are chosen (detection.md 10.1).
#pragma once

#include <cstdint>
#include <string_view>

namespace hd {

/// What a buffer usually holds: the same letters are rare in one and common in another.
enum class TextKind : std::uint8_t { binary, text };

/// Bits of surprise of the literal: the larger, the fewer hits. 0 for a literal that is met everywhere. Cost: linear.
[[nodiscard]] double surprise_of(std::string_view literal, bool is_nocase, TextKind kind);

/// The part of at most `length_max` bytes with the most surprise.
struct LiteralPart {
  std::size_t offset = 0;
  std::size_t length = 0;
  double surprise = 0;
};
[[nodiscard]] LiteralPart best_part(std::string_view literal, bool is_nocase, TextKind kind, std::size_t length_max);

}  // namespace hd
