// SPDX-License-Identifier: Apache-2.0
// MD5 (RFC 1321) and SHA-1 (RFC 3174) in pieces, without memory of their own: for fingerprints that others fixed (JA3,
// certificates, digests of files), computed on the packet path where the crypto library would allocate. Never for security.
#pragma once

#include <array>
#include <cstdint>

#include "sensor/base/bytes.hpp"

namespace hd {

/// Common part: 64-byte blocks, length at the end.
template <class Kind>
class BlockDigest {
 public:
  void add(Bytes bytes) noexcept;
  /// Ends the digest; add() may not follow.
  [[nodiscard]] std::array<std::uint8_t, Kind::kSize> finish() noexcept;

 private:
  std::array<std::uint32_t, 5> state_ = Kind::kStart;
  std::array<std::uint8_t, 64> block_ = {};
  std::uint64_t length_ = 0;
};

struct Md5Kind {
  static constexpr std::size_t kSize = 16;
  static constexpr std::array<std::uint32_t, 5> kStart = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0};
  static constexpr bool kBigEndian = false;
  static void block(std::array<std::uint32_t, 5>& state, const std::uint8_t* bytes) noexcept;
};
struct Sha1Kind {
  static constexpr std::size_t kSize = 20;
  static constexpr std::array<std::uint32_t, 5> kStart = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  static constexpr bool kBigEndian = true;
  static void block(std::array<std::uint32_t, 5>& state, const std::uint8_t* bytes) noexcept;
};
using Md5 = BlockDigest<Md5Kind>;
using Sha1 = BlockDigest<Sha1Kind>;
extern template class BlockDigest<Md5Kind>;
extern template class BlockDigest<Sha1Kind>;

}  // namespace hd
