// SPDX-License-Identifier: Apache-2.0
#include "sensor/serve/http.hpp"

#include <gtest/gtest.h>

#include "sensor/serve/metrics.hpp"

namespace hd {
namespace {

TEST(Request, FindsHeadersInAnyCaseAndCookiesByTheirExactName) {
  const Request request{.headers = {{"COOKIE", "a=1; __Host-hd=abc=; b=2"}, {"X-Csrf-Token", "t"}}};

  EXPECT_EQ(request.header("x-csrf-token"), "t");
  EXPECT_EQ(request.header("absent"), "");
  EXPECT_EQ(request.cookie("__Host-hd"), "abc=");
  EXPECT_EQ(request.cookie("hd"), "");
  EXPECT_EQ(request.cookie("b"), "2");
}

TEST(PercentDecode, ReadsEscapesAndRefusesBrokenOnesAndNul) {
  EXPECT_EQ(percent_decode("s%E1%BB%B1+c%E1%BB%91", true), "sự cố");
  EXPECT_EQ(percent_decode("a+b", false), "a+b");
  EXPECT_FALSE(percent_decode("%", true));
  EXPECT_FALSE(percent_decode("%4", true));
  EXPECT_FALSE(percent_decode("%4g", true));
  EXPECT_FALSE(percent_decode("%00", true));
}

TEST(SplitTarget, TakesOriginFormOnly) {
  std::string path;
  HeaderList query;
  EXPECT_TRUE(split_target("/a?b=c&d&&e=f=g#x", &path, &query));
  EXPECT_EQ(path, "/a");
  EXPECT_EQ(query, (HeaderList{{"b", "c"}, {"d", ""}, {"e", "f=g"}}));
  EXPECT_FALSE(split_target("http://h/a", &path, &query));
  EXPECT_FALSE(split_target("*", &path, &query));
  EXPECT_FALSE(split_target("", &path, &query));
}

TEST(SplitTarget, LimitsTheNumberOfMembers) {
  std::string path, target = "/?";
  HeaderList query;
  for (int i = 0; i < 64; ++i) target += "a&";
  EXPECT_TRUE(split_target(target, &path, &query));
  EXPECT_FALSE(split_target(target + "a", &path, &query));
}

TEST(MetricsText, WritesFamiliesAsPrometheusReadsThem) {
  const std::string text = metrics_text({{.name = "haidang_alerts_total", .help = "Alerts stored.", .kind = MetricKind::counter, .samples = {{{{"severity", "1"}}, 7}}},
                                         {.name = "haidang_incidents_open", .help = "Open incidents.", .samples = {{{}, 2}}},
                                         {.name = "haidang_empty", .help = "Nothing yet."}});

  EXPECT_EQ(text,
            "# HELP haidang_alerts_total Alerts stored.\n# TYPE haidang_alerts_total counter\nhaidang_alerts_total{severity=\"1\"} 7\n"
            "# HELP haidang_incidents_open Open incidents.\n# TYPE haidang_incidents_open gauge\nhaidang_incidents_open 2\n");
}

}  // namespace
}  // namespace hd
