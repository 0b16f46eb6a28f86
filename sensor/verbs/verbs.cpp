// SPDX-License-Identifier: Apache-2.0
// The verbs in the order in which --help lists them.
#include "sensor/verbs/program.hpp"

namespace hd {

void add_verbs(CLI::App& app, Program& program) {
  add_config(app, program);
  add_keys(app, program);
  add_explain(app, program);
}

}  // namespace hd
