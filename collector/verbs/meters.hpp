// SPDX-License-Identifier: Apache-2.0
// The collector's meters beside those of the API, by the names of docs: operations 6, delivery 15.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collector/ingest/guarded_store.hpp"
#include "collector/ingest/ingest_server.hpp"
#include "collector/watch/watch.hpp"
#include "sensor/serve/metrics.hpp"
#include "sensor/serve/server.hpp"

namespace hd {

/// What the last check of the whole ledger found.
struct LedgerMeter {
  std::uint64_t violations = 0, missing = 0;
  WallTime at = {};
  Nanos took = 0;
};

struct CollectorMeters {
  IngestStatus ingest = {};
  GuardMeters guard = {};
  ServerCounters web = {};
  std::optional<LedgerMeter> ledger = {};
  WatchCount clocks = {};
  std::vector<SensorRow> sensors = {};
  std::string store = {};  ///< folder
  WallTime started = {};
  Ticks now = {};
};

[[nodiscard]] std::vector<MetricFamily> meter_families(const CollectorMeters& meters);

}  // namespace hd
