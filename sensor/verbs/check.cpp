// SPDX-License-Identifier: Apache-2.0
// check: what of a rule file loads, what is refused and why.
#include <algorithm>
#include <map>
#include <memory>

#include "sensor/base/json_writer.hpp"
#include "sensor/base/text.hpp"
#include "sensor/verbs/command_line.hpp"
#include "sensor/verbs/rules_options.hpp"

namespace hd {
namespace {

constexpr char kExamples[] =
    "  haidang-sensor check --rules local.rules\n"
    "  haidang-sensor check --rules '/etc/haidang/rules/*.rules' --json\n"
    "  haidang-sensor check --rules local.rules --strict && systemctl reload haidang-sensor";

struct CheckOptions {
  RulesOptions rules = {};
  bool is_strict = false;
};

/// The refused rules by reason, most frequent first.
std::vector<std::pair<std::string, std::size_t>> totals_by_reason(const std::vector<RefusedRule>& refused) {
  std::map<std::string, std::size_t> counts;
  for (const RefusedRule& rule : refused) ++counts[rule.reason()];
  std::vector<std::pair<std::string, std::size_t>> result(counts.begin(), counts.end());
  std::ranges::stable_sort(result, std::greater<>(), &std::pair<std::string, std::size_t>::second);
  return result;
}

std::string report_json(const LoadedEngine& loaded) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("schema", "haidang.check/1").field("loaded", loaded.report.rules).field("refused", loaded.refused.size());
  json.key("reasons").begin_object();
  for (const auto& [reason, count] : totals_by_reason(loaded.refused)) json.field(reason, count);
  json.end_object().field("skipped", loaded.skipped.size()).field("errors", loaded.errors.size());
  json.field("load_seconds", loaded.seconds_load).field("compile_seconds", loaded.seconds_compile);
  json.key("databases").begin_object().field("count", loaded.report.databases).field("bytes", loaded.report.database_bytes).end_object();
  json.end_object();
  return out + "\n";
}

std::string report_text(const LoadedEngine& loaded) {
  std::string out = count_text(loaded.report.rules) + " rules load, " + count_text(loaded.refused.size()) + " refused";
  if (!loaded.skipped.empty()) out += ", " + count_text(loaded.skipped.size()) + " skipped by their own `requires`";
  const double seconds = loaded.seconds_load + loaded.seconds_compile;
  out += " (" + duration_text(static_cast<Nanos>(seconds * 1000) * kMillisecond) + ")\n";
  for (const auto& [reason, count] : totals_by_reason(loaded.refused)) {
    std::string number = count_text(count);
    if (number.size() < 8) number.insert(0, 8 - number.size(), ' ');
    out += number + "  " + reason + "\n";
  }
  return out;
}

Exit check(const CommandLine& command, const CheckOptions& options) {
  const auto loaded = load_rules_of(command, options.rules);
  if (!loaded) return command.fail_with(loaded.error());
  const LoadedEngine& rules = loaded->engine;
  for (const Error& error : rules.errors) (void)command.fail_with(error);
  if (!command.quiet) {
    for (const RefusedRule& refused : rules.refused) note("haidang-sensor: " + to_text(refused.error) + "\n" + refused.line());
  }
  (void)print(command.json ? report_json(rules) : report_text(rules));
  if (!rules.errors.empty()) return Exit::input;
  return options.is_strict && !rules.refused.empty() ? Exit::found : Exit::good;
}

}  // namespace

void add_check(CLI::App& app, CommandLine& command) {
  CLI::App& verb = add_verb(app, "check", "load rules and say what is refused and why", kExamples);
  auto options = std::make_shared<CheckOptions>();
  add_rules_options(verb, options->rules);
  verb.add_flag("--strict", options->is_strict, "exit 1 when a rule is refused");
  verb.callback([&command, options] { command.chosen = [&command, options] { return check(command, *options); }; });
}

}  // namespace hd
