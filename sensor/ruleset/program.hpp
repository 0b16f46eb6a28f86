// SPDX-License-Identifier: Apache-2.0
// Confirm programs: what is left of a rule's steps in one buffer once they are compiled. A flat row of instructions;
// literals lie in one pool. Interpreted by detect/confirm.cpp.
#pragma once

#include <cstdint>

namespace hd {

enum class Op : std::uint8_t {
  find,           ///< content anywhere within its bounds
  pcre,
  byte_test,
  byte_jump,
  byte_extract,
  byte_math,
  is_data_at,
  size,
  base64_decode,
  absent,
  call,           ///< a keyword's own function
};

namespace op_flag {
inline constexpr std::uint8_t negated = 1 << 0;
inline constexpr std::uint8_t nocase = 1 << 1;
inline constexpr std::uint8_t relative = 1 << 2;      ///< counts from the end of the previous match
inline constexpr std::uint8_t ends = 1 << 3;          ///< must end at the buffer's end
inline constexpr std::uint8_t next_relative = 1 << 4; ///< the step behind counts from this match: try again further on
inline constexpr std::uint8_t has_variables = 1 << 5; ///< bounds come from variables: see Content in the side array
inline constexpr std::uint8_t has_within = 1 << 6;
inline constexpr std::uint8_t has_depth = 1 << 7;
}  // namespace op_flag

/// find:  literal = pool offset, length = bytes, low = offset or distance, high = depth (from the buffer's start) or within.
/// size:  low, high inclusive bounds of the length (negated: outside).
/// others: side = index into the ruleset's array of that kind of step.
struct Instruction {
  Op op = Op::find;
  std::uint8_t flags = 0;
  std::uint16_t option = 0;    ///< index of the rule's option, for --why
  std::uint32_t literal = 0;
  std::uint32_t length = 0;
  std::int32_t low = 0;
  std::int32_t high = 0;
  std::uint32_t side = 0;
};
static_assert(sizeof(Instruction) == 24);

/// Instructions [first, first + count) of the ruleset's code.
struct ConfirmProgram {
  std::uint32_t first = 0;
  std::uint16_t count = 0;
};

}  // namespace hd
