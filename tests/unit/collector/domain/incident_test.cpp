// SPDX-License-Identifier: Apache-2.0
#include "collector/domain/incident.hpp"

#include <gtest/gtest.h>

#include "collector/domain/group.hpp"

namespace hd {
namespace {

constexpr const char* kLine =
    R"({"timestamp":"2022-08-30T01:02:03.123456+0000","event_type":"alert","src_ip":"203.0.113.77","src_port":51000,"dest_ip":"10.20.4.15","dest_port":80,"proto":"TCP",)"
    R"("alert":{"action":"allowed","gid":1,"signature_id":9000412,"rev":3,"signature":"HD WEBSHELL","category":"Web Application Attack","severity":1,)"
    R"("metadata":{"title_vi":["Web shell: lệnh chạy qua cổng dịch vụ công"],"mitre_technique_id":["T1505.003"],"signature_severity":["Critical"]}},)"
    R"("http":{"hostname":"dvc.example","url":"/upload/logo.aspx"},"app_proto":"http"})";

TEST(DecodeAlert, TakesWhatDecidesGroupsAndIncidents) {
  const auto alert = decode_alert(kLine);

  ASSERT_TRUE(alert.has_value()) << alert.error().what;
  EXPECT_EQ(alert->sid, 9000412u);
  EXPECT_EQ(alert->attacker, "203.0.113.77");
  EXPECT_EQ(alert->victim, "10.20.4.15");
  EXPECT_EQ(alert->title_vi, "Web shell: lệnh chạy qua cổng dịch vụ công");
  EXPECT_TRUE(alert->opens_incident);
  EXPECT_EQ(utc_text(alert->packet_time), "2022-08-30T01:02:03.123Z");
  EXPECT_EQ(alert->observables, (std::vector<Observable>{{"domain", "dvc.example"}, {"url", "/upload/logo.aspx"}}));
}

TEST(DecodeAlert, RefusesWhatIsNoAlert) {
  for (const char* line : {"", "{", "[]", R"({"event_type":"dns"})", R"({"event_type":"alert","alert":{"signature_id":0}})", R"({"event_type":"alert","alert":{"signature_id":1},"timestamp":"yesterday"})"}) {
    EXPECT_FALSE(decode_alert(line).has_value()) << line;
  }
}

TEST(Group, PutsTheSameRuleAndHostsTogetherAndOthersApart) {
  Alert alert = *decode_alert(kLine);
  const std::string key = group_key(alert);
  alert.victim = "10.20.4.16";

  EXPECT_NE(group_key(alert), key);
  alert.group_by = "attacker";
  const std::string by_attacker = group_key(alert);
  alert.victim = "10.20.4.17";
  EXPECT_EQ(group_key(alert), by_attacker);
}

TEST(Group, ClosesAfterFourQuietHours) {
  const Alert alert = *decode_alert(kLine);
  const AlertGroup group = begin_group(alert, alert.packet_time, alert.packet_time, nullptr);

  EXPECT_TRUE(is_open_for(group, alert.packet_time + kGroupIdle));
  EXPECT_FALSE(is_open_for(group, alert.packet_time + kGroupIdle + 1));
}

TEST(Group, RaisesSeverityByTheLevelOfTheSystem) {
  Alert alert = *decode_alert(kLine);
  alert.severity = 3;
  alert.result = "success";
  const ProtectedSystem system{.name = "dvc-web-01", .level = 4};

  EXPECT_EQ(begin_group(alert, {}, {}, nullptr).severity, 3);
  EXPECT_EQ(begin_group(alert, {}, {}, &system).severity, 1);
}

TEST(TimeBasis, DoesNotTrustAClockThatIsTooFarOff) {
  const WallTime packet{1'000 * kSecond}, arrived{1'100 * kSecond};

  EXPECT_EQ(basis_of(packet, 5 * kSecond, kSecond, arrived).time, packet + 5 * kSecond);
  EXPECT_FALSE(basis_of(packet, 0, 3 * kSecond, arrived).is_corrected);
  EXPECT_EQ(basis_of(packet, 0, -1, arrived).time, arrived);
  EXPECT_EQ(basis_of(arrived + kSecond, 0, 0, arrived).time, arrived);
}

TEST(Opening, NeverComesOfATestRule) {
  Alert alert = *decode_alert(kLine);
  const AlertGroup group = begin_group(alert, {}, {}, nullptr);
  ASSERT_TRUE(should_open(group, alert, 1).has_value());
  alert.is_test = true;

  EXPECT_FALSE(should_open(group, alert, 1).has_value());
}

TEST(Incident, SaysAllThatIsMissingAtOnce) {
  Incident incident{.state = IncidentState::contained};

  const auto lacks = lacks_for(incident, IncidentState::closed, {Duty{.id = "initial", .title_vi = "Báo cáo ban đầu"}});

  ASSERT_EQ(lacks.size(), 4u);
  EXPECT_EQ(lacks[3].field, "duty:initial");
}

TEST(Incident, GoesNowhereThatItsStateDoesNotLead) {
  const Incident incident{.state = IncidentState::open};

  EXPECT_EQ(lacks_for(incident, IncidentState::closed, {})[0].field, "state");
  EXPECT_TRUE(lacks_for(Incident{.state = IncidentState::open, .owner = "ha"}, IncidentState::acknowledged, {}).empty());
}

TEST(Timeline, NamesTheFirstEntryThatWasChanged) {
  std::vector<TimelineEntry> entries;
  std::string previous = genesis_of("SC-2026-0001");
  for (std::uint64_t i = 1; i <= 3; ++i) {
    TimelineEntry entry{.incident = 1, .sequence = i, .at = {static_cast<std::int64_t>(i) * kSecond}, .kind = "comment", .body = "n" + std::to_string(i), .author = "ha", .previous_hash = previous};
    entry.hash = hash_of(entry);
    previous = entry.hash;
    entries.push_back(entry);
  }
  EXPECT_EQ(first_broken("SC-2026-0001", entries), 0u);
  entries[1].body = "n9";

  EXPECT_EQ(first_broken("SC-2026-0001", entries), 2u);
  EXPECT_EQ(first_broken("SC-2026-0002", entries), 1u);
}

TEST(System, FindsTheLongestNetwork) {
  const SystemRegister systems({{.name = "lan", .level = 2, .networks = {*parse_network("10.20.0.0/16")}}, {.name = "web", .level = 3, .networks = {*parse_network("10.20.4.0/24")}}});

  EXPECT_EQ(systems.find("10.20.4.15")->name, "web");
  EXPECT_EQ(systems.find("10.20.5.1")->name, "lan");
  EXPECT_EQ(systems.find("192.0.2.1"), nullptr);
  EXPECT_EQ(systems.find("not an address"), nullptr);
  EXPECT_FALSE(parse_network("10.0.0.0/33").has_value());
}

}  // namespace
}  // namespace hd
