// SPDX-License-Identifier: Apache-2.0
#include "sensor/match/edge_keys.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <map>

#include "sensor/base/assert.hpp"

namespace hd {
namespace {

constexpr std::uint32_t kWidths[] = {8, 4, 3, 2, 1};

std::uint32_t width_for(std::size_t length) {
  for (const std::uint32_t width : kWidths) {
    if (length >= width) return width;
  }
  return 0;
}

}  // namespace

EdgeKeySet::EdgeKeySet() = default;

EdgeKeySet::EdgeKeySet(Edge edge, std::span<const EdgeLiteral> literals) : edge_(edge) {
  struct Group {
    std::vector<Entry> shorts = {}, longs = {};
  };
  std::map<std::uint32_t, std::map<std::uint64_t, Group>, std::greater<>> groups;  // by width, then key

  length_min_ = std::numeric_limits<std::size_t>::max();
  for (const EdgeLiteral& literal : literals) {
    HD_ASSERT(!literal.bytes.empty());
    std::string_view text = literal.bytes;
    std::uint8_t flags = literal.letters == LetterCase::folded ? kFolded : std::uint8_t{0};
    if (literal.is_whole) flags |= kWhole;
    if (literal.has_dot_prefix) {
      // "." + buffer is never built: the dot is taken from the literal, and its place is asked for instead.
      const bool reaches_dot = literal.is_whole || edge == Edge::head;
      if (text.front() == '.') {
        text.remove_prefix(1);
        if (!reaches_dot) flags |= kLabel;
      } else if (reaches_dot) {
        continue;
      }
    }
    const std::uint32_t width = width_for(text.size());
    if (width == 0) {
      always_.push_back({.id = literal.id, .flags = flags});
      length_min_ = 0;
      continue;
    }
    Entry entry{.text = static_cast<std::uint32_t>(texts_.size()),
                .id = literal.id,
                .length = static_cast<std::uint32_t>(text.size()),
                .flags = flags};
    texts_ += (flags & kFolded) != 0 ? folded(text) : std::string(text);
    const std::uint64_t key = key_of(as_bytes(text), width);
    Group& group = groups[width][key];
    if (width == 8 && text.size() >= 16) {
      entry.next_key = next_key_of(as_bytes(text));
      group.longs.push_back(entry);
    } else {
      group.shorts.push_back(entry);
    }
    length_min_ = std::min(length_min_, text.size());
  }
  if (literals.empty()) length_min_ = 0;

  for (auto& [width, by_key] : groups) {
    std::vector<std::pair<std::uint64_t, Slot>> slots;
    for (auto& [key, group] : by_key) {
      std::ranges::stable_sort(group.longs, {}, &Entry::next_key);
      slots.emplace_back(key, Slot{.key = key,
                                   .first = static_cast<std::uint32_t>(entries_.size()),
                                   .short_count = static_cast<std::uint32_t>(group.shorts.size()),
                                   .long_count = static_cast<std::uint32_t>(group.longs.size())});
      entries_.insert(entries_.end(), group.shorts.begin(), group.shorts.end());
      entries_.insert(entries_.end(), group.longs.begin(), group.longs.end());
    }
    fill(tables_.emplace_back(KeyTable{.width = width}), slots);
  }
}

void EdgeKeySet::fill(KeyTable& table, std::span<const std::pair<std::uint64_t, Slot>> slots) {
  // Half full at most, so that a probe ends soon; 32 bits a key in the filter, which stays inside the L1 cache (32 KiB).
  const std::size_t slot_count = std::bit_ceil(std::max<std::size_t>(slots.size() * 2, 2));
  const std::size_t filter_bits = std::clamp<std::size_t>(std::bit_ceil(slots.size() * 32), 64, 32 * 1024 * 8);
  table.slots.resize(slot_count);
  table.filter.resize(filter_bits / 64);
  table.slot_shift = 64 - static_cast<std::uint32_t>(std::countr_zero(slot_count));
  table.filter_shift = 64 - static_cast<std::uint32_t>(std::countr_zero(filter_bits));
  for (const auto& [key, slot] : slots) {
    const std::uint64_t hash = key * kSpread;
    const std::uint64_t bit = hash >> table.filter_shift;
    table.filter[bit / 64] |= std::uint64_t{1} << (bit % 64);
    std::size_t at = hash >> table.slot_shift;
    while (table.slots[at].short_count + table.slots[at].long_count != 0) at = (at + 1) & (slot_count - 1);
    table.slots[at] = slot;
  }
}

std::uint64_t EdgeKeySet::next_key_of(Bytes text) const noexcept {
  const std::uint8_t* at = edge_ == Edge::head ? text.data() + 8 : text.data() + text.size() - 16;
  return fold8(load<std::uint64_t>(at));
}

std::span<const EdgeKeySet::Entry> EdgeKeySet::long_candidates(const Slot& slot, Bytes buffer) const noexcept {
  if (buffer.size() < 16) return {};
  const std::span<const Entry> all = std::span(entries_).subspan(slot.first + slot.short_count, slot.long_count);
  if (all.size() <= kLinearMax) return all;
  const auto range = std::ranges::equal_range(all, next_key_of(buffer), {}, &Entry::next_key);
  return {range.begin(), range.end()};
}

bool EdgeKeySet::holds(const Entry& entry, Bytes buffer) const noexcept {
  if (buffer.size() < entry.length) return false;
  const std::size_t rest = buffer.size() - entry.length;
  if (rest != 0) {
    if ((entry.flags & kWhole) != 0) return false;
    if ((entry.flags & kLabel) != 0 && buffer[rest - 1] != '.') return false;
  }
  const std::uint8_t* at = edge_ == Edge::head ? buffer.data() : buffer.data() + rest;
  const std::uint8_t* text = as_bytes(texts_).data() + entry.text;
  if ((entry.flags & kFolded) != 0) return equals_folded(at, text, entry.length);
  return std::memcmp(at, text, entry.length) == 0;
}

std::size_t EdgeKeySet::size_bytes() const noexcept {
  std::size_t size = entries_.size() * sizeof(Entry) + texts_.size();
  for (const KeyTable& table : tables_) size += table.slots.size() * sizeof(Slot) + table.filter.size() * 8;
  return size;
}

}  // namespace hd
