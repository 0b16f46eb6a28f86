// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/hash.hpp"

#include <nmmintrin.h>

namespace hd {

std::uint64_t hash_bytes(Bytes bytes, const HashKey& key) noexcept {
  std::uint64_t state = key.a ^ (bytes.size() * 0x9e3779b97f4a7c15u);
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) state = mix(state ^ load_le64(bytes.data() + at), key.b);
  std::uint64_t last = 0;
  for (std::size_t i = 0; at + i < bytes.size(); ++i) last |= std::uint64_t{bytes[at + i]} << (8 * i);
  state = mix(state ^ last, key.b ^ 0xa0761d6478bd642fu);
  return mix(state, key.a ^ 0xe7037ed1a0b428dbu);
}

// SSE4.2 is part of x86-64-v2, the least machine that the product supports.
std::uint32_t crc32c(Bytes bytes, std::uint32_t seed) noexcept {
  std::uint64_t state = ~seed;
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) state = _mm_crc32_u64(state, load_le64(bytes.data() + at));
  auto tail = static_cast<std::uint32_t>(state);
  for (; at < bytes.size(); ++at) tail = _mm_crc32_u8(tail, bytes[at]);
  return ~tail;
}

}  // namespace hd
