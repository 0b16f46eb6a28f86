// SPDX-License-Identifier: Apache-2.0
// Who fills the flow table: counts of flows by the client's prefix (/24, /48), and the youngest flow of each.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "sensor/base/hash.hpp"
#include "sensor/packet/view.hpp"

namespace hd {

/// 4,096 classes of prefixes by keyed hash: two prefixes may share one, which only makes the share coarser.
/// Touched when a flow begins or ends, not by other packets. One thread.
class PrefixShare {
 public:
  PrefixShare(std::uint32_t capacity, const HashKey& key);

  /// Class of a client's address.
  [[nodiscard]] std::uint16_t class_of(const Address& client) const noexcept;
  void add(std::uint32_t flow, std::uint16_t prefix_class) noexcept;
  void remove(std::uint32_t flow) noexcept;

  /// The class that holds the most flows (as far as it was noticed), and its youngest flow.
  [[nodiscard]] std::uint16_t greediest() noexcept;
  [[nodiscard]] std::uint32_t count(std::uint16_t prefix_class) const noexcept { return classes_[prefix_class].count; }
  [[nodiscard]] std::uint32_t youngest(std::uint16_t prefix_class) const noexcept { return classes_[prefix_class].head; }

 private:
  static constexpr std::uint32_t kClasses = 4096;
  static constexpr std::uint32_t kAskedBeforeSearch = 1024;
  struct Class {
    std::uint32_t count = 0;
    std::uint32_t head = 0;
  };
  struct Links {
    std::uint32_t next = 0;
    std::uint32_t previous = 0;
    std::uint16_t prefix_class = 0;
  };

  HashKey key_;
  std::unique_ptr<Links[]> links_;
  std::array<Class, kClasses> classes_ = {};
  std::uint16_t greediest_ = 0;
  std::uint32_t asked_ = 0;
};

}  // namespace hd
