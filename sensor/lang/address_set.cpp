// SPDX-License-Identifier: Apache-2.0
#include "sensor/lang/address_set.hpp"

#include <algorithm>

namespace hd {
namespace {

constexpr Address kFirst = {};
constexpr Address kLast = {{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}};
constexpr Address kFirst4 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0}};
constexpr Address kLast4 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255}};

Address next(Address address) {
  for (std::size_t i = 16; i-- > 0;) {
    if (++address.bytes[i] != 0) break;
  }
  return address;
}
Address previous(Address address) {
  for (std::size_t i = 16; i-- > 0;) {
    if (address.bytes[i]-- != 0) break;
  }
  return address;
}

} // namespace

AddressSet AddressSet::any() {
  AddressSet set;
  set.ranges_.push_back({kFirst, kLast});
  return set;
}

AddressSet AddressSet::any_ip4() {
  AddressSet set;
  set.ranges_.push_back({kFirst4, kLast4});
  return set;
}

AddressSet AddressSet::any_ip6() {
  return any_ip4().complement();
}

void AddressSet::add(Range range) {
  // The ranges that overlap or touch the new one melt into it.
  auto first =
      std::lower_bound(ranges_.begin(), ranges_.end(), range.first, [](const Range& one, const Address& at) {
        return one.last < at && next(one.last) < at;
      });
  auto last = first;
  while (last != ranges_.end() &&
         (last->first <= range.last || (range.last != kLast && last->first == next(range.last)))) {
    range.first = std::min(range.first, last->first);
    range.last = std::max(range.last, last->last);
    ++last;
  }
  first = ranges_.erase(first, last);
  ranges_.insert(first, range);
}

void AddressSet::add(const AddressSet& other) {
  for (const Range& range : other.ranges_)
    add(range);
}

AddressSet AddressSet::complement() const {
  AddressSet result;
  Address begin = kFirst;
  for (const Range& range : ranges_) {
    if (begin < range.first) result.ranges_.push_back({begin, previous(range.first)});
    if (range.last == kLast) return result;
    begin = next(range.last);
  }
  result.ranges_.push_back({begin, kLast});
  return result;
}

void AddressSet::remove(const AddressSet& other) {
  const AddressSet keep = other.complement();
  std::vector<Range> left;
  auto mine = ranges_.begin();
  auto kept = keep.ranges_.begin();
  while (mine != ranges_.end() && kept != keep.ranges_.end()) {
    const Range both{std::max(mine->first, kept->first), std::min(mine->last, kept->last)};
    if (both.first <= both.last) left.push_back(both);
    if (mine->last < kept->last)
      ++mine;
    else
      ++kept;
  }
  ranges_ = std::move(left);
}

bool AddressSet::contains(const Address& address) const {
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), address,
                                      [](const Address& at, const Range& one) { return at < one.first; });
  return after != ranges_.begin() && address <= std::prev(after)->last;
}

bool AddressSet::is_any() const {
  return ranges_.size() == 1 && ranges_[0].first == kFirst && ranges_[0].last == kLast;
}

} // namespace hd
