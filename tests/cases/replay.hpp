// SPDX-License-Identifier: Apache-2.0
// A case through the engine, in one shape or all, and what came of it held against what it expects.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sensor/verbs/engine.hpp"
#include "sensor/verbs/run/sensor.hpp"
#include "tests/cases/traffic.hpp"

namespace hd::cases {

/// A folder that goes away with its owner.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ = {};
};

/// One alert, as far as it must be the same in all shapes, and its EVE line.
struct Seen {
  std::uint32_t sid = 0;
  Direction direction = Direction::to_server;
  bool has_tx = false;
  std::uint64_t tx = 0;
  std::uint32_t packet = 0;
  std::string eve = {};
};

struct Outcome {
  std::vector<Seen> alerts = {};
  std::vector<CounterReading> counters = {};
  std::string broken = {};  ///< not empty: the ledger does not sum, or the engine could not begin
};

/// The rules and settings of a case, read once for all its shapes (twice when one of them is ipv6).
struct LoadedCase {
  LoadedEngine engine = {};
  std::shared_ptr<const Ruleset> reloaded = {};  ///< the same rules, compiled once more: for the shape reload
  WorkerOptions worker = {};
};
/// `is_ip6`: with all addresses mapped. Errors as load_engine's; `folder` is where the case's files are put.
[[nodiscard]] Result<LoadedCase> load_case(const Case& which, bool is_ip6, const std::string& folder);

/// Replays. `folder` is for the shapes that are files.
[[nodiscard]] Outcome replay_case(const LoadedCase& loaded, const std::vector<Frame>& frames, const Shape& shape, const std::string& folder);

/// One line for each expectation that does not hold: "FILE:LINE: …". `baseline`: the alerts as written.
[[nodiscard]] std::vector<std::string> judge(const Case& which, const Shape& shape, const LoadedCase& loaded, const Outcome& outcome, const Outcome* baseline);

}  // namespace hd::cases
