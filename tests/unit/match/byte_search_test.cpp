// SPDX-License-Identifier: Apache-2.0
#include "sensor/match/byte_search.hpp"

#include <gtest/gtest.h>

#include "sensor/base/time.hpp"
#include "sensor/match/fold.hpp"

namespace hd {
namespace {

std::size_t find_text(std::string_view haystack, std::string_view needle, std::size_t from = 0) {
  return find(as_bytes(haystack), as_bytes(needle), from);
}

TEST(ByteSearch, FindsFirstOccurrenceAtOrAfterTheStart) {
  EXPECT_EQ(find_text("abcabc", "abc"), 0u);
  EXPECT_EQ(find_text("abcabc", "abc", 1), 3u);
  EXPECT_EQ(find_text("abcabc", "abc", 4), kNotFound);
  EXPECT_EQ(find_text("abc", "abcd"), kNotFound);
  EXPECT_EQ(find_text("abc", "c", 2), 2u);
  EXPECT_EQ(find_text("abc", "c", 3), kNotFound);
  EXPECT_EQ(find_text("abc", "c", 99), kNotFound);
  EXPECT_EQ(find_text("", "c"), kNotFound);
}

TEST(ByteSearch, FoldedFindsEitherCaseOfLettersAndNothingElse) {
  EXPECT_EQ(find_folded(as_bytes("xx CMD.exe"), as_bytes("cmd.com")), kNotFound);
  EXPECT_EQ(find_folded(as_bytes("xx CMD.exe"), as_bytes("cmd.exe")), 3u);
  EXPECT_EQ(find_folded(as_bytes("[@`{"), as_bytes("{")), 3u);  // '[' and '{' differ by the case bit only
  EXPECT_EQ(find_folded(as_bytes("\x01"), as_bytes("!")), kNotFound);
}

TEST(ByteSearch, AnswersAsALoopDoesOnRandomBytes) {
  SeededRandom random(11);
  for (int round = 0; round < 20'000; ++round) {
    std::string haystack, needle;
    for (std::size_t i = random.next() % 90; i > 0; --i) haystack += "aAbB\0"[random.next() % 5];
    for (std::size_t i = 1 + random.next() % 9; i > 0; --i) needle += "aAbB\0"[random.next() % 5];
    const std::size_t from = random.next() % 20;

    const std::size_t expected = haystack.find(needle, from);
    const std::size_t expected_folded = folded(haystack).find(folded(needle), from);
    const std::string small = folded(needle);

    ASSERT_EQ(find(as_bytes(haystack), as_bytes(needle), from), expected) << "round " << round;
    ASSERT_EQ(find_folded(as_bytes(haystack), as_bytes(small), from), expected_folded) << "round " << round;
  }
}

TEST(Fold, TouchesOnlyAsciiCapitals) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const auto expected = static_cast<std::uint8_t>(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
    EXPECT_EQ(fold1(static_cast<std::uint8_t>(byte)), expected);
    EXPECT_EQ(fold8(byte * 0x0101010101010101u), expected * 0x0101010101010101u);
  }
}

TEST(Fold, EqualsFoldedSeesEveryByteOfEveryLength) {
  for (std::size_t length = 0; length < 40; ++length) {
    const std::string small(length, 'q'), capital(length, 'Q');
    EXPECT_TRUE(equals_folded(as_bytes(capital).data(), as_bytes(small).data(), length));
    for (std::size_t at = 0; at < length; ++at) {
      std::string other = capital;
      other[at] = '1';
      EXPECT_FALSE(equals_folded(as_bytes(other).data(), as_bytes(small).data(), length)) << length << " " << at;
    }
  }
}

}  // namespace
}  // namespace hd
