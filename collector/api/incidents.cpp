// SPDX-License-Identifier: Apache-2.0
// Incidents as they are read: the list, one whole file, its timeline, the open duties, the report.
#include <algorithm>
#include <map>

#include "collector/api/answer.hpp"
#include "collector/api/core.hpp"
#include "collector/api/route.hpp"
#include "collector/api/views.hpp"

namespace hd::api {
namespace {

constexpr std::uint32_t kListMax = 1000, kGroupsMax = 200, kSamplesEach = 20;
constexpr std::size_t kObservablesMax = 30;

constexpr FieldRow kListQuery[] = {{.name = "state", .type = "open|all", .summary = "open by default", .is_required = false}};
constexpr FieldRow kTimelineQuery[] = {{.name = "after", .type = "integer", .summary = "only entries beyond this sequence", .is_required = false}};
constexpr FieldRow kReportQuery[] = {{.name = "form", .type = "json|markdown|pdf", .is_required = false}};
constexpr IncidentState kStates[] = {IncidentState::acknowledged, IncidentState::confirmed, IncidentState::contained, IncidentState::recovering, IncidentState::closed, IncidentState::rejected};

Response no_incident(const Call& call) { return not_found("Không có sự cố " + call.value() + ".", "No incident " + call.value() + "."); }

Response list(Core& core, const Call& call) {
  const bool is_all = call.request.query_value("state").value_or("open") == "all";
  const auto incidents = core.store.incidents(!is_all, kListMax);
  if (!incidents) return store_failed(incidents.error());
  const Names names = full_names(core.store);
  return answer(call.now, [&](JsonWriter& json) {
    json.key("incidents").begin_array();
    for (const Incident& incident : *incidents) write_incident(json, incident, core.store.duties(incident, call.now), names);
    json.end_array().field("is_partial", incidents->size() == kListMax);
  });
}

void write_chain(JsonWriter& json, const std::string& number, const std::vector<TimelineEntry>& entries) {
  const std::uint64_t broken = first_broken(number, entries);
  json.key("chain").begin_object().field("is_intact", broken == 0).field("entries", entries.size()).field("broken_at", broken).end_object();
}

/// What is seen in the newest alerts of the incident's groups, the most frequent first.
void write_observables(JsonWriter& json, Store& store, const std::vector<AlertGroup>& groups) {
  std::map<std::pair<std::string, std::string>, std::uint64_t> seen;
  for (const AlertGroup& group : groups) {
    const auto alerts = store.alerts_of_group(group.id, kSamplesEach);
    if (!alerts) continue;
    for (const AlertRow& row : *alerts) {
      const auto alert = decode_alert(row.eve);
      if (!alert) continue;
      for (const Observable& observable : alert->observables) ++seen[{observable.type, observable.value}];
    }
  }
  std::vector<std::pair<std::pair<std::string, std::string>, std::uint64_t>> rows(seen.begin(), seen.end());
  std::ranges::stable_sort(rows, [](const auto& a, const auto& b) { return a.second > b.second; });
  if (rows.size() > kObservablesMax) rows.resize(kObservablesMax);
  json.key("observables").begin_array();
  for (const auto& [what, count] : rows) json.begin_object().field("type", what.first).field("value", what.second).field("count", count).end_object();
  json.end_array();
}

void write_moves(JsonWriter& json, const Incident& incident, const std::vector<Duty>& duties) {
  json.key("moves").begin_array();
  for (const IncidentState to : kStates) {
    const auto lacks = lacks_for(incident, to, duties);
    if (lacks.size() == 1 && lacks[0].field == "state") continue;  // not reachable from here
    json.begin_object().field("to", name_of(to)).key("lacks").begin_array();
    for (const Lack& lack : lacks) json.begin_object().field("field", lack.field).field("vi", lack.vi).field("en", lack.en).end_object();
    json.end_array().end_object();
  }
  json.end_array();
}

void write_kinds(JsonWriter& json) {
  json.key("kinds").begin_array();
  for (const IncidentKind& kind : incident_kinds()) json.begin_object().field("id", kind.id).field("vi", kind.title_vi).field("en", kind.title_en).end_object();
  json.end_array();
}

Response detail(Core& core, const Call& call) {
  const auto incident = core.store.incident(call.value());
  if (!incident) return store_failed(incident.error());
  if (!*incident) return no_incident(call);
  const auto timeline = core.store.timeline((*incident)->id);
  const auto groups = core.store.groups({.incident = (*incident)->id, .limit = kGroupsMax});
  if (!timeline || !groups) return store_failed(!timeline ? timeline.error() : groups.error());
  const std::vector<Duty> duties = core.store.duties(**incident, call.now);
  const Numbers numbers = {{(*incident)->id, (*incident)->number}};
  const Names names = full_names(core.store);
  return answer(call.now, [&](JsonWriter& json) {
    json.key("incident");
    write_incident(json, **incident, duties, names);
    json.key("duties").begin_array();
    for (const Duty& duty : duties) write_duty(json, duty);
    json.end_array().key("timeline").begin_array();
    for (const TimelineEntry& entry : *timeline) write_entry(json, entry, names);
    json.end_array().key("groups").begin_array();
    for (const AlertGroup& group : *groups) write_group(json, group, core.facts.of(core.store, group, call.now), numbers, names);
    json.end_array();
    write_chain(json, (*incident)->number, *timeline);
    write_moves(json, **incident, duties);
    write_observables(json, core.store, *groups);
    write_kinds(json);
  });
}

Response timeline(Core& core, const Call& call) {
  const auto incident = core.store.incident(call.value());
  if (!incident) return store_failed(incident.error());
  if (!*incident) return no_incident(call);
  const auto entries = core.store.timeline((*incident)->id);
  if (!entries) return store_failed(entries.error());
  const std::string text(call.request.query_value("after").value_or("0"));
  const std::uint64_t after = std::strtoull(text.c_str(), nullptr, 10);
  const Names names = full_names(core.store);
  return answer(call.now, [&](JsonWriter& json) {
    json.key("timeline").begin_array();
    for (const TimelineEntry& entry : *entries) {
      if (entry.sequence > after) write_entry(json, entry, names);
    }
    json.end_array();
    write_chain(json, (*incident)->number, *entries);
  });
}

Response duties(Core& core, const Call& call) {
  const auto incidents = core.store.incidents(true, kListMax);
  if (!incidents) return store_failed(incidents.error());
  struct Row {
    const Incident* incident;
    Duty duty;
  };
  std::vector<Row> rows;
  for (const Incident& incident : *incidents) {
    for (Duty& duty : core.store.duties(incident, call.now)) {
      if (duty.due && (duty.state == DutyState::running || duty.state == DutyState::late)) rows.push_back({&incident, std::move(duty)});
    }
  }
  std::ranges::stable_sort(rows, [](const Row& a, const Row& b) { return *a.duty.due < *b.duty.due; });
  return answer(call.now, [&](JsonWriter& json) {
    json.key("duties").begin_array();
    for (const Row& row : rows) {
      json.begin_object().field("incident", row.incident->number).field("title", row.incident->title).field("severity", static_cast<unsigned>(row.incident->severity)).key("duty");
      write_duty(json, row.duty);
      json.end_object();
    }
    json.end_array();
  });
}

Response report(Core& core, const Call& call) {
  const std::string_view form = call.request.query_value("form").value_or("pdf");
  if (form != "pdf" && form != "json" && form != "markdown") return refuse(400, "HD-400", "Không có dạng báo cáo «" + std::string(form) + "».", "There is no form \"" + std::string(form) + "\".", "form");
  const auto incident = core.store.incident(call.value());
  if (!incident) return store_failed(incident.error());
  if (!*incident) return no_incident(call);
  if (!core.options.report) return refuse(503, "HD-R02", "Bộ thu này không lập được báo cáo.", "This collector was built without reports.");
  auto entries = core.store.timeline((*incident)->id);
  auto groups = core.store.groups({.incident = (*incident)->id, .limit = kGroupsMax});
  if (!entries || !groups) return store_failed(!entries ? entries.error() : groups.error());
  const Names names = full_names(core.store);
  const auto author = names.find(call.session.user);
  const ReportParts parts{.incident = **incident, .duties = core.store.duties(**incident, call.now), .timeline = std::move(*entries), .groups = std::move(*groups),
                          .author = author == names.end() ? call.session.user : author->second, .now = call.now};
  const ReportForm kind = form == "pdf" ? ReportForm::pdf : form == "json" ? ReportForm::json : ReportForm::markdown;
  auto text = core.options.report(parts, kind);
  if (!text) {
    core.logger.error("report of {}: {}", (*incident)->number, to_text(text.error()));
    return refuse(500, "HD-R03", "Không lập được báo cáo: " + text.error().what, "The report could not be made: " + text.error().what);
  }
  const char* media = kind == ReportForm::pdf ? "application/pdf" : kind == ReportForm::json ? "application/json; charset=utf-8" : "text/markdown; charset=utf-8";
  const char* suffix = kind == ReportForm::pdf ? ".pdf" : kind == ReportForm::json ? ".json" : ".md";
  Response response{.body = std::move(*text)};
  response.with("Content-Type", media).with("Content-Disposition", "attachment; filename=\"" + (*incident)->number + suffix + "\"").with("Cache-Control", "no-store");
  return response;
}

constexpr RouteRow kRows[] = {
    {.method = Method::get, .path = "/incidents", .access = Need::viewer, .summary = "incidents, the newest first", .answer = "IncidentList", .handle = list, .query = kListQuery},
    {.method = Method::get, .path = "/incidents/{number}", .access = Need::viewer, .summary = "the whole file of one incident", .answer = "IncidentDetail", .handle = detail},
    {.method = Method::get, .path = "/incidents/{number}/timeline", .access = Need::viewer, .summary = "its entries", .answer = "Timeline", .handle = timeline, .query = kTimelineQuery},
    {.method = Method::get, .path = "/incidents/{number}/report", .access = Need::viewer, .summary = "the initial report as a file", .answer = "", .handle = report, .query = kReportQuery, .media = "application/pdf"},
    {.method = Method::get, .path = "/duties", .access = Need::viewer, .summary = "running legal clocks of all open incidents", .answer = "DutyList", .handle = duties},
};

}  // namespace

const std::span<const RouteRow> kIncidentRoutes = kRows;

}  // namespace hd::api
