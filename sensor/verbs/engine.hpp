// SPDX-License-Identifier: Apache-2.0
// The engine put together: settings to a worker's options, rule files to a ruleset. Shared by replay, run and check.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sensor/base/result.hpp"
#include "sensor/compile/compile.hpp"
#include "sensor/control/engine_settings.hpp"
#include "sensor/match/database_cache.hpp"
#include "sensor/registry/load_rules.hpp"
#include "sensor/worker/worker.hpp"

namespace hd {

/// Sizes of one worker's tables. They are reserved at start and touched as they are used.
struct EngineSizes {
  std::uint32_t flows = 262'144;
  std::size_t stream_memory = std::size_t{1} << 30;
  std::size_t app_memory = std::size_t{1} << 30;
};

/// What of the settings a worker goes by. Errors name the setting (E3102).
[[nodiscard]] Result<WorkerOptions> worker_options(const EngineSettings& settings, const EngineSizes& sizes, HashKey key);

/// Every event type that an output can ask for, in the order of the help.
[[nodiscard]] std::vector<std::string> event_types();
/// Those of them that a worker has to record besides alerts.
[[nodiscard]] EventChoice events_of(const std::vector<std::string>& types);

struct RuleSource {
  std::vector<std::string> files = {};
  std::string classification = {};  ///< file; empty: beside the first rules file if there is one, else the standard classes
  std::string reference = {};       ///< the same
  std::string cache = {};           ///< folder of compiled databases; empty: none
};

struct LoadedEngine {
  std::shared_ptr<const Ruleset> rules = {};
  std::vector<RefusedRule> refused = {};
  std::vector<SkippedRule> skipped = {};
  std::vector<Error> errors = {};   ///< files that could not be read, catalogue lines that make no sense
  CompileReport report = {};
  NameTable names = {};
  double seconds_load = 0, seconds_compile = 0;
};

/// Reads and compiles. Refused rules are in the result; an error is only what stops the whole (E2201, E4001).
[[nodiscard]] Result<LoadedEngine> load_engine(const RuleSource& source, const EngineSettings& settings, NameTable names, std::uint64_t version);

}  // namespace hd
