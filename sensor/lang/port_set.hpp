// SPDX-License-Identifier: Apache-2.0
// A rule's ports after lists, negations and variables were worked out.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

namespace hd {

/// Set of ports as sorted, disjoint, inclusive ranges. Value type; built at load only.
class PortSet {
public:
  struct Range {
    std::uint16_t first = 0, last = 0;
    auto operator<=>(const Range&) const = default;
  };
  [[nodiscard]] static PortSet any();
  void add(Range range);
  void add(const PortSet& other);
  void remove(const PortSet& other);
  [[nodiscard]] PortSet complement() const;
  [[nodiscard]] bool contains(std::uint16_t port) const;
  [[nodiscard]] bool is_any() const;
  [[nodiscard]] bool is_empty() const { return ranges_.empty(); }
  [[nodiscard]] const std::vector<Range>& ranges() const { return ranges_; }
  auto operator<=>(const PortSet&) const = default;

private:
  std::vector<Range> ranges_ = {};
};

} // namespace hd
