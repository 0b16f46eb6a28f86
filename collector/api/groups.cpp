// SPDX-License-Identifier: Apache-2.0
// Alert groups: the list, one with its samples, the decision. And single alerts.
#include <algorithm>
#include <charconv>

#include "collector/api/answer.hpp"
#include "collector/api/core.hpp"
#include "collector/api/query.hpp"
#include "collector/api/route.hpp"
#include "collector/api/views.hpp"

namespace hd::api {
namespace {

constexpr std::uint32_t kListDefault = 200, kListMax = 1000, kSamples = 50;
constexpr std::string_view kReasons = "false_positive|harmless|authorised|test";

constexpr FieldRow kListQuery[] = {{.name = "q", .type = "string", .summary = "query: sev:1,2 state:untriaged src:203.0.113.0/24 words", .is_required = false},
                                   {.name = "limit", .type = "integer", .summary = "200, at most 1000", .is_required = false}};
constexpr FieldRow kJoinBody[] = {{.name = "incident", .type = "string", .summary = "SC-2026-0147"}};
constexpr FieldRow kDismissBody[] = {{.name = "reason", .type = kReasons}, {.name = "note", .type = "string", .is_required = false}};
constexpr FieldRow kTakeBody[] = {{.name = "owner", .type = "string", .summary = "without it: the caller; empty: nobody", .is_required = false}};
constexpr FieldRow kCommentBody[] = {{.name = "text", .type = "string"}};

std::optional<std::uint64_t> id_of(const std::string& text) {
  std::uint64_t id = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (code != std::errc() || end != text.data() + text.size() || id > INT64_MAX) return std::nullopt;
  return id;
}

Response no_group() { return not_found("Không có nhóm cảnh báo này.", "There is no such alert group."); }
Response no_incident(const std::string& number) { return not_found("Không có sự cố " + number + ".", "No incident " + number + "."); }

/// The group of the path, or the answer that there is none.
Result<AlertGroup> group_of(Core& core, const Call& call, Response* refusal) {
  const auto id = id_of(call.value());
  auto group = id ? core.store.group(*id) : Result<std::optional<AlertGroup>>(std::optional<AlertGroup>());
  if (!group) {
    *refusal = store_failed(group.error());
    return fail(std::move(group.error()));
  }
  if (*group) return std::move(**group);
  *refusal = no_group();
  return fail(ErrorCode::E7003, "no group");
}

std::uint32_t limit_of(const Request& request) {
  const auto text = request.query_value("limit");
  const auto number = text ? id_of(std::string(*text)) : std::nullopt;
  return number ? static_cast<std::uint32_t>(std::clamp<std::uint64_t>(*number, 1, kListMax)) : kListDefault;
}

Response list(Core& core, const Call& call) {
  const Ticks begin = core.clock.ticks();
  GroupQuery query;
  if (const auto fault = parse_group_query(call.request.query_value("q").value_or(""), &query)) return refuse(400, "HD-Q02", fault->vi, fault->en, "q@" + std::to_string(fault->position));
  const std::uint32_t limit = limit_of(call.request);
  const auto found = core.store.groups({.state = query.state, .limit = kListMax});
  if (!found) return store_failed(found.error());
  std::vector<const AlertGroup*> rows;
  bool is_partial = found->size() == kListMax;
  for (const AlertGroup& group : *found) {
    if (!matches(query, group, call.session.user)) continue;
    is_partial = is_partial || rows.size() == limit;
    if (rows.size() < limit) rows.push_back(&group);
  }
  const bool has_incident = std::ranges::any_of(rows, [](const AlertGroup* group) { return group->incident != 0; });
  const Numbers numbers = has_incident ? incident_numbers(core.store) : Numbers{};
  const Names names = full_names(core.store);
  return answer(call.now, [&](JsonWriter& json) {
    json.key("groups").begin_array();
    for (const AlertGroup* group : rows) write_group(json, *group, core.facts.of(core.store, *group, call.now), numbers, names);
    json.end_array().field("is_partial", is_partial).field("took_ms", (core.clock.ticks() - begin) / kMillisecond);
  });
}

/// An open incident that shares a host with the group, for the hint "same host as …".
std::optional<Incident> related_to(Store& store, const AlertGroup& group) {
  const auto incidents = store.incidents(true, 500);
  if (!incidents || group.incident != 0) return std::nullopt;
  const auto is_host = [](const std::string& text) { return !text.empty() && text != "*"; };
  for (const Incident& incident : *incidents) {
    const bool is_same = (is_host(group.victim) && group.victim == incident.victim) || (is_host(group.attacker) && group.attacker == incident.attacker);
    if (is_same) return incident;
  }
  return std::nullopt;
}

Response detail_of(Core& core, const Call& call, const AlertGroup& group) {
  const auto alerts = core.store.alerts_of_group(group.id, kSamples);
  if (!alerts) return store_failed(alerts.error());
  const auto related = related_to(core.store, group);
  const Numbers numbers = group.incident != 0 ? incident_numbers(core.store) : Numbers{};
  const Names names = full_names(core.store);
  return answer(call.now, [&](JsonWriter& json) {
    json.key("group");
    write_group(json, group, core.facts.of(core.store, group, call.now), numbers, names);
    json.key("samples").begin_array();
    for (const AlertRow& alert : *alerts) write_alert(json, alert);
    json.end_array();
    if (related) json.key("related").begin_object().field("number", related->number).field("title", related->title).field("opened", utc_text(related->opened)).end_object();
  });
}

Response detail(Core& core, const Call& call) {
  Response refusal;
  const auto group = group_of(core, call, &refusal);
  return group ? detail_of(core, call, *group) : refusal;
}

Response incident_answer(Core& core, const Call& call, const Incident& incident) {
  const Names names = full_names(core.store);
  return answer(call.now, [&](JsonWriter& json) {
    json.key("incident");
    write_incident(json, incident, core.store.duties(incident, call.now), names);
  });
}

Response open(Core& core, const Call& call) {
  Response refusal;
  const auto group = group_of(core, call, &refusal);
  if (!group) return refusal;
  const auto incident = core.store.open_incident(group->id, call.session.user, call.now);
  return incident ? incident_answer(core, call, *incident) : store_failed(incident.error());
}

Response join(Core& core, const Call& call) {
  Response refusal;
  const auto group = group_of(core, call, &refusal);
  if (!group) return refusal;
  const auto incident = core.store.incident(call.text("incident"));
  if (!incident) return store_failed(incident.error());
  if (!*incident) return no_incident(call.text("incident"));
  if (auto done = core.store.join_group(group->id, (*incident)->number, call.session.user, call.now); !done) return store_failed(done.error());
  return detail(core, call);
}

Response dismiss(Core& core, const Call& call) {
  Response refusal;
  const auto group = group_of(core, call, &refusal);
  if (!group) return refusal;
  std::string reason = call.text("reason");
  if (const std::string note = call.text("note"); !note.empty()) reason += ": " + note;
  if (auto done = core.store.dismiss_group(group->id, reason, call.session.user, call.now); !done) return store_failed(done.error());
  return detail(core, call);
}

Response take(Core& core, const Call& call) {
  Response refusal;
  const auto group = group_of(core, call, &refusal);
  if (!group) return refusal;
  const std::string owner = call.body.get("owner") ? call.text("owner") : call.session.user;
  if (!owner.empty()) {
    const auto user = core.store.user(owner);
    if (!user) return store_failed(user.error());
    if (!*user || (*user)->is_disabled) return refuse(422, "HD-422", "Không có người dùng " + owner + ".", "There is no user " + owner + ".", "owner");
  }
  if (auto done = core.store.own_group(group->id, owner, call.now); !done) return store_failed(done.error());
  return detail(core, call);
}

// A comment is a line of the incident's record; before there is one, the reason of the decision is the place for words.
Response comment(Core& core, const Call& call) {
  Response refusal;
  const auto group = group_of(core, call, &refusal);
  if (!group) return refusal;
  if (call.text("text").empty()) return refuse(422, "HD-422", "Ghi chú còn trống.", "The comment is empty.", "text");
  if (group->incident == 0) return refuse_lacks({{"incident", "nhóm chưa thuộc sự cố nào", "the group belongs to no incident yet"}});
  const std::string body = "sid " + std::to_string(group->sid) + ", " + group->signature + ": " + call.text("text");
  if (auto done = core.store.add_entry(group->incident, "comment", body, call.session.user, call.now); !done) return store_failed(done.error());
  return detail(core, call);
}

Response alert(Core& core, const Call& call) {
  const auto id = id_of(call.value());
  const auto row = id ? core.store.alert(*id) : Result<std::optional<AlertRow>>(std::optional<AlertRow>());
  if (!row) return store_failed(row.error());
  if (!*row) return not_found("Không có cảnh báo này.", "There is no such alert.");
  return answer(call.now, [&](JsonWriter& json) {
    json.key("alert");
    write_alert(json, **row);
  });
}

constexpr RouteRow kRows[] = {
    {.method = Method::get, .path = "/groups", .access = Need::viewer, .summary = "alert groups, the most severe and newest first", .answer = "GroupList", .handle = list, .query = kListQuery},
    {.method = Method::get, .path = "/groups/{id}", .access = Need::viewer, .summary = "one group with its newest alerts", .answer = "GroupDetail", .handle = detail},
    {.method = Method::post, .path = "/groups/{id}/incident", .access = Need::analyst, .summary = "open an incident from a group", .answer = "IncidentAnswer", .handle = open},
    {.method = Method::post, .path = "/groups/{id}/join", .access = Need::analyst, .summary = "add a group to an incident", .answer = "GroupDetail", .handle = join, .body = kJoinBody},
    {.method = Method::post, .path = "/groups/{id}/dismiss", .access = Need::analyst, .summary = "decide that a group is not an incident", .answer = "GroupDetail", .handle = dismiss, .body = kDismissBody},
    {.method = Method::post, .path = "/groups/{id}/take", .access = Need::analyst, .summary = "take a group, or give it to someone", .answer = "GroupDetail", .handle = take, .body = kTakeBody},
    {.method = Method::post, .path = "/groups/{id}/comment", .access = Need::analyst, .summary = "comment on a group, in the record of its incident", .answer = "GroupDetail", .handle = comment, .body = kCommentBody},
    {.method = Method::get, .path = "/alerts/{id}", .access = Need::viewer, .summary = "one alert with its EVE record", .answer = "AlertDetail", .handle = alert},
};

}  // namespace

const std::span<const RouteRow> kGroupRoutes = kRows;

}  // namespace hd::api
