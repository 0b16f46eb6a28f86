// SPDX-License-Identifier: Apache-2.0
// Keywords that compare one number of the packet or flow: a load function is all that differs.
#pragma once

#include "sensor/lang/keyword.hpp"

#include <optional>

namespace hd::keyword {

using Number = std::optional<std::uint64_t>;

/// Holds when there is such a number and it is in the range.
template <Number (*Load)(const Inspection&) noexcept>
bool compare_number(const Inspection& at, const CheckData& data) noexcept {
  const Number value = Load(at);
  return value && range_holds(data.number, *value);
}

enum class About : std::uint8_t { packet, flow };

/// Reads a condition up to `High` and adds it to the rule.
template <Number (*Load)(const Inspection&) noexcept, std::uint64_t High, About Whose = About::packet>
Result<void> compile_number(const Args& args, RuleBuilder& rule) {
  auto range = parse_integer_range(args, args.text(), High);
  if (!range) return fail(std::move(range.error()));
  CheckData data;
  store_range(*range, data.number);
  rule.condition(compare_number<Load>, std::move(data), Whose == About::packet);
  return {};
}

} // namespace hd::keyword
