// SPDX-License-Identifier: Apache-2.0
#include "sensor/files/digest.hpp"

#include <algorithm>
#include <bit>

namespace hd {
namespace {

constexpr std::array<std::uint32_t, 64> kSines = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af,
    0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa,
    0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8,
    0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244, 0x432aff97,
    0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1,
    0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr std::array<std::array<int, 4>, 4> kTurns = {{{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};

}  // namespace

void Md5Kind::block(std::array<std::uint32_t, 5>& state, const std::uint8_t* bytes) noexcept {
  std::uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  for (unsigned i = 0; i < 64; ++i) {
    std::uint32_t mixed = 0;
    unsigned word = i;
    switch (i / 16) {
      case 0: mixed = (b & c) | (~b & d); break;
      case 1: mixed = (d & b) | (~d & c); word = 5 * i + 1; break;
      case 2: mixed = b ^ c ^ d; word = 3 * i + 5; break;
      default: mixed = c ^ (b | ~d); word = 7 * i; break;
    }
    mixed += a + kSines[i] + load_le32(bytes + word % 16 * 4);
    a = d;
    d = c;
    c = b;
    b += std::rotl(mixed, kTurns[i / 16][i % 4]);
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
}

void Sha1Kind::block(std::array<std::uint32_t, 5>& state, const std::uint8_t* bytes) noexcept {
  std::array<std::uint32_t, 80> words;
  for (unsigned i = 0; i < 16; ++i) words[i] = load_be32(bytes + std::size_t{i} * 4);
  for (unsigned i = 16; i < 80; ++i) words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  std::uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
  for (unsigned i = 0; i < 80; ++i) {
    std::uint32_t mixed = 0;
    switch (i / 20) {
      case 0: mixed = ((b & c) | (~b & d)) + 0x5a827999; break;
      case 1: mixed = (b ^ c ^ d) + 0x6ed9eba1; break;
      case 2: mixed = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc; break;
      default: mixed = (b ^ c ^ d) + 0xca62c1d6; break;
    }
    mixed += std::rotl(a, 5) + e + words[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = mixed;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

template <class Kind>
void BlockDigest<Kind>::add(Bytes bytes) noexcept {
  while (!bytes.empty()) {
    const std::size_t at = length_ % 64;
    if (at == 0 && bytes.size() >= 64) {
      Kind::block(state_, bytes.data());
      bytes = bytes.subspan(64);
      length_ += 64;
      continue;
    }
    const std::size_t count = std::min(bytes.size(), 64 - at);
    std::copy_n(bytes.data(), count, block_.data() + at);
    bytes = bytes.subspan(count);
    length_ += count;
    if (length_ % 64 == 0) Kind::block(state_, block_.data());
  }
}

template <class Kind>
std::array<std::uint8_t, Kind::kSize> BlockDigest<Kind>::finish() noexcept {
  const std::uint64_t bits = length_ * 8;
  constexpr std::uint8_t kEnd = 0x80, kZero = 0;
  add({&kEnd, 1});
  while (length_ % 64 != 56) add({&kZero, 1});
  std::uint8_t tail[8];
  store(tail, Kind::kBigEndian ? __builtin_bswap64(bits) : bits);
  add({tail, 8});
  std::array<std::uint8_t, Kind::kSize> result;
  for (std::size_t i = 0; i < Kind::kSize / 4; ++i) {
    store(result.data() + i * 4, Kind::kBigEndian ? __builtin_bswap32(state_[i]) : state_[i]);
  }
  return result;
}

template class BlockDigest<Md5Kind>;
template class BlockDigest<Sha1Kind>;

}  // namespace hd
