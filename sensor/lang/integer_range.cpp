// SPDX-License-Identifier: Apache-2.0
// Conditions on numbers: the one syntax that dsize, bsize, ttl and all integer fields share.
#include "sensor/lang/args.hpp"
#include "sensor/lang/ir.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

namespace hd {
namespace {

bool equal_caseless(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

struct Factor {
  std::string_view unit;
  std::uint64_t value;
};
constexpr Factor kFactors[] = {{"kib", 1024}, {"mib", 1024 * 1024}, {"gib", 1024 * 1024 * 1024},
                               {"kb", 1000},  {"mb", 1000 * 1000},  {"gb", 1000 * 1000 * 1000}};

// One number as people write it, and the checks that need the bound.
class Reader {
public:
  Reader(const Args& args, std::uint64_t high, std::span<const NamedValue> names)
      : args_(args), high_(high), names_(names) {}

  Result<std::uint64_t> number(std::string_view text) const {
    text = trim(text);
    for (const NamedValue& named : names_) {
      if (equal_caseless(named.name, text)) return named.value;
    }
    for (const Factor& factor : kFactors) {
      if (text.size() <= factor.unit.size() ||
          !equal_caseless(text.substr(text.size() - factor.unit.size()), factor.unit))
        continue;
      if (text.starts_with("0x")) break;
      auto value = parse_unsigned(args_, trim(text.substr(0, text.size() - factor.unit.size())), 0,
                                  high_ / factor.value);
      if (!value) return value;
      return *value * factor.value;
    }
    if (!names_.empty() && !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) == 0)
      return unknown_name(text);
    return parse_unsigned(args_, text, 0, high_);
  }

  Result<IntegerRange> compared(Compare compare, std::string_view text) const {
    auto value = number(text);
    if (!value) return fail(std::move(value.error()));
    const bool is_vacuous = (compare == Compare::less && *value == 0) ||
                            (compare == Compare::greater_equal && *value == 0) ||
                            (compare == Compare::greater && *value == high_) ||
                            (compare == Compare::less_equal && *value == high_);
    if (is_vacuous)
      return args_.wrong("\"" + std::string(args_.text()) + "\" holds for every value or for none");
    return IntegerRange{compare, *value, *value};
  }

  Result<IntegerRange> between(std::string_view first, std::string_view last, bool is_negated) const {
    auto low = number(first);
    if (!low) return fail(std::move(low.error()));
    auto high = number(last);
    if (!high) return fail(std::move(high.error()));
    // Neighbours have nothing between them; such rules of public sets load and never match.
    if (*high <= *low)
      return args_.wrong("the range runs from " + std::string(trim(first)) + " down to " +
                         std::string(trim(last)));
    return IntegerRange{is_negated ? Compare::range_negated : Compare::range, *low + 1, *high - 1};
  }

  Result<IntegerRange> mask(std::string_view text) const {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) {
      auto bits = number(text);
      if (!bits) return fail(std::move(bits.error()));
      return IntegerRange{Compare::mask_unset, *bits, 0};
    }
    const bool is_unequal = equals > 0 && text[equals - 1] == '!';
    auto bits = number(text.substr(0, is_unequal ? equals - 1 : equals));
    if (!bits) return fail(std::move(bits.error()));
    auto value = number(text.substr(equals + 1));
    if (!value) return fail(std::move(value.error()));
    if ((*value & ~*bits) != 0) return args_.wrong("the value has bits that the mask leaves out");
    return IntegerRange{is_unequal ? Compare::mask_unset : Compare::mask_set, *bits, *value};
  }

private:
  Result<std::uint64_t> unknown_name(std::string_view text) const {
    std::vector<std::string_view> known;
    for (const NamedValue& named : names_)
      known.push_back(named.name);
    const std::string_view nearest = nearest_name(text, known);
    return args_.wrong("\"" + std::string(text) + "\" is neither a number nor a known name", {},
                       nearest.empty() ? std::string() : "Did you mean \"" + std::string(nearest) + "\"?");
  }

  const Args& args_;
  std::uint64_t high_;
  std::span<const NamedValue> names_;
};

// Where a range's parts meet. A name may contain a hyphen, so names are looked up first by the caller.
struct Parted {
  std::string_view first, last;
};
std::optional<Parted> part(std::string_view text) {
  if (const std::size_t at = text.find("<>"); at != std::string_view::npos)
    return Parted{text.substr(0, at), text.substr(at + 2)};
  if (const std::size_t at = text.find('-'); at != std::string_view::npos && at > 0)
    return Parted{text.substr(0, at), text.substr(at + 1)};
  return std::nullopt;
}

bool is_name(std::string_view text, std::span<const NamedValue> names) {
  return std::any_of(names.begin(), names.end(),
                     [text](const NamedValue& named) { return equal_caseless(named.name, text); });
}

} // namespace

bool IntegerRange::holds(std::uint64_t value) const noexcept {
  switch (compare) {
  case Compare::equal:
    return value == low;
  case Compare::not_equal:
    return value != low;
  case Compare::less:
    return value < low;
  case Compare::less_equal:
    return value <= low;
  case Compare::greater:
    return value > low;
  case Compare::greater_equal:
    return value >= low;
  case Compare::range:
    return value >= low && value <= high;
  case Compare::range_negated:
    return value < low || value > high;
  case Compare::mask_set:
    return (value & low) == high;
  case Compare::mask_unset:
    return (value & low) != high;
  }
  return false;
}

Result<IntegerRange> parse_integer_range(const Args& args, std::string_view text, std::uint64_t high,
                                         std::span<const NamedValue> names) {
  text = trim(text);
  const Reader reader(args, high, names);
  if (text.empty()) return args.wrong("\"" + std::string(args.keyword()) + "\" needs a value");
  if (is_name(text, names)) return reader.compared(Compare::equal, text);
  if (text.starts_with(">=")) return reader.compared(Compare::greater_equal, text.substr(2));
  if (text.starts_with("<=")) return reader.compared(Compare::less_equal, text.substr(2));
  if (text.starts_with("!=")) return reader.compared(Compare::not_equal, text.substr(2));
  if (text.starts_with('>')) return reader.compared(Compare::greater, text.substr(1));
  if (text.starts_with('=')) return reader.compared(Compare::equal, text.substr(1));
  if (text.starts_with('&')) return reader.mask(text.substr(1));
  if (text.starts_with('<') && !text.starts_with("<>")) return reader.compared(Compare::less, text.substr(1));
  const bool is_negated = text.starts_with('!');
  const std::string_view rest = is_negated ? trim(text.substr(1)) : text;
  if (is_negated && is_name(rest, names)) return reader.compared(Compare::not_equal, rest);
  if (const auto parted = part(rest)) return reader.between(parted->first, parted->last, is_negated);
  return reader.compared(is_negated ? Compare::not_equal : Compare::equal, rest);
}

void store_range(const IntegerRange& range, std::array<std::uint64_t, 4>& numbers) noexcept {
  numbers[0] = static_cast<std::uint64_t>(range.compare);
  numbers[1] = range.low;
  numbers[2] = range.high;
}

bool range_holds(const std::array<std::uint64_t, 4>& numbers, std::uint64_t value) noexcept {
  return IntegerRange{static_cast<Compare>(numbers[0]), numbers[1], numbers[2]}.holds(value);
}

} // namespace hd
