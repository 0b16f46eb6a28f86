// SPDX-License-Identifier: Apache-2.0
#include "collector/domain/duty.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "collector/domain/alert.hpp"
#include "sensor/base/file.hpp"
#include "sensor/base/json.hpp"

namespace hd {
namespace {

WallTime at(std::string_view text) {
  WallTime time;
  EXPECT_TRUE(parse_time(text, &time)) << text;
  return time;
}

PackFile shipped() {
  auto text = read_file(HD_SOURCE_DIR "/collector/packs/clock-packs.json");
  EXPECT_TRUE(text.has_value());
  auto packs = read_packs(*text);
  EXPECT_TRUE(packs.has_value()) << (packs ? "" : packs.error().what);
  return packs ? std::move(*packs) : PackFile{};
}

const ClockPack* find(const PackFile& file, std::string_view id) {
  const auto pack = std::find_if(file.packs.begin(), file.packs.end(), [id](const ClockPack& p) { return p.id == id; });
  return pack == file.packs.end() ? nullptr : &*pack;
}

// Cases of packs that this release counts in, with one duty and plain events; the others need units that come later.
TEST(ClockPack, GivesTheDueTimesOfTheCaseFile) {
  PackFile file = shipped();
  auto text = read_file(HD_SOURCE_DIR "/tests/unit/collector/domain/data/clock-cases.json");
  ASSERT_TRUE(text.has_value());
  auto document = JsonDocument::parse(*text);
  ASSERT_TRUE(document.has_value());
  int checked = 0;
  for (const JsonView one : document->root().get("cases").elements()) {
    const ClockPack* pack = find(file, one.get("pack").as_string());
    if (pack == nullptr || !one.get("due").is(JsonKind::string) || !one.get("events").is(JsonKind::object)) continue;
    if (one.get("zone").as_string("Asia/Ho_Chi_Minh") != "Asia/Ho_Chi_Minh") continue;
    Events events;
    for (const JsonMember& event : one.get("events").members()) events[std::string(event.key)] = at(event.value.as_string());
    std::map<std::string, Calendar> calendars = file.calendars;
    for (const JsonView day : one.get("extra_holidays").elements()) calendars["vn"].holidays.push_back(civil_of(at(std::string(day.as_string()) + "T00:00:00Z"), 0).date);

    const std::vector<Duty> duties = evaluate(*pack, calendars, events, events.begin()->second, false);

    const auto duty = std::find_if(duties.begin(), duties.end(), [&](const Duty& d) { return d.id == one.get("duty").as_string(); });
    ASSERT_NE(duty, duties.end()) << one.get("id").as_string();
    ASSERT_TRUE(duty->due.has_value());
    EXPECT_EQ(utc_text(*duty->due), utc_text(at(one.get("due").as_string()))) << one.get("id").as_string();
    for (std::size_t i = 0; i < one.get("warn").size(); ++i) EXPECT_EQ(utc_text(duty->warnings.at(i)), utc_text(at(one.get("warn").at(i).as_string()))) << one.get("id").as_string();
    if (one.get("outer")) {
      EXPECT_EQ(utc_text(duty->outer.value_or(WallTime{})), utc_text(at(one.get("outer").as_string()))) << one.get("id").as_string();
    }
    ++checked;
  }
  EXPECT_GE(checked, 8);
}

TEST(ClockPack, IsOnTimeAtTheEdgeAndLateOneMillisecondBehindIt) {
  const PackFile file = shipped();
  const ClockPack* pack = find(file, "vn-kg-1556");
  ASSERT_NE(pack, nullptr);
  const WallTime begin = at("2022-09-01T03:00:00+07:00");
  const WallTime due = begin + 72 * 3600 * kSecond;
  const auto state = [&](WallTime satisfied) { return evaluate(*pack, file.calendars, {{"detected", begin}, {"satisfied:initial", satisfied}}, due, false)[0].state; };

  EXPECT_EQ(state(due), DutyState::satisfied);
  EXPECT_EQ(state(due + kMillisecond), DutyState::satisfied_late);
}

TEST(ClockPack, PassesOverLimitsThatItDoesNotCountIn) {
  const PackFile file = shipped();

  EXPECT_EQ(find(file, "us-sec-8k-105"), nullptr);
  EXPECT_FALSE(file.passed_over.empty());
}

TEST(ClockPack, RefusesAWarningThatIsNotBeforeTheLimit) {
  const auto read = read_packs(R"({"packs":[{"id":"x","duties":[{"id":"a","start":{"event":"detected"},"limit":{"n":3,"unit":"h"},"warn":["3h"]}]}]})");

  ASSERT_FALSE(read.has_value());
  EXPECT_NE(read.error().what.find("x/a"), std::string::npos);
}

TEST(Duty, CountsTheRungsThatHavePassed) {
  const PackFile file = shipped();
  const WallTime begin = at("2026-09-02T00:00:00Z");
  const Duty duty = evaluate(*find(file, "vn-kg-1556"), file.calendars, {{"detected", begin}}, begin, false)[0];

  EXPECT_EQ(rung_at(duty, begin), 0u);
  EXPECT_EQ(rung_at(duty, begin + 24 * 3600 * kSecond), 1u);
  EXPECT_EQ(rung_at(duty, begin + 67 * 3600 * kSecond), 3u);
  EXPECT_EQ(rung_at(duty, begin + 73 * 3600 * kSecond), 5u);
}

}  // namespace
}  // namespace hd
