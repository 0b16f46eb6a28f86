// SPDX-License-Identifier: Apache-2.0
// Which literal of a rule is looked for, and by which matcher (detection.md 10.1).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "sensor/app/protocol.hpp"
#include "sensor/lang/ir.hpp"

namespace hd {

struct Prefilter {
  enum class Matcher : std::uint8_t {
    none,     ///< always-lists
    tail,     ///< ends at the buffer's end
    head,     ///< starts at the buffer's start
    fixed,    ///< payload: at a fixed offset of packet or window
    anywhere,
  };
  Matcher matcher = Matcher::none;
  std::size_t list = 0;       ///< index into RuleIr::lists
  std::size_t step = 0;
  std::string literal = {};   ///< small letters when is_nocase
  bool is_nocase = false;
  bool is_whole = false;      ///< nothing else may be in the buffer
  bool has_dot_prefix = false;
  bool is_early = false;      ///< only while the other side has sent next to nothing
  std::uint16_t offset = 0;   ///< Matcher::fixed
  double surprise = 0;
};

/// Looks up the protocols' rows of a buffer name; empty for names that no protocol has.
using BufferRows = std::array<const BufferSpec*, kAppProtocols>;

/// The cheapest literal of a rule. `rows` of each of its app lists, in their order (others: all null).
[[nodiscard]] Prefilter choose_prefilter(const RuleIr& rule, std::span<const BufferRows> rows);

/// In words, for `rules explain`.
[[nodiscard]] std::string to_words(const Prefilter& prefilter, const RuleIr& rule);

}  // namespace hd
