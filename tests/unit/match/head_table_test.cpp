// SPDX-License-Identifier: Apache-2.0
#include "sensor/match/head_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "sensor/base/time.hpp"

namespace hd {
namespace {

using Ids = std::vector<std::uint32_t>;

Ids found(const HeadTable& table, std::string_view payload) {
  Ids ids;
  table.find(as_bytes(payload), [&](std::uint32_t id) noexcept { ids.push_back(id); });
  std::ranges::sort(ids);
  return ids;
}
HeadTable table_of(std::vector<HeadLiteral> literals) { return HeadTable(literals); }

TEST(HeadTable, FindsLiteralsOnlyAtTheirOffset) {
  const HeadTable table = table_of({{.offset = 0, .bytes = "SSH-", .id = 1},
                                    {.offset = 4, .bytes = "\xffSMB", .id = 2},
                                    {.offset = 4, .bytes = "2.0-PuTTY", .id = 3}});

  EXPECT_EQ(found(table, "SSH-2.0-PuTTY_0.78"), (Ids{1, 3}));
  EXPECT_EQ(found(table, std::string_view("\0\0\0\x55\xffSMBr", 9)), (Ids{2}));
  EXPECT_EQ(found(table, " SSH-2.0"), Ids{});
}

TEST(HeadTable, ShortPayloadHoldsOnlyWhatFits) {
  const HeadTable table = table_of({{.offset = 0, .bytes = "GET", .id = 1}, {.offset = 0, .bytes = "GET /", .id = 2},
                                    {.offset = 2, .bytes = "T", .id = 3}, {.offset = 9, .bytes = "x", .id = 4}});

  EXPECT_EQ(found(table, "GET"), (Ids{1, 3}));
  EXPECT_EQ(found(table, "GET /"), (Ids{1, 2, 3}));
  EXPECT_EQ(found(table, ""), Ids{});
}

TEST(HeadTable, AnswersAsADirectCompareDoesOnRandomPayloads) {
  constexpr std::string_view kBytes("aB\0", 3);
  SeededRandom random(7);
  for (int round = 0; round < 40; ++round) {
    std::vector<HeadLiteral> literals;
    for (std::uint32_t id = 0; id < 60; ++id) {
      std::string bytes;
      const std::size_t length = 1 + random.next() % (id % 5 == 0 ? 12 : 4);
      for (std::size_t i = 0; i < length; ++i) bytes += kBytes[random.next() % kBytes.size()];
      // Squares crowd the low offsets, so that some go to key sets and some stay direct.
      const auto offset = static_cast<std::uint16_t>((random.next() % 6) * (random.next() % 6));
      literals.push_back({.offset = offset,
                          .bytes = std::move(bytes),
                          .letters = (id & 1) != 0 ? LetterCase::folded : LetterCase::exact,
                          .id = id});
    }
    const HeadTable table(literals);
    for (int probe = 0; probe < 40; ++probe) {
      std::string payload;
      for (std::size_t i = random.next() % 30; i > 0; --i) payload += "aAbB\0"[random.next() % 5];
      Ids expected;
      for (const HeadLiteral& literal : literals) {
        if (payload.size() < literal.offset + literal.bytes.size()) continue;
        const std::string part = payload.substr(literal.offset, literal.bytes.size());
        const bool fold = literal.letters == LetterCase::folded;
        if ((fold ? folded(part) : part) == (fold ? folded(literal.bytes) : literal.bytes)) expected.push_back(literal.id);
      }
      ASSERT_EQ(found(table, payload), expected) << "round " << round << ", probe " << probe;
    }
  }
}

}  // namespace
}  // namespace hd
