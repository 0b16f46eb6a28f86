// SPDX-License-Identifier: Apache-2.0
// keys: the sensor's own key pair for the link to the collector (CURVE).
#include <memory>

#include "sensor/base/crypto.hpp"
#include "sensor/base/file.hpp"
#include "sensor/base/json_writer.hpp"
#include "sensor/control/sensor_config.hpp"
#include "sensor/verbs/command_line.hpp"

namespace hd {
namespace {

constexpr char kExamples[] =
    "  haidang-sensor keys show\n"
    "  haidang-sensor keys make --key /etc/haidang/keys/sensor.key";

Result<std::string> key_path(const CommandLine& command, const std::string& given) {
  if (!given.empty()) return given;
  ConfigErrors errors;
  const SensorConfigFile file = read_sensor_config(command.config, {}, process_environment(), errors);
  if (!errors.empty()) return fail(errors.front());
  return check_config(file.tree, sensor_rows(), errors).text("collector.key");
}

Exit print_key(const CommandLine& command, const std::string& path, const CurveKeys& keys) {
  std::string out;
  if (command.json) {
    JsonWriter json(out);
    json.begin_object()
        .field("schema", "haidang.keys/1")
        .field("file", path)
        .field("public", to_z85(keys.public_key))
        .field("fingerprint", fingerprint_of(keys.public_key))
        .end_object();
    out += "\n";
  } else {
    out = "file         " + path + "\npublic       " + to_z85(keys.public_key) + "\nfingerprint  " +
          fingerprint_of(keys.public_key) + "\n";
  }
  (void)print(out);
  return Exit::good;
}

Exit show(const CommandLine& command, const std::string& given) {
  const auto path = key_path(command, given);
  if (!path) return command.fail_with(path.error());
  const auto keys = load_curve_keys(*path);
  if (!keys) return command.fail_with(keys.error());
  return print_key(command, *path, *keys);
}

Exit make(const CommandLine& command, const std::string& given) {
  const auto path = key_path(command, given);
  if (!path) return command.fail_with(path.error());
  if (file_exists(*path)) {
    (void)command.fail_with({.code = ErrorCode::E6002,
                             .what = "there is a key at " + *path,
                             .why = "A new key makes this sensor a stranger to its collector.",
                             .hint = "Remove the file first when that is what you want."});
    return Exit::refused;
  }
  const std::size_t slash = path->rfind('/');
  if (slash != std::string::npos && slash > 0) {
    if (auto made = make_folders(path->substr(0, slash), 0700); !made) return command.fail_with(made.error());
  }
  const CurveKeys keys = make_curve_keys();
  if (auto saved = save_curve_keys(*path, keys); !saved) return command.fail_with(saved.error());
  return print_key(command, *path, keys);
}

}  // namespace

void add_keys(CLI::App& app, CommandLine& command) {
  CLI::App& verb = add_verb(app, "keys", "the sensor's own keys", kExamples);
  verb.require_subcommand(1);
  auto path = std::make_shared<std::string>();
  verb.add_option("--key", *path, "key file; default: collector.key of haidang.yaml")->type_name("FILE");
  verb.add_subcommand("show", "public key and fingerprint, to compare with the collector's")->fallthrough()->callback(
      [&command, path] { command.chosen = [&command, path] { return show(command, *path); }; });
  verb.add_subcommand("make", "a new pair; never over an old one")->fallthrough()->callback(
      [&command, path] { command.chosen = [&command, path] { return make(command, *path); }; });
}

}  // namespace hd
