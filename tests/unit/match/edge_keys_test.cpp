// SPDX-License-Identifier: Apache-2.0
#include "sensor/match/edge_keys.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "sensor/base/time.hpp"

namespace hd {
namespace {

std::vector<std::uint32_t> found(const EdgeKeySet& set, std::string_view buffer) {
  std::vector<std::uint32_t> ids;
  set.find(as_bytes(buffer), [&](std::uint32_t id) noexcept { ids.push_back(id); });
  std::ranges::sort(ids);
  return ids;
}
EdgeKeySet tails(std::vector<EdgeLiteral> literals) { return {Edge::tail, literals}; }
EdgeKeySet heads(std::vector<EdgeLiteral> literals) { return {Edge::head, literals}; }
using Ids = std::vector<std::uint32_t>;

/// What the keyword texts say, without any key.
bool holds_naively(Edge edge, const EdgeLiteral& literal, std::string_view buffer) {
  const bool fold = literal.letters == LetterCase::folded;
  std::string text = fold ? folded(literal.bytes) : literal.bytes;
  std::string whole = (literal.has_dot_prefix ? "." : "") + (fold ? folded(buffer) : std::string(buffer));
  if (literal.is_whole) return whole == text;
  return edge == Edge::head ? whole.starts_with(text) : whole.ends_with(text);
}

TEST(EdgeKeySet, FindsTailsOfEveryKeyWidth) {
  const EdgeKeySet set = tails({{.bytes = "o", .id = 1},
                                {.bytes = "to", .id = 2},
                                {.bytes = ".to", .id = 3},
                                {.bytes = "a.to", .id = 4},
                                {.bytes = "vna.to", .id = 6},
                                {.bytes = "mail.vna.to", .id = 11},
                                {.bytes = "mail.phu-quoc.vna.to", .id = 20}});

  EXPECT_EQ(found(set, "x.mail.phu-quoc.vna.to"), (Ids{1, 2, 3, 4, 6, 20}));
  EXPECT_EQ(found(set, "mail.vna.to"), (Ids{1, 2, 3, 4, 6, 11}));
  EXPECT_EQ(found(set, "o"), (Ids{1}));
  EXPECT_EQ(found(set, ""), Ids{});
  EXPECT_EQ(set.length_min(), 1u);
}

TEST(EdgeKeySet, HeedsCaseOnlyWhereAsked) {
  const EdgeKeySet set = tails({{.bytes = "Example.VN", .letters = LetterCase::exact, .id = 1},
                                {.bytes = "Example.VN", .letters = LetterCase::folded, .id = 2}});

  EXPECT_EQ(found(set, "www.Example.VN"), (Ids{1, 2}));
  EXPECT_EQ(found(set, "www.eXample.vn"), (Ids{2}));
}

TEST(EdgeKeySet, WholeLiteralRefusesLongerBuffer) {
  const EdgeKeySet set = tails({{.bytes = "example.vn", .is_whole = true, .id = 1}});

  EXPECT_EQ(found(set, "example.vn"), (Ids{1}));
  EXPECT_EQ(found(set, "an-example.vn"), Ids{});
  EXPECT_EQ(found(set, "xample.vn"), Ids{});
}

TEST(EdgeKeySet, DotPrefixMatchesNameAndItsSubdomainsButNotItsNeighbours) {
  const EdgeKeySet set = tails({{.bytes = ".example.vn", .has_dot_prefix = true, .id = 1}});

  EXPECT_EQ(found(set, "example.vn"), (Ids{1}));
  EXPECT_EQ(found(set, "www.example.vn"), (Ids{1}));
  EXPECT_EQ(found(set, "my-example.vn"), Ids{});
}

TEST(EdgeKeySet, DotPrefixWithoutLeadingDotIsAnOrdinaryTailAndNeverWhole) {
  const EdgeKeySet set = tails({{.bytes = "ample.vn", .has_dot_prefix = true, .id = 1},
                                {.bytes = "example.vn", .is_whole = true, .has_dot_prefix = true, .id = 2},
                                {.bytes = ".example.vn", .is_whole = true, .has_dot_prefix = true, .id = 3}});

  EXPECT_EQ(found(set, "example.vn"), (Ids{1, 3}));
  EXPECT_EQ(set.literal_count(), 2u);
}

TEST(EdgeKeySet, LoneDotAfterDotPrefixHoldsAtEveryHead) {
  const EdgeKeySet set = heads({{.bytes = ".", .has_dot_prefix = true, .id = 1}});

  EXPECT_EQ(found(set, ""), (Ids{1}));
  EXPECT_EQ(found(set, "anything"), (Ids{1}));
}

TEST(EdgeKeySet, ManyLiteralsUnderOneKeyAreAllFound) {
  std::vector<EdgeLiteral> literals;
  for (std::uint32_t i = 0; i < 121; ++i) {
    literals.push_back({.bytes = "host-" + std::to_string(1000 + i) + ".favorites.net", .id = i});
  }
  literals.push_back({.bytes = "ites.net", .id = 500});
  const EdgeKeySet set = tails(literals);

  for (std::uint32_t i = 0; i < 121; ++i) EXPECT_EQ(found(set, "a." + literals[i].bytes), (Ids{i, 500}));
  EXPECT_EQ(found(set, "ites.net"), (Ids{500}));
}

TEST(EdgeKeySet, EmptySetFindsNothing) {
  EXPECT_TRUE(EdgeKeySet().is_empty());
  EXPECT_EQ(found(EdgeKeySet(), "example.vn"), Ids{});
  EXPECT_EQ(found(tails({}), "example.vn"), Ids{});
}

TEST(EdgeKeySet, AnswersAsTheDefinitionDoesOnRandomNames) {
  constexpr std::string_view kLetters = "abA.";
  SeededRandom random(20240901);
  const auto text = [&](std::size_t length_max, std::size_t length_min) {
    std::string result;
    const std::size_t length = length_min + random.next() % (length_max - length_min + 1);
    for (std::size_t i = 0; i < length; ++i) result += kLetters[random.next() % kLetters.size()];
    return result;
  };
  for (int round = 0; round < 60; ++round) {
    const Edge edge = round % 2 == 0 ? Edge::tail : Edge::head;
    std::vector<EdgeLiteral> literals;
    for (std::uint32_t id = 0; id < 150; ++id) {
      const std::uint64_t bits = random.next();
      literals.push_back({.bytes = text(bits % 3 == 0 ? 22 : 5, 1),
                          .letters = (bits & 16) != 0 ? LetterCase::folded : LetterCase::exact,
                          .is_whole = (bits & 32) != 0,
                          .has_dot_prefix = (bits & 64) != 0,
                          .id = id});
    }
    const EdgeKeySet set(edge, literals);
    for (int probe = 0; probe < 60; ++probe) {
      std::string buffer = text(24, 0);
      if (probe % 3 == 0) {
        const std::string& planted = literals[random.next() % literals.size()].bytes;
        buffer = edge == Edge::tail ? buffer + planted : planted + buffer;
      }
      Ids expected;
      for (const EdgeLiteral& literal : literals) {
        if (holds_naively(edge, literal, buffer)) expected.push_back(literal.id);
      }
      ASSERT_EQ(found(set, buffer), expected) << "buffer \"" << buffer << "\", round " << round;
    }
  }
}

}  // namespace
}  // namespace hd
