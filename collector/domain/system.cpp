// SPDX-License-Identifier: Apache-2.0
#include "collector/domain/system.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace hd {

std::optional<std::array<std::uint8_t, 16>> parse_ip(std::string_view text) {
  if (text.empty() || text.size() > 45) return std::nullopt;
  const std::string terminated(text);
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return bytes;
  bytes = {};
  bytes[10] = bytes[11] = 0xff;
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data() + 12) == 1) return bytes;
  return std::nullopt;
}

std::optional<Network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_ip(text.substr(0, slash));
  if (!address) return std::nullopt;
  const bool is_ip4 = text.substr(0, slash).find(':') == std::string_view::npos;
  Network network{.address = *address};
  if (slash == std::string_view::npos) return network;
  const std::string_view digits = text.substr(slash + 1);
  unsigned bits = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (result.ec != std::errc{} || result.ptr != digits.data() + digits.size() || bits > (is_ip4 ? 32u : 128u)) return std::nullopt;
  network.bits = is_ip4 ? 96 + bits : bits;
  return network;
}

bool Network::contains(const std::array<std::uint8_t, 16>& other) const noexcept {
  const unsigned whole = bits / 8, rest = bits % 8;
  if (std::memcmp(address.data(), other.data(), whole) != 0) return false;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return (address[whole] & mask) == (other[whole] & mask);
}

const ProtectedSystem* SystemRegister::find(std::string_view ip) const {
  const auto address = parse_ip(ip);
  if (!address) return nullptr;
  const ProtectedSystem* best = nullptr;
  unsigned best_bits = 0;
  for (const ProtectedSystem& system : systems_) {
    for (const Network& network : system.networks) {
      if (network.contains(*address) && (best == nullptr || network.bits > best_bits)) {
        best = &system;
        best_bits = network.bits;
      }
    }
  }
  return best;
}

std::uint8_t severity_by_matrix(Effect effect, std::uint8_t system_level) noexcept {
  constexpr std::uint8_t kMatrix[4][4] = {{4, 4, 3, 3}, {3, 2, 2, 1}, {3, 2, 1, 1}, {2, 1, 1, 1}};
  const unsigned column = system_level <= 2 ? 0 : system_level == 3 ? 1 : system_level == 4 ? 2 : 3;
  return kMatrix[static_cast<unsigned>(effect)][column];
}

}  // namespace hd
