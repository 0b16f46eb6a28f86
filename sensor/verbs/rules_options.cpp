// SPDX-License-Identifier: Apache-2.0
#include "sensor/verbs/rules_options.hpp"

#include <glob.h>

namespace hd {

std::vector<std::string> expand_pattern(const std::string& pattern) {
  if (pattern.find_first_of("*?[") == std::string::npos) return {pattern};
  std::vector<std::string> names;
  glob_t found = {};
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) names.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  return names;
}

void add_rules_options(CLI::App& verb, RulesOptions& options) {
  verb.add_option("--rules", options.files, "rule files, wildcards in quotes")->required()->type_name("FILE");
  verb.add_option("--settings", options.settings, "JSON object of replay settings")->type_name("FILE");
  verb.add_option("--cache", options.cache, "folder of compiled databases, for a fast second start")
      ->envname("HAIDANG_CACHE")
      ->type_name("DIR");
}

Result<RulesOfFile> load_rules_of(const CommandLine& command, const RulesOptions& options) {
  RulesOfFile result;
  ConfigErrors errors;
  result.settings = read_replay_settings(options.settings, errors);
  if (!errors.empty()) {
    for (std::size_t i = 1; i < errors.size(); ++i) (void)command.fail_with(errors[i]);
    return fail(std::move(errors.front()));
  }
  RuleSource source{.cache = options.cache};
  for (const std::string& pattern : options.files) {
    for (std::string& name : expand_pattern(pattern)) source.files.push_back(std::move(name));
  }
  auto engine = load_engine(source, result.settings, NameTable{}, 1);
  if (!engine) return fail(std::move(engine.error()));
  result.engine = std::move(*engine);
  return result;
}

Result<WorkerOptions> replay_options(const EngineSettings& settings) {
  // A fixed key: the same capture gives the same bytes out.
  return worker_options(settings, EngineSizes{}, HashKey{});
}

}  // namespace hd
