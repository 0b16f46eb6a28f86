// SPDX-License-Identifier: Apache-2.0
// A rule's addresses after lists, negations and variables were worked out: disjoint sorted ranges.
#pragma once

#include "sensor/packet/view.hpp"

#include <cstdint>
#include <vector>

namespace hd {

/// Set of addresses of both families as sorted, disjoint, inclusive ranges. Value type; built at load only.
class AddressSet {
public:
  struct Range {
    Address first = {}, last = {};
    auto operator<=>(const Range&) const = default;
  };
  /// Every address of both families.
  [[nodiscard]] static AddressSet any();
  /// Every address of one family.
  [[nodiscard]] static AddressSet any_ip4();
  [[nodiscard]] static AddressSet any_ip6();
  void add(Range range); ///< union
  void add(const AddressSet& other);
  void remove(const AddressSet& other); ///< difference
  [[nodiscard]] AddressSet complement() const;
  [[nodiscard]] bool contains(const Address& address) const;
  [[nodiscard]] bool is_any() const;
  [[nodiscard]] bool is_empty() const { return ranges_.empty(); }
  [[nodiscard]] const std::vector<Range>& ranges() const { return ranges_; }
  auto operator<=>(const AddressSet&) const = default;

private:
  std::vector<Range> ranges_ = {};
};

} // namespace hd
