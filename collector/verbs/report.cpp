// SPDX-License-Identifier: Apache-2.0
// report: the initial report of an incident as a file.
#include <unistd.h>

#include <cstdio>

#include "collector/report/report.hpp"
#include "collector/verbs/command.hpp"
#include "sensor/base/file.hpp"

namespace hd {
namespace {

constexpr const char* kExamples =
    "  haidang-collector report SC-2026-0147 -o bao-cao.pdf\n"
    "  haidang-collector report SC-2026-0147 --form markdown";

struct ReportOptions {
  std::string number = {}, form = {}, out = {}, author = {};
};

/// What was said, else what the file's name says, else Markdown to read.
std::string form_of(const ReportOptions& options) {
  if (!options.form.empty()) return options.form;
  if (options.out.ends_with(".pdf")) return "pdf";
  return options.out.ends_with(".json") ? "json" : "markdown";
}

CollectorExit write_report(const CollectorCommand& command, const ReportOptions& options, const std::string& text, bool is_pdf) {
  if (options.out.empty() || options.out == "-") {
    if (is_pdf && ::isatty(STDOUT_FILENO) == 1) return command.fail_with({.code = ErrorCode::E1001, .what = "a PDF is not for a terminal", .hint = "Name a file: -o report.pdf"});
    if (auto written = write_all(STDOUT_FILENO, text, "standard output"); !written) return command.fail_with(written.error());
    return CollectorExit::good;
  }
  if (auto written = write_file_atomic(options.out, text); !written) return command.fail_with(written.error());
  return CollectorExit::good;
}

CollectorExit report(const CollectorCommand& command, const ReportOptions& options) {
  SystemClock clock;
  const auto settings = command.settings();
  if (!settings) return command.fail_with(settings.error());
  auto store = command.open(clock);
  if (!store) return command.fail_with(store.error());
  auto incident = (*store)->incident(options.number);
  if (!incident) return command.fail_with(incident.error());
  if (!*incident) return command.fail_with({.code = ErrorCode::E1001, .what = "there is no incident " + options.number, .hint = "haidang-collector incidents list"});
  auto entries = (*store)->timeline((*incident)->id);
  if (!entries) return command.fail_with(entries.error());
  auto groups = (*store)->groups({.incident = (*incident)->id, .limit = 1000});
  if (!groups) return command.fail_with(groups.error());
  ReportParts parts{.incident = **incident, .duties = (*store)->duties(**incident, clock.wall()), .timeline = std::move(*entries), .groups = std::move(*groups), .author = options.author,
                    .now = clock.wall(), .organisation = settings->organisation};
  if (const ProtectedSystem* system = (*store)->options().systems.find(parts.incident.victim)) parts.system_owner = system->owner;
  const std::string form = form_of(options);
  auto text = make_report(parts, form == "pdf" ? ReportForm::pdf : form == "json" ? ReportForm::json : ReportForm::markdown);
  if (!text) return command.fail_with(text.error());
  return write_report(command, options, *text, form == "pdf");
}

}  // namespace

void add_report(CLI::App& app, CollectorCommand& command) {
  CLI::App& verb = add_collector_verb(app, "report", "the initial report of an incident", kExamples);
  auto options = std::make_shared<ReportOptions>();
  verb.add_option("number", options->number, "of the incident")->required()->type_name("SC-YYYY-NNNN");
  verb.add_option("--form", options->form, "pdf, markdown or json; default: by the file's name")->check(CLI::IsMember({"pdf", "markdown", "json"}));
  verb.add_option("-o,--out", options->out, "file; default: standard output")->type_name("FILE");
  verb.add_option("--author", options->author, "who signs")->type_name("NAME");
  verb.callback([&command, options] { command.chosen = [&command, options] { return report(command, *options); }; });
}

}  // namespace hd
