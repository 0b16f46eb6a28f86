// SPDX-License-Identifier: Apache-2.0
// haidang-collector.
#include <cstdio>
#include <exception>

#include "collector/verbs/command.hpp"

int main(int argc, char** argv) {
  try {
    CLI::App app{"Hải Đăng collector: stores alerts once, groups them, opens incidents with running legal clocks", "haidang-collector"};
    hd::CollectorCommand command;
    app.set_version_flag("--version", HD_VERSION);
    app.add_option("--store", command.store, "folder of the store")->type_name("FOLDER")->capture_default_str();
    app.add_option("--packs", command.packs, "clock packs; default: the installed ones")->type_name("FILE");
    app.add_option("--systems", command.systems, "protected systems with their levels")->type_name("FILE");
    app.add_flag("--json", command.json, "machine-readable output");
    app.require_subcommand(1);
    hd::add_incidents(app, command);
    hd::add_import(app, command);
    hd::add_ledger(app, command);
    hd::add_users(app, command);
    hd::add_backup(app, command);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? 0 : 2;
    }
    return command.chosen ? static_cast<int>(command.chosen()) : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "haidang-collector: our bug: %s [E9001]\n", error.what());
    return 70;
  }
}
