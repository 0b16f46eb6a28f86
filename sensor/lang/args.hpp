// SPDX-License-Identifier: Apache-2.0
// The value of one option as a keyword's compile function sees it, with readers for the common forms.
#pragma once

#include "sensor/base/result.hpp"
#include "sensor/base/text.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hd {

struct RuleIr;
enum class Compare : std::uint8_t;

/// `keyword:value;` without the keyword. Views point into the rule's text, which outlives the compilation.
class Args {
public:
  Args(std::string_view keyword, std::string_view value, bool has_value, Place place)
      : keyword_(keyword), value_(value), has_value_(has_value), place_(std::move(place)) {}

  [[nodiscard]] std::string_view keyword() const { return keyword_; }
  /// Trimmed; escapes not undone.
  [[nodiscard]] std::string_view text() const { return value_; }
  [[nodiscard]] bool is_empty() const { return !has_value_ || value_.empty(); }
  [[nodiscard]] const Place& place() const { return place_; }

  /// Parts between commas, trimmed; commas inside quotes and square brackets do not part.
  [[nodiscard]] std::vector<std::string_view> parts() const;
  /// The value without its quotes, escapes \" \; \\ \: undone; a leading `!` is told apart.
  [[nodiscard]] Result<std::string> quoted(bool* is_negated = nullptr) const;
  /// Refuses a value where none belongs.
  [[nodiscard]] Result<void> none() const;
  /// fail() with this option's place: what, and optionally why and hint. The code is E2103 (a wrong value).
  [[nodiscard]] tl::unexpected<Error> wrong(std::string what, std::string why = {},
                                            std::string hint = {}) const;
  /// The same with another code: E2104 wrong place, E2105 contradiction, E2114 nothing before it.
  [[nodiscard]] tl::unexpected<Error> wrong(ErrorCode code, std::string what, std::string why = {},
                                            std::string hint = {}) const;

private:
  std::string_view keyword_;
  std::string_view value_;
  bool has_value_;
  Place place_;
};

/// Whole numbers, decimal or 0x hexadecimal; the entire text must be a number within the bounds.
[[nodiscard]] Result<std::uint64_t> parse_unsigned(const Args& args, std::string_view text, std::uint64_t low,
                                                   std::uint64_t high);
[[nodiscard]] Result<std::int64_t> parse_signed(const Args& args, std::string_view text, std::int64_t low,
                                                std::int64_t high);

/// A condition on a number. Ranges are stored inclusive (`low` and `high` belong to them), whatever the text
/// meant. mask_set: (value & low) == high; mask_unset: (value & low) != high.
struct IntegerRange {
  Compare compare = {};
  std::uint64_t low = 0, high = 0;
  [[nodiscard]] bool holds(std::uint64_t value) const noexcept;
};
struct NamedValue {
  std::string_view name;
  std::uint64_t value;
};
/// `N`, `=N`, `!N`, `!=N`, `<N`, `<=N`, `>N`, `>=N`, `N-M` and `N<>M` (what lies between, the ends left out,
/// as Suricata; `!N-M` its opposite), `&N=M`, `&N!=M`, `&N` (any bit of N). Numbers are decimal, 0x
/// hexadecimal, with kb, mb, gb (1,000) or kib, mib, gib (1,024) behind them, or names of the caller's table
/// (case does not count). Refused: beyond `high`, and what can never or must always hold.
[[nodiscard]] Result<IntegerRange> parse_integer_range(const Args& args, std::string_view text,
                                                       std::uint64_t high,
                                                       std::span<const NamedValue> names = {});

/// The condition as CheckData (numbers 0 to 2), and back: for check functions.
void store_range(const IntegerRange& range, std::array<std::uint64_t, 4>& numbers) noexcept;
[[nodiscard]] bool range_holds(const std::array<std::uint64_t, 4>& numbers, std::uint64_t value) noexcept;

} // namespace hd
