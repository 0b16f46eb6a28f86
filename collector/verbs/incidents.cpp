// SPDX-License-Identifier: Apache-2.0
// incidents list, incidents show.
#include <algorithm>

#include "collector/verbs/command.hpp"
#include "sensor/base/json_writer.hpp"

namespace hd {
namespace {

constexpr const char* kExamples = "  haidang-collector incidents list\n  haidang-collector incidents show SC-2026-0147 --json";

std::string left_text(const Duty& duty, WallTime now) {
  if (!duty.due) return "-";
  const Nanos left = *duty.due - now;
  const std::int64_t minutes = (left < 0 ? -left : left) / kSecond / 60;
  const std::string text = std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
  return left < 0 ? "late by " + text : text + " left";
}

void write_duty(JsonWriter& json, const Duty& duty, WallTime now) {
  json.begin_object().field("pack", duty.pack).field("id", duty.id).field("title_vi", duty.title_vi).field("title_en", duty.title_en).field("state", name_of(duty.state));
  if (duty.start) json.field("start", utc_text(*duty.start));
  if (duty.due) json.field("due", utc_text(*duty.due)).field("left_s", (*duty.due - now) / kSecond);
  if (duty.outer) json.field("outer", utc_text(*duty.outer));
  json.end_object();
}

void write_incident(JsonWriter& json, const Incident& incident, const std::vector<Duty>& duties, WallTime now) {
  json.begin_object().field("number", incident.number).field("title", incident.title).field("severity", static_cast<unsigned>(incident.severity));
  json.field("state", name_of(incident.state)).field("kind", incident.kind).field("kind_vi", kind_title(incident.kind, true)).field("t0", utc_text(incident.t0)).field("opened", utc_text(incident.opened));
  json.field("opened_by", incident.opened_by).field("owner", incident.owner).field("attacker", incident.attacker).field("victim", incident.victim);
  json.field("system", incident.system).field("system_level", static_cast<unsigned>(incident.system_level)).field("provisional", incident.is_provisional);
  json.field("alerts", incident.alerts).field("groups", incident.groups).key("duties").begin_array();
  for (const Duty& duty : duties) write_duty(json, duty, now);
  json.end_array();
}

CollectorExit list(const CollectorCommand& command, bool all) {
  SystemClock clock;
  auto store = command.open(clock);
  if (!store) return command.fail_with(store.error());
  auto incidents = (*store)->incidents(!all, 1000);
  if (!incidents) return command.fail_with(incidents.error());
  const WallTime now = clock.wall();
  std::string out;
  if (command.json) {
    JsonWriter json(out);
    json.begin_object().field("schema", "haidang.incidents/1").key("incidents").begin_array();
    for (const Incident& incident : *incidents) {
      write_incident(json, incident, (*store)->duties(incident, now), now);
      json.end_object();
    }
    json.end_array().end_object();
    say(out + "\n");
    return CollectorExit::good;
  }
  constexpr const char* kLevels[] = {"", "very high", "high", "medium", "low"};
  for (const Incident& incident : *incidents) {
    const std::vector<Duty> duties = (*store)->duties(incident, now);
    out += incident.number + "  " + kLevels[std::min<int>(incident.severity, 4)] + "  " + std::string(name_of(incident.state)) + "  " + plain_text(incident.title) + "\n";
    out += "    " + plain_text(incident.attacker) + " -> " + plain_text(incident.victim) + "  " + std::to_string(incident.alerts) + " alerts  " + (duties.empty() ? "no clock" : left_text(duties.front(), now)) + "\n";
  }
  say(out.empty() ? "no incident is open\n" : out);
  return CollectorExit::good;
}

CollectorExit show(const CollectorCommand& command, const std::string& number) {
  SystemClock clock;
  auto store = command.open(clock);
  if (!store) return command.fail_with(store.error());
  auto found = (*store)->incident(number);
  if (!found) return command.fail_with(found.error());
  if (!*found) return command.fail_with({.code = ErrorCode::E7003, .what = "there is no incident " + number});
  auto entries = (*store)->timeline((*found)->id);
  if (!entries) return command.fail_with(entries.error());
  const WallTime now = clock.wall();
  const std::uint64_t broken = first_broken(number, *entries);
  std::string out;
  JsonWriter json(out);
  write_incident(json, **found, (*store)->duties(**found, now), now);
  json.key("timeline").begin_array();
  for (const TimelineEntry& entry : *entries) {
    json.begin_object().field("sequence", entry.sequence).field("at", utc_text(entry.at)).field("kind", entry.kind).field("body", entry.body).field("author", entry.author).field("hash", entry.hash).end_object();
  }
  json.end_array().field("chain_intact", broken == 0).end_object();
  say(out + "\n");
  return broken == 0 ? CollectorExit::good : CollectorExit::found;
}

}  // namespace

void add_incidents(CLI::App& app, CollectorCommand& command) {
  CLI::App& verb = add_collector_verb(app, "incidents", "incidents and their clocks", kExamples);
  verb.require_subcommand(1);
  auto all = std::make_shared<bool>(false);
  CLI::App* listing = verb.add_subcommand("list", "open incidents, newest first");
  listing->fallthrough();
  listing->add_flag("--all", *all, "closed ones too");
  listing->callback([&command, all] { command.chosen = [&command, all] { return list(command, *all); }; });
  auto number = std::make_shared<std::string>();
  CLI::App* one = verb.add_subcommand("show", "one incident with its timeline, as JSON");
  one->fallthrough();
  one->add_option("number", *number, "SC-2026-0147")->required();
  one->callback([&command, number] { command.chosen = [&command, number] { return show(command, *number); }; });
}

}  // namespace hd
