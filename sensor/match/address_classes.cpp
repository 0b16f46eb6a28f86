// SPDX-License-Identifier: Apache-2.0
#include "sensor/match/address_classes.hpp"

#include <algorithm>
#include <bit>
#include <map>

#include "sensor/base/bytes.hpp"

namespace hd {
namespace {

__extension__ using Key128 = unsigned __int128;

constexpr Key128 kIp4First = static_cast<Key128>(0xffff) << 32;  // ::ffff:0.0.0.0
constexpr Key128 kIp4Last = kIp4First | 0xffffffffu;

Key128 key_of(const AddressBytes& address) noexcept {
  return static_cast<Key128>(load_be64(address.data())) << 64 | load_be64(address.data() + 8);
}

/// Leading bits of a key, as many as the buckets have. The shift may be the key's whole width.
template <class Key>
std::size_t bucket_of(Key key, std::uint32_t shift) noexcept {
  return shift >= sizeof(Key) * 8 ? 0 : static_cast<std::size_t>(key >> shift);
}

}  // namespace

AddressClasses::AddressClasses() : AddressClasses(std::span<const std::vector<AddressRange>>{}) {}

AddressClasses::AddressClasses(std::span<const std::vector<AddressRange>> sets)
    : row_words_(sets.empty() ? 1 : (sets.size() + 63) / 64), set_count_(static_cast<std::uint32_t>(sets.size())) {
  sweep(sets);
  index(ip4_);
  index(ip6_);
}

void AddressClasses::sweep(std::span<const std::vector<AddressRange>> sets) {
  // A set holds an address while the count of its begun ranges is above 0.
  std::map<Key128, std::vector<std::pair<std::uint32_t, int>>> changes;
  changes[0];
  changes[kIp4First];
  changes[kIp4Last + 1];
  for (std::uint32_t set = 0; set < set_count_; ++set) {
    for (const AddressRange& range : sets[set]) {
      const Key128 first = key_of(range.first), last = key_of(range.last);
      if (last < first) continue;
      changes[first].emplace_back(set, 1);
      if (last + 1 != 0) changes[last + 1].emplace_back(set, -1);
    }
  }
  std::map<std::vector<std::uint32_t>, std::uint32_t> known;  // members, sorted, to class
  std::map<std::uint32_t, int> depth;                         // of the sets that hold the current interval
  member_begin_ = {0};
  const auto class_now = [&] {
    std::vector<std::uint32_t> members;
    for (const auto& [set, count] : depth) members.push_back(set);
    const auto [found, is_new] = known.try_emplace(members, static_cast<std::uint32_t>(known.size()));
    if (is_new) {
      members_.insert(members_.end(), members.begin(), members.end());
      member_begin_.push_back(static_cast<std::uint32_t>(members_.size()));
      rows_.resize(rows_.size() + row_words_);
      for (const std::uint32_t set : members) rows_[rows_.size() - row_words_ + set / 64] |= std::uint64_t{1} << (set % 64);
    }
    return found->second;
  };
  class_now();  // class 0: no set
  const auto append = [](auto& intervals, auto begin, std::uint32_t address_class) {
    if (!intervals.classes.empty() && intervals.classes.back() == address_class) return;
    intervals.begin.push_back(begin);
    intervals.classes.push_back(address_class);
  };
  for (const auto& [key, here] : changes) {
    for (const auto& [set, step] : here) {
      if ((depth[set] += step) == 0) depth.erase(set);
    }
    const std::uint32_t address_class = class_now();
    if (key >= kIp4First && key <= kIp4Last) {
      append(ip4_, static_cast<std::uint32_t>(key), address_class);
    } else {
      append(ip6_, key, address_class);
    }
  }
}

template <class Key>
void AddressClasses::index(Intervals<Key>& intervals) {
  // As many buckets as intervals, 65,536 at most. bucket[b] is the first interval that begins in b or later.
  constexpr std::uint32_t kBits = sizeof(Key) * 8;
  const auto bits = static_cast<std::uint32_t>(std::min<std::size_t>(std::bit_width(intervals.begin.size()) - 1, 16));
  intervals.shift = kBits - bits;
  const std::size_t count = std::size_t{1} << bits;
  intervals.bucket.assign(count + 1, static_cast<std::uint32_t>(intervals.begin.size()));
  for (std::size_t i = intervals.begin.size(); i-- > 0;) {
    intervals.bucket[bucket_of(intervals.begin[i], intervals.shift)] = static_cast<std::uint32_t>(i);
  }
  for (std::size_t b = count; b-- > 0;) intervals.bucket[b] = std::min(intervals.bucket[b], intervals.bucket[b + 1]);
}

template <class Key>
std::uint32_t AddressClasses::find(const Intervals<Key>& in, Key key) noexcept {
  // The last interval that begins at or before the key: one of the bucket's, or the one before them.
  const std::size_t bucket = bucket_of(key, in.shift);
  const Key* at = in.begin.data() + in.bucket[bucket];
  std::size_t length = in.bucket[bucket + 1] - in.bucket[bucket];
  while (length > 0) {
    const std::size_t half = length / 2;
    const bool goes_on = at[half] <= key;
    at = goes_on ? at + half + 1 : at;
    length = goes_on ? length - half - 1 : half;
  }
  return in.classes[static_cast<std::size_t>(at - in.begin.data()) - 1];
}

std::uint32_t AddressClasses::class_of(const AddressBytes& address) const noexcept {
  const Key128 key = key_of(address);
  if (key >= kIp4First && key <= kIp4Last) return find(ip4_, static_cast<std::uint32_t>(key));
  return find(ip6_, key);
}

std::size_t AddressClasses::size_bytes() const noexcept {
  return ip4_.begin.size() * 8 + ip4_.bucket.size() * 4 + ip6_.begin.size() * 20 + ip6_.bucket.size() * 4 +
         rows_.size() * 8 + (members_.size() + member_begin_.size()) * 4;
}

}  // namespace hd
