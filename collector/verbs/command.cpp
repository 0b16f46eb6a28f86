// SPDX-License-Identifier: Apache-2.0
#include "collector/verbs/command.hpp"

#include <unistd.h>

#include "sensor/base/file.hpp"
#include "sensor/base/json.hpp"

namespace hd {
namespace {

// Protected systems as data: [{"name","level","owner","networks":[…],"domains":[…]}].
Result<SystemRegister> read_systems(const std::string& path) {
  auto text = read_file(path);
  if (!text) return fail(std::move(text.error()));
  auto document = JsonDocument::parse(*text);
  if (!document) return fail(std::move(document.error()));
  std::vector<ProtectedSystem> systems;
  for (const JsonView view : document->root().elements()) {
    ProtectedSystem system{.name = std::string(view.get("name").as_string()), .owner = std::string(view.get("owner").as_string()), .operator_unit = std::string(view.get("operator").as_string()),
                           .purpose = std::string(view.get("purpose").as_string()), .level = static_cast<std::uint8_t>(view.get("level").as_uint())};
    if (system.name.empty() || system.level > 5) return fail(ErrorCode::E3102, path + ": a system needs a name and a level from 1 to 5 (0: not classified)");
    for (const JsonView network : view.get("networks").elements()) {
      const auto parsed = parse_network(network.as_string());
      if (!parsed) return fail(ErrorCode::E3102, path + ": " + system.name + ": \"" + std::string(network.as_string()) + "\" is not a network");
      system.networks.push_back(*parsed);
    }
    for (const JsonView domain : view.get("domains").elements()) system.domains.emplace_back(domain.as_string());
    systems.push_back(std::move(system));
  }
  return SystemRegister(std::move(systems));
}

}  // namespace

void say(std::string_view text) { (void)write_all(STDOUT_FILENO, text, "stdout"); }

CollectorExit CollectorCommand::fail_with(const Error& error) const {
  (void)write_all(STDERR_FILENO, "haidang-collector: " + to_text(error) + "\n", "stderr");
  switch (static_cast<int>(error.code) / 1000) {
    case 1: return CollectorExit::usage;
    case 3: return CollectorExit::configuration;
    case 5: return CollectorExit::input;
    case 7: return error.code == ErrorCode::E7003 ? CollectorExit::refused : CollectorExit::surroundings;
    case 9: return CollectorExit::our_bug;
    default: return CollectorExit::surroundings;
  }
}

Result<std::unique_ptr<Store>> CollectorCommand::open(Clock& clock) const {
  StoreOptions options{.path = store};
  std::string file = packs;
  for (const char* place : {"/usr/share/haidang/packs/clock-packs.json", "collector/packs/clock-packs.json"}) {
    if (file.empty() && file_exists(place)) file = place;
  }
  if (!file.empty()) {
    auto text = read_file(file);
    if (!text) return fail(std::move(text.error()));
    auto read = read_packs(*text);
    if (!read) return fail(std::move(read.error()));
    options.packs = std::move(*read);
  }
  if (!systems.empty()) {
    auto read = read_systems(systems);
    if (!read) return fail(std::move(read.error()));
    options.systems = std::move(*read);
  }
  return open_sqlite_store(std::move(options), clock);
}

CLI::App& add_collector_verb(CLI::App& app, const std::string& name, const std::string& summary, const std::string& examples) {
  CLI::App* verb = app.add_subcommand(name, summary);
  verb->footer("Examples:\n" + examples);
  verb->fallthrough();
  return *verb;
}

}  // namespace hd
