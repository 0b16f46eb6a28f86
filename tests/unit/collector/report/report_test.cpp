// SPDX-License-Identifier: Apache-2.0
#include "collector/report/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sensor/base/json.hpp"

namespace hd {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

ReportParts parts() {
  ReportParts made;
  made.incident = {.number = "SC-2022-0007", .title = "Chèn mã SQL", .kind = "intrusion", .severity = 2, .t0 = {1'661'800'000 * kSecond}, .t0_basis = "arrived",
                   .opened_by = "policy:major-rule", .system = "Cổng dịch vụ công", .system_level = 3, .attacker = "203.0.113.7", .victim = "10.0.0.1"};
  made.groups = {{.sid = 9000101, .signature = "HD WEB", .title_vi = "Chèn mã SQL", .technique = "T1190", .attacker = "203.0.113.7", .victim = "10.0.0.1", .sensor = "tram-1", .count = 4}};
  made.author = "Nguyễn Văn A";
  made.now = {1'661'803'600 * kSecond};
  made.organisation = {.name = "Sở TTTT", .address = "Rạch Giá", .phone = "0297", .mail = "a@example.vn", .contact_phone = "082"};
  return made;
}

const FormField& field(const FilledForm& form, std::string_view key) {
  return *std::find_if(form.fields.begin(), form.fields.end(), [key](const FormField& one) { return one.key == key; });
}

TEST(InitialReport, HasTheThirtyFieldsOfThePaperInItsOrder) {
  const FilledForm form = fill_initial_report(parts());
  ASSERT_EQ(form.fields.size(), 30u);
  for (std::size_t i = 0; i < form.fields.size(); ++i) EXPECT_EQ(form.fields[i].number, i + 1);
  EXPECT_EQ(field(form, "org.name").value, "Sở TTTT");
  EXPECT_EQ(field(form, "system.level").value, "Cấp độ 3");
}

TEST(InitialReport, TellsTheTimeOfDetectionInTheZoneOfVietNam) {
  const FilledForm form = fill_initial_report(parts());  // 2022-08-29T19:06:40Z
  EXPECT_EQ(field(form, "incident.date").value, "30/08/2022");
  EXPECT_EQ(field(form, "incident.time").value, "2 giờ 06 phút");
}

TEST(InitialReport, ListsWhatIsMissingAndInventsNothing) {
  ReportParts made = parts();
  made.organisation = {};
  const FilledForm form = fill_initial_report(made);
  EXPECT_EQ(field(form, "org.name").state, FieldState::missing);
  EXPECT_EQ(field(form, "org.name").value, "");
  EXPECT_EQ(field(form, "system.owner").state, FieldState::missing);
  const std::string json = report_json(form);
  const auto document = JsonDocument::parse(json);
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ(document->get("missing").at(0).as_string(), "org.name");
  EXPECT_THAT(report_markdown(form), HasSubstr("(còn thiếu)"));
}

TEST(InitialReport, ShowsHostileTextAsText) {
  ReportParts made = parts();
  made.groups.front().title_vi = "<b>|x|</b> [a](http://evil)\x1b[31m\xe2\x80\xae\xff";
  const FilledForm form = fill_initial_report(made);
  const std::string markdown = report_markdown(form);
  EXPECT_THAT(markdown, HasSubstr(R"(\<b\>\|x\|\</b\> \[a\]\(http://evil\))"));
  EXPECT_THAT(markdown, Not(HasSubstr("\x1b")));
  EXPECT_THAT(shown(made.groups.front().title_vi), HasSubstr(R"(\x1b[31m\u{202e}\xff)"));
}

TEST(InitialReport, CutsWhatIsTooLong) { EXPECT_EQ(shown(std::string(5000, 'a'), 10), "aaaaaaaaaa…"); }

TEST(InitialReport, IsAPdfWhateverStandsInIt) {
  ReportParts made = parts();
  made.incident.summary = std::string(30'000, 'x') + "\xc3\x28 </span>";
  const auto pdf = make_report(made, ReportForm::pdf);
  ASSERT_TRUE(pdf.has_value());
  EXPECT_THAT(*pdf, StartsWith("%PDF-1."));
  EXPECT_GT(pdf->size(), 5'000u);
}

}  // namespace
}  // namespace hd
