// SPDX-License-Identifier: Apache-2.0
#include "collector/api/facts.hpp"

#include <set>
#include <string>

namespace hd::api {
namespace {

constexpr Nanos kHour = 3600 * kSecond;
constexpr std::size_t kEntriesMax = 5000;

GroupFacts count(const std::vector<AlertRow>& alerts, const AlertGroup& group, WallTime now) {
  GroupFacts facts;
  std::set<std::string> sources, targets;
  for (const AlertRow& row : alerts) {
    const std::int64_t age = (now - row.basis) / kHour;
    if (age >= 0 && age < 24) ++facts.hours[static_cast<std::size_t>(23 - age)];
    if (const auto alert = decode_alert(row.eve)) {
      sources.insert(alert->attacker);
      targets.insert(alert->victim);
    }
  }
  facts.sources = static_cast<std::uint32_t>(sources.size());
  facts.targets = static_cast<std::uint32_t>(targets.size());
  facts.is_partial = group.count > alerts.size();
  return facts;
}

}  // namespace

GroupFacts GroupFactsCache::of(Store& store, const AlertGroup& group, WallTime now) {
  const std::int64_t hour = now.ns / kHour;
  {
    const std::lock_guard guard(mutex_);
    const auto found = entries_.find(group.id);
    if (found != entries_.end() && found->second.version == group.version && found->second.hour == hour) return found->second.facts;
  }
  const auto alerts = store.alerts_of_group(group.id, kFactSamples);
  const GroupFacts facts = alerts ? count(*alerts, group, now) : GroupFacts{.is_partial = true};
  const std::lock_guard guard(mutex_);
  if (entries_.size() >= kEntriesMax) entries_.clear();
  entries_[group.id] = {.version = group.version, .hour = hour, .facts = facts};
  return facts;
}

}  // namespace hd::api
