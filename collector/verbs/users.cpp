// SPDX-License-Identifier: Apache-2.0
// users: add, list, link, disable, enable.
#include "collector/verbs/command.hpp"
#include "collector/verbs/listening.hpp"
#include "sensor/base/crypto.hpp"
#include "sensor/base/json_writer.hpp"

namespace hd {
namespace {

constexpr const char* kExamples =
    "  haidang-collector users add ha --role analyst --one-time-link\n"
    "  haidang-collector users link ha --url https://trucban.example:8443\n"
    "  haidang-collector users list";
constexpr Nanos kLinkTime = 3600 * kSecond;

struct UserOptions {
  std::string name = {}, role = {}, full_name = {}, url = {};
  bool with_link = false;
};

/// Prints a link that logs in once. Its address is what was said, else what the running collector listens on.
CollectorExit print_link(const CollectorCommand& command, Store& store, Clock& clock, const UserOptions& options) {
  std::array<std::uint8_t, 32> token{};
  random_bytes(token);
  const std::string text = to_hex(token);
  if (auto done = store.put_login_link(to_hex(sha256(as_bytes(text))), options.name, clock.wall() + kLinkTime); !done) return command.fail_with(done.error());
  std::string url = options.url;
  if (url.empty()) {
    const auto settings = command.settings();
    const auto running = settings ? listening_on(*settings) : std::nullopt;
    if (running) url = running->http;
  }
  while (url.ends_with('/')) url.pop_back();
  const std::string link = url + "/welcome/" + text;
  if (!command.json) {
    say(link + "\n");
    return CollectorExit::good;
  }
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("schema", "haidang.login_link/1").field("user", options.name).field("link", link).field("token", text).field("until", utc_text(clock.wall() + kLinkTime)).end_object();
  say(out + "\n");
  return CollectorExit::good;
}

CollectorExit add(const CollectorCommand& command, const UserOptions& options) {
  const auto role = role_of(options.role.empty() ? "viewer" : options.role);
  if (!role) return command.fail_with({.code = ErrorCode::E1001, .what = "there is no role \"" + plain_text(options.role) + "\"", .hint = "viewer, analyst or admin"});
  SystemClock clock;
  auto store = command.open(clock);
  if (!store) return command.fail_with(store.error());
  auto known = (*store)->user(options.name);
  if (!known) return command.fail_with(known.error());
  // Someone who is there keeps the password; someone new has none, logs in by a link, and sets one.
  UserRow user = known->value_or(UserRow{.name = options.name, .full_name = options.name, .role = *role, .created = clock.wall()});
  if (!options.role.empty()) user.role = *role;
  if (!options.full_name.empty()) user.full_name = options.full_name;
  if (auto done = (*store)->put_user(user); !done) return command.fail_with(done.error());
  return options.with_link ? print_link(command, **store, clock, options) : CollectorExit::good;
}

CollectorExit link(const CollectorCommand& command, const UserOptions& options) {
  SystemClock clock;
  auto store = command.open(clock);
  if (!store) return command.fail_with(store.error());
  const auto user = (*store)->user(options.name);
  if (!user) return command.fail_with(user.error());
  if (!*user) return command.fail_with({.code = ErrorCode::E7003, .what = "there is no user " + plain_text(options.name), .hint = "haidang-collector users add NAME --role analyst"});
  return print_link(command, **store, clock, options);
}

CollectorExit set_disabled(const CollectorCommand& command, const std::string& name, bool is_disabled) {
  SystemClock clock;
  auto store = command.open(clock);
  if (!store) return command.fail_with(store.error());
  auto user = (*store)->user(name);
  if (!user) return command.fail_with(user.error());
  if (!*user) return command.fail_with({.code = ErrorCode::E7003, .what = "there is no user " + plain_text(name)});
  (*user)->is_disabled = is_disabled;
  auto done = (*store)->put_user(**user);
  return done ? CollectorExit::good : command.fail_with(done.error());
}

CollectorExit list(const CollectorCommand& command) {
  SystemClock clock;
  auto store = command.open(clock);
  if (!store) return command.fail_with(store.error());
  auto users = (*store)->users();
  if (!users) return command.fail_with(users.error());
  std::string out;
  if (command.json) {
    JsonWriter json(out);
    json.begin_object().field("schema", "haidang.users/1").key("users").begin_array();
    for (const UserRow& user : *users) {
      json.begin_object().field("name", user.name).field("full_name", user.full_name).field("role", name_of(user.role)).field("disabled", user.is_disabled);
      json.field("has_password", !user.password_hash.empty()).end_object();
    }
    json.end_array().end_object();
    out += "\n";
  } else {
    for (const UserRow& user : *users) out += plain_text(user.name) + "  " + std::string(name_of(user.role)) + (user.is_disabled ? "  disabled" : "") + "\n";
  }
  say(out);
  return CollectorExit::good;
}

/// A verb below users whose only argument is a name.
void add_named(CLI::App& verb, CollectorCommand& command, const char* name, const char* summary, std::shared_ptr<UserOptions> options, CollectorExit (*act)(const CollectorCommand&, const UserOptions&)) {
  CLI::App* one = verb.add_subcommand(name, summary);
  one->fallthrough();
  one->add_option("name", options->name, "name to log in with")->required();
  one->callback([&command, options, act] { command.chosen = [&command, options, act] { return act(command, *options); }; });
}

}  // namespace

void add_users(CLI::App& app, CollectorCommand& command) {
  CLI::App& verb = add_collector_verb(app, "users", "who may log in", kExamples);
  verb.require_subcommand(1);
  auto options = std::make_shared<UserOptions>();
  add_named(verb, command, "add", "a user; or another role or name for one", options, add);
  CLI::App* adding = verb.get_subcommand("add");
  adding->add_option("--role", options->role, "viewer, analyst or admin; a new user is a viewer");
  adding->add_option("--full-name", options->full_name, "as others see it");
  adding->add_flag("--one-time-link", options->with_link, "print a link that logs in once, within an hour");
  adding->add_option("--url", options->url, "of the console, for the link; default: what the collector listens on");
  add_named(verb, command, "link", "print a link that logs in once, within an hour", options, link);
  verb.get_subcommand("link")->add_option("--url", options->url, "of the console; default: what the collector listens on");
  add_named(verb, command, "disable", "lets a user in no more", options, [](const CollectorCommand& c, const UserOptions& o) { return set_disabled(c, o.name, true); });
  add_named(verb, command, "enable", "lets a user in again", options, [](const CollectorCommand& c, const UserOptions& o) { return set_disabled(c, o.name, false); });
  CLI::App* listing = verb.add_subcommand("list", "all users");
  listing->fallthrough();
  listing->callback([&command] { command.chosen = [&command] { return list(command); }; });
}

}  // namespace hd
