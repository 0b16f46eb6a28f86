// SPDX-License-Identifier: Apache-2.0
// backup create: a copy of the store, while it runs.
#include "collector/verbs/command.hpp"

namespace hd {

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
