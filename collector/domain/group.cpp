// SPDX-License-Identifier: Apache-2.0
#include "collector/domain/group.hpp"

#include <algorithm>

#include "collector/domain/incident.hpp"

namespace hd {
namespace {

constexpr Nanos kErrorMax = 2 * kSecond;
constexpr Nanos kOldest = 7 * 86'400 * kSecond;

Effect effect_of(const Alert& alert, const std::string& kind) {
  if (alert.result == "success") return kind == "dos" ? Effect::lost : Effect::impaired;
  if (kind == "malware" || kind == "ransom") return Effect::foothold;
  if (kind == "theft") return Effect::impaired;
  return Effect::attempt;
}

}  // namespace

std::string_view name_of(GroupState state) noexcept {
  switch (state) {
    case GroupState::undecided: return "undecided";
    case GroupState::incident: return "incident";
    case GroupState::dismissed: return "dismissed";
  }
  return "";
}

std::string group_key(const Alert& alert) {
  std::string key = std::to_string(alert.gid) + ":" + std::to_string(alert.sid);
  if (alert.group_by == "sid") return key;
  if (alert.group_by != "attacker") key += "|v=" + alert.victim;
  if (alert.group_by != "victim") key += "|a=" + alert.attacker;
  return key;
}

bool is_open_for(const AlertGroup& group, WallTime at) noexcept {
  return at - group.last <= kGroupIdle && group.first - at <= kGroupIdle && at - group.first <= kGroupLongest;
}

AlertGroup begin_group(const Alert& alert, WallTime basis, WallTime arrived, const ProtectedSystem* system) {
  AlertGroup group{.key = group_key(alert), .gid = alert.gid, .sid = alert.sid, .signature = alert.signature, .title_vi = alert.title_vi, .title_en = alert.title_en,
                   .category = alert.category, .technique = alert.technique, .kind = kind_of(alert.kind, alert.category), .severity = alert.severity,
                   .attacker = alert.attacker, .victim = alert.victim, .first = basis, .last = basis, .first_arrival = arrived, .count = 1};
  if (system != nullptr) {
    group.system = system->name;
    group.system_level = system->level;
    // A protected system raises what its rule says, never lowers it.
    group.severity = std::min(group.severity, severity_by_matrix(effect_of(alert, group.kind), system->level));
  }
  return group;
}

void add_alert(AlertGroup& group, const Alert& alert, WallTime basis) {
  ++group.count;
  group.first = std::min(group.first, basis);
  group.last = std::max(group.last, basis);
  group.severity = std::min(group.severity, alert.severity);
  if (group.attacker != alert.attacker) group.attacker = "*";
  if (group.victim != alert.victim) group.victim = "*";
}

TimeBasis basis_of(WallTime packet_time, Nanos offset, Nanos error, WallTime arrived) noexcept {
  const WallTime corrected = packet_time + offset;
  const Nanos age = arrived - corrected;
  if (error >= 0 && error <= kErrorMax && age >= 0 && age <= kOldest) return {corrected, true};
  return {arrived, false};
}

bool counts_rate(const AlertGroup& group) noexcept { return group.state == GroupState::undecided && (group.kind == "probe" || group.kind == "dos"); }

std::optional<Opening> should_open(const AlertGroup& group, const Alert& alert, std::uint64_t rate) {
  if (alert.is_test || group.state != GroupState::undecided) return std::nullopt;
  const auto open = [&](const char* policy, std::uint8_t severity) { return Opening{policy, std::min(severity, group.severity), group.kind}; };
  if (alert.result == "success" && group.system_level >= 3) return open("effect-on-system", group.severity);
  if (alert.opens_incident) return open("major-rule", 2);
  if (group.severity == 1 && group.system_level >= 3) return open("very-high-on-system", 1);
  if (group.kind == "probe" && rate >= 200) return open("brute-force", 3);
  if (group.kind == "dos" && rate >= 500) return open("flood", 2);
  return std::nullopt;
}

}  // namespace hd
