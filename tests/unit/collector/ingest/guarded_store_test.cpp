// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "collector/ingest/guarded_store.hpp"

namespace hd {
namespace {

constexpr std::uint64_t kStopBelow = 1000;

class SteppedClock final : public Clock {
 public:
  WallTime wall() override { return {1'000 * kSecond}; }
  /// Each asking is 20 ms later.
  Ticks ticks() override { return {now_ += 20 * kMillisecond}; }

 private:
  Nanos now_ = 0;
};

/// Takes everything, and counts it.
class TakingStore final : public IngestStore {
 public:
  std::size_t commits = 0;
  CommitOutcome outcome = CommitOutcome::committed;
  Uuid store_id() override { return {}; }
  std::uint64_t store_generation() override { return 1; }
  std::optional<SensorSession> open_session(const SensorId&) override { return std::nullopt; }
  void close_session(const SensorId&, std::uint64_t) override {}
  CommitResult commit(const std::vector<const IngestBatch*>&) override {
    ++commits;
    return {.outcome = outcome};
  }
  std::optional<std::vector<LaneCursor>> cursors(const SensorId&) override { return std::nullopt; }
  ChainPoint chain_at(const SensorId&, LaneKey, std::uint64_t) override { return {}; }
  void observe_heads(const SensorId&, const std::vector<LaneHead>&, bool) override {}
};

class GuardedStoreTest : public ::testing::Test {
 protected:
  CommitResult commit() { return store_.commit({&batch_}); }
  void add_alert(Nanos age) {
    RecordView record{};
    record.header.kind = RecordKind::alert;
    record.header.time = {clock_.wall().ns - age};
    batch_.records.push_back(record);
  }
  SteppedClock clock_;
  TakingStore behind_;
  std::optional<DiskRoom> room_ = DiskRoom{.free = kStopBelow, .size = 1'000'000};
  GuardedStore store_{behind_, clock_, [this] { return room_; }, kStopBelow};
  IngestBatch batch_ = {};
};

TEST_F(GuardedStoreTest, TakesNoAlertsWhileTheDiskHasTooLittleRoom) {
  room_->free = kStopBelow - 1;
  const CommitResult refused = commit();
  EXPECT_EQ(refused.outcome, CommitOutcome::full);
  EXPECT_NE(refused.text.find("store.stop_below"), std::string::npos) << refused.text;
  EXPECT_EQ(behind_.commits, 0u);
  EXPECT_EQ(store_.meters().kept_back, 1u);

  room_->free = kStopBelow;
  EXPECT_EQ(commit().outcome, CommitOutcome::committed);
  EXPECT_EQ(behind_.commits, 1u);
}

TEST_F(GuardedStoreTest, KeepsATwentiethOfASmallDiskAndNoMoreOfALargeOne) {
  GuardedStore store(behind_, clock_, [this] { return room_; }, std::nullopt);
  constexpr std::uint64_t kMiB = 1u << 20;
  const auto takes = [&](std::uint64_t free, std::uint64_t size) {
    room_ = DiskRoom{.free = free, .size = size};
    return store.commit({&batch_}).outcome == CommitOutcome::committed;
  };

  EXPECT_TRUE(takes(kMiB, 20 * kMiB));
  EXPECT_FALSE(takes(kMiB - 1, 20 * kMiB));
  EXPECT_TRUE(takes(256 * kMiB, 4096 * 1024 * kMiB));
  EXPECT_FALSE(takes(256 * kMiB - 1, 4096 * 1024 * kMiB));
}

TEST_F(GuardedStoreTest, TakesAlertsWhereTheRoomCannotBeKnown) {
  room_ = std::nullopt;

  EXPECT_EQ(commit().outcome, CommitOutcome::committed);
}

TEST_F(GuardedStoreTest, TimesEachTransactionAndTheWayOfEachAlert) {
  batch_.clock_error = kMillisecond;
  add_alert(200 * kMillisecond);
  add_alert(40 * kSecond);
  ASSERT_EQ(commit().outcome, CommitOutcome::committed);

  const GuardMeters meters = store_.meters();
  EXPECT_EQ(meters.commit.counts[4], 1u);  // 20 ms: above 10, up to 25
  EXPECT_EQ(meters.delay.counts[2], 1u);   // 0.2 s: up to 0.25
  EXPECT_EQ(meters.delay.counts[7], 1u);   // 40 s: up to 300
  EXPECT_NEAR(meters.delay.sum, 40.2, 1e-6);
}

TEST_F(GuardedStoreTest, SaysNothingOfTheDelayWhereClocksAreUncertain) {
  add_alert(kSecond);
  ASSERT_EQ(commit().outcome, CommitOutcome::committed);
  batch_.clock_error = 3 * kSecond;
  ASSERT_EQ(commit().outcome, CommitOutcome::committed);
  batch_.clock_error = 0;
  behind_.outcome = CommitOutcome::io_error;
  ASSERT_EQ(commit().outcome, CommitOutcome::io_error);

  EXPECT_EQ(store_.meters().delay.sum, 0.0);
}

}  // namespace
}  // namespace hd
