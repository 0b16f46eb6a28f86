// SPDX-License-Identifier: Apache-2.0
// Hashes that are not secrets: a keyed multiply-mix for tables that an attacker may fill, CRC32C for wire and disk.
#pragma once

#include <cstdint>
#include <string_view>

#include "sensor/base/bytes.hpp"

namespace hd {

/// 128-bit random key of one process, made at start (Random), so that nobody outside can build collisions.
struct HashKey {
  std::uint64_t a = 0x9e3779b97f4a7c15u;
  std::uint64_t b = 0xd1b54a32d192ed03u;
};

__extension__ using Uint128 = unsigned __int128;

/// 64 x 64 -> 128 multiply, folded: the mixing step of both hashes below.
inline std::uint64_t mix(std::uint64_t x, std::uint64_t y) noexcept {
  const Uint128 product = static_cast<Uint128>(x) * y;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// Keyed hash of any bytes. Cost: one multiply each 8 bytes.
[[nodiscard]] std::uint64_t hash_bytes(Bytes bytes, const HashKey& key) noexcept;
[[nodiscard]] inline std::uint64_t hash_text(std::string_view text, const HashKey& key) noexcept {
  return hash_bytes(as_bytes(text), key);
}

/// CRC32C (Castagnoli, RFC 3720 appendix B.4) of bytes, continued from `seed` (0 at the start).
[[nodiscard]] std::uint32_t crc32c(Bytes bytes, std::uint32_t seed = 0) noexcept;

}  // namespace hd
