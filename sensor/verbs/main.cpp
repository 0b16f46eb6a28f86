// SPDX-License-Identifier: Apache-2.0
// haidang-sensor: reads the command line and hands over to one verb.
#include <csignal>
#include <cstdlib>
#include <exception>

#include "sensor/base/crypto.hpp"
#include "sensor/base/text.hpp"
#include "sensor/verbs/command_line.hpp"

namespace {

void declare(CLI::App& app, hd::CommandLine& command) {
  app.name("haidang-sensor");
  app.set_version_flag("--version", std::string("haidang-sensor ") + HD_VERSION);
  app.add_option("-c,--config", command.config, "haidang.yaml to read")->envname("HAIDANG_CONFIG")->type_name("FILE");
  app.add_flag("--json", command.json, "one JSON object on stdout");
  app.add_flag("-q,--quiet", command.quiet, "say nothing but errors");
  app.add_flag("-v,--verbose", command.verbose, "say more");
  app.add_option("--color", command.color, "auto, always, never")->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_option("--lang", command.lang, "vi or en")->check(CLI::IsMember({"vi", "en"}));
  hd::add_verbs(app, command);
}

/// The nearest verb to a first word that is none.
std::string suggestion(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) names.push_back(verb->get_name());
  const std::vector<std::string_view> views(names.begin(), names.end());
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word.starts_with('-')) continue;
    const std::string_view near = hd::nearest_name(word, views);
    return near.empty() || near == word ? "" : "\n  did you mean \"" + std::string(near) + "\"?";
  }
  return "";
}

hd::Exit run(int argc, char** argv) {
  CLI::App app("Passive network sensor: Suricata's rule language over live traffic or captures, EVE JSON out.");
  hd::CommandLine command;
  declare(app, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    (void)app.exit(asked);
    return hd::Exit::good;
  } catch (const CLI::ParseError& error) {
    hd::note("haidang-sensor: " + std::string(error.what()) + " [E1001]" + suggestion(app, argc, argv) +
             "\n  haidang-sensor --help lists the verbs; each has --help with examples.");
    return hd::Exit::usage;
  }
  if (!command.chosen) {
    (void)hd::print(app.help());
    return argc > 1 ? hd::Exit::usage : hd::Exit::good;
  }
  return command.chosen();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of write, not a death
    if (!hd::crypto_init()) {
      hd::note("haidang-sensor: the crypto library cannot start [E4001]");
      return static_cast<int>(hd::Exit::surroundings);
    }
    return static_cast<int>(run(argc, argv));
  } catch (const std::exception& error) {
    hd::note("haidang-sensor: our bug: " + std::string(error.what()) + " [E9001]\n  version " HD_VERSION
             ". Please report it with the command that you gave.");
    return static_cast<int>(hd::Exit::our_bug);
  }
}
