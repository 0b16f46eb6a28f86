// SPDX-License-Identifier: Apache-2.0
#include "collector/api/views.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "sensor/base/json.hpp"

namespace hd::api {
namespace {

constexpr Nanos kSilentAfter = 120 * kSecond;
constexpr std::array<std::string_view, 6> kFates = {"inspected", "shunted", "filtered", "lost_card", "lost_ring", "lost_sensor"};

void optional_time(JsonWriter& json, std::string_view key, const std::optional<WallTime>& time) {
  if (time) json.field(key, utc_text(*time));
  else json.key(key).null();
}

std::string name_in(const Names& names, const std::string& user) {
  const auto found = names.find(user);
  return found == names.end() || found->second.empty() ? user : found->second;
}

}  // namespace

Numbers incident_numbers(Store& store) {
  Numbers numbers;
  if (const auto incidents = store.incidents(false, 1000)) {
    for (const Incident& incident : *incidents) numbers[incident.id] = incident.number;
  }
  return numbers;
}

Names full_names(Store& store) {
  Names names;
  if (const auto users = store.users()) {
    for (const UserRow& user : *users) names[user.name] = user.full_name;
  }
  return names;
}

void write_group(JsonWriter& json, const AlertGroup& group, const GroupFacts& facts, const Numbers& numbers, const Names& names) {
  const auto number = numbers.find(group.incident);
  json.begin_object().field("id", group.id).field("gid", group.gid).field("sid", group.sid).field("signature", group.signature);
  json.field("title_vi", group.title_vi).field("title_en", group.title_en).field("category", group.category).field("technique", group.technique);
  json.field("kind", group.kind).field("severity", static_cast<unsigned>(group.severity)).field("attacker", group.attacker).field("victim", group.victim);
  json.field("sensor", group.sensor).field("system", group.system).field("system_level", static_cast<unsigned>(group.system_level));
  json.field("first", utc_text(group.first)).field("last", utc_text(group.last)).field("arrived", utc_text(group.first_arrival)).field("count", group.count);
  json.field("state", name_of(group.state)).field("decided_by", name_in(names, group.decided_by)).field("reason", group.reason);
  if (group.decided_at.ns != 0) json.field("decided_at", utc_text(group.decided_at));
  json.field("owner", group.owner).field("owner_name", name_in(names, group.owner)).field("incident", number == numbers.end() ? "" : number->second);
  json.field("version", group.version).field("sources", facts.sources).field("targets", facts.targets).field("is_partial", facts.is_partial);
  json.key("hours").begin_array();
  for (const std::uint32_t hour : facts.hours) json.value(hour);
  json.end_array().end_object();
}

void write_alert(JsonWriter& json, const AlertRow& alert) {
  json.begin_object().field("id", alert.id).field("group", alert.group).field("number", alert.number).field("sid", alert.sid);
  json.field("severity", static_cast<unsigned>(alert.severity)).field("packet_time", utc_text(alert.packet_time)).field("basis", utc_text(alert.basis));
  json.field("arrived", utc_text(alert.arrived)).field("is_corrected", alert.is_corrected).key("eve");
  const auto eve = JsonDocument::parse(alert.eve);
  if (eve) json.raw(eve->root().to_json());
  else json.null();
  json.end_object();
}

void write_duty(JsonWriter& json, const Duty& duty) {
  json.begin_object().field("pack", duty.pack).field("pack_version", duty.pack_version).field("id", duty.id);
  json.field("title_vi", duty.title_vi).field("title_en", duty.title_en).field("form", duty.form).field("state", name_of(duty.state));
  optional_time(json, "start", duty.start);
  optional_time(json, "due", duty.due);
  optional_time(json, "satisfied_at", duty.satisfied_at);
  json.key("warnings").begin_array();
  for (const WallTime warning : duty.warnings) json.value(utc_text(warning));
  json.end_array().field("is_provisional", duty.is_provisional).end_object();
}

const Duty* next_duty(const std::vector<Duty>& duties) {
  const Duty* best = nullptr;
  for (const Duty& duty : duties) {
    const bool is_open = duty.due && (duty.state == DutyState::running || duty.state == DutyState::late);
    if (is_open && (best == nullptr || *duty.due < *best->due)) best = &duty;
  }
  return best;
}

void write_incident(JsonWriter& json, const Incident& incident, const std::vector<Duty>& duties, const Names& names) {
  json.begin_object().field("number", incident.number).field("title", incident.title).field("summary", incident.summary).field("kind", incident.kind);
  json.field("kind_vi", kind_title(incident.kind, true)).field("kind_en", kind_title(incident.kind, false));
  json.field("severity", static_cast<unsigned>(incident.severity)).field("state", name_of(incident.state)).field("state_since", utc_text(incident.state_since));
  json.field("opened", utc_text(incident.opened)).field("t0", utc_text(incident.t0)).field("t0_basis", incident.t0_basis);
  json.field("owner", incident.owner).field("owner_name", name_in(names, incident.owner)).field("opened_by", name_in(names, incident.opened_by));
  json.field("is_provisional", incident.is_provisional).field("system", incident.system).field("system_level", static_cast<unsigned>(incident.system_level));
  json.field("attacker", incident.attacker).field("victim", incident.victim).field("cause", incident.cause).field("measures", incident.measures).field("lessons", incident.lessons);
  optional_time(json, "contained_at", incident.contained_at);
  optional_time(json, "response_ended", incident.response_ended);
  optional_time(json, "reported_at", incident.reported_at);
  json.field("report_proof", incident.report_proof).field("alerts", incident.alerts).field("groups", incident.groups).field("version", incident.version);
  json.key("next");
  if (const Duty* duty = next_duty(duties)) write_duty(json, *duty);
  else json.null();
  json.end_object();
}

void write_entry(JsonWriter& json, const TimelineEntry& entry, const Names& names) {
  json.begin_object().field("sequence", entry.sequence).field("at", utc_text(entry.at)).field("kind", entry.kind);
  json.field("author", entry.author).field("author_name", name_in(names, entry.author)).field("body", entry.body).field("hash", entry.hash).end_object();
}

std::string sensor_word(const SensorRow& sensor, WallTime now) {
  if (sensor.state == "revoked" || sensor.state == "waiting") return sensor.state;
  if (sensor.last_seen.ns == 0) return "new";
  if (now - sensor.last_seen > kSilentAfter) return "silent";
  const auto health = JsonDocument::parse(sensor.health);
  if (!health) return "normal";
  std::string word(health->get("word").as_string("NORMAL"));
  std::ranges::transform(word, word.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (word != "doubtful") return word;
  std::uint64_t lost = 0;
  double one_way = 0;
  for (const JsonView source : health->get("sources").elements()) {
    lost += source.get("lost_card").as_uint() + source.get("lost_ring").as_uint() + source.get("lost_sensor").as_uint();
    one_way = std::max(one_way, source.get("one_way_ratio").as_double());
  }
  if (one_way > 0.10) return "one_way";
  return lost > 0 ? "loss" : word;
}

namespace {

/// The sums over all sources of a sensor, and what its own status says of itself.
void write_health(JsonWriter& json, const JsonDocument& health) {
  std::array<std::uint64_t, kFates.size()> fates{};
  std::uint64_t packets = 0, bytes = 0;
  double one_way = 0, missed = 0;
  bool sums = true;
  for (const JsonView source : health.get("sources").elements()) {
    packets += source.get("packets").as_uint();
    bytes += source.get("bytes").as_uint();
    for (std::size_t i = 0; i < kFates.size(); ++i) fates[i] += source.get(kFates[i]).as_uint();
    one_way = std::max(one_way, source.get("one_way_ratio").as_double());
    missed = std::max(missed, source.get("missed_bytes_ratio").as_double());
    sums = sums && source.get("sums").as_bool(true);
  }
  const double seconds = std::max(health.get("up_seconds").as_double(), 1.0);
  json.begin_object().field("packets", packets).field("bytes", bytes);
  for (std::size_t i = 0; i < kFates.size(); ++i) json.field(kFates[i], fates[i]);
  json.field("sums", sums).field("one_way_ratio", one_way).field("missed_bytes_ratio", missed);
  json.field("bits_per_second", static_cast<double>(bytes) * 8 / seconds).field("packets_per_second", static_cast<double>(packets) / seconds);
  json.field("up_seconds", seconds).key("status").raw(health.root().to_json()).end_object();
}

}  // namespace

void write_sensor(JsonWriter& json, const SensorRow& sensor, WallTime now) {
  json.begin_object().field("name", sensor.name).field("site", sensor.site).field("state", sensor.state).field("word", sensor_word(sensor, now));
  json.field("key", sensor.key).field("software", sensor.software).field("created", utc_text(sensor.created));
  if (sensor.last_seen.ns != 0) json.field("last_seen", utc_text(sensor.last_seen));
  json.field("stored", sensor.stored).field("shed", sensor.shed).field("pending", sensor.pending).key("health");
  const auto health = JsonDocument::parse(sensor.health);
  if (health && health->root().is(JsonKind::object)) write_health(json, *health);
  else json.null();
  json.end_object();
}

void write_user(JsonWriter& json, const UserRow& user) {
  json.begin_object().field("name", user.name).field("full_name", user.full_name).field("role", name_of(user.role));
  json.field("is_disabled", user.is_disabled).field("has_password", !user.password_hash.empty()).field("created", utc_text(user.created)).end_object();
}

}  // namespace hd::api
