// SPDX-License-Identifier: Apache-2.0
// The members of an EVE alert object that are the same in every alert of a rule, rendered once at load.
#pragma once

#include <string>

#include "sensor/lang/ir.hpp"

namespace hd {

/// "action":"allowed","gid":1,… without braces; names and order as Suricata's.
[[nodiscard]] std::string eve_part(const RuleIr& rule);

}  // namespace hd
