// SPDX-License-Identifier: Apache-2.0
// Log-in, log-out, one-time links, who am I, one's own password.
#include "collector/api/answer.hpp"
#include "collector/api/core.hpp"
#include "collector/api/route.hpp"
#include "sensor/base/crypto.hpp"

namespace hd::api {
namespace {

constexpr FieldRow kLoginBody[] = {{.name = "user", .type = "string"}, {.name = "password", .type = "string"}};
constexpr FieldRow kWelcomeBody[] = {{.name = "token", .type = "string"}};
constexpr FieldRow kPasswordBody[] = {{.name = "old", .type = "string", .summary = "not asked of those who have none yet", .is_required = false}, {.name = "new", .type = "string"}};

Response me_of(const Call& call, const UserRow& user, const std::string& csrf) {
  return answer(call.now, [&](JsonWriter& json) {
    json.field("user", user.name).field("full_name", user.full_name).field("role", name_of(user.role)).field("csrf", csrf);
    json.field("has_password", !user.password_hash.empty()).field("version", HD_VERSION);
  });
}

/// A new session for someone who has proven to be `user`, with its cookie.
Response let_in(Core& core, const Call& call, const UserRow& user) {
  const std::string token = make_token();
  const SessionRow session{.user = user.name, .role = user.role, .csrf = make_token(), .created = call.now, .last_used = call.now};
  if (auto done = core.store.put_session(token_hash(token), session); !done) return store_failed(done.error());
  Response response = me_of(call, user, session.csrf);
  response.with("Set-Cookie", cookie_text(token, call.request.is_tls));
  core.logger.info("{} logged in from {}", user.name, call.request.peer);
  return response;
}

Response too_many(Nanos wait) {
  const std::string seconds = std::to_string(wait / kSecond + 1);
  Response response = refuse(429, "HD-429", "Sai quá nhiều lần. Thử lại sau " + seconds + " giây.", "Too many attempts. Try again in " + seconds + " s.");
  response.with("Retry-After", seconds);
  return response;
}

Response log_in(Core& core, const Call& call) {
  const std::string name = call.text("user").substr(0, 128), password = call.text("password");
  const Ticks ticks = core.clock.ticks();
  if (const Nanos wait = core.guesses.wait(name, call.request.peer, ticks); wait > 0) return too_many(wait);
  const auto user = core.store.user(name);
  if (!user) return store_failed(user.error());
  const bool is_known = *user && !(*user)->is_disabled && !(*user)->password_hash.empty();
  // The decoy costs those who do not exist the same time.
  const bool is_right = verify_password(password, is_known ? (*user)->password_hash : core.decoy_hash);
  if (!is_known || !is_right) {
    core.guesses.failed(name, call.request.peer, ticks);
    return refuse(401, "HD-401", "Tên hoặc mật khẩu không đúng.", "The name or the password is wrong.");
  }
  core.guesses.succeeded(name, call.request.peer);
  return let_in(core, call, **user);
}

Response welcome(Core& core, const Call& call) {
  const Ticks ticks = core.clock.ticks();
  if (const Nanos wait = core.guesses.wait("", call.request.peer, ticks); wait > 0) return too_many(wait);
  const auto name = core.store.use_login_link(token_hash(call.text("token")), call.now);
  if (!name) return store_failed(name.error());
  const auto user = *name ? core.store.user(**name) : Result<std::optional<UserRow>>(std::optional<UserRow>());
  if (!user) return store_failed(user.error());
  if (!*user || (*user)->is_disabled) {
    core.guesses.failed("", call.request.peer, ticks);
    return refuse(401, "HD-401", "Liên kết này đã dùng hoặc đã hết hạn. Xin người quản trị một liên kết mới.", "This link was used, or its time is over. Ask the administrator for a new one.");
  }
  return let_in(core, call, **user);
}

Response log_out(Core& core, const Call& call) {
  if (auto done = core.store.end_session(call.session_hash); !done) return store_failed(done.error());
  Response response = answer(call.now, [](JsonWriter&) {});
  response.with("Set-Cookie", cookie_text("", call.request.is_tls));
  return response;
}

Response me(Core& core, const Call& call) {
  const auto user = core.store.user(call.session.user);
  if (!user) return store_failed(user.error());
  return me_of(call, user->value_or(UserRow{.name = call.session.user, .role = call.session.role}), call.session.csrf);
}

Response set_password(Core& core, const Call& call) {
  auto user = core.store.user(call.session.user);
  if (!user || !*user) return user ? not_found("Không có người dùng này.", "There is no such user.") : store_failed(user.error());
  const Ticks ticks = core.clock.ticks();
  if (const Nanos wait = core.guesses.wait(call.session.user, call.request.peer, ticks); wait > 0) return too_many(wait);
  if (!(*user)->password_hash.empty() && !verify_password(call.text("old"), (*user)->password_hash)) {
    core.guesses.failed(call.session.user, call.request.peer, ticks);
    return refuse(403, "HD-403", "Mật khẩu cũ không đúng.", "The old password is wrong.", "old");
  }
  if (const auto fault = check_password(call.text("new"), call.session.user)) return refuse(422, "HD-422", fault->vi, fault->en, "new");
  auto hash = core.options.is_cheap ? hash_password_cheaply(call.text("new")) : hash_password(call.text("new"));
  if (!hash) return store_failed(hash.error());
  (*user)->password_hash = std::move(*hash);
  if (auto done = core.store.put_user(**user); !done) return store_failed(done.error());
  core.logger.info("{} set a password", call.session.user);
  return answer(call.now, [](JsonWriter&) {});
}

constexpr RouteRow kRows[] = {
    {.method = Method::post, .path = "/session", .access = Need::anyone, .summary = "log in with a password", .answer = "Me", .handle = log_in, .body = kLoginBody},
    {.method = Method::post, .path = "/welcome", .access = Need::anyone, .summary = "log in with a one-time link", .answer = "Me", .handle = welcome, .body = kWelcomeBody},
    {.method = Method::remove, .path = "/session", .access = Need::viewer, .summary = "log out", .answer = "Done", .handle = log_out},
    {.method = Method::get, .path = "/me", .access = Need::viewer, .summary = "who is logged in", .answer = "Me", .handle = me},
    {.method = Method::post, .path = "/me/password", .access = Need::viewer, .summary = "set one's password", .answer = "Done", .handle = set_password, .body = kPasswordBody},
};

}  // namespace

const std::span<const RouteRow> kSessionRoutes = kRows;

}  // namespace hd::api
