// SPDX-License-Identifier: Apache-2.0
#include "sensor/detect/byte_ops.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace hd {
namespace {

TEST(ReadNumber, ReadsBothOrdersAndNothingBeyondTheEnd) {
  const std::array<std::uint8_t, 4> bytes = {0x01, 0x02, 0x03, 0x04};

  EXPECT_EQ(read_number(bytes, 0, 4, ByteOrder::big, NumberText::none)->value, 0x01020304u);
  EXPECT_EQ(read_number(bytes, 1, 2, ByteOrder::little, NumberText::none)->value, 0x0302u);
  EXPECT_FALSE(read_number(bytes, 1, 4, ByteOrder::big, NumberText::none).has_value());
  EXPECT_FALSE(read_number(bytes, -1, 2, ByteOrder::big, NumberText::none).has_value());
  EXPECT_FALSE(read_number(bytes, 0, 9, ByteOrder::big, NumberText::none).has_value());
}

TEST(ReadNumber, ReadsDigitsOfATextUntilTheyEnd) {
  const std::string text = "  1234x";

  const auto number = read_number(as_bytes(text), 0, text.size(), ByteOrder::big, NumberText::decimal);

  EXPECT_EQ(number->value, 1234u);
  EXPECT_EQ(number->used, 6u);
  EXPECT_EQ(read_number(as_bytes("0x1F"), 0, 4, ByteOrder::big, NumberText::hexadecimal)->value, 0x1fu);
  EXPECT_EQ(read_number(as_bytes("17"), 0, 2, ByteOrder::big, NumberText::octal)->value, 15u);
  EXPECT_FALSE(read_number(as_bytes("xyz"), 0, 3, ByteOrder::big, NumberText::decimal).has_value());
}

TEST(ByteMath, HasNoResultForADivisionByZero) {
  using Op = ByteMathStep::Operator;

  EXPECT_FALSE(byte_math_result(Op::divide, 1, 0).has_value());
  EXPECT_EQ(byte_math_result(Op::divide, 7, 2), 3u);
  EXPECT_EQ(byte_math_result(Op::shift_left, 1, 64), 0u);
  EXPECT_EQ(byte_math_result(Op::subtract, 1, 2), ~std::uint64_t{0});
}

TEST(ApplyMask, ShiftsPastTheMasksZeros) {
  EXPECT_EQ(apply_mask(0xabcd, 0x0ff0), 0xbcu);
  EXPECT_EQ(apply_mask(0xabcd, 0), 0xabcdu);
}

TEST(DecodeBase64, SkipsLineEndsAndStopsAtWhatIsNone) {
  std::array<std::uint8_t, 16> out{};

  EXPECT_EQ(decode_base64(as_bytes("aGFp\r\nZGFuZw==rest"), out), 7u);
  EXPECT_EQ(as_chars(Bytes(out).first(7)), "haidang");
  EXPECT_EQ(decode_base64(as_bytes("aGFpZGFuZw"), std::span(out).first(3)), 3u) << "never writes past the room";
  EXPECT_EQ(decode_base64(as_bytes("!"), out), 0u);
}

}  // namespace
}  // namespace hd
