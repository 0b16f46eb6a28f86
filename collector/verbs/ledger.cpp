// SPDX-License-Identifier: Apache-2.0
// ledger check: generated = stored + shed + pending, no number twice, none missing.
#include "collector/verbs/command.hpp"
#include "sensor/base/json_writer.hpp"

namespace hd {
namespace {

constexpr const char* kExamples = "  haidang-collector ledger check --deep\n  haidang-collector ledger check --sensor tram-bac-01 --json";

// Exit status as docs/formats say: 0 holds, 1 violated, 2 holds but something is unknown, 3 could not read.
CollectorExit check(const CollectorCommand& command, const std::string& sensor, bool deep) {
  SystemClock clock;
  auto store = command.open(clock);
  if (!store) {
    (void)command.fail_with(store.error());
    return CollectorExit::configuration;
  }
  auto report = (*store)->check_ledger(sensor, deep);
  if (!report) {
    (void)command.fail_with(report.error());
    return CollectorExit::configuration;
  }
  std::string out;
  if (command.json) {
    JsonWriter json(out);
    json.begin_object().field("schema", "haidang.ledger/1").field("holds", report->violations.empty()).field("lanes", report->lanes);
    json.field("generated", report->generated).field("stored", report->stored).field("shed", report->shed).field("pending", report->pending).key("violations").begin_array();
    for (const std::string& line : report->violations) json.value(line);
    json.end_array().key("unknown").begin_array();
    for (const std::string& line : report->unknown) json.value(line);
    json.end_array().end_object();
    out += "\n";
  } else {
    for (const std::string& line : report->violations) out += "violated: " + line + "\n";
    for (const std::string& line : report->unknown) out += "unknown: " + line + "\n";
    out += (report->violations.empty() ? "the ledger holds: " : "THE LEDGER DOES NOT HOLD: ") + std::string("generated ") + std::to_string(report->generated) + " = stored " + std::to_string(report->stored) +
           " + shed " + std::to_string(report->shed) + " + pending " + std::to_string(report->pending) + " (" + std::to_string(report->lanes) + " lanes)\n";
  }
  say(out);
  if (!report->violations.empty()) return CollectorExit::found;
  return report->unknown.empty() ? CollectorExit::good : CollectorExit::usage;
}

}  // namespace

void add_ledger(CLI::App& app, CollectorCommand& command) {
  CLI::App& verb = add_collector_verb(app, "ledger", "is every alert accounted for?", kExamples);
  verb.require_subcommand(1);
  auto sensor = std::make_shared<std::string>();
  auto deep = std::make_shared<bool>(false);
  CLI::App* checking = verb.add_subcommand("check", "generated = stored + shed + pending, for each sensor, epoch and lane");
  checking->fallthrough();
  checking->add_option("--sensor", *sensor, "only this sensor");
  checking->add_flag("--deep", *deep, "batches and the store's own integrity as well");
  checking->callback([&command, sensor, deep] { command.chosen = [&command, sensor, deep] { return check(command, *sensor, *deep); }; });
}

}  // namespace hd
