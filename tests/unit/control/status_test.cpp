// SPDX-License-Identifier: Apache-2.0
#include "sensor/control/status.hpp"

#include <gtest/gtest.h>

#include "sensor/base/json.hpp"

namespace hd {
namespace {

SensorReading healthy() {
  SensorReading reading;
  reading.now = {1'000'000 * kSecond};
  reading.started = reading.now - 3600 * kSecond;
  SourceReading source{.name = "ens1f0", .packets = 1'000'000, .bytes = 400'000'000};
  source.fates = {900'000, 100'000, 0, 0, 0, 0};
  reading.sources = {source};
  reading.rules = {.loaded = 41'876, .loaded_at = reading.started};
  reading.link = LinkReading{.is_up = true, .rtt = 38 * kMillisecond};
  return reading;
}
HealthWord word_of(const SensorReading& reading) { return HealthJudge().take(reading).word; }
void lose(SensorReading& reading, std::uint64_t count) {
  reading.sources[0].packets += count;
  reading.sources[0].fates[static_cast<std::size_t>(Fate::lost_ring)] += count;
}

TEST(Health, IsNormalWhenNothingIsWrong) { EXPECT_EQ(word_of(healthy()), HealthWord::normal); }

TEST(Health, IsBlindAfterAMinuteWithoutPackets) {
  SensorReading reading = healthy();
  reading.since_packet = 60 * kSecond;
  EXPECT_EQ(word_of(reading), HealthWord::normal);
  reading.since_packet += 1;
  EXPECT_EQ(word_of(reading), HealthWord::blind);
  reading.sources[0].is_live = false;  // a file that ended is not blind
  EXPECT_EQ(word_of(reading), HealthWord::normal);
}

TEST(Health, WeighsLossOfTheLastFiveMinutesOnly) {
  HealthJudge judge;
  SensorReading reading = healthy();
  lose(reading, 500'000);  // before we looked
  EXPECT_EQ(judge.take(reading).word, HealthWord::normal);

  reading.now = reading.now + 10 * kSecond;
  lose(reading, 2'000);
  reading.sources[0].packets += 998'000;
  reading.sources[0].fates[0] += 998'000;
  EXPECT_EQ(judge.take(reading).word, HealthWord::doubtful);

  reading.now = reading.now + 10 * kSecond;
  lose(reading, 100'000);
  EXPECT_EQ(judge.take(reading).word, HealthWord::overloaded);

  for (int minute = 0; minute < 6; ++minute) {
    reading.now = reading.now + 61 * kSecond;
    reading.sources[0].packets += 1000;
    reading.sources[0].fates[0] += 1000;
    (void)judge.take(reading);
  }
  EXPECT_EQ(judge.health().word, HealthWord::normal);
}

TEST(Health, IsIsolatedWithoutItsCollectorAndSaysForHowLongTheSpoolLasts) {
  SensorReading reading = healthy();
  reading.link = LinkReading{.down_for = 3600 * kSecond, .spool_bytes = 1u << 30, .spool_limit_bytes = std::uint64_t{20} << 30};

  HealthJudge judge;
  const Health& health = judge.take(reading);

  EXPECT_EQ(health.word, HealthWord::isolated);
  EXPECT_EQ(health.reasons[0].why, "no collector for 1h; alerts wait in the spool (1GiB), full in 19h");
  reading.link->down_for = 119 * kSecond;
  EXPECT_EQ(word_of(reading), HealthWord::normal);
}

TEST(Health, SheddingIsOverload) {
  HealthJudge judge;
  SensorReading reading = healthy();
  (void)judge.take(reading);
  reading.now = reading.now + kSecond;
  reading.link->shed = 5;
  EXPECT_EQ(judge.take(reading).word, HealthWord::overloaded);
}

TEST(Health, TapClockAndRulesMakeItDoubtful) {
  SensorReading reading = healthy();
  reading.sources[0].one_way_ratio = 0.11;
  EXPECT_EQ(word_of(reading), HealthWord::doubtful);
  reading = healthy();
  reading.sources[0].missed_bytes_ratio = 0.0031;
  EXPECT_EQ(word_of(reading), HealthWord::doubtful);
  reading = healthy();
  reading.clock_offset = -51 * kMillisecond;
  EXPECT_EQ(word_of(reading), HealthWord::doubtful);
  reading = healthy();
  reading.rules.loaded_at = reading.now - 8 * 86'400 * kSecond;
  EXPECT_EQ(word_of(reading), HealthWord::doubtful);
  reading = healthy();
  reading.rules.loaded = 0;
  EXPECT_EQ(word_of(reading), HealthWord::doubtful);
  reading = healthy();
  reading.sources[0].packets += 1;  // the ledger does not sum
  EXPECT_EQ(word_of(reading), HealthWord::doubtful);
}

TEST(Health, TheWorstReasonGivesTheWordAndSinceKeepsUntilItChanges) {
  HealthJudge judge;
  SensorReading reading = healthy();
  const WallTime first = reading.now;
  (void)judge.take(reading);
  reading.now = first + 5 * kSecond;
  EXPECT_EQ(judge.take(reading).since, first);

  reading.clock_offset = kSecond;
  reading.is_stopping = true;
  const Health& health = judge.take(reading);
  EXPECT_EQ(health.word, HealthWord::stopped);
  EXPECT_EQ(health.since, reading.now);
  EXPECT_EQ(health.reasons.size(), 2u);
}

TEST(Status, TextBeginsWithTheWordAndShowsTheLedger) {
  HealthJudge judge;
  const SensorReading reading = healthy();

  const std::string text = status_text(judge.take(reading), reading);

  EXPECT_TRUE(text.starts_with("NORMAL\n")) << text;
  EXPECT_NE(text.find("ens1f0  wire 1,000,000 = inspected 900,000 + shunted 100,000 + filtered 0"), std::string::npos) << text;
}

TEST(Status, JsonIsOneObjectWithItsSchema) {
  HealthJudge judge;
  SensorReading reading = healthy();
  reading.counters = {{"stream.gaps", 7}};

  const auto json = JsonDocument::parse(status_json(judge.take(reading), reading));

  ASSERT_TRUE(json.has_value());
  EXPECT_EQ(json->get("schema").as_string(), "haidang.status/1");
  EXPECT_EQ(json->get("word").as_string(), "NORMAL");
  EXPECT_EQ(json->get("sources").at(0).get("inspected").as_uint(), 900'000u);
  EXPECT_EQ(json->get("counters").get("stream.gaps").as_uint(), 7u);
}

}  // namespace
}  // namespace hd
