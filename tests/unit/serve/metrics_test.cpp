// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "sensor/serve/metrics.hpp"

namespace hd {
namespace {

TEST(Metrics, WritesCountersGaugesAndHistogramsAsPrometheusReadsThem) {
  const std::string text = metrics_text({
      {.name = "hd_things_total", .help = "Things.", .kind = MetricKind::counter, .samples = {{.labels = {{"kind", "a"}}, .value = 3}}},
      {.name = "hd_level", .help = "Level.", .samples = {{.value = 0.5}}},
      {.name = "hd_wait_seconds", .help = "Wait.", .kind = MetricKind::histogram, .samples = {{.histogram = {.buckets = {{0.1, 2}, {1, 5}}, .count = 6, .sum = 7.5}}}},
  });

  for (const char* line : {"# TYPE hd_things_total counter", "hd_things_total{kind=\"a\"} 3", "# TYPE hd_level gauge", "hd_level 0.5", "# TYPE hd_wait_seconds histogram", "hd_wait_seconds_count 6",
                           "hd_wait_seconds_sum 7.5", "hd_wait_seconds_bucket{le=\"0.1\"} 2", "hd_wait_seconds_bucket{le=\"1\"} 5", "hd_wait_seconds_bucket{le=\"+Inf\"} 6"}) {
    EXPECT_NE(text.find(std::string(line) + "\n"), std::string::npos) << line << "\n" << text;
  }
}

TEST(Metrics, LeavesOutFamiliesWithoutSamples) { EXPECT_EQ(metrics_text({{.name = "hd_none_total", .help = "None.", .kind = MetricKind::counter, .samples = {}}}), ""); }

}  // namespace
}  // namespace hd
