// SPDX-License-Identifier: Apache-2.0
// What people do to an incident: state, people, words, fields, the record of a delivery. Legal times are the server's.
#include <array>

#include "collector/api/answer.hpp"
#include "collector/api/core.hpp"
#include "collector/api/route.hpp"
#include "collector/api/views.hpp"

namespace hd::api {
namespace {

constexpr std::string_view kTargets = "acknowledged|confirmed|contained|recovering|closed|rejected";
constexpr std::string_view kReasons = "false_positive|harmless|authorised|test";

constexpr FieldRow kStateBody[] = {{.name = "to", .type = kTargets},
                                   {.name = "version", .type = "integer", .summary = "of the incident that was looked at", .is_required = false},
                                   {.name = "note", .type = "string", .is_required = false},
                                   {.name = "reason", .type = kReasons, .summary = "for rejected", .is_required = false},
                                   {.name = "kind", .type = "string", .is_required = false},
                                   {.name = "severity", .type = "integer", .is_required = false},
                                   {.name = "system", .type = "string", .is_required = false},
                                   {.name = "cause", .type = "string", .is_required = false},
                                   {.name = "measures", .type = "string", .is_required = false},
                                   {.name = "lessons", .type = "string", .is_required = false}};
constexpr FieldRow kFieldsBody[] = {{.name = "version", .type = "integer", .is_required = false},
                                    {.name = "title", .type = "string", .is_required = false},
                                    {.name = "summary", .type = "string", .is_required = false},
                                    {.name = "kind", .type = "string", .is_required = false},
                                    {.name = "severity", .type = "integer", .is_required = false},
                                    {.name = "system", .type = "string", .is_required = false},
                                    {.name = "cause", .type = "string", .is_required = false},
                                    {.name = "measures", .type = "string", .is_required = false},
                                    {.name = "lessons", .type = "string", .is_required = false}};
constexpr FieldRow kAssignBody[] = {{.name = "owner", .type = "string", .summary = "user name; empty: nobody"}, {.name = "version", .type = "integer", .is_required = false}};
constexpr FieldRow kEntryBody[] = {{.name = "text", .type = "string"}};
constexpr FieldRow kDeliveryBody[] = {{.name = "proof", .type = "string", .summary = "registry number, queue id, who took it: what proves the delivery"}, {.name = "version", .type = "integer", .is_required = false}};
constexpr FieldRow kEndedBody[] = {{.name = "note", .type = "string", .summary = "what proves the end"}, {.name = "version", .type = "integer", .is_required = false}};

/// An incident about to be changed, or the answer why not.
struct Change {
  Incident incident = {};
  std::optional<Response> refusal = {};
};

Change begin(Core& core, const Call& call) {
  Change change;
  auto incident = core.store.incident(call.value());
  if (!incident) change.refusal = store_failed(incident.error());
  else if (!*incident) change.refusal = not_found("Không có sự cố " + call.value() + ".", "No incident " + call.value() + ".");
  if (change.refusal) return change;
  change.incident = std::move(**incident);
  const JsonView version = call.body.get("version");
  if (version && version.as_uint() != change.incident.version) {
    change.refusal = refuse(409, "HD-409", "Có người vừa sửa sự cố này. Xem hai bản rồi chọn.", "Someone changed this incident meanwhile. Compare and choose.", "version");
  }
  return change;
}

Response finish(Core& core, const Call& call, const Incident& incident, const std::string& kind, const std::string& body) {
  const auto changed = core.store.change_incident(incident, kind, body, call.session.user, call.now);
  if (!changed) return store_failed(changed.error());
  const Names names = full_names(core.store);
  return answer(call.now, [&](JsonWriter& json) {
    json.key("incident");
    write_incident(json, *changed, core.store.duties(*changed, call.now), names);
  });
}

/// Lays the body's fields over the incident; what changed is written into `changes`. A value that does not exist refuses all.
std::optional<Response> lay_over(const Call& call, Incident* incident, JsonWriter& changes) {
  const auto text = [&](std::string_view key, std::string* field) {
    const JsonView value = call.body.get(key);
    if (!value || value.as_string() == *field) return;
    *field = std::string(value.as_string());
    changes.field(key, *field);
  };
  if (const JsonView kind = call.body.get("kind")) {
    const auto& kinds = incident_kinds();
    const bool is_known = std::any_of(kinds.begin(), kinds.end(), [&](const IncidentKind& row) { return row.id == kind.as_string(); });
    if (!is_known) return refuse(422, "HD-422", "Không có loại sự cố này.", "There is no such kind of incident.", "kind");
  }
  if (const JsonView severity = call.body.get("severity")) {
    const std::int64_t value = severity.as_int();
    if (value < 1 || value > 4) return refuse(422, "HD-422", "Mức độ từ 1 đến 4.", "A severity is 1 to 4.", "severity");
    if (value != incident->severity) changes.field("severity", value);
    incident->severity = static_cast<std::uint8_t>(value);
  }
  text("title", &incident->title);
  text("summary", &incident->summary);
  text("kind", &incident->kind);
  text("system", &incident->system);
  text("cause", &incident->cause);
  text("measures", &incident->measures);
  text("lessons", &incident->lessons);
  if (incident->title.empty()) return refuse(422, "HD-422", "Tiêu đề còn trống.", "The title is empty.", "title");
  return std::nullopt;
}

std::vector<Lack> lacks_of(Core& core, const Call& call, const Incident& incident, IncidentState to) {
  std::vector<Lack> lacks = lacks_for(incident, to, core.store.duties(incident, call.now));
  if (to == IncidentState::rejected && !call.body.get("reason")) lacks.push_back({"reason", "chưa chọn lý do", "no reason is chosen"});
  // Four eyes on what was severe: its own handler does not close it alone.
  if (to == IncidentState::closed && incident.severity <= 2 && incident.owner == call.session.user && call.session.role != Role::admin) {
    lacks.push_back({"approver", "sự cố mức cao do người khác đóng", "another person closes a severe incident"});
  }
  return lacks;
}

Response set_state(Core& core, const Call& call) {
  Change change = begin(core, call);
  if (change.refusal) return std::move(*change.refusal);
  Incident& incident = change.incident;
  const IncidentState from = incident.state, to = *incident_state(call.text("to"));
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("from", name_of(from)).field("to", name_of(to));
  for (const std::string_view key : {"reason", "note"}) {
    if (const JsonView value = call.body.get(key); value && !value.as_string().empty()) json.field(key, value.as_string());
  }
  if (auto refusal = lay_over(call, &incident, json)) return std::move(*refusal);
  json.end_object();
  if (to == IncidentState::acknowledged && incident.owner.empty()) incident.owner = call.session.user;
  if (const auto lacks = lacks_of(core, call, incident, to); !lacks.empty()) return refuse_lacks(lacks);
  incident.state = to;
  incident.state_since = call.now;
  if (to == IncidentState::confirmed || to == IncidentState::rejected) incident.is_provisional = false;
  if (to == IncidentState::contained) incident.contained_at = call.now;
  return finish(core, call, incident, "state", body);
}

Response change_fields(Core& core, const Call& call) {
  Change change = begin(core, call);
  if (change.refusal) return std::move(*change.refusal);
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  if (auto refusal = lay_over(call, &change.incident, json)) return std::move(*refusal);
  json.end_object();
  return finish(core, call, change.incident, "edited", body);
}

Response assign(Core& core, const Call& call) {
  Change change = begin(core, call);
  if (change.refusal) return std::move(*change.refusal);
  const std::string owner = call.text("owner");
  if (!owner.empty()) {
    const auto user = core.store.user(owner);
    if (!user) return store_failed(user.error());
    if (!*user || (*user)->is_disabled || !may((*user)->role, Need::analyst)) {
      return refuse(422, "HD-422", "Không giao được cho " + owner + ": không có người này, hoặc chỉ được xem.", "Cannot assign to " + owner + ": no such person, or only a viewer.", "owner");
    }
  }
  change.incident.owner = owner;
  return finish(core, call, change.incident, "assigned", owner);
}

Response add_entry(Core& core, const Call& call) {
  const std::string text = call.text("text");
  if (text.find_first_not_of(" \n\t\r") == std::string::npos) return refuse(422, "HD-422", "Ghi chú còn trống.", "The note is empty.", "text");
  const auto incident = core.store.incident(call.value());
  if (!incident) return store_failed(incident.error());
  if (!*incident) return not_found("Không có sự cố " + call.value() + ".", "No incident " + call.value() + ".");
  if (auto done = core.store.add_entry((*incident)->id, "comment", text, call.session.user, call.now); !done) return store_failed(done.error());
  return answer(call.now, [](JsonWriter&) {});
}

Response set_delivered(Core& core, const Call& call) {
  Change change = begin(core, call);
  if (change.refusal) return std::move(*change.refusal);
  if (call.text("proof").size() < 3) return refuse(422, "HD-422", "Ghi bằng chứng đã nhận: số công văn đến, mã thư hoặc người nhận.", "Write what proves the delivery: registry number, mail id or who took it.", "proof");
  if (change.incident.reported_at) return refuse(409, "HD-409", "Đã ghi nhận việc gửi báo cáo ban đầu.", "The delivery of the initial report is recorded already.");
  change.incident.reported_at = call.now;
  change.incident.report_proof = call.text("proof");
  return finish(core, call, change.incident, "report", call.text("proof"));
}

Response set_ended(Core& core, const Call& call) {
  Change change = begin(core, call);
  if (change.refusal) return std::move(*change.refusal);
  const IncidentState state = change.incident.state;
  if (state != IncidentState::recovering && state != IncidentState::contained) {
    return refuse_lacks({{"state", "chỉ ghi được khi đã khống chế hoặc đang khắc phục", "only once contained or recovering"}});
  }
  if (call.text("note").size() < 3) return refuse(422, "HD-422", "Ghi căn cứ kết thúc ứng phó.", "Write what proves the end of the response.", "note");
  change.incident.response_ended = call.now;
  return finish(core, call, change.incident, "response_ended", call.text("note"));
}

constexpr RouteRow kRows[] = {
    {.method = Method::post, .path = "/incidents/{number}/state", .access = Need::analyst, .summary = "change the state; 422 names everything that is missing", .answer = "IncidentAnswer", .handle = set_state, .body = kStateBody},
    {.method = Method::patch, .path = "/incidents/{number}", .access = Need::analyst, .summary = "change fields", .answer = "IncidentAnswer", .handle = change_fields, .body = kFieldsBody},
    {.method = Method::post, .path = "/incidents/{number}/assign", .access = Need::analyst, .summary = "give it to someone", .answer = "IncidentAnswer", .handle = assign, .body = kAssignBody},
    {.method = Method::post, .path = "/incidents/{number}/entries", .access = Need::analyst, .summary = "write a note into the timeline", .answer = "Done", .handle = add_entry, .body = kEntryBody},
    {.method = Method::post, .path = "/incidents/{number}/delivery", .access = Need::analyst, .summary = "record that the initial report was delivered, now", .answer = "IncidentAnswer", .handle = set_delivered, .body = kDeliveryBody},
    {.method = Method::post, .path = "/incidents/{number}/response-ended", .access = Need::analyst, .summary = "record that the response ended, now", .answer = "IncidentAnswer", .handle = set_ended, .body = kEndedBody},
};

}  // namespace

const std::span<const RouteRow> kIncidentActRoutes = kRows;

}  // namespace hd::api
