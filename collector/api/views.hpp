// SPDX-License-Identifier: Apache-2.0
// Records as the API shows them: one function a schema, used by every resource.
#pragma once

#include <map>
#include <string>

#include "collector/api/facts.hpp"
#include "collector/store/store.hpp"
#include "sensor/base/json_writer.hpp"

namespace hd::api {

/// Incident numbers by id, full names by user: looked up once an answer.
using Numbers = std::map<std::uint64_t, std::string>;
using Names = std::map<std::string, std::string>;
[[nodiscard]] Numbers incident_numbers(Store& store);
[[nodiscard]] Names full_names(Store& store);

void write_group(JsonWriter& json, const AlertGroup& group, const GroupFacts& facts, const Numbers& numbers, const Names& names);
void write_alert(JsonWriter& json, const AlertRow& alert);
void write_duty(JsonWriter& json, const Duty& duty);
void write_incident(JsonWriter& json, const Incident& incident, const std::vector<Duty>& duties, const Names& names);
void write_entry(JsonWriter& json, const TimelineEntry& entry, const Names& names);
void write_sensor(JsonWriter& json, const SensorRow& sensor, WallTime now);
void write_user(JsonWriter& json, const UserRow& user);

/// The duty that a list shows: running or late, the soonest due; nullptr: none is open.
[[nodiscard]] const Duty* next_duty(const std::vector<Duty>& duties);
/// normal, doubtful, loss, one_way, isolated, overloaded, blind, stopped, silent, new, waiting, revoked.
[[nodiscard]] std::string sensor_word(const SensorRow& sensor, WallTime now);

}  // namespace hd::api
