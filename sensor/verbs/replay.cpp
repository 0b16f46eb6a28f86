// SPDX-License-Identifier: Apache-2.0
// replay: captures through the whole engine, one worker, no network. The clock is the capture's.
#include <sys/resource.h>

#include <algorithm>
#include <memory>

#include "sensor/base/json_writer.hpp"
#include "sensor/base/text.hpp"
#include "sensor/verbs/command_line.hpp"
#include "sensor/verbs/replay_run.hpp"
#include "sensor/verbs/rules_options.hpp"

namespace hd {
namespace {

constexpr char kExamples[] =
    "  haidang-sensor replay office.pcap --rules local.rules --eve eve.json\n"
    "  haidang-sensor replay office.pcap --rules local.rules --eve -          # lines to stdout\n"
    "  haidang-sensor replay office.pcap --rules local.rules --why 1000007    # why it alerts, or does not\n"
    "  haidang-sensor replay --batch list.tsv --rules all.rules               # capture TAB eve-file on each line";

struct ReplayOptions {
  std::vector<std::string> captures = {};
  RulesOptions rules = {};
  std::string eve = {};
  std::string batch = {};
  std::uint32_t why = 0;
  std::vector<std::string> types = {"alert"};
};

/// stats is of a sensor that runs.
std::vector<std::string> replay_types() {
  std::vector<std::string> types = event_types();
  std::erase(types, "stats");
  return types;
}

/// One line of a batch list.
struct BatchLine {
  std::string capture = {}, eve = {}, settings = {};
};

Result<std::vector<BatchLine>> read_batch(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return fail(ErrorCode::E5001, text.error().what);
  std::vector<BatchLine> lines;
  std::uint32_t number = 0;
  for (const std::string_view line : split(*text, '\n')) {
    ++number;
    if (trim(line).empty()) continue;
    const auto fields = split(line, '\t');
    if (fields.size() < 2 || fields.size() > 3 || fields[0].empty() || trim(fields[1]).empty()) {
      return fail({.code = ErrorCode::E1001,
                   .place = {.file = path, .line = number},
                   .what = "this line is not: capture, tab, EVE file, and perhaps tab, settings file"});
    }
    lines.push_back({std::string(fields[0]), std::string(trim(fields[1])), fields.size() == 3 ? std::string(trim(fields[2])) : ""});
  }
  return lines;
}

/// What scripts and people are told of the rules before the first packet. False: no rules could be read.
bool tell_rules(const CommandLine& command, const LoadedEngine& loaded) {
  for (const Error& error : loaded.errors) (void)command.fail_with(error);
  for (const RefusedRule& refused : loaded.refused) note(refused.line());
  return loaded.errors.empty() || loaded.report.rules > 0;
}

std::string summary_json(const std::string& capture, const ReplayResult& result, const LoadedEngine& rules) {
  std::string out;
  JsonWriter json(out);
  const auto seconds = [](Nanos duration) { return static_cast<double>(duration) / static_cast<double>(kSecond); };
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  json.begin_object().field("schema", "haidang.replay/1").field("capture", capture).field("alerts", result.alerts);
  json.key("packets").begin_object().field("wire", result.worker.packets).field("bytes", result.worker.bytes);
  json.field("inspected", result.worker.inspected).field("shunted", result.worker.shunted).end_object();
  json.field("truncated", result.source.is_truncated);
  json.key("rules").begin_object().field("loaded", rules.report.rules).field("refused", rules.refused.size()).end_object();
  json.field("load_seconds", rules.seconds_load + rules.seconds_compile);
  json.field("packet_seconds", seconds(result.time)).field("packet_cpu_seconds", seconds(result.cpu));
  json.field("memory_max_bytes", static_cast<std::uint64_t>(usage.ru_maxrss) * 1024);
  json.key("detect").begin_object().field("inspected", result.detect.packets).field("windows", result.detect.windows);
  json.field("transactions", result.detect.transactions).field("hits", result.detect.hits);
  json.field("candidates", result.detect.candidates).field("matches", result.detect.matches).end_object();
  json.end_object();
  return out + "\n";
}

void tell_result(const CommandLine& command, const std::string& capture, const ReplayResult& result, const LoadedEngine& rules) {
  if (result.source.is_truncated) {
    Error error{.code = ErrorCode::E5002, .place = {.file = capture}, .what = "the capture ends in the middle of a packet"};
    error.why = "Read as far as it goes: " + count_text(result.worker.packets) + " packets, up to byte " + count_text(result.source.cut_at_byte) + ".";
    note("haidang-sensor: " + to_text(error));
  } else if (!result.source.remark.empty() && !command.quiet) {
    note("haidang-sensor: " + capture + ": " + result.source.remark);
  }
  if (command.json) {
    (void)print(summary_json(capture, result, rules));
  } else if (command.verbose) {
    note(capture + ": " + count_text(result.worker.packets) + " packets, " + size_text(result.worker.bytes) + ", " +
         count_text(result.alerts) + " alerts, " + duration_text(result.cpu) + " CPU");
  }
}

Exit replay_files(const CommandLine& command, const ReplayOptions& options) {
  auto loaded = load_rules_of(command, options.rules);
  if (!loaded) return command.fail_with(loaded.error());
  if (!tell_rules(command, loaded->engine)) return Exit::input;
  const auto worker = replay_options(loaded->settings);
  if (!worker) return command.fail_with(worker.error());
  SystemClock clock;
  for (const std::string& capture : options.captures) {
    const ReplayTask task{.capture = capture,
                          .eve = options.eve.empty() ? "/dev/null" : options.eve,
                          .eve_options = {.has_packet_number = true},
                          .types = options.types,
                          .why_sid = options.why};
    const auto result = replay_capture(task, loaded->engine.rules, *worker, progress_style(command.verbose, command.quiet), clock);
    if (!result) return command.fail_with(result.error());
    tell_result(command, capture, *result, loaded->engine);
    if (!result->why.empty()) (void)print(result->why);
  }
  return Exit::good;
}

Exit replay_batch(const CommandLine& command, const ReplayOptions& options) {
  const auto lines = read_batch(options.batch);
  if (!lines) return command.fail_with(lines.error());
  auto loaded = load_rules_of(command, options.rules);
  if (!loaded) return command.fail_with(loaded.error());
  if (!tell_rules(command, loaded->engine)) return Exit::input;
  SystemClock clock;
  Exit exit = Exit::good;
  for (const BatchLine& line : *lines) {
    // Settings of its own may change variables, thus the rules themselves.
    RulesOptions own_options = options.rules;
    own_options.settings = line.settings;
    auto own = line.settings.empty() ? Result<RulesOfFile>(RulesOfFile{}) : load_rules_of(command, own_options);
    if (!own) return command.fail_with(own.error());
    const RulesOfFile& rules = line.settings.empty() ? *loaded : *own;
    const auto worker = replay_options(rules.settings);
    if (!worker) return command.fail_with(worker.error());
    const ReplayTask task{.capture = line.capture, .eve = line.eve, .eve_options = {.has_packet_number = true}, .types = options.types};
    const auto result = replay_capture(task, rules.engine.rules, *worker, ProgressLine::Style::none, clock);
    if (!result) {
      const Exit why = command.fail_with(result.error());
      if (why != Exit::input) return why;
      exit = Exit::input;
      continue;
    }
    tell_result(command, line.capture, *result, rules.engine);
  }
  return exit;
}

}  // namespace

void add_replay(CLI::App& app, CommandLine& command) {
  CLI::App& verb = add_verb(app, "replay", "inspect captures, offline", kExamples);
  auto options = std::make_shared<ReplayOptions>();
  CLI::Option* captures = verb.add_option("capture", options->captures, "pcap or pcapng; - is stdin")->type_name("FILE");
  add_rules_options(verb, options->rules);
  CLI::Option* eve = verb.add_option("--eve", options->eve, "where alerts go, as EVE JSON lines; - is stdout")->type_name("FILE");
  CLI::Option* why = verb.add_option("--why", options->why, "tell how far this rule got in each flow, and what refused it")->type_name("SID");
  verb.add_option("--types", options->types, "event types that are written, with commas; default: alert")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember(replay_types()));
  verb.add_option("--batch", options->batch, "list of captures and EVE files, one load of the rules for all")
      ->type_name("LIST")
      ->excludes(captures)
      ->excludes(eve)
      ->excludes(why);
  verb.callback([&command, options] {
    if (options->batch.empty() && (options->captures.empty() || (options->eve.empty() && options->why == 0))) {
      throw CLI::RequiredError("a capture, and --eve or --why");
    }
    if (options->captures.size() > 1 && !options->eve.empty()) throw CLI::ValidationError("--eve takes the alerts of one capture; use --batch for several");
    command.chosen = [&command, options] { return options->batch.empty() ? replay_files(command, *options) : replay_batch(command, *options); };
  });
}

}  // namespace hd
