// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "sensor/base/bytes.hpp"

namespace hd {
namespace {

struct UnitName {
  std::string_view name;
  std::uint64_t factor;
};

constexpr UnitName kSizes[] = {
    {"TiB", std::uint64_t{1} << 40}, {"GiB", std::uint64_t{1} << 30}, {"MiB", std::uint64_t{1} << 20},
    {"KiB", std::uint64_t{1} << 10}, {"TB", 1'000'000'000'000},       {"GB", 1'000'000'000},
    {"MB", 1'000'000},               {"kB", 1'000},                   {"B", 1},
};
constexpr UnitName kCounts[] = {{"G", 1'000'000'000}, {"M", 1'000'000}, {"k", 1'000}};
constexpr UnitName kDurations[] = {
    {"y", 365ull * 86'400'000'000'000}, {"w", 7ull * 86'400'000'000'000}, {"d", 86'400'000'000'000},
    {"h", 3'600'000'000'000},           {"m", 60'000'000'000},            {"s", 1'000'000'000},
    {"ms", 1'000'000},                  {"us", 1'000},                    {"ns", 1},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Digits with at most one point, times `factor`, exactly; nothing if that is no whole number or too large.
std::optional<std::uint64_t> scaled(std::string_view number, std::uint64_t factor) {
  const std::size_t point = number.find('.');
  std::string digits(number.substr(0, point));
  std::uint64_t divisor = 1;
  if (point != std::string_view::npos) {
    const std::string_view decimals = number.substr(point + 1);
    if (decimals.empty() || decimals.size() > 9 || digits.empty()) return std::nullopt;
    digits += decimals;
    for (std::size_t i = 0; i < decimals.size(); ++i) divisor *= 10;
  }
  std::uint64_t value = 0, result = 0;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (status != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (__builtin_mul_overflow(value, factor, &result)) return std::nullopt;
  // "1.1KiB" is 1126.4 bytes: rounded down, since people who write decimals do not count bytes.
  return result / divisor;
}

std::size_t number_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && (is_digit(text[length]) || text[length] == '.')) ++length;
  return length;
}

template <std::size_t N>
std::optional<std::uint64_t> with_unit(std::string_view text, const UnitName (&units)[N]) {
  const std::size_t length = number_length(text);
  if (length == 0) return std::nullopt;
  const std::string_view unit = text.substr(length);
  if (unit.empty()) {
    return text.find('.') == std::string_view::npos ? scaled(text, 1) : std::nullopt;
  }
  for (const UnitName& known : units) {
    if (unit == known.name) return scaled(text.substr(0, length), known.factor);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) { return with_unit(text, kSizes); }

std::optional<std::uint64_t> parse_count(std::string_view text) { return with_unit(text, kCounts); }

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> kNames = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  std::uint64_t whole = bytes;
  while (unit + 1 < kNames.size() && whole >= 1024) {
    whole /= 1024;
    ++unit;
  }
  const std::uint64_t factor = std::uint64_t{1} << (10 * unit);
  if (bytes % factor == 0) return std::to_string(bytes / factor) + kNames[unit];
  const std::uint64_t tenths = bytes / factor * 10 + bytes % factor * 10 / factor;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " " + kNames[unit];
}

std::optional<Nanos> parse_duration(std::string_view text) {
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  std::uint64_t total = 0;
  std::size_t unit_min = 0;  // units come largest first
  while (!text.empty()) {
    const std::size_t digits = number_length(text);
    std::size_t unit_end = digits;
    while (unit_end < text.size() && text[unit_end] >= 'a' && text[unit_end] <= 'z') ++unit_end;
    const std::string_view unit = text.substr(digits, unit_end - digits);
    std::size_t at = unit_min;
    while (at < std::size(kDurations) && kDurations[at].name != unit) ++at;
    if (digits == 0 || at == std::size(kDurations)) return std::nullopt;
    const auto piece = scaled(text.substr(0, digits), kDurations[at].factor);
    if (!piece || __builtin_add_overflow(total, *piece, &total)) return std::nullopt;
    unit_min = at + 1;
    text.remove_prefix(unit_end);
  }
  if (total > static_cast<std::uint64_t>(std::numeric_limits<Nanos>::max())) return std::nullopt;
  return static_cast<Nanos>(total);
}

std::string duration_text(Nanos duration) {
  if (duration == 0) return "0s";
  std::string result = duration < 0 ? "-" : "";
  std::uint64_t left = duration < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(duration)
                                    : static_cast<std::uint64_t>(duration);
  int pieces = 0;
  for (const UnitName& unit : kDurations) {
    if (unit.name == "w" || unit.name == "y") continue;  // days say it well enough
    if (left < unit.factor) {
      if (pieces > 0) break;
      continue;
    }
    result += std::to_string(left / unit.factor) + std::string(unit.name);
    left %= unit.factor;
    if (++pieces == 2 || left == 0 || unit.factor < 1'000'000'000) break;
  }
  return result;
}

std::string count_text(std::uint64_t count) {
  std::string result = std::to_string(count);
  for (std::size_t at = result.size(); at > 3;) result.insert(at -= 3, ",");
  return result;
}

std::optional<double> parse_rate(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto count = parse_count(text.substr(0, slash));
  const std::string_view unit = text.substr(slash + 1);
  if (!count || (unit != "s" && unit != "m" && unit != "h" && unit != "d")) return std::nullopt;
  const double seconds = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 86400;
  return static_cast<double>(*count) / seconds;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  constexpr std::size_t kLengthMax = 64;
  if (a.size() > kLengthMax || b.size() > kLengthMax) return a == b ? 0 : std::max(a.size(), b.size());
  // Three rows of the table of distances between beginnings (optimal string alignment).
  std::array<std::size_t, kLengthMax + 1> before = {}, above = {}, row = {};
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = above;
    above = row;
  }
  return above[b.size()];
}

std::string_view nearest_name(std::string_view word, std::span<const std::string_view> names) {
  std::string_view best;
  std::size_t best_distance = std::clamp<std::size_t>(word.size() / 3, 1, 3) + 1;
  for (const std::string_view name : names) {
    const std::size_t distance = edit_distance(word, name);
    if (distance < best_distance) {
      best_distance = distance;
      best = name;
    }
  }
  return best;
}

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const std::size_t end = text.find(separator);
    pieces.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return pieces;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || status != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace hd
