// SPDX-License-Identifier: Apache-2.0
// Users: for administrators; and the list of people whom work can be given to.
#include <algorithm>

#include "collector/api/answer.hpp"
#include "collector/api/core.hpp"
#include "collector/api/route.hpp"
#include "collector/api/views.hpp"

namespace hd::api {
namespace {

constexpr Nanos kLinkTime = 3600 * kSecond;
constexpr std::string_view kRoles = "viewer|analyst|admin";
constexpr FieldRow kUserBody[] = {{.name = "full_name", .type = "string", .is_required = false},
                                  {.name = "role", .type = kRoles},
                                  {.name = "is_disabled", .type = "boolean", .is_required = false}};

bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == std::string::npos;
}

Response list(Core& core, const Call& call) {
  const auto users = core.store.users();
  if (!users) return store_failed(users.error());
  return answer(call.now, [&](JsonWriter& json) {
    json.key("users").begin_array();
    for (const UserRow& user : *users) write_user(json, user);
    json.end_array();
  });
}

Response people(Core& core, const Call& call) {
  const auto users = core.store.users();
  if (!users) return store_failed(users.error());
  return answer(call.now, [&](JsonWriter& json) {
    json.key("people").begin_array();
    for (const UserRow& user : *users) {
      if (user.is_disabled || user.role == Role::viewer) continue;
      json.begin_object().field("name", user.name).field("full_name", user.full_name).field("role", name_of(user.role)).end_object();
    }
    json.end_array();
  });
}

/// Would this leave nobody who can change users?
bool is_last_admin(Core& core, const UserRow& before, const UserRow& after) {
  if (before.role != Role::admin || before.is_disabled || (after.role == Role::admin && !after.is_disabled)) return false;
  const auto users = core.store.users();
  return users && std::ranges::count_if(*users, [](const UserRow& user) { return user.role == Role::admin && !user.is_disabled; }) <= 1;
}

Response put(Core& core, const Call& call) {
  if (!is_name(call.value())) {
    return refuse(422, "HD-422", "Tên đăng nhập chỉ gồm a–z, 0–9, dấu chấm, gạch nối, gạch dưới; dài nhất 64.", "A user name is made of a-z, 0-9, dot, hyphen and underscore; at most 64.", "name");
  }
  auto found = core.store.user(call.value());
  if (!found) return store_failed(found.error());
  const UserRow before = found->value_or(UserRow{.name = call.value(), .full_name = call.value(), .created = call.now});
  UserRow after = before;
  after.role = *role_of(call.text("role"));
  if (call.body.get("full_name")) after.full_name = call.text("full_name");
  if (call.body.get("is_disabled")) after.is_disabled = call.body.get("is_disabled").as_bool();
  if (is_last_admin(core, before, after)) return refuse(409, "HD-409", "Đây là người quản trị cuối cùng.", "This is the last administrator.");
  if (auto done = core.store.put_user(after); !done) return store_failed(done.error());
  core.logger.info("{} set user {} to {}{}", call.session.user, after.name, name_of(after.role), after.is_disabled ? ", disabled" : "");
  return answer(call.now, [&](JsonWriter& json) {
    json.key("user");
    write_user(json, after);
  });
}

Response make_link(Core& core, const Call& call) {
  const auto user = core.store.user(call.value());
  if (!user) return store_failed(user.error());
  if (!*user || (*user)->is_disabled) return not_found("Không có người dùng " + call.value() + ".", "There is no user " + call.value() + ".");
  const std::string token = make_token();
  const WallTime until = call.now + kLinkTime;
  if (auto done = core.store.put_login_link(token_hash(token), call.value(), until); !done) return store_failed(done.error());
  core.logger.info("{} made a log-in link for {}", call.session.user, call.value());
  return answer(call.now, [&](JsonWriter& json) { json.field("path", "/welcome/" + token).field("until", utc_text(until)); });
}

constexpr RouteRow kRows[] = {
    {.method = Method::get, .path = "/users", .access = Need::admin, .summary = "all users", .answer = "UserList", .handle = list},
    {.method = Method::put, .path = "/users/{name}", .access = Need::admin, .summary = "make a user, or change one", .answer = "UserAnswer", .handle = put, .body = kUserBody},
    {.method = Method::post, .path = "/users/{name}/link", .access = Need::admin, .summary = "a log-in link that works once, within an hour", .answer = "Link", .handle = make_link},
    {.method = Method::get, .path = "/people", .access = Need::viewer, .summary = "whom work can be given to", .answer = "PersonList", .handle = people},
};

}  // namespace

const std::span<const RouteRow> kUserRoutes = kRows;

}  // namespace hd::api
