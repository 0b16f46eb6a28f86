// SPDX-License-Identifier: Apache-2.0
#include "sensor/match/head_table.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>

#include "sensor/base/assert.hpp"

namespace hd {
namespace {

/// The first eight bytes, zeros behind the end.
std::uint64_t first8(Bytes bytes) noexcept {
  if (bytes.size() >= 8) return load<std::uint64_t>(bytes.data());
  std::uint64_t result = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) result |= std::uint64_t{bytes[i]} << (8 * i);
  return result;
}

}  // namespace

HeadTable::HeadTable(std::span<const HeadLiteral> literals) : literal_count_(literals.size()) {
  std::map<std::uint16_t, std::vector<const HeadLiteral*>> by_offset;
  for (const HeadLiteral& literal : literals) {
    HD_ASSERT(!literal.bytes.empty());
    by_offset[literal.offset].push_back(&literal);
  }
  for (const auto& [offset, here] : by_offset) {
    Offset& at = offsets_.emplace_back(Offset{.offset = offset, .first = static_cast<std::uint32_t>(direct_.size())});
    std::size_t shortest = std::numeric_limits<std::size_t>::max();
    for (const HeadLiteral* literal : here) {
      shortest = std::min(shortest, literal->bytes.size());
      at.first_bytes |= bit_of(as_bytes(literal->bytes).front());
    }
    at.end_min = static_cast<std::uint32_t>(offset + shortest);
    if (here.size() > kDirectMax) {
      std::vector<EdgeLiteral> keys;
      for (const HeadLiteral* literal : here) {
        keys.push_back({.bytes = literal->bytes, .letters = literal->letters, .id = literal->id});
      }
      at.keys = static_cast<std::int32_t>(keys_.size());
      keys_.emplace_back(Edge::head, keys);
      continue;
    }
    for (const HeadLiteral* literal : here) add_direct(*literal);
    at.count = static_cast<std::uint32_t>(here.size());
  }
  std::ranges::stable_sort(offsets_, {}, &Offset::end_min);
}

void HeadTable::add_direct(const HeadLiteral& literal) {
  const std::size_t in_head = std::min<std::size_t>(literal.bytes.size(), 8);
  const std::uint64_t mask = in_head == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * in_head)) - 1;
  direct_.push_back({.mask = mask,
                     .value = fold8(first8(as_bytes(literal.bytes))) & mask,
                     .text = static_cast<std::uint32_t>(texts_.size()),
                     .length = static_cast<std::uint32_t>(literal.bytes.size()),
                     .id = literal.id,
                     .letters = literal.letters});
  texts_ += literal.letters == LetterCase::folded ? folded(literal.bytes) : literal.bytes;
}

std::uint64_t HeadTable::head_of(Bytes rest) noexcept { return fold8(first8(rest)); }

bool HeadTable::holds(const Direct& direct, Bytes rest) const noexcept {
  if (rest.size() < direct.length) return false;
  const std::uint8_t* text = as_bytes(texts_).data() + direct.text;
  if (direct.letters == LetterCase::folded) return direct.length <= 8 || equals_folded(rest.data(), text, direct.length);
  return std::memcmp(rest.data(), text, direct.length) == 0;
}

std::size_t HeadTable::size_bytes() const noexcept {
  std::size_t size = offsets_.size() * sizeof(Offset) + direct_.size() * sizeof(Direct) + texts_.size();
  for (const EdgeKeySet& keys : keys_) size += keys.size_bytes();
  return size;
}

}  // namespace hd
