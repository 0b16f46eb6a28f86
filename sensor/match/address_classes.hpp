// SPDX-License-Identifier: Apache-2.0
// Many sets of addresses asked at once: an address has one class, and the class knows every set that holds it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace hd {

/// IPv6 in network order, IPv4 as ::ffff:a.b.c.d (hd::Address::bytes).
using AddressBytes = std::array<std::uint8_t, 16>;
/// Both ends belong to the range.
struct AddressRange {
  AddressBytes first = {}, last = {};
};

/// Immutable after construction; safe to share. Sets are numbered from 0 in the order given; class 0 is "in no set" when
/// there is such an address.
class AddressClasses {
 public:
  AddressClasses();
  /// Ranges of a set may overlap and come in any order.
  explicit AddressClasses(std::span<const std::vector<AddressRange>> sets);

  /// 6 ns for a dozen sets, 20 ns for 1,000 reputation lists (bench/match_bench.cpp:AddressClass).
  [[nodiscard]] std::uint32_t class_of(const AddressBytes& address) const noexcept;
  /// Whether every address of the class is in the set.
  [[nodiscard]] bool contains(std::uint32_t address_class, std::uint32_t set) const noexcept {
    return (rows_[address_class * row_words_ + set / 64] >> (set % 64) & 1) != 0;
  }
  /// Bits of all sets, 64 a word.
  [[nodiscard]] std::span<const std::uint64_t> row(std::uint32_t address_class) const noexcept {
    return {rows_.data() + address_class * row_words_, row_words_};
  }
  /// Numbers of the sets that hold the class, ascending: short where rows are long and nearly empty.
  [[nodiscard]] std::span<const std::uint32_t> sets_of(std::uint32_t address_class) const noexcept {
    return {members_.data() + member_begin_[address_class], member_begin_[address_class + 1] - member_begin_[address_class]};
  }
  [[nodiscard]] std::uint32_t class_count() const noexcept { return static_cast<std::uint32_t>(member_begin_.size() - 1); }
  [[nodiscard]] std::uint32_t set_count() const noexcept { return set_count_; }
  [[nodiscard]] std::size_t size_bytes() const noexcept;

 private:
  /// Sorted beginnings of intervals; interval i goes to the next one's beginning. A bucket of the leading bits narrows
  /// the search.
  template <class Key>
  struct Intervals {
    std::vector<Key> begin = {};
    std::vector<std::uint32_t> classes = {};
    std::vector<std::uint32_t> bucket = {};
    std::uint32_t shift = 0;
  };
  __extension__ using Key128 = unsigned __int128;
  template <class Key>
  [[nodiscard]] static std::uint32_t find(const Intervals<Key>& in, Key key) noexcept;
  template <class Key>
  static void index(Intervals<Key>& intervals);
  void sweep(std::span<const std::vector<AddressRange>> sets);

  Intervals<std::uint32_t> ip4_ = {};
  Intervals<Key128> ip6_ = {};
  std::vector<std::uint64_t> rows_ = {};
  std::size_t row_words_ = 1;
  std::vector<std::uint32_t> members_ = {}, member_begin_ = {};
  std::uint32_t set_count_ = 0;
};

}  // namespace hd
