// SPDX-License-Identifier: Apache-2.0
#include "sensor/output/alert_ring.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace hd::test {
namespace {

std::shared_ptr<const Ruleset> rules_of(std::uint64_t version) {
  auto rules = std::make_shared<Ruleset>();
  rules->version = version;
  rules->heads.resize(1);
  rules->cold.push_back({});
  rules->cold.back().priority = 2;
  return rules;
}

class AlertRingTest : public testing::Test {
 protected:
  AlertRing& make(std::size_t bytes, AlertRing::WhenFull when_full = AlertRing::WhenFull::lose) {
    ring_.emplace(bytes, when_full, page_.worker(0));
    ring_->use(rules_of(1));
    return *ring_;
  }
  LedgerPage page_ = LedgerPage::in_memory();
  std::optional<AlertRing> ring_;
};

TEST_F(AlertRingTest, GivesAlertsAndOtherRecordsInTheirOrder) {
  AlertRing& ring = make(1 << 16);
  ASSERT_TRUE(ring.raise({.wseq = 1, .packet_number = 7}, as_bytes("first")));
  ASSERT_TRUE(ring.emit({.at = {.flow_id = 42}, .kind = EventKind::flow}, as_bytes("second")));
  ASSERT_TRUE(ring.raise({.wseq = 2}, {}));

  RingEntry entry;
  ASSERT_TRUE(ring.front(&entry));
  EXPECT_FALSE(entry.head.is_event);
  EXPECT_EQ(entry.head.severity, 2);
  EXPECT_EQ(entry.head.cursor, 7u);
  EXPECT_EQ(entry.alert.wseq, 1u);
  EXPECT_EQ(as_chars(entry.tail), "first");
  ring.pop();
  ASSERT_TRUE(ring.front(&entry));
  EXPECT_TRUE(entry.head.is_event);
  EXPECT_EQ(entry.event.at.flow_id, 42u);
  EXPECT_EQ(as_chars(entry.tail), "second");
  ring.pop();
  ASSERT_TRUE(ring.front(&entry));
  EXPECT_EQ(entry.alert.wseq, 2u);
  EXPECT_EQ(entry.head.cursor, 7u);  // of a flow's end: belongs to the packet before it
  ring.pop();
  EXPECT_FALSE(ring.front(&entry));
}

TEST_F(AlertRingTest, LeavesHalfOfTheRingToAlerts) {
  AlertRing& ring = make(1 << 16);
  unsigned taken = 0;
  while (ring.emit({}, {})) ++taken;
  EXPECT_GT(taken, 10u);
  EXPECT_LE(ring.fill(), 0.5);
  EXPECT_EQ(ring.events_lost(), 1u);

  unsigned alerts = 0;
  while (ring.raise({}, {})) ++alerts;
  EXPECT_GT(alerts, taken / 2);
  EXPECT_FALSE(ring.emit({}, {}));
  EXPECT_EQ(ring.events_lost(), 2u);
}

TEST_F(AlertRingTest, CountsAlertsThatFoundNoRoomAndNothingElse) {
  AlertRing& ring = make(1 << 12);
  std::uint64_t taken = 0;
  while (ring.raise({}, {})) ++taken;
  (void)ring.emit({}, {});

  EXPECT_EQ(page_.raised()[1], taken + 1);
  EXPECT_EQ(page_.lost()[1], 1u);
}

TEST_F(AlertRingTest, KnowsTheOldestRulesThatARecordMaySpeakOf) {
  AlertRing& ring = make(1 << 16);
  (void)ring.emit({}, {});
  (void)ring.raise({.ruleset_version = 1}, {});
  ring.use(rules_of(2));
  (void)ring.raise({.ruleset_version = 2}, {});

  EXPECT_EQ(ring.oldest_version(), 1u);  // the alert behind the first record
  ring.pop();
  EXPECT_EQ(ring.oldest_version(), 1u);
  ring.pop();
  EXPECT_EQ(ring.oldest_version(), 2u);
  ring.pop();
  EXPECT_EQ(ring.oldest_version(), 2u);
}

TEST_F(AlertRingTest, AWorkerThatWaitsGivesUpWhenNobodyReadsAnyMore) {
  AlertRing& ring = make(1 << 12, AlertRing::WhenFull::wait);
  ring.abandon();
  unsigned taken = 0;
  while (ring.raise({}, {})) ++taken;
  EXPECT_GT(taken, 0u);
  EXPECT_FALSE(ring.emit({}, {}));
}

}  // namespace
}  // namespace hd::test
