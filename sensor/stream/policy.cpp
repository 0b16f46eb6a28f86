// SPDX-License-Identifier: Apache-2.0
#include "sensor/stream/policy.hpp"

#include <algorithm>
#include <array>

namespace hd {
namespace {

constexpr std::array<std::string_view, 16> kNames = {"unset",  "bsd",    "bsd-right", "old-linux", "linux", "old-solaris",
                                                     "solaris", "hpux10", "hpux11",    "irix",      "macos", "windows",
                                                     "vista",   "windows2k3", "first", "last"};

bool begins_with(const Address& address, const Address& network, unsigned bits) noexcept {
  const unsigned whole = bits / 8;
  if (!std::equal(address.bytes.begin(), address.bytes.begin() + whole, network.bytes.begin())) return false;
  if (bits % 8 == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff00u >> (bits % 8));
  return ((address.bytes[whole] ^ network.bytes[whole]) & mask) == 0;
}

}  // namespace

std::optional<TargetPolicy> target_policy(std::string_view name) noexcept {
  for (std::size_t i = 1; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<TargetPolicy>(i);
  }
  return std::nullopt;
}

std::string_view name_of(TargetPolicy policy) noexcept { return kNames[static_cast<std::size_t>(policy)]; }

bool new_data_wins(TargetPolicy policy, Border start, Border end) noexcept {
  switch (policy) {
    case TargetPolicy::last:
      return true;
    case TargetPolicy::first:
      return false;
    case TargetPolicy::vista:
      return false;
    case TargetPolicy::bsd_right:
      return start != Border::before;
    case TargetPolicy::solaris:
    case TargetPolicy::old_solaris:
    case TargetPolicy::hpux11:
      if (start == Border::after) return end == Border::after;
      return end != Border::before;
    case TargetPolicy::old_linux:
      if (start == Border::same) return end != Border::before;
      return start == Border::before;
    case TargetPolicy::linux:
      if (start == Border::same) return end == Border::after;
      return start == Border::before;
    case TargetPolicy::windows:
    case TargetPolicy::windows2k3:
    case TargetPolicy::bsd:
    case TargetPolicy::hpux10:
    case TargetPolicy::irix:
    case TargetPolicy::macos:
    case TargetPolicy::unset:
      return start == Border::before;
  }
  return false;
}

void HostPolicies::add(const Address& network, unsigned prefix_length, TargetPolicy policy) {
  const unsigned bits = network.is_ip4() ? prefix_length + 96 : prefix_length;
  const auto at = std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) { return row.bits < bits; });
  rows_.insert(at, {network, std::min(bits, 128u), policy});
}

TargetPolicy HostPolicies::of(const Address& host) const noexcept {
  for (const Row& row : rows_) {
    if (begins_with(host, row.network, row.bits)) return row.policy;
  }
  return TargetPolicy::bsd;
}

HostPolicies HostPolicies::standard() {
  HostPolicies policies;
  policies.add(Address::from_ip4(0), 0, TargetPolicy::windows);
  return policies;
}

}  // namespace hd
