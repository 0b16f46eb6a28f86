// SPDX-License-Identifier: Apache-2.0
#include "sensor/serve/metrics.hpp"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace hd {
namespace {

/// The library's way in: families made from ours at the moment of asking.
class Reading final : public prometheus::Collectable {
 public:
  explicit Reading(const std::vector<MetricFamily>& families) : families_(families) {}

  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<prometheus::MetricFamily> result;
    for (const MetricFamily& family : families_) {
      if (family.samples.empty()) continue;
      const bool is_counter = family.kind == MetricKind::counter;
      prometheus::MetricFamily out;
      out.name = family.name;
      out.help = family.help;
      out.type = is_counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
      for (const MetricSample& sample : family.samples) {
        prometheus::ClientMetric metric;
        for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
        if (is_counter) metric.counter.value = sample.value;
        else metric.gauge.value = sample.value;
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
