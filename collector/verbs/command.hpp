// SPDX-License-Identifier: Apache-2.0
// What all verbs of haidang-collector share.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "collector/store/store.hpp"
#include "sensor/base/error.hpp"

namespace hd {

/// Exit codes: a contract with scripts, the same as the sensor's.
enum class CollectorExit : int { good = 0, found = 1, usage = 2, configuration = 3, surroundings = 4, input = 5, refused = 7, our_bug = 70 };

struct CollectorCommand {
  std::string store = "/var/lib/haidang-collector/store";
  std::string packs = "";    ///< file of clock packs; empty: installed or beside the sources
  std::string systems = "";  ///< file of protected systems (JSON); empty: none
  bool json = false;
  std::function<CollectorExit()> chosen = {};

  /// Prints "haidang-collector: …" on stderr and answers its exit code.
  CollectorExit fail_with(const Error& error) const;
  /// The store with packs and systems, or the error.
  [[nodiscard]] Result<std::unique_ptr<Store>> open(Clock& clock) const;
};

void say(std::string_view text);

/// A verb with a summary and examples.
CLI::App& add_collector_verb(CLI::App& app, const std::string& name, const std::string& summary, const std::string& examples);

// One a file.
void add_import(CLI::App& app, CollectorCommand& command);
void add_incidents(CLI::App& app, CollectorCommand& command);
void add_ledger(CLI::App& app, CollectorCommand& command);
void add_users(CLI::App& app, CollectorCommand& command);
void add_backup(CLI::App& app, CollectorCommand& command);

}  // namespace hd
