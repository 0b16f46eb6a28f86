// SPDX-License-Identifier: Apache-2.0
// config show, config check: what the program goes by, and whether a file can be read.
#include "collector/verbs/command.hpp"
#include "sensor/base/json_writer.hpp"

namespace hd {
namespace {

constexpr const char* kExamples =
    "  haidang-collector config show\n"
    "  haidang-collector config check /etc/haidang/haidang-collector.yaml";

CollectorExit show(const CollectorCommand& command) {
  ConfigErrors errors;
  const CollectorConfigFile file = read_collector_config(command.config_path(), command.overrides, process_environment(), errors);
  if (!errors.empty()) return command.fail_with(errors);
  const Section root = check_config(file.tree, collector_rows(), errors);
  say(show_config(root, collector_rows()));
  return CollectorExit::good;
}

CollectorExit check(const CollectorCommand& command, const std::string& path) {
  ConfigErrors errors;
  (void)read_collector_config(path, {}, process_environment(), errors);
  if (command.json) {
    std::string out;
    JsonWriter json(out);
    json.begin_object().field("schema", "haidang.config_check/1").field("file", path).field("errors", errors.size()).key("messages").begin_array();
    for (const Error& error : errors) {
      json.begin_object().field("code", "E" + std::to_string(static_cast<int>(error.code))).field("file", error.place.file).field("line", error.place.line);
      json.field("column", error.place.column).field("what", error.what).field("hint", error.hint).end_object();
    }
    json.end_array().end_object();
    say(out + "\n");
    return errors.empty() ? CollectorExit::good : CollectorExit::configuration;
  }
  if (!errors.empty()) return command.fail_with(errors);
  say((path.empty() ? "the defaults" : path) + ": good\n");
  return CollectorExit::good;
}

}  // namespace

void add_config(CLI::App& app, CollectorCommand& command) {
  CLI::App& verb = add_collector_verb(app, "config", "show or check the settings", kExamples);
  verb.require_subcommand(1);
  CLI::App* showing = verb.add_subcommand("show", "the effective settings, as a file with comments");
  showing->fallthrough();
  showing->callback([&command] { command.chosen = [&command] { return show(command); }; });
  auto path = std::make_shared<std::string>();
  CLI::App* checking = verb.add_subcommand("check", "read a file and say all that is wrong with it");
  checking->fallthrough();
  checking->add_option("file", *path, "default: the one that is in use")->type_name("FILE");
  checking->callback([&command, path] { command.chosen = [&command, path] { return check(command, path->empty() ? command.config_path() : *path); }; });
}

}  // namespace hd
