// SPDX-License-Identifier: Apache-2.0
// Many sets of ports asked at once: a port has one class, and the class knows every set that holds it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace hd {

/// Both ends belong to the range.
struct PortRange {
  std::uint16_t first = 0, last = 0;
};

/// A table of all 65,536 ports. Immutable after construction; safe to share. Sets are numbered from 0 in the order given.
class PortClasses {
 public:
  PortClasses();
  /// Ranges of a set may overlap and come in any order.
  explicit PortClasses(std::span<const std::vector<PortRange>> sets);

  [[nodiscard]] std::uint16_t class_of(std::uint16_t port) const noexcept { return classes_[port]; }
  [[nodiscard]] bool contains(std::uint16_t port_class, std::uint32_t set) const noexcept {
    return (rows_[port_class * row_words_ + set / 64] >> (set % 64) & 1) != 0;
  }
  /// Bits of all sets, 64 a word.
  [[nodiscard]] std::span<const std::uint64_t> row(std::uint16_t port_class) const noexcept {
    return {rows_.data() + port_class * row_words_, row_words_};
  }
  [[nodiscard]] std::uint32_t class_count() const noexcept { return class_count_; }
  [[nodiscard]] std::uint32_t set_count() const noexcept { return set_count_; }
  [[nodiscard]] std::size_t size_bytes() const noexcept;

 private:
  std::vector<std::uint16_t> classes_ = {};
  std::vector<std::uint64_t> rows_ = {};
  std::size_t row_words_ = 1;
  std::uint32_t class_count_ = 1, set_count_ = 0;
};

}  // namespace hd
