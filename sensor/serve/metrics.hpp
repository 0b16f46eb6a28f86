// SPDX-License-Identifier: Apache-2.0
// Metrics in Prometheus' text form, from plain values that are read when someone asks.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sensor/serve/http.hpp"

namespace hd {

enum class MetricKind : std::uint8_t { counter, gauge, histogram };

/// How often a value was at most each bound; the bounds rise.
struct MetricHistogram {
  struct Bucket {
    double bound = 0;
    std::uint64_t count = 0;  ///< of values up to the bound, those of lower buckets among them
  };
  std::vector<Bucket> buckets = {};
  std::uint64_t count = 0;  ///< of all
  double sum = 0;
};

struct MetricSample {
  std::vector<std::pair<std::string, std::string>> labels = {};  ///< never strings from the wire
  double value = 0;
  MetricHistogram histogram = {};  ///< instead of the value, for MetricKind::histogram
};

/// One name with its help and values. Names follow `promtool check metrics`: counters end in _total, units are base units.
struct MetricFamily {
  std::string name = {}, help = {};
  MetricKind kind = MetricKind::gauge;
  std::vector<MetricSample> samples = {};
};

[[nodiscard]] std::string metrics_text(const std::vector<MetricFamily>& families);
/// The same as an answer with its content type.
[[nodiscard]] Response metrics_response(const std::vector<MetricFamily>& families);

}  // namespace hd
