// SPDX-License-Identifier: Apache-2.0
// Steps of a rule to instructions (sensor/ruleset/program.hpp).
#pragma once

#include "sensor/lang/ir.hpp"
#include "sensor/ruleset/ruleset.hpp"

namespace hd {

/// Appends the program of one list to the ruleset's code, its literals to the pool.
[[nodiscard]] ConfirmProgram write_program(const StepList& list, Ruleset& ruleset);

}  // namespace hd
