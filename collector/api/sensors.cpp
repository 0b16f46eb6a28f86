// SPDX-License-Identifier: Apache-2.0
// Sensors: the fleet, one of them, its ledger of alerts, confirming and revoking.
#include <algorithm>

#include "collector/api/answer.hpp"
#include "collector/api/core.hpp"
#include "collector/api/route.hpp"
#include "collector/api/views.hpp"

namespace hd::api {
namespace {

constexpr FieldRow kStateBody[] = {{.name = "state", .type = "active|revoked"}};

Response no_sensor(const Call& call) { return not_found("Không có cảm biến " + call.value() + ".", "There is no sensor " + call.value() + "."); }

Result<std::optional<SensorRow>> find(Core& core, const std::string& name) {
  auto sensors = core.store.sensors();
  if (!sensors) return fail(std::move(sensors.error()));
  const auto found = std::ranges::find(*sensors, name, &SensorRow::name);
  if (found == sensors->end()) return std::optional<SensorRow>();
  return std::optional(std::move(*found));
}

Response list(Core& core, const Call& call) {
  const auto sensors = core.store.sensors();
  if (!sensors) return store_failed(sensors.error());
  return answer(call.now, [&](JsonWriter& json) {
    json.key("sensors").begin_array();
    for (const SensorRow& sensor : *sensors) write_sensor(json, sensor, call.now);
    json.end_array();
  });
}

Response one(Core& core, const Call& call) {
  const auto sensor = find(core, call.value());
  if (!sensor) return store_failed(sensor.error());
  if (!*sensor) return no_sensor(call);
  return answer(call.now, [&](JsonWriter& json) {
    json.key("sensor");
    write_sensor(json, **sensor, call.now);
  });
}

Response ledger(Core& core, const Call& call) {
  const auto sensor = find(core, call.value());
  if (!sensor) return store_failed(sensor.error());
  if (!*sensor) return no_sensor(call);
  const auto report = core.store.check_ledger(call.value(), false);
  if (!report) return store_failed(report.error());
  return answer(call.now, [&](JsonWriter& json) {
    json.field("generated", report->generated).field("stored", report->stored).field("shed", report->shed).field("pending", report->pending).field("lanes", report->lanes);
    json.key("violations").begin_array();
    for (const std::string& line : report->violations) json.value(line);
    json.end_array().key("unknown").begin_array();
    for (const std::string& line : report->unknown) json.value(line);
    json.end_array();
  });
}

Response set_state(Core& core, const Call& call) {
  const auto sensor = find(core, call.value());
  if (!sensor) return store_failed(sensor.error());
  if (!*sensor) return no_sensor(call);
  if (auto done = core.store.set_sensor_state(call.value(), call.text("state")); !done) return store_failed(done.error());
  core.logger.info("{} set sensor {} to {}", call.session.user, call.value(), call.text("state"));
  return one(core, call);
}

constexpr RouteRow kRows[] = {
    {.method = Method::get, .path = "/sensors", .access = Need::viewer, .summary = "all sensors with health and loss", .answer = "SensorList", .handle = list},
    {.method = Method::get, .path = "/sensors/{name}", .access = Need::viewer, .summary = "one sensor", .answer = "SensorDetail", .handle = one},
    {.method = Method::get, .path = "/sensors/{name}/ledger", .access = Need::viewer, .summary = "its ledger of alerts, checked now", .answer = "Ledger", .handle = ledger},
    {.method = Method::post, .path = "/sensors/{name}/state", .access = Need::admin, .summary = "confirm a new sensor, or revoke one", .answer = "SensorDetail", .handle = set_state, .body = kStateBody},
};

}  // namespace

const std::span<const RouteRow> kSensorRoutes = kRows;

}  // namespace hd::api
