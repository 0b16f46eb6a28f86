// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/keywords/rule_under_test.hpp"

namespace hd {
namespace {

TEST(ByteTest, ReadsItsFourValuesAndFlags) {
  constexpr RuleRow kRows[] = {
      {"byte_test:4,>,1000,20;"},
      {"byte_test:8,=,0xffff,-4,relative,little;"},
      {"byte_test:9,=,1,0;", "out of range"},
      {"byte_test:0,=,1,0;", "out of range"},
      {"byte_test:0,=,0,0,string,dec;"},
      {"byte_test:10,=,1,0,string,dec;"},
      {"byte_test:15,=,1,0,string,hex;", "out of range"},
      {"byte_test:2,=,1,0,hex;", "belong to"},
      {"byte_test:2,~,1,0;", "not a comparison"},
      {"byte_test:2,!&,1,0;"},
      {"byte_test:2,^,1,0,bitmask 0xf0;"},
      {"byte_test:2,=,1,0,dce;", "dcerpc"},
      {"byte_test:2,=,1,0,sideways;", "does not belong"},
      {"byte_test:2,=,1;", "needs count"},
      {"byte_test:2,=,size,0;", "was defined before"},
      {"byte_test:2,=,1,0,relative,relative;", "repeats"},
  };
  expect_rows(kRows);
}

TEST(ByteTest, KeepsNegationApartFromTheComparison) {
  const RuleUnderTest rule("byte_test:2,!<,7,3,relative,bitmask 0xff00;");
  ASSERT_TRUE(rule.is_built) << to_text(rule.error);
  const auto& step = rule.step<ByteTestStep>();
  EXPECT_TRUE(step.is_negated);
  EXPECT_EQ(step.compare, Compare::less);
  EXPECT_EQ(step.value.value, 7);
  EXPECT_EQ(step.offset.value, 3);
  EXPECT_TRUE(step.is_relative);
  EXPECT_EQ(step.mask, 0xff00u);
}

TEST(ByteJump, ReadsItsFlags) {
  constexpr RuleRow kRows[] = {
      {"byte_jump:2,0,relative,multiplier 4,little,align,post_offset -4;"},
      {"byte_jump:0,0,relative,post_offset -10;"},
      {"byte_jump:2,0,from_beginning,from_end;", "exclude"},
      {"byte_jump:2,0,multiplier 0;", "out of range"},
      {"byte_jump:2;", "needs count"},
      {"byte_jump:8,114,relative,multiplier 2,little,string,hex;"},
  };
  expect_rows(kRows);
}

TEST(ByteExtract, DefinesVariablesForLaterKeywords) {
  constexpr RuleRow kRows[] = {
      {R"(byte_extract:2,0,size,relative,multiplier 2,align 4; isdataat:size,relative;)"},
      {"byte_extract:2,0,size; byte_test:1,=,size,0; byte_jump:size,0; byte_math:bytes size, offset 0, oper "
       "+, rvalue size, result other;"},
      {"byte_extract:2,0,7up;", "not a name"},
      {"byte_extract:2,0,size,align 3;", "2 or 4"},
      {"byte_extract:2,0;", "needs count"},
  };
  expect_rows(kRows);
}

TEST(ByteExtract, HasSixteenVariablesARule) {
  std::string options;
  for (int i = 0; i < 16; ++i)
    options += "byte_extract:1,0,v" + std::to_string(i) + "; ";
  EXPECT_TRUE(RuleUnderTest(options).is_built);
  const RuleUnderTest one_more(options + "byte_extract:1,0,more;");
  EXPECT_FALSE(one_more.is_built);
  EXPECT_EQ(one_more.error.code, ErrorCode::E2107);
}

TEST(ByteMath, NeedsAllOfItsValues) {
  constexpr RuleRow kRows[] = {
      {"byte_math:bytes 1, offset 0, oper *, rvalue 4, result length;"},
      {"byte_math:bytes 1,offset 0,oper <<,rvalue 4,result length,relative,endian little,string hex,bitmask "
       "0xf0;"},
      {"byte_math:bytes 1, offset 0, oper %, rvalue 4, result length;", "not an operator"},
      {"byte_math:bytes 1, offset 0, oper /, rvalue 0, result length;", "division by 0"},
      {"byte_math:bytes 1, offset 0, oper +, rvalue 4;", "needs \"result\""},
      {"byte_math:bytes 1, bytes 2, offset 0, oper +, rvalue 4, result x;", "twice"},
      {"byte_math:bytes 11, offset 0, oper +, rvalue 4, result x;", "out of range"},
  };
  expect_rows(kRows);
}

TEST(Sizes, ReadConditionsOnLengths) {
  constexpr RuleRow kRows[] = {
      {R"(http.uri; content:"a"; bsize:1;)"},
      {R"(http.uri; bsize:<>3;)", "not a whole number"},
      {R"(http.uri; bsize:1<>5;)"},
      {R"(http.uri; bsize:5<>1;)", "runs from"},
      {R"(http.uri; bsize:<0;)", "holds for every value"},
      {"bsize:3;", "needs a sticky buffer"},
      {R"(http.uri; content:"abcd"; bsize:3;)", "need 4 bytes"},
      {R"(http.uri; content:"abcd"; bsize:<4;)", "need 4 bytes"},
      {R"(http.uri; content:"ab"; content:"cd"; distance:1; bsize:4;)", "need 5 bytes"},
      {R"(http.uri; content:"ab"; content:"cd"; distance:1; bsize:5;)"},
      {R"(urilen:4; content:"abcde"; http_uri;)", "need 5 bytes"},
      {R"(urilen:4; content:!"abcde"; http_uri;)", "need 5 bytes"},
      {"urilen:33<>34;"},
      {"urilen:5,wide;", "not a URI"},
      {"dsize:10<>20;"},
      {"dsize:!0;"},
      {"dsize:65536;", "out of range"},
      {"dsize:5; dsize:6;", "twice"},
      {R"(dsize:5; content:"abc"; offset:3;)", "need 6 bytes"},
      {R"(dsize:6; content:"abc"; offset:3;)"},
      {R"(dsize:<6; content:"abc"; offset:3;)", "need 6 bytes"},
      {R"(dsize:5; flow:only_stream;)", "stream only"},
      {R"(dsize:5; http.uri; content:"a";)", "single packets"},
  };
  expect_rows(kRows);
}

TEST(Sizes, RangesLeaveTheirEndsOut) {
  const RuleUnderTest rule("http.uri; bsize:10<>20;");
  ASSERT_TRUE(rule.is_built) << to_text(rule.error);
  EXPECT_EQ(rule.step<SizeStep>().low, 11u);
  EXPECT_EQ(rule.step<SizeStep>().high, 19u);
}

TEST(Base64, NeedsADecodingBeforeItsBuffer) {
  constexpr RuleRow kRows[] = {
      {R"(content:"a"; base64_decode:bytes 10, offset 1, relative; base64_data; content:"b";)"},
      {R"(base64_decode; base64_data; content:"b";)"},
      {R"(base64_data; content:"b";)", "needs a \"base64_decode\""},
      {R"(base64_decode:bytes 0;)", "out of range"},
      {R"(base64_decode:places 1;)", "does not belong"},
      {R"(base64_decode; base64_decode;)", "twice"},
  };
  expect_rows(kRows);
}

TEST(Buffers, NeedSomethingThatLooksIntoThem) {
  constexpr RuleRow kRows[] = {
      {R"(http.uri; content:"a"; http.host; content:"b";)"},
      {R"(http.uri; http.host; content:"b";)", "nothing looks into it"},
      {R"(http.uri;)", "nothing looks into it"},
      {R"(http.host; absent;)"},
      {R"(http.host; absent:or_else; content:"a";)"},
      {R"(http.host; absent:maybe;)", "or_else"},
      {"absent;", "needs a sticky buffer"},
      {R"(http.host; content:"A";)", "small letters only"},
      {R"(http.host; content:"A"; nocase;)"},
      {R"(http.uri; content:"a"; http.stat_code; content:"200";)", "request and of the response"},
      {R"(flow:to_client; http.uri; content:"a";)", "only in the other direction"},
      {R"(http.uri; content:"a";)", "does not run over", "alert udp any any -> any any"},
      {R"(http.uri; content:"a"; http.stat_code; content:"200";)", nullptr, "alert http any any => any any"},
      {R"(content:"a";)", "needs an application protocol", "alert tcp any any => any any"},
  };
  expect_rows(kRows);
}

TEST(Buffers, OfSeveralInstancesAreSelectedAnew) {
  const RuleUnderTest multi(R"(http.request_header; content:"a"; http.request_header; content:"b";)");
  EXPECT_EQ(multi.rule.lists.size(), 2u);
  const RuleUnderTest single(R"(http.uri; content:"a"; http.host; content:"c"; http.uri; content:"b";)");
  ASSERT_EQ(single.rule.lists.size(), 2u);
  EXPECT_EQ(single.rule.lists[0].steps.size(), 2u);
}

TEST(Entropy, ComparesBitsAByte) {
  const RuleUnderTest rule("http.uri; entropy:bytes 4, offset 1, value >= 2;");
  ASSERT_TRUE(rule.is_built) << to_text(rule.error);
  const auto& call = rule.step<CallStep>();
  const PacketView packet{};
  const DecodeEventSet none{};
  const Inspection at{.packet = packet, .decode_events = none};

  EXPECT_TRUE(call.check(at, as_bytes("xabcd"), 0, call.data));
  EXPECT_FALSE(call.check(at, as_bytes("xaabb"), 0, call.data));
  EXPECT_FALSE(call.check(at, as_bytes("x"), 0, call.data));

  constexpr RuleRow kRows[] = {{"http.uri; entropy:value > 9;", "not an entropy"},
                               {"http.uri; entropy:bytes 3;", "needs a value"},
                               {"http.uri; entropy:weight 3;", "does not belong"}};
  expect_rows(kRows);
}

TEST(Asn1, FindsLengthsAndBitStringsThatOverflow) {
  const PacketView packet{};
  const DecodeEventSet none{};
  const Inspection at{.packet = packet, .decode_events = none};
  const auto holds = [&](const char* options, std::string_view bytes) {
    const RuleUnderTest rule(options);
    EXPECT_TRUE(rule.is_built) << to_text(rule.error);
    const auto& call = rule.step<CallStep>();
    return call.check(at, as_bytes(bytes), 0, call.data);
  };

  EXPECT_TRUE(holds("asn1:oversize_length 500, absolute_offset 0;", std::string_view("\x04\x82\x01\xf5", 4)));
  EXPECT_FALSE(
      holds("asn1:oversize_length 501, absolute_offset 0;", std::string_view("\x04\x82\x01\xf5", 4)));
  EXPECT_TRUE(
      holds("asn1:bitstring_overflow, absolute_offset 0;", std::string_view("\x30\x04\x03\x02\x09\x00", 6)));
  EXPECT_FALSE(
      holds("asn1:bitstring_overflow, absolute_offset 0;", std::string_view("\x30\x04\x03\x02\x07\x00", 6)));
  EXPECT_FALSE(holds("asn1:oversize_length 5, absolute_offset 0;", std::string_view("\x04\x82\x01", 3)));

  constexpr RuleRow kRows[] = {{"asn1:absolute_offset 0;", "asks for nothing"},
                               {"asn1:oversize_length;", "needs a number"},
                               {"asn1:length 3;", "does not belong"}};
  expect_rows(kRows);
}

} // namespace
} // namespace hd
