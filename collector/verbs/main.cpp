// SPDX-License-Identifier: Apache-2.0
// haidang-collector.
#include <cstdio>
#include <exception>

#include "collector/verbs/command.hpp"

int main(int argc, char** argv) {
  try {
    if (!hd::crypto_init()) {
      std::fprintf(stderr, "haidang-collector: the library for keys and digests does not start [E4001]\n");
      return 4;
    }
    CLI::App app{"Hải Đăng collector: stores alerts once, groups them, opens incidents with running legal clocks", "haidang-collector"};
    hd::CollectorCommand command;
    app.set_version_flag("--version", HD_VERSION);
    app.add_option("--config", command.config, "settings; default: /etc/haidang/haidang-collector.yaml when it is there")->type_name("FILE");
    hd::add_override(app, command, "--store", "store.path", "FOLDER", "folder of the store");
    hd::add_override(app, command, "--packs", "duty.packs", "FILE", "clock packs; default: the installed ones");
    hd::add_override(app, command, "--systems", "systems", "FILE", "protected systems with their levels");
    app.add_flag("--json", command.json, "machine-readable output");
    app.require_subcommand(1);
    hd::add_run(app, command);
    hd::add_sensors(app, command);
    hd::add_incidents(app, command);
    hd::add_report(app, command);
    hd::add_import(app, command);
    hd::add_ledger(app, command);
    hd::add_users(app, command);
    hd::add_keys(app, command);
    hd::add_config(app, command);
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
