// SPDX-License-Identifier: Apache-2.0
#include "sensor/link/record.hpp"

#include <gtest/gtest.h>

#include "sensor/link/segment.hpp"

namespace hd {
namespace {

constexpr LaneKey kLane{.epoch = 0x1234, .lane = 3};

std::vector<std::uint8_t> three_records(LaneKey lane = kLane) {
  std::vector<std::uint8_t> out;
  for (std::uint64_t n = 5; n < 8; ++n) {
    append_record(lane, {.number = n, .last = n, .time = {77}, .wseq = n, .run = 9, .worker = 1, .severity = 3},
                  as_bytes("{\"n\":" + std::to_string(n) + "}"), &out);
  }
  return out;
}

TEST(Record, ComesBackAsItWas) {
  const RecordHeader header{.number = 5, .last = 5, .time = {-1}, .wseq = 2, .run = 3, .worker = 4,
                            .kind = RecordKind::protocol, .severity = 4, .replay_cursor = 6};
  std::vector<std::uint8_t> bytes;
  append_record(kLane, header, as_bytes("x"), &bytes);

  RecordView view;
  ASSERT_TRUE(read_record(kLane, bytes, &view));
  EXPECT_EQ(view.header, header);
  EXPECT_EQ(as_chars(view.body), "x");
  EXPECT_EQ(bytes.size(), record_size(1));
  EXPECT_EQ(bytes.size() % 8, 0u);
}

TEST(Record, IsOfItsLaneAndEpochOnly) {
  const auto bytes = three_records();
  RecordView view;

  EXPECT_FALSE(read_record({.epoch = 0x1235, .lane = 3}, bytes, &view));
  EXPECT_FALSE(read_record({.epoch = 0x1234, .lane = 2}, bytes, &view));
}

TEST(Record, RefusesEverySingleBitOfDamage) {
  std::vector<std::uint8_t> good;
  append_record(kLane, {.number = 1, .last = 1}, as_bytes("12345678"), &good);
  RecordView view;

  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1u << (bit % 8)));
    EXPECT_FALSE(read_record(kLane, bad, &view)) << "bit " << bit;
  }
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(read_record(kLane, Bytes(good).first(length), &view)) << "cut at " << length;
  }
}

TEST(RecordRun, NeedsNumbersWithoutAHole) {
  const auto bytes = three_records();
  RecordRun run;

  ASSERT_TRUE(read_run(kLane, bytes, 5, {}, 3, &run));
  EXPECT_EQ(run.last, 7u);
  EXPECT_EQ(run.records.size(), 3u);
  EXPECT_FALSE(read_run(kLane, bytes, 4, {}, 3, &run)) << "does not start there";
  EXPECT_FALSE(read_run(kLane, bytes, 5, {}, 2, &run)) << "more than allowed";
  EXPECT_FALSE(read_run(kLane, Bytes(bytes).first(bytes.size() - 8), 5, {}, 3, &run)) << "cut";
  EXPECT_FALSE(read_run(kLane, {}, 5, {}, 3, &run)) << "empty";
}

TEST(RecordRun, ChainSaysTheSameWhereverItIsCut) {
  const auto bytes = three_records();
  RecordRun whole;
  ASSERT_TRUE(read_run(kLane, bytes, 5, {}, 9, &whole));
  const std::size_t one = record_size(whole.records[0].body.size());

  RecordRun begin;
  RecordRun rest;
  ASSERT_TRUE(read_run(kLane, Bytes(bytes).first(one), 5, {}, 9, &begin));
  ASSERT_TRUE(read_run(kLane, Bytes(bytes).subspan(one), 6, begin.chain, 9, &rest));

  EXPECT_EQ(rest.chain, whole.chain);
  EXPECT_NE(begin.chain, whole.chain);
}

TEST(ShedNote, StandsForItsNumbersAndKeepsTheChain) {
  const auto bytes = three_records();
  RecordRun run;
  ASSERT_TRUE(read_run(kLane, bytes, 5, {}, 9, &run));
  std::vector<std::uint8_t> note;
  append_shed(kLane, 5, 7, {}, {.reason = ShedReason::spool_full, .chain_last = run.chain}, &note);

  RecordRun read;
  ASSERT_TRUE(read_run(kLane, note, 5, {}, 9, &read));
  EXPECT_EQ(read.last, 7u);
  EXPECT_EQ(read.chain, run.chain) << "shedding does not change history";
  ShedNote shed;
  ASSERT_TRUE(decode_shed(read.records[0].body, &shed));
  EXPECT_EQ(shed.counts, (std::array<std::uint64_t, 4>{0, 0, 3, 0}));
}

TEST(ShedNote, InPlaceChangesTheChainByItself) {
  std::vector<std::uint8_t> a;
  std::vector<std::uint8_t> b;
  const ShedNote note{.reason = ShedReason::ring_full, .flags = kShedInPlace};

  EXPECT_EQ(append_shed(kLane, 5, 7, {}, note, &a), append_shed(kLane, 5, 7, {}, note, &b));
  EXPECT_NE(append_shed(kLane, 5, 7, {}, note, &a), append_shed(kLane, 5, 8, {}, note, &b));
}

TEST(ShedNote, CannotRunPastTheLastNumber) {
  std::vector<std::uint8_t> bytes;
  append_shed(kLane, 5, UINT64_MAX, {}, {}, &bytes);
  append_record(kLane, {.number = 1, .last = 1}, as_bytes("x"), &bytes);
  RecordRun run;

  EXPECT_FALSE(read_run(kLane, bytes, 5, {}, 9, &run));
}

TEST(SegmentHeader, ComesBackAndRefusesDamage) {
  const SegmentHeader header{.lane = kLane, .first = 17, .created = {4}};
  const auto good = encode_segment(header);
  SegmentHeader read;

  ASSERT_TRUE(decode_segment(good, &read));
  EXPECT_EQ(read, header);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1u << (bit % 8)));
    EXPECT_FALSE(decode_segment(bad, &read)) << "bit " << bit;
  }
}

}  // namespace
}  // namespace hd
