// SPDX-License-Identifier: Apache-2.0
// Both searches are one algorithm with two compares: blocks of places where the needle's first and last byte fit are
// found with vector compares, and each such place is compared whole. AVX2 is asked for at run time.
#include "sensor/match/byte_search.hpp"

#include <bit>
#include <cstring>

#include "sensor/match/fold.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace hd {
namespace {

/// Bits that make a letter small, so that one compare serves both cases: 0x20 for letters.
constexpr std::uint8_t case_bit(std::uint8_t folded_byte) noexcept {
  return folded_byte >= 'a' && folded_byte <= 'z' ? 0x20 : 0;
}

struct Exact {
  static constexpr std::uint8_t bit(std::uint8_t) noexcept { return 0; }
  static bool equals(const std::uint8_t* at, const std::uint8_t* needle, std::size_t length) noexcept {
    return std::memcmp(at, needle, length) == 0;
  }
};
struct Folded {
  static constexpr std::uint8_t bit(std::uint8_t byte) noexcept { return case_bit(byte); }
  static bool equals(const std::uint8_t* at, const std::uint8_t* needle, std::size_t length) noexcept {
    return equals_folded(at, needle, length);
  }
};

/// One search: `places` are the offsets at which the needle could begin.
struct Search {
  const std::uint8_t* begin;
  std::size_t places;
  Bytes needle;
};

template <class Letters>
std::size_t find_plain(const Search& in) noexcept {
  const std::uint8_t first = in.needle.front(), bit = Letters::bit(first);
  for (std::size_t i = 0; i < in.places; ++i) {
    if ((in.begin[i] | bit) == first && Letters::equals(in.begin + i, in.needle.data(), in.needle.size())) return i;
  }
  return kNotFound;
}

#if defined(__x86_64__)

template <class Letters>
std::size_t first_of(const Search& in, std::size_t block, std::uint32_t places) noexcept {
  while (places != 0) {
    const std::size_t at = block + static_cast<std::size_t>(std::countr_zero(places));
    if (Letters::equals(in.begin + at, in.needle.data(), in.needle.size())) return at;
    places &= places - 1;
  }
  return kNotFound;
}

// The last block is moved back so that it ends at the last place: it sees places again, which answers the same.

template <class Letters>
std::size_t find_16(const Search& in) noexcept {
  const std::size_t last = in.needle.size() - 1;
  const __m128i first_byte = _mm_set1_epi8(static_cast<char>(in.needle.front()));
  const __m128i last_byte = _mm_set1_epi8(static_cast<char>(in.needle.back()));
  const __m128i first_bit = _mm_set1_epi8(static_cast<char>(Letters::bit(in.needle.front())));
  const __m128i last_bit = _mm_set1_epi8(static_cast<char>(Letters::bit(in.needle.back())));
  for (std::size_t block = 0;; block += 16) {
    if (block + 16 > in.places) block = in.places - 16;
    const __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in.begin + block));
    const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in.begin + block + last));
    const __m128i fits = _mm_and_si128(_mm_cmpeq_epi8(_mm_or_si128(a, first_bit), first_byte),
                                       _mm_cmpeq_epi8(_mm_or_si128(b, last_bit), last_byte));
    const std::size_t at = first_of<Letters>(in, block, static_cast<std::uint32_t>(_mm_movemask_epi8(fits)));
    if (at != kNotFound || block + 16 == in.places) return at;
  }
}

template <class Letters>
__attribute__((target("avx2"))) std::size_t find_32(const Search& in) noexcept {
  const std::size_t last = in.needle.size() - 1;
  const __m256i first_byte = _mm256_set1_epi8(static_cast<char>(in.needle.front()));
  const __m256i last_byte = _mm256_set1_epi8(static_cast<char>(in.needle.back()));
  const __m256i first_bit = _mm256_set1_epi8(static_cast<char>(Letters::bit(in.needle.front())));
  const __m256i last_bit = _mm256_set1_epi8(static_cast<char>(Letters::bit(in.needle.back())));
  for (std::size_t block = 0;; block += 32) {
    if (block + 32 > in.places) block = in.places - 32;
    const __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in.begin + block));
    const __m256i b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in.begin + block + last));
    const __m256i fits = _mm256_and_si256(_mm256_cmpeq_epi8(_mm256_or_si256(a, first_bit), first_byte),
                                          _mm256_cmpeq_epi8(_mm256_or_si256(b, last_bit), last_byte));
    const std::size_t at = first_of<Letters>(in, block, static_cast<std::uint32_t>(_mm256_movemask_epi8(fits)));
    if (at != kNotFound || block + 32 == in.places) return at;
  }
}

#endif

template <class Letters>
std::size_t search(Bytes haystack, Bytes needle, std::size_t from) noexcept {
  HD_ASSERT(!needle.empty());
  if (haystack.size() < needle.size() || from > haystack.size() - needle.size()) return kNotFound;
  // Begins at `from`, so that a block moved back never sees a place before it.
  const Search in{.begin = haystack.data() + from,
                  .places = haystack.size() - needle.size() + 1 - from,
                  .needle = needle};
  std::size_t at = kNotFound;
#if defined(__x86_64__)
  if (in.places >= 32 && __builtin_cpu_supports("avx2")) {
    at = find_32<Letters>(in);
  } else {
    at = in.places >= 16 ? find_16<Letters>(in) : find_plain<Letters>(in);
  }
#else
  at = find_plain<Letters>(in);
#endif
  return at == kNotFound ? kNotFound : at + from;
}

}  // namespace

std::size_t find(Bytes haystack, Bytes needle, std::size_t from) noexcept {
  return search<Exact>(haystack, needle, from);
}

std::size_t find_folded(Bytes haystack, Bytes folded_needle, std::size_t from) noexcept {
  return search<Folded>(haystack, folded_needle, from);
}

}  // namespace hd
