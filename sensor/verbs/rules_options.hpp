// SPDX-License-Identifier: Apache-2.0
// --rules and what goes with it, for the verbs that load rules by hand.
#pragma once

#include <string>
#include <vector>

#include "sensor/control/engine_settings.hpp"
#include "sensor/verbs/command_line.hpp"
#include "sensor/verbs/engine.hpp"

namespace hd {

struct RulesOptions {
  std::vector<std::string> files = {};
  std::string settings = {};   ///< replay settings: variables, threshold file
  std::string cache = {};      ///< folder of compiled databases; empty: HAIDANG_CACHE, else none
};
void add_rules_options(CLI::App& verb, RulesOptions& options);
/// Names that a pattern of the shell stands for, sorted; the pattern itself when it has no wildcard, so that a missing file is said.
[[nodiscard]] std::vector<std::string> expand_pattern(const std::string& pattern);

struct RulesOfFile {
  LoadedEngine engine = {};
  EngineSettings settings = {};
};
/// Loads them. What is wrong with the settings is said on stderr but for the first, which is the error (E3101, E3102).
[[nodiscard]] Result<RulesOfFile> load_rules_of(const CommandLine& command, const RulesOptions& options);

/// Worker options for a replay with these settings.
[[nodiscard]] Result<WorkerOptions> replay_options(const EngineSettings& settings);

}  // namespace hd
