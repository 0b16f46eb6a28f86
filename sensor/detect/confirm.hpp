// SPDX-License-Identifier: Apache-2.0
// The interpreter of confirm programs (detection.md 14): does this buffer fulfil all steps of a rule's list?
#pragma once

#include <array>
#include <cstdint>

#include "sensor/base/arena.hpp"
#include "sensor/detect/trace.hpp"
#include "sensor/lang/inspection.hpp"
#include "sensor/match/regex.hpp"
#include "sensor/ruleset/ruleset.hpp"

namespace hd {

/// Captured bytes of pcre, kept until the whole rule matched; then they become flow or packet variables.
struct Captures {
  struct One {
    PcreStep::Capture::Kind kind = PcreStep::Capture::Kind::slot;
    std::uint32_t number = 0;
    Bytes bytes = {};
  };
  static constexpr std::size_t kMax = 8;
  std::array<One, kMax> items = {};
  std::size_t count = 0;
};

struct ConfirmContext {
  static constexpr std::uint32_t kStepsMax = 3000;  ///< per buffer and rule (inspection-recursion-limit)

  const Ruleset& rules;
  const Inspection* at = nullptr;
  std::array<std::uint64_t, kVariableSlots> variables = {};
  RegexScratch& regex;
  Arena& scratch;
  Captures captures = {};
  std::uint32_t steps_left = kStepsMax;
  std::uint64_t limit_hits = 0;            ///< confirm_limit
  std::uint64_t runs = 0;
  const ConfirmProgram* base64 = nullptr;         ///< the rule's list over base64_data
};

/// True when `buffer` fulfils the program. `is_final` false: the buffer may still grow.
/// Cost: bounded by kStepsMax searches of the buffer. Does not allocate beyond ctx.scratch.
template <class Trace>
bool confirm(const ConfirmProgram& program, Bytes buffer, ConfirmContext& ctx, Trace& trace) noexcept;

extern template bool confirm<NoTrace>(const ConfirmProgram&, Bytes, ConfirmContext&, NoTrace&) noexcept;

}  // namespace hd
