// SPDX-License-Identifier: Apache-2.0
// The rules of the shared conformance cases, by area, where the kit is present (HD_SHARED, or ../shared
// beside the sources).
#include "sensor/base/file.hpp"
#include "sensor/base/json.hpp"
#include "sensor/registry/load_rules.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>

namespace hd {
namespace {

std::string shared_folder() {
  const char* named = std::getenv("HD_SHARED");
  return named != nullptr ? std::string(named) : std::string(HD_SOURCE_DIR) + "/../shared";
}

struct Case {
  std::string name, area, rules;
  Variables variables = Variables::standard();
};

std::vector<Case> read_cases(const std::string& folder) {
  std::vector<Case> result;
  const auto names = list_folder(folder);
  if (!names) return result;
  for (const std::string& name : *names) {
    const auto text = read_file(folder + "/" + name + "/case.json");
    if (!text) continue;
    const auto json = JsonDocument::parse(*text);
    if (!json) continue;
    Case one{name, std::string(json->get("area").as_string()), folder + "/" + name + "/test.rules"};
    for (const JsonMember& member : json->get("settings").get("variables").members()) {
      one.variables.set(std::string(member.key), std::string(member.value.as_string()));
    }
    result.push_back(std::move(one));
  }
  return result;
}

TEST(ConformanceRules, LoadWhereTheirProtocolsAreThere) {
  const std::string folder = shared_folder() + "/conformance/cases";
  if (!file_exists(folder)) GTEST_SKIP() << "no conformance kit at " << folder << " (set HD_SHARED)";
  const registry::Registry registry;
  std::map<std::string, std::pair<std::size_t, std::size_t>> areas; // all, with a refused rule
  std::map<std::string, std::set<std::string>> reasons;             // reason to cases

  for (const Case& one : read_cases(folder)) {
    RuleLoader loader(registry, {.variables = &one.variables});
    loader.add_file(one.rules);
    const LoadedRules rules = loader.finish();
    auto& [all, refused] = areas[one.area];
    ++all;
    if (!rules.refused.empty()) ++refused;
    for (const RefusedRule& rule : rules.refused)
      reasons[one.area + ": " + rule.reason() + " (" + rule.error.what + ")"].insert(one.name);
    for (const RefusedRule& rule : rules.refused)
      EXPECT_GT(rule.error.place.line, 0u) << one.name << " " << rule.line();
  }

  for (const auto& [area, counts] : areas)
    std::printf("%-14s %4zu cases, %4zu with a refused rule\n", area.c_str(), counts.first, counts.second);
  std::vector<std::pair<std::size_t, std::string>> rows;
  for (const auto& [reason, cases] : reasons)
    rows.emplace_back(cases.size(), reason.substr(0, 150) + "   e.g. " + *cases.begin());
  std::sort(rows.rbegin(), rows.rend());
  for (const auto& [count, text] : rows)
    std::printf("  %4zu  %s\n", count, text.c_str());
}

} // namespace
} // namespace hd
