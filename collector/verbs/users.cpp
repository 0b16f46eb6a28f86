// SPDX-License-Identifier: Apache-2.0
// users add, users list; backup.
#include <unistd.h>

#include "collector/verbs/command.hpp"
#include "sensor/base/crypto.hpp"

namespace hd {
namespace {

constexpr const char* kExamples = "  haidang-collector users add ha --role analyst --one-time-link\n  haidang-collector users list";
constexpr Nanos kLinkTime = 3600 * kSecond;

CollectorExit add(const CollectorCommand& command, const std::string& name, const std::string& role_name, bool with_link) {
  const auto role = role_of(role_name);
  if (!role) return command.fail_with({.code = ErrorCode::E1001, .what = "there is no role \"" + role_name + "\"", .hint = "viewer, analyst or admin"});
  SystemClock clock;
  auto store = command.open(clock);
  if (!store) return command.fail_with(store.error());
  // No password: the person logs in by the link, and sets one.
  if (auto done = (*store)->put_user({.name = name, .full_name = name, .role = *role, .created = clock.wall()}); !done) return command.fail_with(done.error());
  if (!with_link) return CollectorExit::good;
  std::array<std::uint8_t, 32> token{};
  random_bytes(token);
  const std::string text = to_hex(token);
  if (auto done = (*store)->put_login_link(to_hex(sha256(as_bytes(text))), name, clock.wall() + kLinkTime); !done) return command.fail_with(done.error());
  say("/welcome/" + text + "\n");
  return CollectorExit::good;
}

CollectorExit list(const CollectorCommand& command) {
  SystemClock clock;
  auto store = command.open(clock);
  if (!store) return command.fail_with(store.error());
  auto users = (*store)->users();
  if (!users) return command.fail_with(users.error());
  for (const UserRow& user : *users) say(user.name + "  " + std::string(name_of(user.role)) + (user.is_disabled ? "  disabled" : "") + "\n");
  return CollectorExit::good;
}

}  // namespace

void add_users(CLI::App& app, CollectorCommand& command) {
  CLI::App& verb = add_collector_verb(app, "users", "who may log in", kExamples);
  verb.require_subcommand(1);
  auto name = std::make_shared<std::string>();
  auto role = std::make_shared<std::string>("viewer");
  auto with_link = std::make_shared<bool>(false);
  CLI::App* adding = verb.add_subcommand("add", "a user, or another role for one");
  adding->fallthrough();
  adding->add_option("name", *name, "name to log in with")->required();
  adding->add_option("--role", *role, "viewer, analyst or admin")->capture_default_str();
  adding->add_flag("--one-time-link", *with_link, "print a link that logs in once, within an hour");
  adding->callback([&command, name, role, with_link] { command.chosen = [&command, name, role, with_link] { return add(command, *name, *role, *with_link); }; });
  CLI::App* listing = verb.add_subcommand("list", "all users");
  listing->fallthrough();
  listing->callback([&command] { command.chosen = [&command] { return list(command); }; });
}

void add_backup(CLI::App& app, CollectorCommand& command) {
  CLI::App& verb = add_collector_verb(app, "backup", "a copy of the store, while it runs", "  haidang-collector backup create /srv/backup/haidang.sqlite");
  verb.require_subcommand(1);
  auto path = std::make_shared<std::string>();
  CLI::App* create = verb.add_subcommand("create", "writes a copy; never over a file that is there");
  create->fallthrough();
  create->add_option("file", *path)->required()->type_name("FILE");
  create->callback([&command, path] {
    command.chosen = [&command, path] {
      SystemClock clock;
      auto store = command.open(clock);
      if (!store) return command.fail_with(store.error());
      auto done = (*store)->backup(*path);
      return done ? CollectorExit::good : command.fail_with(done.error());
    };
  });
}

}  // namespace hd
