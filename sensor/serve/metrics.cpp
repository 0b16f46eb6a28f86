// SPDX-License-Identifier: Apache-2.0
#include "sensor/serve/metrics.hpp"

#include <limits>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace hd {
namespace {

prometheus::MetricType type_of(MetricKind kind) {
  if (kind == MetricKind::histogram) return prometheus::MetricType::Histogram;
  return kind == MetricKind::counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
}

prometheus::ClientMetric::Histogram histogram_of(const MetricHistogram& from) {
  prometheus::ClientMetric::Histogram out;
  out.sample_count = from.count;
  out.sample_sum = from.sum;
  for (const MetricHistogram::Bucket& bucket : from.buckets) {
    prometheus::ClientMetric::Bucket one;
    one.upper_bound = bucket.bound;
    one.cumulative_count = bucket.count;
    out.bucket.push_back(one);
  }
  prometheus::ClientMetric::Bucket all;
  all.upper_bound = std::numeric_limits<double>::infinity();
  all.cumulative_count = from.count;
  out.bucket.push_back(all);
  return out;
}

/// The library's way in: families made from ours at the moment of asking.
class Reading final : public prometheus::Collectable {
 public:
  explicit Reading(const std::vector<MetricFamily>& families) : families_(families) {}

  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<prometheus::MetricFamily> result;
    for (const MetricFamily& family : families_) {
      if (family.samples.empty()) continue;
      prometheus::MetricFamily out;
      out.name = family.name;
      out.help = family.help;
      out.type = type_of(family.kind);
      for (const MetricSample& sample : family.samples) {
        prometheus::ClientMetric metric;
        for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
        if (family.kind == MetricKind::counter) metric.counter.value = sample.value;
        else if (family.kind == MetricKind::gauge) metric.gauge.value = sample.value;
        else metric.histogram = histogram_of(sample.histogram);
        out.metric.push_back(std::move(metric));
      }
      result.push_back(std::move(out));
    }
    return result;
  }

 private:
  const std::vector<MetricFamily>& families_;
};

}  // namespace

std::string metrics_text(const std::vector<MetricFamily>& families) {
  return prometheus::TextSerializer().Serialize(Reading(families).Collect());
}

Response metrics_response(const std::vector<MetricFamily>& families) {
  Response response{.body = metrics_text(families)};
  response.with("Content-Type", "text/plain; version=0.0.4; charset=utf-8").with("Cache-Control", "no-store");
  return response;
}

}  // namespace hd
