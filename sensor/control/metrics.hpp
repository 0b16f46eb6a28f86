// SPDX-License-Identifier: Apache-2.0
// A reading as Prometheus metrics and as an EVE stats record (docs: operations 6).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sensor/control/reading.hpp"
#include "sensor/serve/metrics.hpp"

namespace hd {

[[nodiscard]] std::vector<MetricFamily> metrics_of(const SensorReading& reading, const std::string& version);
/// One line without newline: {"timestamp":…,"event_type":"stats","stats":{…}} with the counters nested by their points.
/// `timestamp` is that of the reading in EVE's form.
[[nodiscard]] std::string stats_line(const SensorReading& reading, const std::string& sensor, std::string_view timestamp);

}  // namespace hd
