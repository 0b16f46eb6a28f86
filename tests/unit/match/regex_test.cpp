// SPDX-License-Identifier: Apache-2.0
#include "sensor/match/regex.hpp"

#include <gtest/gtest.h>

namespace hd {
namespace {

std::shared_ptr<const Regex> compile(std::string_view pattern, const Regex::Options& options = {}) {
  auto regex = Regex::compile(pattern, options);
  EXPECT_TRUE(regex.has_value()) << to_text(regex.error());
  return *regex;
}

TEST(Regex, FindsFirstMatchAtOrAfterTheStart) {
  const auto regex = compile("id=[0-9]+");
  RegexScratch scratch;
  const Bytes subject = as_bytes("id=12&id=345");

  const RegexMatch first = regex->search(subject, 0, scratch);
  const RegexMatch second = regex->search(subject, first.end, scratch);

  EXPECT_TRUE(first.matched && first.begin == 0 && first.end == 5);
  EXPECT_TRUE(second.matched && second.begin == 6 && second.end == 12);
  EXPECT_FALSE(regex->search(subject, 11, scratch).matched);
  EXPECT_FALSE(regex->search(subject, 99, scratch).matched);
}

TEST(Regex, LookBehindSeesBytesBeforeTheStart) {
  const auto regex = compile("(?<=a)b");
  RegexScratch scratch;

  EXPECT_TRUE(regex->search(as_bytes("ab"), 1, scratch).matched);
}

TEST(Regex, OptionsAreHeeded) {
  RegexScratch scratch;

  EXPECT_TRUE(compile("EVIL", {.caseless = true})->search(as_bytes("evil"), 0, scratch).matched);
  EXPECT_FALSE(compile("EVIL")->search(as_bytes("evil"), 0, scratch).matched);
  EXPECT_TRUE(compile("a.b", {.dotall = true})->search(as_bytes("a\nb"), 0, scratch).matched);
  EXPECT_TRUE(compile("^b", {.multiline = true})->search(as_bytes("a\nb"), 0, scratch).matched);
  EXPECT_FALSE(compile("b", {.anchored = true})->search(as_bytes("ab"), 0, scratch).matched);
  EXPECT_TRUE(compile("a b # x", {.extended = true})->search(as_bytes("ab"), 0, scratch).matched);
}

TEST(Regex, GivesGroupsOfTheLastSearch) {
  const auto regex = compile("user=([a-z]+)(;x)?");
  RegexScratch scratch;
  const Bytes subject = as_bytes("GET /?user=admin HTTP");
  ASSERT_TRUE(regex->search(subject, 0, scratch).matched);

  EXPECT_EQ(regex->group_count(), 2u);
  EXPECT_EQ(as_chars(regex->group(1, subject, scratch)), "admin");
  EXPECT_TRUE(regex->group(2, subject, scratch).empty());
  EXPECT_TRUE(regex->group(9, subject, scratch).empty());
}

TEST(Regex, HoldsNulAndEmptySubjects) {
  RegexScratch scratch;

  EXPECT_TRUE(compile(std::string_view("a\0b", 3))->search(as_bytes(std::string_view("xa\0b", 4)), 0, scratch).matched);
  EXPECT_TRUE(compile("^$")->search({}, 0, scratch).matched);
}

TEST(Regex, EndsAnExplodingSearchAtTheLimitAndCountsIt) {
  const auto regex = compile("(a+)+$");
  RegexScratch scratch;

  EXPECT_FALSE(regex->search(as_bytes(std::string(40, 'a') + "b"), 0, scratch).matched);

  EXPECT_EQ(scratch.limit_hits, 1u);
}

TEST(Regex, RefusesABadExpressionWithItsPlace) {
  const auto regex = Regex::compile("ab(cd", {});

  ASSERT_FALSE(regex.has_value());
  EXPECT_EQ(regex.error().code, ErrorCode::E2201);
  EXPECT_NE(regex.error().what.find("at its character 6"), std::string::npos) << regex.error().what;
}

}  // namespace
}  // namespace hd
