// SPDX-License-Identifier: Apache-2.0
// What all verbs of haidang-collector share.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/store/store.hpp"
#include "collector/verbs/collector_config.hpp"
#include "sensor/base/crypto.hpp"
#include "sensor/base/error.hpp"

namespace hd {

/// Exit codes: a contract with scripts, the same as the sensor's.
enum class CollectorExit : int { good = 0, found = 1, usage = 2, configuration = 3, surroundings = 4, input = 5, refused = 7, our_bug = 70 };

struct CollectorCommand {
  std::string config = "";  ///< file; empty: the installed one when there is one, else defaults
  bool json = false;
  std::vector<std::pair<std::string, std::string>> overrides = {};  ///< settings from the command line
  std::function<CollectorExit()> chosen = {};

  /// Prints "haidang-collector: …" on stderr and answers its exit code.
  CollectorExit fail_with(const Error& error) const;
  CollectorExit fail_with(const ConfigErrors& errors) const;
  /// The file that settings are read from; empty: none.
  [[nodiscard]] std::string config_path() const;
  /// File and command line together; the first of their errors.
  [[nodiscard]] Result<CollectorSettings> settings() const;
  /// The store with packs and systems, or the error.
  [[nodiscard]] Result<std::unique_ptr<Store>> open(Clock& clock) const;
};

/// The same from settings that were read.
[[nodiscard]] Result<std::unique_ptr<Store>> open_store(const CollectorSettings& settings, Clock& clock);
/// A file or folder of the installation: in /usr/share/haidang, beside the program, or where its sources are; empty: nowhere.
[[nodiscard]] std::string installed_path(std::string_view name, std::string_view in_sources);
/// The collector's key pair; made when it is not there yet.
[[nodiscard]] Result<CurveKeys> collector_keys(const CollectorSettings& settings);

void say(std::string_view text);
/// What a terminal must not be given, control bytes, as '?'.
[[nodiscard]] std::string plain_text(std::string_view text);

/// A verb with a summary and examples.
CLI::App& add_collector_verb(CLI::App& app, const std::string& name, const std::string& summary, const std::string& examples);
/// An option that lays a value over a setting.
void add_override(CLI::App& app, CollectorCommand& command, const std::string& name, const std::string& key, const std::string& type, const std::string& summary);

// One a file.
void add_backup(CLI::App& app, CollectorCommand& command);
void add_config(CLI::App& app, CollectorCommand& command);
void add_import(CLI::App& app, CollectorCommand& command);
void add_incidents(CLI::App& app, CollectorCommand& command);
void add_keys(CLI::App& app, CollectorCommand& command);
void add_ledger(CLI::App& app, CollectorCommand& command);
void add_run(CLI::App& app, CollectorCommand& command);
void add_sensors(CLI::App& app, CollectorCommand& command);
void add_report(CLI::App& app, CollectorCommand& command);
void add_users(CLI::App& app, CollectorCommand& command);

}  // namespace hd
