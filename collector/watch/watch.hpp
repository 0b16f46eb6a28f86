// SPDX-License-Identifier: Apache-2.0
// Watches the clocks of open incidents: each warning that a duty reaches, and its due moment, becomes one entry of the timeline,
// however often the collector is started anew.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "collector/store/store.hpp"
#include "sensor/base/log.hpp"

namespace hd {

/// What one look at the clocks found.
struct WatchCount {
  std::uint64_t running = 0, late = 0;  ///< duties
  std::uint64_t warned = 0;             ///< entries made now
  Nanos left_min = 0;                   ///< of the most urgent running duty; meaningless when none runs
};

class Watch {
 public:
  /// `store` is borrowed. One thread.
  Watch(Store& store, Logger log) : store_(store), log_(std::move(log)) {}

  /// To be called about each second. The time is handed in: no timer is a source of truth.
  [[nodiscard]] Result<WatchCount> tick(WallTime now);

 private:
  [[nodiscard]] Result<bool> warn(const Incident& incident, const Duty& duty, std::size_t rung, WallTime now);

  Store& store_;
  Logger log_;
  std::map<std::pair<std::uint64_t, std::string>, std::size_t> rungs_ = {};  // known to stand in the timeline
};

}  // namespace hd
