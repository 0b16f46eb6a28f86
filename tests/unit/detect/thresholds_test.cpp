// SPDX-License-Identifier: Apache-2.0
#include "sensor/detect/thresholds.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

namespace hd {
namespace {

/// An IPv4 header from 192.0.2.`source` to 198.51.100.1.
struct Packet {
  explicit Packet(std::uint8_t source) {
    bytes = {0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, source, 198, 51, 100, 1};
    view.data = bytes.data();
    view.flags = packet_flag::ip4;
  }
  std::array<std::uint8_t, 20> bytes = {};
  PacketView view = {};
};

PacketTime at(std::int64_t second) { return {second * kSecond}; }

std::string verdicts(const Threshold& threshold, std::initializer_list<std::int64_t> seconds, std::uint8_t source = 1) {
  StateTable table(1024, {});
  const Packet packet(source);
  std::string out;
  for (const std::int64_t second : seconds) out += table.count(threshold, 1, packet.view, 7, at(second)) == Verdict::raise ? 'A' : '.';
  return out;
}

TEST(Thresholds, LimitLetsTheFirstOnesOfEachWindowThrough) {
  EXPECT_EQ(verdicts({.kind = Threshold::Kind::limit, .count = 2, .seconds = 60}, {0, 1, 2, 60, 61, 62, 63}), "AA..AA.");
}

TEST(Thresholds, ThresholdAlertsAtEachNth) {
  EXPECT_EQ(verdicts({.kind = Threshold::Kind::threshold, .count = 3, .seconds = 60}, {0, 1, 2, 3, 4, 5}), "..A..A");
}

TEST(Thresholds, BothAlertsOnceAWindowFromTheNthOn) {
  EXPECT_EQ(verdicts({.kind = Threshold::Kind::both, .count = 2, .seconds = 10}, {0, 1, 2, 3, 11, 12, 13}), ".A...A.");
}

TEST(Thresholds, DetectionFilterAlertsBeyondTheCount) {
  EXPECT_EQ(verdicts({.kind = Threshold::Kind::detection_filter, .count = 2, .seconds = 60}, {0, 1, 2, 3}), "..AA");
}

TEST(Thresholds, BackoffMultipliesTheDistance) {
  EXPECT_EQ(verdicts({.kind = Threshold::Kind::backoff, .track = Threshold::Track::by_flow, .count = 1, .multiplier = 3}, {0, 1, 2, 3, 4, 5, 6, 7, 8}), "A.A.....A");
}

TEST(Thresholds, CountSourcesApart) {
  StateTable table(1024, {});
  const Threshold limit{.kind = Threshold::Kind::limit, .count = 1, .seconds = 60};
  const Packet one(1), two(2);

  EXPECT_EQ(table.count(limit, 1, one.view, 0, at(0)), Verdict::raise);
  EXPECT_EQ(table.count(limit, 1, two.view, 0, at(0)), Verdict::raise);
  EXPECT_EQ(table.count(limit, 1, one.view, 0, at(1)), Verdict::silent);
  EXPECT_EQ(table.count(limit, 2, one.view, 0, at(1)), Verdict::raise) << "another rule has its own count";
}

TEST(Thresholds, RateFilterGivesTheNewActionForItsTimeout) {
  StateTable table(1024, {});
  const Threshold filter{.kind = Threshold::Kind::rate_filter, .count = 1, .seconds = 10, .timeout = 100, .new_action = Action::drop};
  const Packet packet(1);

  EXPECT_EQ(table.count(filter, 1, packet.view, 0, at(0)), Verdict::raise);
  EXPECT_EQ(table.count(filter, 1, packet.view, 0, at(1)), Verdict::new_action);
  EXPECT_EQ(table.count(filter, 1, packet.view, 0, at(50)), Verdict::new_action);
  EXPECT_EQ(table.count(filter, 1, packet.view, 0, at(200)), Verdict::raise);
}

TEST(Thresholds, GiveTheOldestAwayWhenFullAndCountIt) {
  StateTable table(64, {});  // 16 entries in each of 64 shards
  const Threshold limit{.kind = Threshold::Kind::limit, .count = 1, .seconds = 60};
  for (std::uint32_t rule = 0; rule < 20'000; ++rule) {
    const Packet packet(static_cast<std::uint8_t>(rule));
    (void)table.count(limit, rule, packet.view, 0, at(rule));
  }

  EXPECT_GT(table.full(), 18'000u);
}

TEST(HostBits, ArePerHostWhicheverSideItIsOnAndExpire) {
  StateTable table(1024, {});
  const Packet packet(1);
  Packet answer(1);
  std::swap_ranges(answer.bytes.begin() + 12, answer.bytes.begin() + 16, answer.bytes.begin() + 16);
  table.set_bit(StateOp::Track::source, 5, packet.view, at(0), 30);

  EXPECT_TRUE(table.bit(StateOp::Track::source, 5, packet.view, at(30)));
  EXPECT_TRUE(table.bit(StateOp::Track::target, 5, answer.view, at(30)));
  EXPECT_FALSE(table.bit(StateOp::Track::target, 5, packet.view, at(30)));
  EXPECT_FALSE(table.bit(StateOp::Track::source, 5, packet.view, at(31)));
}

}  // namespace
}  // namespace hd
