// SPDX-License-Identifier: Apache-2.0
#include "collector/watch/watch.hpp"

#include <algorithm>

#include "sensor/base/json_writer.hpp"

namespace hd {
namespace {

constexpr std::uint32_t kIncidentsMax = 10'000;

/// The entry's body; equal for the same warning, whenever it is made.
std::string body_of(const Duty& duty, std::size_t rung) {
  const bool is_due = rung > duty.warnings.size();
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("duty", duty.id).field("pack", duty.pack).field("rung", is_due ? "due" : std::to_string(rung)).field("of", duty.warnings.size());
  if (duty.due) json.field("due", utc_text(*duty.due));
  json.end_object();
  return body;
}

}  // namespace

Result<bool> Watch::warn(const Incident& incident, const Duty& duty, std::size_t rung, WallTime now) {
  const std::string body = body_of(duty, rung);
  auto entries = store_.timeline(incident.id);
  if (!entries) return fail(std::move(entries.error()));
  const bool is_there = std::any_of(entries->begin(), entries->end(), [&](const TimelineEntry& entry) { return entry.kind == "warning" && entry.body == body; });
  if (is_there) return false;
  if (auto added = store_.add_entry(incident.id, "warning", body, "system", now); !added) return fail(std::move(added.error()));
  if (rung > duty.warnings.size()) log_.error("{}: {} is late", incident.number, duty.title_vi);
  else log_.warning("{}: warning {} of {} for {}", incident.number, rung, duty.warnings.size(), duty.title_vi);
  return true;
}

Result<WatchCount> Watch::tick(WallTime now) {
  WatchCount count;
  auto incidents = store_.incidents(true, kIncidentsMax);
  if (!incidents) return fail(std::move(incidents.error()));
  for (const Incident& incident : *incidents) {
    for (const Duty& duty : store_.duties(incident, now)) {
      if (duty.state != DutyState::running && duty.state != DutyState::late) continue;
      (duty.state == DutyState::late ? count.late : count.running) += 1;
      if (duty.due && (count.running + count.late == 1 || *duty.due - now < count.left_min)) count.left_min = *duty.due - now;
      const std::size_t rung = rung_at(duty, now);
      std::size_t& known = rungs_[{incident.id, duty.pack + "/" + duty.id}];
      if (rung == 0 || rung <= known) continue;
      // Of several that passed while nobody watched only the last is said.
      auto warned = warn(incident, duty, rung, now);
      if (!warned) return fail(std::move(warned.error()));
      known = rung;
      count.warned += *warned ? 1 : 0;
    }
  }
  return count;
}

}  // namespace hd
