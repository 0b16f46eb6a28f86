// SPDX-License-Identifier: Apache-2.0
// The order in which rules are evaluated and alerts of one packet listed (detection.md 20.11).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sensor/lang/ir.hpp"

namespace hd {

/// Indices into `rules` in evaluation order: by action (pass, drop, reject, alert), then those that set flow bits before
/// those that read them before those without, the same for flow integers, flow variables, host bits, pairs, then by priority,
/// last by gid and sid.
[[nodiscard]] std::vector<std::uint32_t> order_rules(std::span<const RuleIr> rules);

}  // namespace hd
