// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/progress.hpp"

#include <gtest/gtest.h>

namespace hd {
namespace {

class HandClock final : public Clock {
 public:
  WallTime wall() override { return {}; }
  Ticks ticks() override { return now; }
  Ticks now = {};
};

TEST(ProgressLine, DrawsOnATerminalAfterAPauseAndTenTimesASecond) {
  HandClock clock;
  std::string out;
  {
    ProgressLine progress({.what = "replaying a.pcap", .unit = "packets", .total = 1000, .style = ProgressLine::Style::terminal,
                       .write = [&out](std::string_view text) { out += text; }},
                      clock);
    clock.now = {299 * kMillisecond};
    progress.update(100);
    EXPECT_EQ(out, "");
    clock.now = {500 * kMillisecond};
    progress.update(250);
    EXPECT_EQ(out, "\rreplaying a.pcap  [#####...............] 25 %  250/1,000 packets  500/s  1s left\x1b[K");
    clock.now = {599 * kMillisecond};
    progress.update(300);
    EXPECT_EQ(out.find("300"), std::string::npos);
  }
  EXPECT_TRUE(out.ends_with("\r\x1b[K"));
}

TEST(ProgressLine, WritesPlainLinesEveryTenSeconds) {
  HandClock clock;
  std::string out;
  ProgressLine progress({.what = "reading", .unit = "packets", .style = ProgressLine::Style::plain,
                     .write = [&out](std::string_view text) { out += text; }},
                    clock);

  clock.now = {9 * kSecond};
  progress.update(1);
  clock.now = {10 * kSecond};
  progress.update(20'000);
  clock.now = {11 * kSecond};
  progress.update(30'000);

  EXPECT_EQ(out, "reading  20,000 packets  2,000/s\n");
}

TEST(ProgressLine, SaysNothingWhenNotAsked) {
  HandClock clock;
  ProgressLine progress({.what = "reading", .style = ProgressLine::Style::none}, clock);
  clock.now = {60 * kSecond};

  progress.update(1);

  EXPECT_EQ(progress_style(true, true), ProgressLine::Style::none);
}

}  // namespace
}  // namespace hd
