// SPDX-License-Identifier: Apache-2.0
#include "sensor/compile/frequency.hpp"

#include <gtest/gtest.h>

namespace hd {
namespace {

TEST(Surprise, KnowsThatRunsAndCommonWordsSayLittle) {
  EXPECT_LT(surprise_of(std::string_view("\0\0\0\0\0\0", 6), false, TextKind::binary), surprise_of("x9Qz", false, TextKind::binary));
  EXPECT_LT(surprise_of("HTTP/1.1", true, TextKind::text), surprise_of("xmrig", true, TextKind::text));
  EXPECT_LT(surprise_of("get ", true, TextKind::text), surprise_of("cmd=", true, TextKind::text));
}

TEST(BestPart, TakesTheRarestStretchOfALongLiteral) {
  const LiteralPart part = best_part("aaaaaaaaaaaaaaaaaaaaaaaa#Qx7!zK", false, TextKind::text, 8);

  EXPECT_GE(part.offset, 20u);
  EXPECT_EQ(part.length, 8u);
}

}  // namespace
}  // namespace hd
