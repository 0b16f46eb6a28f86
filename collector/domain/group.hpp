// SPDX-License-Identifier: Apache-2.0
// Alert groups: alerts that are one thing to decide; and the policies that open incidents from them (incidents.md 4.6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collector/domain/alert.hpp"
#include "collector/domain/system.hpp"

namespace hd {

enum class GroupState : std::uint8_t { undecided, incident, dismissed };
[[nodiscard]] std::string_view name_of(GroupState state) noexcept;

struct AlertGroup {
  std::uint64_t id = 0;
  std::string key = {};
  std::uint32_t gid = 1, sid = 0;
  std::string signature = {}, title_vi = {}, title_en = {}, category = {}, technique = {}, kind = {};
  std::uint8_t severity = 4;
  std::string attacker = {}, victim = {}, sensor = {};
  std::string system = {};
  std::uint8_t system_level = 0;
  WallTime first = {}, last = {};        ///< basis of the alerts' time
  WallTime first_arrival = {};
  std::uint64_t count = 0;
  GroupState state = GroupState::undecided;
  std::string decided_by = {}, reason = {}, owner = {};
  WallTime decided_at = {};
  std::uint64_t incident = 0;            ///< 0: none
  std::uint64_t version = 1;
};

/// What groups an alert: rule, victim, attacker, or what the rule asks for.
[[nodiscard]] std::string group_key(const Alert& alert);

/// How long a group stays open: 4 h without an alert, 7 days at most.
inline constexpr Nanos kGroupIdle = 4 * 3600 * kSecond;
inline constexpr Nanos kGroupLongest = 7 * 86'400 * kSecond;
[[nodiscard]] bool is_open_for(const AlertGroup& group, WallTime at) noexcept;

/// A group of its first alert; and one more alert in it. `basis` is the alert's time by the rules of T0.
[[nodiscard]] AlertGroup begin_group(const Alert& alert, WallTime basis, WallTime arrived, const ProtectedSystem* system);
void add_alert(AlertGroup& group, const Alert& alert, WallTime basis);

/// The moment that counts as detection (incidents.md 2.3): the corrected packet time when it is sure enough, else arrival.
struct TimeBasis {
  WallTime time = {};
  bool is_corrected = true;  ///< false: arrival, "time uncertain"
};
[[nodiscard]] TimeBasis basis_of(WallTime packet_time, Nanos offset, Nanos error, WallTime arrived) noexcept;

/// Why an incident was opened, or nothing.
struct Opening {
  std::string policy = {};
  std::uint8_t severity = 3;
  std::string kind = {};
};
/// Whether should_open goes by the rate of such a group.
[[nodiscard]] bool counts_rate(const AlertGroup& group) noexcept;
/// Policies in order, first match. `rate` is the group's alerts in the last 10 minutes.
[[nodiscard]] std::optional<Opening> should_open(const AlertGroup& group, const Alert& alert, std::uint64_t rate);

}  // namespace hd
