// SPDX-License-Identifier: Apache-2.0
#include "collector/watch/watch.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "sensor/base/file.hpp"

namespace hd {
namespace {

constexpr WallTime kDetected{1'661'800'000 * kSecond};
constexpr Nanos kHour = 3600 * kSecond;

class FixedClock final : public Clock {
 public:
  WallTime wall() override { return kDetected; }
  Ticks ticks() override { return {0}; }
};

class WatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("haidang-watch-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    auto packs = read_packs(*read_file(HD_SOURCE_DIR "/collector/packs/clock-packs.json"));
    auto opened = open_sqlite_store({.path = folder_.string(), .packs = std::move(*packs)}, clock_);
    ASSERT_TRUE(opened.has_value()) << opened.error().what;
    store_ = std::move(*opened);
    ASSERT_TRUE(store_->put_sensor({.id = sensor_, .name = "tram-bac-01", .state = "accepted"}).has_value());
    const auto token = store_->take_sensor(sensor_);
    ASSERT_TRUE(token.has_value());
    const std::string line =
        R"({"timestamp":"2022-08-29T19:06:00.000000+0000","event_type":"alert","src_ip":"203.0.113.7","dest_ip":"10.0.0.1","proto":"TCP","alert":{"signature_id":7,"gid":1,)"
        R"("signature":"HD TEST","category":"Web Application Attack","severity":2,"metadata":{"signature_severity":["Major"]}}})";
    CommitBatch batch{.sensor = sensor_, .epoch = 1, .lane = 2, .first = 1, .last = 1, .head = 1, .owner_token = *token, .received = kDetected, .clock_error = -1};
    batch.records.push_back({.number = 1, .last = 1, .severity = 2, .packet_time = kDetected, .body = line});
    ASSERT_EQ(store_->commit({batch}).status, CommitStatus::committed);
    ASSERT_EQ(store_->incidents(true, 10)->size(), 1u);
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  [[nodiscard]] std::size_t warnings() {
    const auto entries = store_->timeline(store_->incidents(true, 10)->front().id);
    return static_cast<std::size_t>(std::count_if(entries->begin(), entries->end(), [](const TimelineEntry& entry) { return entry.kind == "warning"; }));
  }

  std::filesystem::path folder_;
  FixedClock clock_;
  Id16 sensor_ = {4, 2};
  std::unique_ptr<Store> store_;
};

TEST_F(WatchTest, WarnsOnceAtEachRungOfTheSeventyTwoHours) {
  Watch watch(*store_, Logger());
  EXPECT_EQ(watch.tick(kDetected + kHour)->warned, 0u);
  EXPECT_EQ(watch.tick(kDetected + 24 * kHour - 1)->warned, 0u);
  EXPECT_EQ(watch.tick(kDetected + 24 * kHour)->warned, 1u);
  EXPECT_EQ(watch.tick(kDetected + 24 * kHour + kSecond)->warned, 0u);
  EXPECT_EQ(watch.tick(kDetected + 48 * kHour)->warned, 1u);
  EXPECT_EQ(watch.tick(kDetected + 66 * kHour)->warned, 1u);
  EXPECT_EQ(watch.tick(kDetected + 71 * kHour)->warned, 1u);
  EXPECT_EQ(warnings(), 4u);
}

TEST_F(WatchTest, SaysWhatIsLateAndHowMuchIsLeft) {
  Watch watch(*store_, Logger());
  const auto before = watch.tick(kDetected + 70 * kHour);
  EXPECT_EQ(before->running, 1u);
  EXPECT_EQ(before->left_min, 2 * kHour);
  const auto after = watch.tick(kDetected + 72 * kHour + kSecond);
  EXPECT_EQ(after->late, 1u);
  EXPECT_EQ(after->left_min, -kSecond);
  EXPECT_EQ(after->warned, 1u);
}

TEST_F(WatchTest, RepeatsNothingAfterANewStart) {
  EXPECT_EQ(Watch(*store_, Logger()).tick(kDetected + 48 * kHour)->warned, 1u);
  EXPECT_EQ(Watch(*store_, Logger()).tick(kDetected + 49 * kHour)->warned, 0u);
  EXPECT_EQ(warnings(), 1u);
}

}  // namespace
}  // namespace hd
