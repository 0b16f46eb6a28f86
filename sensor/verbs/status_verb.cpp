// SPDX-License-Identifier: Apache-2.0
// status, reload, drain: asked of the running sensor over its control socket.
#include <memory>

#include "sensor/base/json.hpp"
#include "sensor/control/sensor_config.hpp"
#include "sensor/control/socket.hpp"
#include "sensor/verbs/command_line.hpp"

namespace hd {
namespace {

constexpr char kStatusExamples[] =
    "  haidang-sensor status\n"
    "  haidang-sensor status --json | jq .word\n"
    "  haidang-sensor status --nagios          # for a monitoring plug-in";
constexpr char kReloadExamples[] = "  haidang-sensor check --rules '/etc/haidang/rules/*.rules' --strict && haidang-sensor reload";
constexpr char kDrainExamples[] = "  haidang-sensor drain                    # stop capturing, send all, end";

constexpr Nanos kStatusTimeout = 5 * kSecond;
constexpr Nanos kReloadTimeout = 120 * kSecond;

/// Of flags, else of haidang.yaml.
Result<std::string> socket_path(const CommandLine& command, const std::string& given) {
  if (!given.empty()) return given;
  ConfigErrors errors;
  const SensorConfigFile file = read_sensor_config(command.config, {}, process_environment(), errors);
  if (!errors.empty()) return fail(std::move(errors.front()));
  return file.config.control;
}

Result<std::string> ask(const CommandLine& command, const std::string& given, std::string_view request, Nanos timeout) {
  const auto path = socket_path(command, given);
  if (!path) return fail(path.error());
  return ask_control(*path, request, timeout);
}

/// 0 NORMAL, 1 found something, 4 not there: also for scripts that know nothing of the words.
Exit exit_of_word(std::string_view word) { return word == "NORMAL" ? Exit::good : Exit::found; }

int nagios_state(std::string_view word) {
  if (word == "NORMAL") return 0;
  return word == "DOUBTFUL" || word == "ISOLATED" ? 1 : 2;
}

Exit nagios(std::string_view word, const JsonView& answer) {
  std::uint64_t wire = 0, lost = 0;
  for (const JsonView source : answer.get("sources").elements()) {
    wire += source.get("packets").as_uint();
    lost += source.get("lost_card").as_uint() + source.get("lost_ring").as_uint() + source.get("lost_sensor").as_uint();
  }
  std::string why = "all well";
  if (const JsonView first = answer.get("reasons").at(0)) why = std::string(first.get("why").as_string());
  (void)print("HAIDANG " + std::string(word) + " - " + why + " | packets=" + std::to_string(wire) + "c lost=" + std::to_string(lost) + "c\n");
  return static_cast<Exit>(nagios_state(word));
}

Exit status(const CommandLine& command, const std::string& socket, bool is_nagios) {
  const auto answer = ask(command, socket, R"({"verb":"status"})", kStatusTimeout);
  if (!answer && is_nagios) {
    (void)print("HAIDANG UNKNOWN - " + answer.error().what + "\n");
    return static_cast<Exit>(3);
  }
  if (!answer) return command.fail_with(answer.error());
  const auto document = JsonDocument::parse(*answer);
  if (!document) return command.fail_with(document.error());
  const std::string_view word = document->get("status").get("word").as_string();
  if (is_nagios) return nagios(word, document->get("status"));
  (void)print(command.json ? document->get("status").to_json() + "\n" : std::string(document->get("text").as_string()));
  return exit_of_word(word);
}

Exit act(const CommandLine& command, const std::string& socket, std::string_view request) {
  const auto answer = ask(command, socket, request, kReloadTimeout);
  if (!answer) return command.fail_with(answer.error());
  const auto document = JsonDocument::parse(*answer);
  if (!document) return command.fail_with(document.error());
  if (!command.quiet) (void)print(command.json ? *answer + "\n" : std::string(document->get("text").as_string()) + "\n");
  return Exit::good;
}

}  // namespace

void add_status(CLI::App& app, CommandLine& command) {
  auto socket = std::make_shared<std::string>();
  const auto add_socket = [socket](CLI::App& verb) {
    verb.add_option("--control", *socket, "socket of the sensor; default: control of haidang.yaml")->type_name("PATH");
  };
  CLI::App& status_verb = add_verb(app, "status", "one word for the running sensor, and why", kStatusExamples);
  auto is_nagios = std::make_shared<bool>(false);
  add_socket(status_verb);
  status_verb.add_flag("--nagios", *is_nagios, "one line and exit 0, 1, 2 or 3");
  status_verb.callback([&command, socket, is_nagios] {
    command.chosen = [&command, socket, is_nagios] { return status(command, *socket, *is_nagios); };
  });
  CLI::App& reload_verb = add_verb(app, "reload", "read rules and settings anew, without losing a packet", kReloadExamples);
  add_socket(reload_verb);
  reload_verb.callback([&command, socket] {
    command.chosen = [&command, socket] { return act(command, *socket, R"({"verb":"reload"})"); };
  });
  CLI::App& drain_verb = add_verb(app, "drain", "stop capturing, send what is left, end", kDrainExamples);
  add_socket(drain_verb);
  drain_verb.callback([&command, socket] {
    command.chosen = [&command, socket] { return act(command, *socket, R"({"verb":"drain"})"); };
  });
}

}  // namespace hd
