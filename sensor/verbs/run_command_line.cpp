// SPDX-License-Identifier: Apache-2.0
// Reads the command line and hands over to one verb. The last catch of the program is here.
#include <csignal>
#include <cstdlib>
#include <exception>

#include "sensor/base/crypto.hpp"
#include "sensor/base/text.hpp"
#include "sensor/verbs/command_line.hpp"

namespace hd {
namespace {

void declare(CLI::App& app, CommandLine& command) {
  app.name("haidang-sensor");
  app.set_version_flag("--version", std::string("haidang-sensor ") + HD_VERSION);
  app.add_option("-c,--config", command.config, "haidang.yaml to read")->envname("HAIDANG_CONFIG")->type_name("FILE");
  app.add_flag("--json", command.json, "one JSON object on stdout");
  app.add_flag("-q,--quiet", command.quiet, "say nothing but errors");
  app.add_flag("-v,--verbose", command.verbose, "say more");
  app.add_option("--color", command.color, "auto, always, never")->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_option("--lang", command.lang, "vi or en")->check(CLI::IsMember({"vi", "en"}));
  add_verbs(app, command);
}

/// The nearest verb to a first word that is none.
std::string suggestion(const CLI::App& app, int argc, const char* const* argv) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) names.push_back(verb->get_name());
  const std::vector<std::string_view> views(names.begin(), names.end());
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word.starts_with('-')) continue;
    const std::string_view near = nearest_name(word, views);
    return near.empty() || near == word ? "" : "\n  did you mean \"" + std::string(near) + "\"?";
  }
  return "";
}

Exit run(int argc, const char* const* argv) {
  CLI::App app("Passive network sensor: Suricata's rule language over live traffic or captures, EVE JSON out.");
  CommandLine command;
  declare(app, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    (void)app.exit(asked);
    return Exit::good;
  } catch (const CLI::ParseError& error) {
    note("haidang-sensor: " + std::string(error.what()) + " [E1001]" + suggestion(app, argc, argv) +
             "\n  haidang-sensor --help lists the verbs; each has --help with examples.");
    return Exit::usage;
  }
  if (!command.chosen) {
    (void)print(app.help());
    return argc > 1 ? Exit::usage : Exit::good;
  }
  return command.chosen();
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  try {
    std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of write, not a death
    if (!crypto_init()) {
      note("haidang-sensor: the crypto library cannot start [E4001]");
      return static_cast<int>(Exit::surroundings);
    }
    return static_cast<int>(run(argc, argv));
  } catch (const std::exception& error) {
    note("haidang-sensor: our bug: " + std::string(error.what()) + " [E9001]\n  version " HD_VERSION
         ". Please report it with the command that you gave.");
    return static_cast<int>(Exit::our_bug);
  }
}

}  // namespace hd
