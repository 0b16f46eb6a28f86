// SPDX-License-Identifier: Apache-2.0
// Whose way of putting a stream together is followed: what a host keeps where segments overlap, which RST and
// which timestamp it takes (target-based reassembly: Shankar and Paxson 2003, Novak and Sturges 2007).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sensor/packet/view.hpp"

namespace hd {

enum class TargetPolicy : std::uint8_t {
  unset, bsd, bsd_right, old_linux, linux, old_solaris, solaris, hpux10, hpux11, irix, macos, windows, vista,
  windows2k3, first, last
};

/// Policy of a name in `stream.host_os` (`old-linux`); nothing when there is none.
[[nodiscard]] std::optional<TargetPolicy> target_policy(std::string_view name) noexcept;
[[nodiscard]] std::string_view name_of(TargetPolicy policy) noexcept;

/// Where a border of the new segment lies relative to the same border of the one that was there.
enum class Border : std::uint8_t { before, same, after };
/// Whether the new segment's bytes replace the old one's where both overlap.
[[nodiscard]] bool new_data_wins(TargetPolicy policy, Border start, Border end) noexcept;

/// Which host has which policy: networks, the longest wins, `bsd` where none fits. Immutable after start;
/// looked up once a session.
class HostPolicies {
 public:
  /// `prefix_length` counts bits of the family's address (0-32 for IPv4, 0-128 for IPv6).
  void add(const Address& network, unsigned prefix_length, TargetPolicy policy);
  [[nodiscard]] TargetPolicy of(const Address& host) const noexcept;
  /// Windows for all of IPv4, as Suricata's default file.
  [[nodiscard]] static HostPolicies standard();

 private:
  struct Row {
    Address network;
    unsigned bits;  // of 128
    TargetPolicy policy;
  };
  std::vector<Row> rows_;  // longest first
};

}  // namespace hd
