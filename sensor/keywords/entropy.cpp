// SPDX-License-Identifier: Apache-2.0
// entropy: how evenly the bytes of a buffer are spread, in bits a byte (0 to 8).
#include "sensor/keywords/modifier.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>

namespace hd::keyword::entropy {
namespace {

double shannon(Bytes bytes) noexcept {
  std::array<std::uint32_t, 256> counts = {};
  for (const std::uint8_t byte : bytes)
    ++counts[byte];
  double sum = 0;
  const auto total = static_cast<double>(bytes.size());
  for (const std::uint32_t count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / total;
    sum -= share * std::log2(share);
  }
  return sum;
}

// number: 0 comparison, 1 value (bits of a double), 2 offset, 3 bytes (0: all)
bool check(const Inspection&, Bytes buffer, std::size_t, const CheckData& data) noexcept {
  if (data.number[2] >= buffer.size()) return false;
  Bytes part = buffer.subspan(data.number[2]);
  if (data.number[3] != 0 && data.number[3] < part.size()) part = part.first(data.number[3]);
  const double value = shannon(part);
  const auto wanted = std::bit_cast<double>(data.number[1]);
  switch (static_cast<Compare>(data.number[0])) {
  case Compare::equal:
    return std::abs(value - wanted) < 1e-9;
  case Compare::not_equal:
    return std::abs(value - wanted) >= 1e-9;
  case Compare::less:
    return value < wanted;
  case Compare::less_equal:
    return value <= wanted;
  case Compare::greater:
    return value > wanted;
  case Compare::greater_equal:
    return value >= wanted;
  case Compare::range:
  case Compare::range_negated:
  case Compare::mask_set:
  case Compare::mask_unset:
    break;
  }
  return false;
}

Result<void> read_value(const Args& args, std::string_view text, CheckData& data) {
  Compare compare = Compare::equal;
  for (const auto& [op, meaning] : {std::pair{std::string_view(">="), Compare::greater_equal},
                                    {std::string_view("<="), Compare::less_equal},
                                    {std::string_view("!="), Compare::not_equal},
                                    {std::string_view(">"), Compare::greater},
                                    {std::string_view("<"), Compare::less},
                                    {std::string_view("="), Compare::equal},
                                    {std::string_view("!"), Compare::not_equal}}) {
    if (!text.starts_with(op)) continue;
    compare = meaning;
    text = trim(text.substr(op.size()));
    break;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !(value >= 0 && value <= 8))
    return args.wrong("\"" + std::string(text) + "\" is not an entropy", {}, "From 0 to 8.");
  data.number[0] = static_cast<std::uint64_t>(compare);
  data.number[1] = std::bit_cast<std::uint64_t>(value);
  return {};
}

Result<void> compile(const Args& args, RuleBuilder& rule) {
  CallStep step{.check = check};
  bool has_value = false;
  for (const std::string_view part : args.parts()) {
    const std::size_t blank = std::min(part.find_first_of(" \t<>=!"), part.size());
    const std::string_view name = part.substr(0, blank);
    const std::string_view value = trim(part.substr(blank));
    if (name == "value") {
      if (auto done = read_value(args, value, step.data); !done) return done;
      has_value = true;
    } else if (name == "bytes" || name == "offset") {
      auto number = parse_unsigned(args, value, 0, static_cast<std::uint64_t>(kOffsetMax));
      if (!number) return fail(std::move(number.error()));
      step.data.number[name == "offset" ? 2 : 3] = *number;
    } else {
      return args.wrong("\"" + std::string(name) + "\" does not belong into \"entropy\"", {},
                        "bytes N, offset N, value >= 6.5");
    }
  }
  if (!has_value) return args.wrong("\"entropy\" needs a value", {}, "For example entropy:value >= 7;");
  rule.add(std::move(step));
  return {};
}

constexpr KeywordSpec kSpecs[] = {{
    .name = "entropy",
    .summary = "Shannon entropy of the buffer or a part of it, in bits a byte, compared with a value",
    .syntax = "entropy:[bytes N, ][offset N, ]value <|<=|>|>=|=|!= X",
    .example = "file.data; entropy:value >= 7.5;",
    .source = "C. E. Shannon, A Mathematical Theory of Communication, 1948",
    .scope = Scope::payload,
    .compile = compile,
}};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::entropy
