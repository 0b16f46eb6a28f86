// SPDX-License-Identifier: Apache-2.0
// Status, the live stream, and this API's own description.
#include <algorithm>
#include <charconv>

#include "collector/api/answer.hpp"
#include "collector/api/core.hpp"
#include "collector/api/route.hpp"
#include "collector/api/views.hpp"

namespace hd::api {
namespace {

constexpr FieldRow kStreamQuery[] = {{.name = "after", .type = "integer", .summary = "the same as the header Last-Event-ID", .is_required = false}};

Response status(Core& core, const Call& call) {
  const auto counts = core.store.counts();
  const auto sensors = core.store.sensors();
  const auto last = core.store.last_change();
  if (!counts || !sensors || !last) return store_failed(!counts ? counts.error() : !sensors ? sensors.error() : last.error());
  const auto attention = std::ranges::count_if(*sensors, [&](const SensorRow& sensor) {
    const std::string word = sensor_word(sensor, call.now);
    return word != "normal" && word != "revoked";
  });
  return answer(call.now, [&](JsonWriter& json) {
    json.field("version", HD_VERSION).field("up_seconds", static_cast<double>(core.clock.ticks() - core.started) / static_cast<double>(kSecond));
    json.field("alerts", counts->alerts).field("undecided", counts->groups_undecided).key("undecided_by_severity").begin_array();
    for (const std::uint64_t count : counts->undecided_by_severity) json.value(count);
    json.end_array().field("incidents_open", counts->incidents_open).field("sensors", sensors->size()).field("sensors_attention", attention).field("last_change", *last);
  });
}

std::uint64_t resume_number(const Request& request) {
  std::string_view text = request.header("last-event-id");
  if (text.empty()) text = request.query_value("after").value_or("");
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  return code == std::errc() && end == text.data() + text.size() ? number : 0;
}

Response stream(Core& core, const Call& call) {
  if (!core.streams.has_room(call.session_hash)) {
    Response response = refuse(503, "HD-503", "Quá nhiều trang đang mở.", "Too many pages are open.");
    response.with("Retry-After", "10");
    return response;
  }
  Response response;
  response.with("Content-Type", "text/event-stream; charset=utf-8").with("Cache-Control", "no-store").with("X-Accel-Buffering", "no");
  response.stream = [&core, hash = call.session_hash, after = resume_number(call.request)](std::shared_ptr<Stream> opened) { core.streams.add(std::move(opened), hash, after); };
  return response;
}

Response openapi(Core& core, const Call&) {
  Response response{.body = core.openapi};
  response.with("Content-Type", "application/json; charset=utf-8").with("Cache-Control", "no-cache");
  return response;
}

constexpr RouteRow kRows[] = {
    {.method = Method::get, .path = "/status", .access = Need::viewer, .summary = "counts for the frame of each page", .answer = "Status", .handle = status},
    {.method = Method::get, .path = "/stream", .access = Need::viewer, .summary = "live changes as server-sent events", .answer = "", .handle = stream, .query = kStreamQuery, .media = "text/event-stream"},
    {.method = Method::get, .path = "/openapi.json", .access = Need::anyone, .summary = "this document", .answer = "", .handle = openapi},
};

}  // namespace

const std::span<const RouteRow> kStatusRoutes = kRows;

}  // namespace hd::api
