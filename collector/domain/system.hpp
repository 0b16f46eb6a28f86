// SPDX-License-Identifier: Apache-2.0
// Protected systems with their level, and severities by what happened to them (incidents.md 4.4).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hd {

/// A network as text: "10.20.0.0/16", "2001:db8::/32", or one address.
struct Network {
  std::array<std::uint8_t, 16> address = {};  ///< IPv4 as ::ffff:a.b.c.d
  unsigned bits = 128;
  [[nodiscard]] bool contains(const std::array<std::uint8_t, 16>& other) const noexcept;
};
[[nodiscard]] std::optional<Network> parse_network(std::string_view text);
/// One address, or nothing.
[[nodiscard]] std::optional<std::array<std::uint8_t, 16>> parse_ip(std::string_view text);

struct ProtectedSystem {
  std::string name = {}, owner = {}, operator_unit = {}, purpose = {};
  std::uint8_t level = 0;  ///< 1 to 5; 0: not classified
  std::vector<Network> networks = {};
  std::vector<std::string> domains = {}, public_ips = {};
};

class SystemRegister {
 public:
  SystemRegister() = default;
  explicit SystemRegister(std::vector<ProtectedSystem> systems) : systems_(std::move(systems)) {}
  /// The system with the longest network that holds the address; nullptr: none.
  [[nodiscard]] const ProtectedSystem* find(std::string_view ip) const;
  [[nodiscard]] const std::vector<ProtectedSystem>& all() const { return systems_; }

 private:
  std::vector<ProtectedSystem> systems_ = {};
};

/// What happened, from nothing much to the worst.
enum class Effect : std::uint8_t { attempt, foothold, impaired, lost };
/// 1 very high … 4 low. Level 0 counts as 2.
[[nodiscard]] std::uint8_t severity_by_matrix(Effect effect, std::uint8_t system_level) noexcept;

}  // namespace hd
