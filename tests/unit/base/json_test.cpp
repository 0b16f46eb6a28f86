// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/json.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hd {
namespace {

JsonDocument parsed(std::string_view text, JsonLimits limits = {}) {
  auto document = JsonDocument::parse(text, limits);
  EXPECT_TRUE(document.has_value()) << text;
  return std::move(*document);
}

TEST(JsonDocument, GivesValuesByNameAndPlace) {
  const JsonDocument document = parsed(R"({"alert":{"sid":2100498,"list":[10,"tám",false]},"f":1.5,"n":null})");

  EXPECT_EQ(document.get("alert").get("sid").as_uint(), 2'100'498u);
  EXPECT_EQ(document.get("alert").get("list").at(1).as_string(), "tám");
  EXPECT_FALSE(document.get("alert").get("list").at(2).as_bool(true));
  EXPECT_DOUBLE_EQ(document.get("f").as_double(), 1.5);
  EXPECT_TRUE(document.get("n").is(JsonKind::null));
  EXPECT_EQ(document.root().size(), 3u);
}

TEST(JsonDocument, AnswersFallbacksForWhatIsAbsentOrOfAnotherKind) {
  const JsonDocument document = parsed(R"({"port":-7,"big":18446744073709551615})");

  EXPECT_FALSE(document.get("none").get("deeper").at(3));
  EXPECT_EQ(document.get("port").as_uint(42), 42u);
  EXPECT_EQ(document.get("port").as_int(), -7);
  EXPECT_EQ(document.get("big").as_uint(), 18446744073709551615u);
  EXPECT_EQ(document.get("big").as_int(-1), -1);
  EXPECT_EQ(document.get("port").as_string("?"), "?");
  EXPECT_EQ(document.get("port").elements().begin(), document.get("port").elements().end());
}

TEST(JsonDocument, WalksMembersAndElementsInOrder) {
  const JsonDocument document = parsed(R"({"b":[1,2,3],"a":{}})");

  std::string keys;
  for (const JsonMember& member : document.root().members()) keys += std::string(member.key) + ",";
  std::uint64_t sum = 0;
  for (const JsonView element : document.get("b").elements()) sum += element.as_uint();

  EXPECT_EQ(keys, "b,a,");
  EXPECT_EQ(sum, 6u);
}

TEST(JsonDocument, RefusesWhatIsNotJson) {
  for (const char* text : {"", "{", "{\"a\":1,}", "[1] x", "'a'", "{\"a\":\"\xff\"}"}) {
    EXPECT_FALSE(JsonDocument::parse(text).has_value()) << text;
  }
}

TEST(JsonDocument, KeepsToItsLimits) {
  const std::string deep = std::string(8, '[') + std::string(8, ']');

  EXPECT_TRUE(JsonDocument::parse(deep, {.depth_max = 9}).has_value());
  EXPECT_FALSE(JsonDocument::parse(deep, {.depth_max = 7}).has_value());
  EXPECT_TRUE(JsonDocument::parse("[12]", {.length_max = 4}).has_value());
  EXPECT_FALSE(JsonDocument::parse("[123]", {.length_max = 4}).has_value());
}

TEST(JsonView, PrintsItselfWithoutSpaces) {
  const JsonDocument document = parsed(R"({ "a" : [ 1 , "x" ] })");

  EXPECT_EQ(document.root().to_json(), R"({"a":[1,"x"]})");
}

TEST(JsonParser, TakesManyTextsOneAfterTheOther) {
  JsonParser parser;

  for (std::uint64_t n = 0; n < 100; ++n) {
    auto view = parser.parse("{\"n\":" + std::to_string(n) + ",\"pad\":\"" + std::string(n * 100, 'x') + "\"}");
    ASSERT_TRUE(view.has_value());
    EXPECT_EQ(view->get("n").as_uint(), n);
  }
}

}  // namespace
}  // namespace hd
