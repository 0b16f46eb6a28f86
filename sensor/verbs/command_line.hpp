// SPDX-License-Identifier: Apache-2.0
// What all verbs of haidang-sensor share: exit codes, common flags, and how a verb enters the command.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sensor/base/config.hpp"
#include "sensor/base/error.hpp"

namespace hd {

/// Exit codes: a contract with scripts (docs: operations 2).
enum class Exit : int {
  good = 0,
  found = 1,         ///< did it, and found something: refused rules under --strict, a ledger that does not sum
  usage = 2,
  configuration = 3,
  surroundings = 4,
  input = 5,
  peer = 6,
  refused = 7,
  unsupported = 8,
  our_bug = 70,
  interrupted = 130,
};
/// The exit code that an error's kind asks for.
[[nodiscard]] Exit exit_of(ErrorCode code);

/// What the flags before or behind the verb said, and the verb that was chosen.
struct CommandLine {
  std::string config = {};
  bool json = false, quiet = false, verbose = false;
  std::string color = "auto";
  std::string lang = {};
  std::function<Exit()> chosen = {};  ///< set by the verb that the command line names

  /// Prints "haidang-sensor: …" on stderr and answers its exit code.
  Exit fail_with(const Error& error) const;
  /// All of them; the code of the first.
  Exit fail_with(const std::vector<Error>& errors) const;
};

/// Text to stdout. False when stdout is closed (a pipe that ended): nothing more is to be done.
bool print(std::string_view text);
/// A line to stderr.
void note(std::string_view line);

/// Makes a verb: its name, a summary, its examples (shown under its help).
CLI::App& add_verb(CLI::App& app, const std::string& name, const std::string& summary, const std::string& examples);

/// The whole program: parses, runs the verb, answers the exit code. Nothing that a library throws leaves it.
[[nodiscard]] int run_command_line(int argc, const char* const* argv);

/// Adds every verb.
void add_verbs(CLI::App& app, CommandLine& command);

// One a file.
void add_check(CLI::App& app, CommandLine& command);
void add_config(CLI::App& app, CommandLine& command);
void add_enroll(CLI::App& app, CommandLine& command);
void add_explain(CLI::App& app, CommandLine& command);
void add_keys(CLI::App& app, CommandLine& command);
void add_keywords(CLI::App& app, CommandLine& command);
void add_protocols(CLI::App& app, CommandLine& command);
void add_replay(CLI::App& app, CommandLine& command);
void add_rules(CLI::App& app, CommandLine& command);
void add_run(CLI::App& app, CommandLine& command);
void add_status(CLI::App& app, CommandLine& command);  ///< reload and drain with it

}  // namespace hd
