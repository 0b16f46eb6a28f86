// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "collector/store/store.hpp"
#include "sensor/base/file.hpp"

namespace hd {
namespace {

class FixedClock final : public Clock {
 public:
  WallTime wall() override { return {1'661'800'000 * kSecond}; }
  Ticks ticks() override { return {0}; }
};

std::string line(std::uint32_t sid, const std::string& attacker, const std::string& victim) {
  return R"({"timestamp":"2022-08-29T19:06:00.000000+0000","event_type":"alert","src_ip":")" + attacker + R"(","dest_ip":")" + victim +
         R"(","proto":"TCP","alert":{"signature_id":)" + std::to_string(sid) + R"(,"gid":1,"signature":"HD TEST","category":"Web Application Attack","severity":2,"metadata":{"signature_severity":["Major"]}}})";
}

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("haidang-store-" + std::to_string(::getpid()) + "-" + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    open();
    ASSERT_TRUE(store_->put_sensor({.id = sensor_, .name = "tram-bac-01", .state = "accepted"}).has_value());
    auto token = store_->take_sensor(sensor_);
    ASSERT_TRUE(token.has_value());
    token_ = *token;
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  void open() {
    auto packs = read_packs(*read_file(HD_SOURCE_DIR "/collector/packs/clock-packs.json"));
    auto opened = open_sqlite_store({.path = folder_.string(), .packs = std::move(*packs)}, clock_);
    ASSERT_TRUE(opened.has_value()) << opened.error().what;
    store_ = std::move(*opened);
  }
  // Alerts first..last of lane 2, each of its own attacker unless `attacker` is given.
  CommitBatch batch(std::uint64_t first, std::uint64_t last, const std::string& attacker = "203.0.113.7") {
    CommitBatch made{.sensor = sensor_, .epoch = 0xfedcba9876543210u, .lane = 2, .first = first, .last = last, .head = last, .owner_token = token_, .received = clock_.wall(), .clock_error = 0};
    for (std::uint64_t number = first; number <= last; ++number) {
      bodies_.push_back(std::make_unique<std::string>(line(1000001, attacker, "10.0.0.1")));
      made.records.push_back({.number = number, .last = number, .severity = 2, .packet_time = clock_.wall() - 3600 * kSecond, .body = *bodies_.back()});
    }
    return made;
  }

  std::filesystem::path folder_;
  FixedClock clock_;
  Id16 sensor_ = {1, 2, 3};
  std::uint64_t token_ = 0;
  std::unique_ptr<Store> store_;
  std::vector<std::unique_ptr<std::string>> bodies_;
};

TEST_F(StoreTest, StoresABatchOnceHoweverOftenItIsOffered) {
  ASSERT_EQ(store_->commit({batch(1, 10)}).status, CommitStatus::committed);

  EXPECT_EQ(store_->commit({batch(1, 10)}).status, CommitStatus::cursor_moved);
  EXPECT_EQ(store_->lanes(sensor_)->at(0).stored, 10u);
  EXPECT_EQ(store_->counts()->alerts, 10u);
  EXPECT_TRUE(store_->check_ledger("", true)->violations.empty());
}

TEST_F(StoreTest, TellsOfAGroupOnceHoweverManyAlertsOfItACommitHas) {
  const std::uint64_t before = store_->last_change().value_or(0);
  ASSERT_EQ(store_->commit({batch(1, 500)}).status, CommitStatus::committed);

  const auto changes = store_->changes_after(before, 1000);
  ASSERT_TRUE(changes.has_value());
  EXPECT_EQ(std::ranges::count(*changes, "group", &Change::topic), 1);
}

TEST_F(StoreTest, ForgetsOldChangesButCountsOn) {
  constexpr std::uint64_t kGroups = 21'100;
  CommitBatch made = batch(1, kGroups);
  for (std::uint64_t n = 0; n < kGroups; ++n) {
    *bodies_[n] = line(1000001, "100." + std::to_string(n / 65536) + "." + std::to_string(n / 256 % 256) + "." + std::to_string(n % 256), "10.0.0.1");
    made.records[n].body = *bodies_[n];
  }
  ASSERT_EQ(store_->commit({made}).status, CommitStatus::committed);

  const std::uint64_t last = store_->last_change().value_or(0);
  EXPECT_GE(last, kGroups);
  const auto oldest = store_->changes_after(0, 1);
  ASSERT_TRUE(oldest.has_value() && oldest->size() == 1);
  EXPECT_GT(oldest->at(0).number, 1u);
  EXPECT_LE(last - oldest->at(0).number, 21'000u);
}

TEST_F(StoreTest, ShowsTheNewestStatusOfASensorsJournal) {
  const auto journal = [&](std::uint64_t number, const std::string& body) {
    CommitBatch made{.sensor = sensor_, .epoch = 1, .lane = 0, .first = number, .last = number, .head = number, .owner_token = token_, .received = clock_.wall()};
    made.records.push_back({.kind = StoredKind::journal, .number = number, .last = number, .body = body});
    return store_->commit({made}).status;
  };
  ASSERT_EQ(journal(1, R"({"schema":"haidang.status/1","word":"DOUBTFUL"})"), CommitStatus::committed);
  ASSERT_EQ(journal(2, R"({"kind":"start","why":"not a haidang.status/1"})"), CommitStatus::committed);
  ASSERT_EQ(journal(3, "haidang.status/1 that is no JSON"), CommitStatus::committed);

  EXPECT_EQ(store_->sensors()->at(0).health, R"({"schema":"haidang.status/1","word":"DOUBTFUL"})");
  EXPECT_TRUE(store_->check_ledger("", true)->violations.empty());
}

TEST_F(StoreTest, EntersAllBatchesOfACommitOrNone) {
  ASSERT_EQ(store_->commit({batch(1, 5)}).status, CommitStatus::committed);

  const CommitAnswer answer = store_->commit({batch(6, 8), batch(10, 12)});

  EXPECT_EQ(answer.status, CommitStatus::cursor_moved);
  EXPECT_EQ(answer.batch, 1u);
  EXPECT_EQ(store_->lanes(sensor_)->at(0).cursor, 5u);
  EXPECT_EQ(store_->counts()->alerts, 5u);
}

TEST_F(StoreTest, RefusesACollectorThatLostTheSensor) {
  ASSERT_TRUE(store_->take_sensor(sensor_).has_value());

  EXPECT_EQ(store_->commit({batch(1, 1)}).status, CommitStatus::lease_lost);
}

TEST_F(StoreTest, CountsShedNumbersInTheLedger) {
  CommitBatch shed = batch(1, 0);
  shed.last = 40;
  shed.records.push_back({.kind = StoredKind::shed, .number = 1, .last = 40, .reason = "spool_full", .counts = {0, 40, 0, 0}});
  ASSERT_EQ(store_->commit({shed, batch(41, 42)}).status, CommitStatus::committed);
  ASSERT_TRUE(store_->observe_head(sensor_, 0xfedcba9876543210u, 2, 45, false).has_value());

  const auto report = store_->check_ledger("tram-bac-01", true);

  ASSERT_TRUE(report.has_value());
  EXPECT_TRUE(report->violations.empty());
  EXPECT_EQ(report->generated, 45u);
  EXPECT_EQ(report->stored, 2u);
  EXPECT_EQ(report->shed, 40u);
  EXPECT_EQ(report->pending, 3u);
}

TEST_F(StoreTest, SurvivesReopening) {
  ASSERT_EQ(store_->commit({batch(1, 3)}).status, CommitStatus::committed);
  const Id16 id = store_->store_id();
  store_.reset();
  open();

  EXPECT_EQ(store_->store_id(), id);
  EXPECT_EQ(store_->lanes(sensor_)->at(0).cursor, 3u);
}

TEST_F(StoreTest, OpensOneIncidentForOneThing) {
  ASSERT_EQ(store_->commit({batch(1, 20)}).status, CommitStatus::committed);

  const auto incidents = store_->incidents(true, 10);

  ASSERT_EQ(incidents->size(), 1u);
  const Incident& incident = incidents->front();
  EXPECT_EQ(incident.number, "SC-2022-0001");
  EXPECT_EQ(incident.alerts, 20u);
  EXPECT_EQ(incident.t0, clock_.wall() - 3600 * kSecond);
  EXPECT_EQ(store_->duties(incident, clock_.wall()).at(0).due, incident.t0 + 72 * 3600 * kSecond);
  EXPECT_EQ(first_broken(incident.number, *store_->timeline(incident.id)), 0u);
}

TEST_F(StoreTest, RefusesTheSecondOfTwoChangesToOneVersion) {
  ASSERT_EQ(store_->commit({batch(1, 1)}).status, CommitStatus::committed);
  Incident incident = store_->incidents(true, 1)->front();
  Incident other = incident;
  incident.owner = "ha";
  ASSERT_TRUE(store_->change_incident(incident, "assigned", "ha", "ha", clock_.wall()).has_value());
  other.owner = "bao";

  const auto second = store_->change_incident(other, "assigned", "bao", "bao", clock_.wall());

  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::E7003);
  EXPECT_EQ(store_->incident(incident.number)->value().owner, "ha");
}

TEST_F(StoreTest, UsesAnInvitationAndALinkOnlyOnce) {
  ASSERT_TRUE(store_->invite("h1", "tram-nam-02", clock_.wall() + kSecond, true).has_value());
  ASSERT_TRUE(store_->put_login_link("h2", "ha", clock_.wall() + kSecond).has_value());

  EXPECT_EQ(store_->use_invitation("h1", clock_.wall())->value().first, "tram-nam-02");
  EXPECT_FALSE(store_->use_invitation("h1", clock_.wall())->has_value());
  EXPECT_FALSE(store_->use_login_link("h2", clock_.wall() + 2 * kSecond)->has_value());
  EXPECT_FALSE(store_->use_login_link("h2", clock_.wall())->has_value());
}

TEST_F(StoreTest, GivesChangesInOrderForThoseWhoResume) {
  ASSERT_EQ(store_->commit({batch(1, 2)}).status, CommitStatus::committed);
  const auto all = store_->changes_after(0, 100);
  ASSERT_GE(all->size(), 3u);

  const auto rest = store_->changes_after(all->at(1).number, 100);

  EXPECT_EQ(rest->size(), all->size() - 2);
  EXPECT_EQ(rest->front().number, all->at(2).number);
}

}  // namespace
}  // namespace hd
