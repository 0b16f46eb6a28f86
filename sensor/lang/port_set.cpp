// SPDX-License-Identifier: Apache-2.0
#include "sensor/lang/port_set.hpp"

#include <algorithm>
#include <iterator>

namespace hd {

PortSet PortSet::any() {
  PortSet set;
  set.ranges_.push_back({0, 65535});
  return set;
}

void PortSet::add(Range range) {
  auto first = std::lower_bound(ranges_.begin(), ranges_.end(), range.first,
                                [](const Range& one, std::uint16_t at) { return one.last + 1 < at; });
  auto last = first;
  while (last != ranges_.end() && last->first <= range.last + 1) {
    range.first = std::min(range.first, last->first);
    range.last = std::max(range.last, last->last);
    ++last;
  }
  first = ranges_.erase(first, last);
  ranges_.insert(first, range);
}

void PortSet::add(const PortSet& other) {
  for (const Range& range : other.ranges_)
    add(range);
}

PortSet PortSet::complement() const {
  PortSet result;
  int begin = 0;
  for (const Range& range : ranges_) {
    if (begin < range.first)
      result.ranges_.push_back(
          {static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(range.first - 1)});
    begin = range.last + 1;
  }
  if (begin <= 65535) result.ranges_.push_back({static_cast<std::uint16_t>(begin), 65535});
  return result;
}

void PortSet::remove(const PortSet& other) {
  const PortSet keep = other.complement();
  PortSet left;
  for (const Range& mine : ranges_) {
    for (const Range& kept : keep.ranges_) {
      const Range both{std::max(mine.first, kept.first), std::min(mine.last, kept.last)};
      if (both.first <= both.last) left.add(both);
    }
  }
  *this = std::move(left);
}

bool PortSet::contains(std::uint16_t port) const {
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), port,
                                      [](std::uint16_t at, const Range& one) { return at < one.first; });
  return after != ranges_.begin() && port <= std::prev(after)->last;
}

bool PortSet::is_any() const {
  return ranges_.size() == 1 && ranges_[0].first == 0 && ranges_[0].last == 65535;
}

} // namespace hd
