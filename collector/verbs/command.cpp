// SPDX-License-Identifier: Apache-2.0
#include "collector/verbs/command.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

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
    case 6: return error.code == ErrorCode::E6002 ? CollectorExit::configuration : CollectorExit::surroundings;
    case 5: return CollectorExit::input;
    case 7: return error.code == ErrorCode::E7003 ? CollectorExit::refused : CollectorExit::surroundings;
    case 9: return CollectorExit::our_bug;
    default: return CollectorExit::surroundings;
  }
}

CollectorExit CollectorCommand::fail_with(const ConfigErrors& errors) const {
  for (const Error& error : errors) (void)fail_with(error);
  return CollectorExit::configuration;
}

std::string CollectorCommand::config_path() const {
  constexpr const char* kInstalled = "/etc/haidang/haidang-collector.yaml";
  if (!config.empty()) return config;
  return file_exists(kInstalled) ? kInstalled : "";
}

Result<CollectorSettings> CollectorCommand::settings() const {
  ConfigErrors errors;
  CollectorConfigFile file = read_collector_config(config_path(), overrides, process_environment(), errors);
  if (!errors.empty()) return fail(std::move(errors.front()));
  return std::move(file.settings);
}

Result<std::unique_ptr<Store>> CollectorCommand::open(Clock& clock) const {
  const auto read = settings();
  if (!read) return fail(read.error());
  return open_store(*read, clock);
}

Result<std::unique_ptr<Store>> open_store(const CollectorSettings& settings, Clock& clock) {
  StoreOptions options{.path = settings.store, .pack = settings.pack};
  const std::string packs = settings.packs.empty() ? installed_path("packs/clock-packs.json", "collector/packs/clock-packs.json") : settings.packs;
  if (!packs.empty()) {
    auto text = read_file(packs);
    if (!text) return fail(std::move(text.error()));
    auto read = read_packs(*text);
    if (!read) return fail(std::move(read.error()));
    options.packs = std::move(*read);
  }
  if (!settings.systems.empty()) {
    auto read = read_systems(settings.systems);
    if (!read) return fail(std::move(read.error()));
    options.systems = std::move(*read);
  }
  return open_sqlite_store(std::move(options), clock);
}

std::string installed_path(std::string_view name, std::string_view in_sources) {
  std::array<char, 4096> program{};
  const ssize_t length = ::readlink("/proc/self/exe", program.data(), program.size());
  std::string folder(program.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  folder = folder.substr(0, folder.rfind('/'));
  // build/PRESET/bin/haidang-collector stands three folders below the sources.
  for (const std::string& place : {folder + "/../share/haidang/" + std::string(name), folder + "/../../../" + std::string(in_sources), "/usr/share/haidang/" + std::string(name)}) {
    if (file_exists(place)) return place;
  }
  return {};
}

Result<CurveKeys> collector_keys(const CollectorSettings& settings) {
  const std::size_t slash = settings.key.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : settings.key.substr(0, std::max<std::size_t>(slash, 1));
  if (auto made = make_folders(folder, 0700); !made) return fail(std::move(made.error()));
  // `run` and `sensors invite` may both be the first.
  const UniqueFd lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock || ::flock(lock.get(), LOCK_EX) != 0) return fail(system_error("lock", folder, errno));
  if (file_exists(settings.key)) return load_curve_keys(settings.key);
  const CurveKeys keys = make_curve_keys();
  if (auto saved = save_curve_keys(settings.key, keys); !saved) return fail(std::move(saved.error()));
  return keys;
}

std::string plain_text(std::string_view text) {
  std::string out(text);
  std::replace_if(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return out;
}

void add_override(CLI::App& app, CollectorCommand& command, const std::string& name, const std::string& key, const std::string& type, const std::string& summary) {
  app.add_option_function<std::string>(name, [&command, key](const std::string& value) { command.overrides.emplace_back(key, value); }, summary)->type_name(type);
}

CLI::App& add_collector_verb(CLI::App& app, const std::string& name, const std::string& summary, const std::string& examples) {
  CLI::App* verb = app.add_subcommand(name, summary);
  verb->footer("Examples:\n" + examples);
  verb->fallthrough();
  return *verb;
}

}  // namespace hd
