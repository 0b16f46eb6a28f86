// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/keywords/rule_under_test.hpp"

namespace hd {
namespace {

TEST(Content, ReadsTextEscapesAndHexadecimal) {
  const RuleUnderTest rule(R"(content:"a|0d 0A|\"\;\\\:b|7c|";)");
  ASSERT_TRUE(rule.is_built) << to_text(rule.error);
  EXPECT_EQ(rule.step<ContentStep>().bytes, "a\r\n\";\\:b|");
}

TEST(Content, RefusesWhatIsNoContent) {
  constexpr RuleRow kRows[] = {
      {R"(content:"a";)"},
      {R"(content:!"a";)"},
      {R"(content: ! "a";)"},
      {R"(content:"";)", "empty"},
      {R"(content:a;)", "double quotes"},
      {R"(content:"|4|";)", "half a byte"},
      {R"(content:"|4g|";)", "not hexadecimal"},
      {R"(content:"|41";)", "bar is not closed"},
      {R"(content:"a\n";)", "backslash escapes only"},
      {R"(content:"a"b";)", "not escaped"},
      {"nocase;", "needs a content"},
      {R"(content:"a"; nocase; nocase;)", "twice"},
      {R"(content:"a"; rawbytes;)"},
      {R"(http.uri; content:"a"; rawbytes;)", "cannot stand behind a sticky buffer"},
      {R"(uricontent:"/a";)"},
      {R"(http.uri; content:"b"; uricontent:"/a";)", "cannot stand behind a sticky buffer"},
  };
  expect_rows(kRows);
}

TEST(Position, IsBoundToTheBufferOrToTheMatchBefore) {
  constexpr RuleRow kRows[] = {
      {R"(content:"abc"; offset:4; depth:3;)"},
      {R"(content:"abc"; depth:2;)", "shorter than its content"},
      {R"(content:"abc"; within:2;)", "shorter than its content"},
      {R"(content:"abc"; depth:3; depth:4;)", "twice"},
      {R"(content:"abc"; offset:-1;)", "out of range"},
      {R"(content:"abc"; offset:1048577;)", "out of range"},
      {R"(content:"abc"; offset:1048576;)"},
      {R"(content:"abc"; distance:-1048576;)"},
      {R"(content:"abc"; distance:1; offset:1;)", "bound either"},
      {R"(content:"abc"; depth:10; within:10;)", "bound either"},
      {R"(content:"abc"; startswith;)"},
      {R"(content:"abc"; startswith; depth:3;)", "startswith"},
      {R"(content:"abc"; offset:3; startswith;)", "says the place"},
      {R"(content:"abc"; startswith; endswith;)"},
      {R"(content:"abc"; endswith; endswith;)", "twice"},
      {R"(content:"abc"; within:10;)"},
      {"within:10;", "needs a content"},
      {R"(content:"abc"; depth:length;)", "was defined before"},
      {R"(byte_extract:1,0,length; content:"abc"; depth:length;)"},
  };
  expect_rows(kRows);
}

TEST(Position, DistanceInAStickyBufferCountsFromItsBegin) {
  const RuleUnderTest rule(R"(http.uri; content:"/a"; distance:1;)");
  ASSERT_TRUE(rule.is_built) << to_text(rule.error);
  EXPECT_EQ(rule.step<ContentStep>().distance->value, 1);
}

TEST(FastPattern, MarksOneContentOrAPartOfIt) {
  constexpr RuleRow kRows[] = {
      {R"(content:"abcdef"; fast_pattern;)"},
      {R"(content:"abcdef"; fast_pattern:only;)"},
      {R"(content:"abcdef"; fast_pattern:2,4;)"},
      {R"(content:"abcdef"; fast_pattern:2,5;)", "beyond the content"},
      {R"(content:"abcdef"; fast_pattern:2;)", "offset and a length"},
      {R"(content:"abcdef"; fast_pattern; fast_pattern;)", "twice"},
      {R"(content:"ab"; fast_pattern; content:"cd"; fast_pattern;)", "two contents"},
      {R"(content:!"abc"; fast_pattern:only;)", "negated"},
      {R"(content:"abc"; fast_pattern:only; depth:5;)", "leaves no place"},
      {R"(content:!"abc"; offset:3; fast_pattern;)", "negated content that has"},
      {R"(content:"abc"; base64_decode; base64_data; content:"d"; fast_pattern;)", "base64_data"},
  };
  expect_rows(kRows);
}

TEST(Modifier, MovesTheContentBeforeItWithAllItsProperties) {
  const RuleUnderTest rule(R"(content:"x"; content:"/a"; nocase; http_uri; depth:9;)");

  ASSERT_TRUE(rule.is_built) << to_text(rule.error);
  ASSERT_EQ(rule.rule.lists.size(), 2u);
  EXPECT_EQ(rule.rule.lists[0].buffer.kind, BufferRef::Kind::payload);
  EXPECT_EQ(rule.rule.lists[1].buffer.app, "http.uri");
  const auto& content = std::get<ContentStep>(rule.rule.lists[1].steps.at(0).kind);
  EXPECT_EQ(content.bytes, "/a");
  EXPECT_TRUE(content.is_nocase);
  EXPECT_EQ(content.depth->value, 9);
  EXPECT_EQ(rule.rule.app_protocol, AppProtocol::http);
  EXPECT_TRUE(rule.rule.flow.to_server);
}

TEST(Modifier, CannotStandInAStickyBufferOrAlone) {
  constexpr RuleRow kRows[] = {
      {"http_uri;", "needs a content"},
      {R"(http.uri; content:"a"; http_uri;)", "behind a sticky buffer"},
      {R"(http.uri; content:"a"; pkt_data; content:"b"; http_uri;)"},
  };
  expect_rows(kRows);
}

TEST(Pcre, KnowsItsFlagsAndBuffers) {
  constexpr RuleRow kRows[] = {
      {R"(pcre:"/a.c/ismxAEGRBO";)"},
      {R"(pcre:!"/abc/";)"},
      {R"(pcre:"/abc/U";)"},
      {R"(pcre:"/abc/UI";)", "two buffers"},
      {R"(pcre:"/abc/q";)", "not a flag"},
      {R"(pcre:"abc";)", "between slashes"},
      {R"(pcre:"/a(/";)", ""},
      {R"(http.uri; pcre:"/abc/U";)"},
      {R"(http.host; pcre:"/abc/U";)", "another buffer"},
      {R"(pcre:"/ABC/W";)", "small letters only"},
      {R"(pcre:"/a\S/W";)"},
      {R"(pcre:"/(a)(b)/, flow:first, pkt:second";)"},
      {R"(pcre:"/(a)/, flow:first, pkt:second";)", "more names than groups"},
      {R"(pcre:"/(a)/, first";)", "not a capture"},
  };
  expect_rows(kRows);
}

TEST(Pcre, NumbersNamedGroupsAsTheyOpen) {
  const RuleUnderTest rule(R"(pcre:"/(?:x)(a)(?P<flow_page>b)[(]/";)");

  ASSERT_TRUE(rule.is_built) << to_text(rule.error);
  ASSERT_EQ(rule.step<PcreStep>().captures.size(), 1u);
  EXPECT_EQ(rule.step<PcreStep>().captures[0].group, 2);
  EXPECT_EQ(rule.names.name_of(NameTable::Kind::flowvar, rule.step<PcreStep>().captures[0].number), "page");
}

} // namespace
} // namespace hd
