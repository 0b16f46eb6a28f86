// SPDX-License-Identifier: Apache-2.0
// run: the service. What haidang.yaml says, with flags over it.
#include <memory>

#include "sensor/base/text.hpp"
#include "sensor/verbs/command_line.hpp"
#include "sensor/verbs/run/service.hpp"

namespace hd {
namespace {

constexpr char kExamples[] =
    "  haidang-sensor run                                       # as /etc/haidang/haidang.yaml says\n"
    "  haidang-sensor run --source af_packet:eth1 --rules '/etc/haidang/rules/*.rules' --eve -\n"
    "  haidang-sensor run --source pcap_file:day.pcap           # a capture through the real path, to the collector\n"
    "  haidang-sensor run --set collector.spool.size=2GiB --set log.level=debug";

constexpr const char* kUsualConfig = "/etc/haidang/haidang.yaml";

struct RunOptions {
  std::vector<std::string> sources = {};
  std::vector<std::string> rules = {};
  std::vector<std::string> eve = {};
  std::vector<std::string> types = {};
  std::vector<std::string> set = {};
};

/// "-" is stdout, tcp:// and ipc:// a broadcast, anything else a file.
EveOutput output_of(const std::string& text, const std::vector<std::string>& types) {
  EveOutput output{.types = types.empty() ? std::vector<std::string>{"alert", "stats"} : types};
  if (text == "-") output.to = EveOutput::To::stdout_;
  else if (text.starts_with("tcp://") || text.starts_with("ipc://")) output = {.to = EveOutput::To::zmq_pub, .bind = text, .types = output.types};
  else output.path = text;
  return output;
}

Result<SensorConfig> read_config(const CommandLine& command, const RunOptions& options) {
  std::vector<std::pair<std::string, std::string>> overrides;
  for (const std::string& text : options.set) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) return fail(ErrorCode::E1001, "--set wants KEY=VALUE, not " + text);
    overrides.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  ConfigErrors errors;
  const bool has_usual = ::access(kUsualConfig, R_OK) == 0;
  const std::string path = command.config.empty() && has_usual ? kUsualConfig : command.config;
  SensorConfig config = read_sensor_config(path, overrides, process_environment(), errors).config;
  for (std::size_t i = 1; i < errors.size(); ++i) (void)command.fail_with(errors[i]);
  if (!errors.empty()) return fail(std::move(errors.front()));
  if (!options.sources.empty()) config.captures.clear();
  for (const std::string& text : options.sources) {
    auto capture = parse_capture(text);
    if (!capture) return fail(std::move(capture.error()));
    config.captures.push_back(std::move(*capture));
  }
  if (!options.rules.empty()) config.rules.files = options.rules;
  if (!options.eve.empty()) config.outputs.clear();
  for (const std::string& text : options.eve) config.outputs.push_back(output_of(text, options.types));
  return config;
}

Exit run(const CommandLine& command, const RunOptions& options) {
  SystemClock clock;
  const auto first = read_config(command, options);
  if (!first) return command.fail_with(first.error());
  LogLevel level = command.verbose ? LogLevel::debug : command.quiet ? LogLevel::error : LogLevel::info;
  if (!command.verbose && !command.quiet) (void)log_level_of(first->log_level, &level);
  Service service(command, clock, Logger::for_program("haidang-sensor", level));
  return service.run([&command, &options] { return read_config(command, options); });
}

}  // namespace

void add_run(CLI::App& app, CommandLine& command) {
  CLI::App& verb = add_verb(app, "run", "the service: captures, inspects, raises alerts until it is stopped", kExamples);
  auto options = std::make_shared<RunOptions>();
  verb.add_option("--source", options->sources, "af_packet:IFACE, pcap:IFACE or pcap_file:PATH, instead of capture: of the file")->type_name("SOURCE");
  verb.add_option("--rules", options->rules, "rule files, wildcards in quotes, instead of rules.files")->type_name("FILE");
  verb.add_option("--eve", options->eve, "EVE lines to a file, - (stdout) or tcp://address:port (broadcast), instead of output.eve")->type_name("TO");
  verb.add_option("--types", options->types, "event types that --eve gets, with commas; default: alert,stats")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember(event_types()));
  verb.add_option("--set", options->set, "any setting of haidang.yaml, as key=value")->type_name("KEY=VALUE");
  verb.callback([&command, options] { command.chosen = [&command, options] { return run(command, *options); }; });
}

}  // namespace hd
