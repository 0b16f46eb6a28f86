// SPDX-License-Identifier: Apache-2.0
#include "sensor/match/port_classes.hpp"

#include <map>

namespace hd {
namespace {

constexpr std::size_t kPorts = 65'536;

}  // namespace

PortClasses::PortClasses() : classes_(kPorts), rows_(1) {}

PortClasses::PortClasses(std::span<const std::vector<PortRange>> sets)
    : classes_(kPorts), row_words_(sets.empty() ? 1 : (sets.size() + 63) / 64), set_count_(static_cast<std::uint32_t>(sets.size())) {
  // +1 where a range of a set begins, -1 behind its end: a set holds a port while its sum is above 0.
  std::map<std::uint32_t, std::vector<std::pair<std::uint32_t, int>>> changes;
  for (std::uint32_t set = 0; set < set_count_; ++set) {
    for (const PortRange& range : sets[set]) {
      if (range.last < range.first) continue;
      changes[range.first].emplace_back(set, 1);
      changes[range.last + 1u].emplace_back(set, -1);
    }
  }
  std::map<std::vector<std::uint64_t>, std::uint16_t> known;
  std::vector<std::uint64_t> row(row_words_);
  std::vector<int> depth(set_count_);
  known.emplace(row, std::uint16_t{0});
  rows_ = row;
  std::uint16_t current = 0;
  for (std::uint32_t port = 0; port < kPorts; ++port) {
    if (const auto change = changes.find(port); change != changes.end()) {
      for (const auto& [set, step] : change->second) {
        depth[set] += step;
        const std::uint64_t bit = std::uint64_t{1} << (set % 64);
        row[set / 64] = depth[set] > 0 ? row[set / 64] | bit : row[set / 64] & ~bit;
      }
      const auto [found, is_new] = known.try_emplace(row, static_cast<std::uint16_t>(known.size()));
      if (is_new) rows_.insert(rows_.end(), row.begin(), row.end());
      current = found->second;
    }
    classes_[port] = current;
  }
  class_count_ = static_cast<std::uint32_t>(known.size());
}

std::size_t PortClasses::size_bytes() const noexcept { return classes_.size() * 2 + rows_.size() * 8; }

}  // namespace hd
