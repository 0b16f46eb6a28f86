// SPDX-License-Identifier: Apache-2.0
// config show, config check: what the program goes by, and whether a file can be read.
#include <memory>

#include "sensor/base/json_writer.hpp"
#include "sensor/base/text.hpp"
#include "sensor/control/sensor_config.hpp"
#include "sensor/verbs/command_line.hpp"

namespace hd {
namespace {

constexpr char kExamples[] =
    "  haidang-sensor config show\n"
    "  haidang-sensor config show --config /etc/haidang/haidang.yaml\n"
    "  haidang-sensor config check /etc/haidang/haidang.yaml && systemctl reload haidang-sensor\n"
    "  haidang-sensor config keys            # every key with its meaning, unit and default";

Exit show(const CommandLine& command) {
  ConfigErrors errors;
  const SensorConfigFile file = read_sensor_config(command.config, {}, process_environment(), errors);
  if (!errors.empty()) return command.fail_with(errors);
  ConfigErrors none;
  const Section root = check_config(file.tree, sensor_rows(), none);
  (void)print(show_config(root, sensor_rows()));
  return Exit::good;
}

Exit check(const CommandLine& command, const std::string& path) {
  ConfigErrors errors;
  (void)read_sensor_config(path, {}, process_environment(), errors);
  if (command.json) {
    std::string out;
    JsonWriter json(out);
    json.begin_object().field("schema", "haidang.config_check/1").field("file", path).field("errors", errors.size());
    json.key("messages").begin_array();
    for (const Error& error : errors) {
      json.begin_object()
          .field("code", "E" + std::to_string(static_cast<int>(error.code)))
          .field("file", error.place.file)
          .field("line", error.place.line)
          .field("column", error.place.column)
          .field("what", error.what)
          .field("hint", error.hint)
          .end_object();
    }
    json.end_array().end_object();
    (void)print(out + "\n");
    return errors.empty() ? Exit::good : Exit::configuration;
  }
  if (!errors.empty()) return command.fail_with(errors);
  if (!command.quiet) (void)print(path + ": good\n");
  return Exit::good;
}

const char* unit_name(Unit unit) {
  switch (unit) {
    case Unit::text: return "text";
    case Unit::flag: return "true or false";
    case Unit::number: return "number";
    case Unit::count: return "count";
    case Unit::bytes: return "size";
    case Unit::duration: return "time";
    case Unit::rate: return "rate";
    case Unit::texts: return "list of texts";
    case Unit::numbers: return "list of numbers";
    case Unit::any: return "anything";
  }
  return "";
}

Exit keys(const CommandLine& command) {
  std::string out;
  if (command.json) {
    JsonWriter json(out);
    json.begin_object().field("schema", "haidang.config_keys/1").key("keys").begin_array();
    for (const Setting& row : sensor_rows()) {
      json.begin_object().field("key", row.key).field("unit", unit_name(row.unit)).field("default", row.fallback);
      json.key("choices").begin_array();
      for (const std::string_view choice : row.choices) json.value(choice);
      json.end_array().field("live", row.live).field("summary", row.summary).field("counter", row.counter).end_object();
    }
    json.end_array().end_object();
    out += "\n";
  } else {
    for (const Setting& row : sensor_rows()) {
      out += std::string(row.key) + "  (" + unit_name(row.unit) + (row.live ? ", L" : "") + ")";
      if (!row.fallback.empty()) out += "  default: " + std::string(row.fallback);
      if (!row.summary.empty()) out += "\n    " + std::string(row.summary);
      out += "\n";
    }
  }
  (void)print(out);
  return Exit::good;
}

}  // namespace

void add_config(CLI::App& app, CommandLine& command) {
  CLI::App& verb = add_verb(app, "config", "show or check the settings", kExamples);
  verb.require_subcommand(1);
  verb.add_subcommand("show", "the effective settings, as a file with comments")->fallthrough()->callback([&command] {
    command.chosen = [&command] { return show(command); };
  });
  verb.add_subcommand("keys", "all keys: unit, default, meaning; L: taken over by reload")->fallthrough()->callback([&command] {
    command.chosen = [&command] { return keys(command); };
  });
  CLI::App* checking = verb.add_subcommand("check", "read a file and say all that is wrong with it")->fallthrough();
  auto path = std::make_shared<std::string>();
  checking->add_option("file", *path, "haidang.yaml")->type_name("FILE");
  checking->callback([&command, path] {
    command.chosen = [&command, path] { return check(command, path->empty() ? command.config : *path); };
  });
}

}  // namespace hd
