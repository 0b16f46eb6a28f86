// SPDX-License-Identifier: Apache-2.0
// What came of a case, held against what it expects.
#include <algorithm>
#include <map>
#include <tuple>

#include "sensor/base/json.hpp"
#include "sensor/base/text.hpp"
#include "tests/cases/replay.hpp"

namespace hd::cases {
namespace {

/// Collects failures with their place.
class Findings {
 public:
  Findings(const Case& which, const Shape& shape) : path_(which.path), shape_(shape.name) {}
  void add(std::uint32_t line, const std::string& what) { lines_.push_back(path_ + ":" + std::to_string(line) + ": [" + shape_ + "] " + what); }
  [[nodiscard]] std::vector<std::string> take() { return std::move(lines_); }
  [[nodiscard]] bool empty() const { return lines_.empty(); }

 private:
  std::string path_, shape_;
  std::vector<std::string> lines_ = {};
};

const char* word_of(Direction direction) { return direction == Direction::to_server ? "to_server" : "to_client"; }

bool fits(const Seen& seen, const ExpectedSid& expected, bool with_packet) {
  return seen.sid == expected.sid && (!expected.direction || seen.direction == *expected.direction) &&
         (!expected.tx || (seen.has_tx && seen.tx == *expected.tx)) && (!expected.packet || !with_packet || seen.packet == *expected.packet);
}

std::string describe(const Seen& seen) {
  std::string text = std::string(word_of(seen.direction));
  if (seen.has_tx) text += " tx " + std::to_string(seen.tx);
  return text + " at packet " + std::to_string(seen.packet);
}

std::string describe_all(std::uint32_t sid, const std::vector<Seen>& alerts) {
  std::string text;
  for (const Seen& seen : alerts) {
    if (seen.sid == sid) text += (text.empty() ? " (" : "; ") + describe(seen);
  }
  return text.empty() ? "" : text + ")";
}

void judge_sids(const Case& which, const Shape& shape, const Outcome& outcome, Findings& findings) {
  const bool with_packet = shape.family == "as-written";
  std::map<std::uint32_t, std::uint64_t> named;  // sid -> alerts that its lines account for
  for (const ExpectedSid& expected : which.sids) {
    const auto count = static_cast<std::uint64_t>(
        std::count_if(outcome.alerts.begin(), outcome.alerts.end(), [&](const Seen& seen) { return fits(seen, expected, with_packet); }));
    const bool holds = expected.is_any_count ? count > 0 : count == expected.count;
    if (!holds) {
      const std::string wanted = expected.is_any_count ? "one at least" : std::to_string(expected.count);
      findings.add(expected.line, "sid " + std::to_string(expected.sid) + ": " + std::to_string(count) + " such alerts, expected " + wanted +
                                      describe_all(expected.sid, outcome.alerts));
    }
    named[expected.sid] += count;
  }
  std::map<std::uint32_t, std::uint64_t> all;
  for (const Seen& seen : outcome.alerts) ++all[seen.sid];
  for (const auto& [sid, count] : all) {
    if (const std::uint64_t explained = named[sid]; explained < count && findings.empty()) {
      findings.add(1, "sid " + std::to_string(sid) + ": " + std::to_string(count) + " alerts, of which no line of the case expects " +
                          std::to_string(count - explained) + describe_all(sid, outcome.alerts));
    }
  }
}

JsonView member(JsonView view, std::string_view path) {
  for (const std::string_view part : split(path, '.')) {
    const auto index = view.is(JsonKind::array) ? parse_integer(part) : std::nullopt;
    view = index ? view.at(static_cast<std::size_t>(*index)) : view.get(part);
  }
  return view;
}

/// Fields that say in which packet an alert came, or between whom: these are other in shapes.
bool is_of_shape(std::string_view path) {
  constexpr std::string_view kFields[] = {"src_ip", "dest_ip", "pcap_cnt", "packet", "packet_info", "tunnel", "vlan", "flow", "payload", "payload_printable",
                                          "community_id", "timestamp", "stream", "ip_v", "proto"};
  return std::find(std::begin(kFields), std::end(kFields), path.substr(0, path.find('.'))) != std::end(kFields);
}

void judge_eves(const Case& which, const Shape& shape, const Outcome& outcome, Findings& findings) {
  for (const ExpectedEve& expected : which.eves) {
    if (shape.family != "as-written" && is_of_shape(expected.path)) continue;
    const auto wanted = JsonDocument::parse(expected.value);
    const std::string value = wanted ? wanted->root().to_json() : expected.value;
    bool holds = false;
    std::string found = "no alert of this sid";
    for (const Seen& seen : outcome.alerts) {
      if (seen.sid != expected.sid || holds) continue;
      const auto line = JsonDocument::parse(seen.eve);
      const JsonView at = line ? member(line->root(), expected.path) : JsonView();
      found = at ? at.to_json() : "nothing in " + seen.eve.substr(0, 1500);
      holds = at && found == value;
    }
    if (!holds) findings.add(expected.line, "eve " + std::to_string(expected.sid) + " " + expected.path + ": expected " + value + ", found " + found);
  }
}

void judge_counters(const Case& which, const Shape& shape, const Outcome& outcome, Findings& findings) {
  if (shape.family != "as-written") return;
  for (const ExpectedCounter& expected : which.counters) {
    const auto found = std::find_if(outcome.counters.begin(), outcome.counters.end(), [&](const CounterReading& c) { return c.name == expected.name; });
    if (found == outcome.counters.end()) findings.add(expected.line, "there is no counter " + expected.name);
    else if (found->value != expected.value) findings.add(expected.line, "counter " + expected.name + " is " + std::to_string(found->value));
  }
}

void judge_rules(const Case& which, const LoadedCase& loaded, Findings& findings) {
  std::vector<bool> used(loaded.engine.refused.size());
  for (const ExpectedRefusal& expected : which.refusals) {
    bool holds = false;
    for (std::size_t i = 0; i < used.size() && !holds; ++i) {
      holds = !used[i] && loaded.engine.refused[i].line().find(expected.text) != std::string::npos;
      if (holds) used[i] = true;
    }
    if (!holds) findings.add(expected.line, "no rule was refused with \"" + expected.text + "\"");
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (!used[i]) findings.add(loaded.engine.refused[i].error.place.line, loaded.engine.refused[i].line());
  }
  for (const Error& error : loaded.engine.errors) findings.add(1, to_text(error));
}

void judge_likeness(const Case& which, const Outcome& outcome, const Outcome& baseline, Findings& findings) {
  using Key = std::tuple<std::uint32_t, Direction, std::uint64_t>;
  const auto keys_of = [&](const Outcome& of) {
    std::vector<Key> keys;
    for (const Seen& seen : of.alerts) {
      const bool is_loose = std::any_of(which.sids.begin(), which.sids.end(), [&](const ExpectedSid& e) { return e.sid == seen.sid && e.is_any_count; });
      if (!is_loose) keys.emplace_back(seen.sid, seen.direction, seen.tx);
    }
    std::sort(keys.begin(), keys.end());
    return keys;
  };
  const std::vector<Key> here = keys_of(outcome), there = keys_of(baseline);
  const auto [a, b] = std::mismatch(here.begin(), here.end(), there.begin(), there.end());
  if (a == here.end() && b == there.end()) return;
  const bool is_more = b == there.end() || (a != here.end() && *a < *b);
  const Key& key = is_more ? *a : *b;
  findings.add(1, std::string("other alerts than as written: ") + (is_more ? "more" : "less") + " of sid " + std::to_string(std::get<0>(key)) + " " +
                      word_of(std::get<1>(key)) + " tx " + std::to_string(std::get<2>(key)));
}

}  // namespace

std::vector<std::string> judge(const Case& which, const Shape& shape, const LoadedCase& loaded, const Outcome& outcome, const Outcome* baseline) {
  Findings findings(which, shape);
  judge_rules(which, loaded, findings);
  if (!outcome.broken.empty()) findings.add(1, outcome.broken);
  judge_sids(which, shape, outcome, findings);
  judge_eves(which, shape, outcome, findings);
  judge_counters(which, shape, outcome, findings);
  if (baseline != nullptr && findings.empty()) judge_likeness(which, outcome, *baseline, findings);
  return findings.take();
}

}  // namespace hd::cases
