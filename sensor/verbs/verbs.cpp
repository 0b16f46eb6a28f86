// SPDX-License-Identifier: Apache-2.0
// The verbs in the order in which --help lists them.
#include "sensor/verbs/command_line.hpp"

namespace hd {

void add_verbs(CLI::App& app, CommandLine& command) {
  add_run(app, command);
  add_replay(app, command);
  add_check(app, command);
  add_rules(app, command);
  add_keywords(app, command);
  add_protocols(app, command);
  add_status(app, command);
  add_config(app, command);
  add_enroll(app, command);
  add_keys(app, command);
  add_explain(app, command);
}

}  // namespace hd
