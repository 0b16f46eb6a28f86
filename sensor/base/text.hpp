// SPDX-License-Identifier: Apache-2.0
// Text for and from people: sizes, times, counts, rates, and the nearest of known words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sensor/base/time.hpp"

namespace hd {

/// Bytes: "64MiB", "1.5GiB" (KiB MiB GiB TiB), "10kB" (kB MB GB TB, decimal), "512" or "512B". No spaces, no sign.
/// Nothing when it cannot be read, is not whole, or does not fit.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);
/// "64MiB": the largest binary unit that divides it; else with one decimal, "1.4 GiB".
[[nodiscard]] std::string size_text(std::uint64_t bytes);

/// "30s", "1h30m", "500ms": pieces of y w d h m s ms us ns, largest first, each once; a year is 365 days. "0" needs no unit.
[[nodiscard]] std::optional<Nanos> parse_duration(std::string_view text);
/// The same form, with the two largest units: "3d4h", "1m30s", "214ms", "0s".
[[nodiscard]] std::string duration_text(Nanos duration);

/// "4M", "1.2k", "250" (k M G, decimal).
[[nodiscard]] std::optional<std::uint64_t> parse_count(std::string_view text);
/// With separators of thousands: "41,876".
[[nodiscard]] std::string count_text(std::uint64_t count);

/// Events a second: "1k/s", "90/m", "10/h".
[[nodiscard]] std::optional<double> parse_rate(std::string_view text);

/// Insertions, removals, changes and swaps of neighbours that make one of the other. Cost: product of the lengths;
/// texts longer than 64 count as wholly different.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);
/// The name that is most like `word`, empty when none is near enough (a third of its length, 3 at most) for
/// "did you mean". The first of equals.
[[nodiscard]] std::string_view nearest_name(std::string_view word, std::span<const std::string_view> names);

/// Without spaces, tabs and line ends at both sides.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;
/// Pieces between separators; an empty text is one empty piece.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
/// A whole number in decimal digits and nothing else.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);

}  // namespace hd
