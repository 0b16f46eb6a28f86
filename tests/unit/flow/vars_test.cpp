// SPDX-License-Identifier: Apache-2.0
#include "sensor/flow/vars.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hd {
namespace {

TEST(FlowVars, BitsOfAnyNumber) {
  FlowVars vars;
  for (const std::uint32_t number : {5u, 255u, 256u, 70'000u, 300u}) {
    EXPECT_FALSE(vars.bit(number));
    EXPECT_TRUE(vars.set_bit(number));
    EXPECT_TRUE(vars.bit(number));
  }
  std::vector<std::uint32_t> seen;
  vars.for_each_bit([&](std::uint32_t number) { seen.push_back(number); });
  EXPECT_EQ(seen, (std::vector<std::uint32_t>{5, 255, 256, 300, 70'000}));
  vars.clear_bit(256);
  vars.clear_bit(5);
  vars.clear_bit(999);
  EXPECT_FALSE(vars.bit(256));
  EXPECT_FALSE(vars.bit(5));
  EXPECT_TRUE(vars.bit(70'000));
}

TEST(FlowVars, HighBitsAreBounded) {
  FlowVars vars;
  for (std::uint32_t i = 0; i < FlowVars::kSparseBits; ++i) EXPECT_TRUE(vars.set_bit(1000 + i));
  EXPECT_FALSE(vars.set_bit(5000));
  EXPECT_TRUE(vars.set_bit(1000));
  EXPECT_TRUE(vars.set_bit(1));
}

TEST(FlowVars, IntegersAreBounded) {
  FlowVars vars;
  EXPECT_FALSE(vars.has_integer(7));
  EXPECT_EQ(vars.integer(7), 0u);
  EXPECT_TRUE(vars.set_integer(7, 3));
  EXPECT_TRUE(vars.set_integer(7, 4));
  EXPECT_EQ(vars.integer(7), 4u);
  for (std::uint32_t i = 1; i < FlowVars::kIntegers; ++i) EXPECT_TRUE(vars.set_integer(100 + i, i));
  EXPECT_FALSE(vars.set_integer(999, 1));
}

TEST(FlowVars, CapturesAreReplacedCutAndBounded) {
  BufferPool pool(1 << 16);
  FlowVars vars;
  EXPECT_TRUE(vars.set_capture(1, as_bytes("first"), pool));
  EXPECT_TRUE(vars.set_capture(2, as_bytes("second"), pool));
  EXPECT_TRUE(vars.set_capture(1, as_bytes("other and longer"), pool));
  EXPECT_EQ(as_chars(vars.capture(1)), "other and longer");
  EXPECT_EQ(as_chars(vars.capture(2)), "second");
  EXPECT_TRUE(vars.capture(3).empty());
  const std::string large(5000, 'x');
  EXPECT_TRUE(vars.set_capture(3, as_bytes(large), pool));
  EXPECT_EQ(vars.capture(3).size(), FlowVars::kCaptureBytes);
  for (std::uint32_t i = 4; i <= FlowVars::kCaptures; ++i) EXPECT_TRUE(vars.set_capture(i, as_bytes("x"), pool));
  EXPECT_FALSE(vars.set_capture(99, as_bytes("x"), pool));
  vars.drop(pool);
  EXPECT_EQ(pool.used(), 0u);
}

TEST(FlowVars, CapturesStopWhereMemoryStops) {
  BufferPool pool(1 << 12);
  FlowVars vars;
  EXPECT_TRUE(vars.set_capture(1, as_bytes("x"), pool));
  while (!pool.take(512).empty()) {
  }
  EXPECT_FALSE(vars.set_capture(2, as_bytes(std::string(500, 'y')), pool));
  EXPECT_EQ(as_chars(vars.capture(1)), "x");
}

}  // namespace
}  // namespace hd
