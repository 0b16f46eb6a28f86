// SPDX-License-Identifier: Apache-2.0
// What --why is told while a rule is being looked at. The engine is compiled twice: with NoTrace, which is empty and
// costs nothing, and with WhyTrace (why.hpp).
#pragma once

#include <cstdint>

#include "sensor/base/bytes.hpp"
#include "sensor/lang/inspection.hpp"
#include "sensor/ruleset/ruleset.hpp"

namespace hd {

/// Conditions of a rule's head, in the order in which they are asked.
enum class HeadReason : std::uint8_t { protocol, direction, flow_state, addresses, ports, app_protocol, fragment, payload, state, packet };

struct NoTrace {
  static constexpr bool kOn = false;
  void begin(RuleNumber, const Inspection&) noexcept {}
  void head(HeadReason, bool) noexcept {}
  void condition(std::uint16_t, bool) noexcept {}
  void buffer(BufferId, Bytes, bool) noexcept {}
  void step(const Instruction&, bool, Bytes, std::size_t) noexcept {}
  void waiting(BufferId) noexcept {}
  void matched() noexcept {}
  void end() noexcept {}
};

}  // namespace hd
