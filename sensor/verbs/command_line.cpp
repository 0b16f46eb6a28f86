// SPDX-License-Identifier: Apache-2.0
#include "sensor/verbs/command_line.hpp"

#include <unistd.h>

#include "sensor/base/file.hpp"
#include "sensor/base/progress.hpp"

namespace hd {

Exit exit_of(ErrorCode code) {
  const int number = static_cast<int>(code);
  switch (number / 1000) {
    case 1: return Exit::usage;
    case 2: return Exit::found;
    case 3: return Exit::configuration;
    case 4: return Exit::surroundings;
    case 5: return Exit::input;
    case 6: return number == 6002 ? Exit::configuration : Exit::peer;
    case 7: return number == 7003 ? Exit::refused : Exit::surroundings;
    default: return Exit::our_bug;
  }
}

Exit CommandLine::fail_with(const Error& error) const {
  note("haidang-sensor: " + to_text(error));
  return exit_of(error.code);
}

Exit CommandLine::fail_with(const std::vector<Error>& errors) const {
  for (const Error& error : errors) (void)fail_with(error);
  return errors.empty() ? Exit::good : exit_of(errors.front().code);
}

bool print(std::string_view text) { return write_all(STDOUT_FILENO, text, "stdout").has_value(); }

void note(std::string_view line) { write_stderr(std::string(line) + "\n"); }

CLI::App& add_verb(CLI::App& app, const std::string& name, const std::string& summary, const std::string& examples) {
  CLI::App* verb = app.add_subcommand(name, summary);
  verb->footer("Examples:\n" + examples + "\n");
  verb->fallthrough();
  return *verb;
}

}  // namespace hd
