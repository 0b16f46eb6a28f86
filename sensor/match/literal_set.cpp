// SPDX-License-Identifier: Apache-2.0
#include "sensor/match/literal_set.hpp"

#include <algorithm>

#include "sensor/base/assert.hpp"

namespace hd {
namespace {

bool has_letters(std::string_view bytes) {
  return std::ranges::any_of(bytes, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

}  // namespace

std::uint32_t LiteralSet::add(std::string_view bytes, LetterCase letters) {
  HD_ASSERT(!bytes.empty());
  if (!has_letters(bytes)) letters = LetterCase::exact;
  std::string text = letters == LetterCase::folded ? folded(bytes) : std::string(bytes);

  const auto [found, is_new] =
      numbers_.try_emplace(std::pair(text, letters), static_cast<std::uint32_t>(literals_.size()));
  if (!is_new) return found->second;
  literals_.push_back({.bytes = std::move(text), .letters = letters});
  length_min_ = literals_.size() == 1 ? bytes.size() : std::min(length_min_, bytes.size());
  return found->second;
}

std::vector<std::uint32_t> LiteralSet::sorted() const {
  std::vector<std::uint32_t> numbers;
  numbers.reserve(literals_.size());
  for (const auto& [literal, number] : numbers_) numbers.push_back(number);
  return numbers;
}

}  // namespace hd
