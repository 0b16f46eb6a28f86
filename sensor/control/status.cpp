// SPDX-License-Identifier: Apache-2.0
#include "sensor/control/status.hpp"

#include <algorithm>
#include <cmath>

#include "sensor/base/json_writer.hpp"
#include "sensor/base/text.hpp"

namespace hd {
namespace {

// Borders of operations.md 1 and 6.
constexpr Nanos kBlindAfter = 60 * kSecond;
constexpr Nanos kWindow = 300 * kSecond;
constexpr double kLossDoubt = 1e-3, kLossOver = 1e-2;
constexpr double kOneWayDoubt = 0.10, kMissedDoubt = 1e-4;
constexpr Nanos kIsolatedAfter = 120 * kSecond;
constexpr Nanos kClockDoubt = 50 * kMillisecond;
constexpr Nanos kRulesStale = 7 * 86'400 * kSecond;

std::string percent(double ratio) {
  const auto hundredths = static_cast<std::uint64_t>(std::llround(ratio * 10'000));
  std::string digits = std::to_string(hundredths % 100);
  if (digits.size() < 2) digits.insert(0, "0");
  return std::to_string(hundredths / 100) + "." + digits + " %";
}

void judge_sources(const SensorReading& reading, std::vector<HealthReason>& reasons) {
  bool is_any_live = false, is_any_up = false;
  for (const SourceReading& source : reading.sources) {
    is_any_live = is_any_live || source.is_live;
    is_any_up = is_any_up || source.is_up;
    if (source.is_live && !source.is_up) {
      reasons.push_back({HealthWord::doubtful, source.name + " has no link", "Look at the cable, the tap and the mirror port."});
    }
    if (source.one_way_ratio > kOneWayDoubt) {
      reasons.push_back({HealthWord::doubtful, percent(source.one_way_ratio) + " of the flows on " + source.name + " are seen from one side only",
                         "Mirror both directions; haidang-sensor tap tells which one is missing."});
    }
    if (source.missed_bytes_ratio > kMissedDoubt) {
      reasons.push_back({HealthWord::doubtful, percent(source.missed_bytes_ratio) + " of the bytes on " + source.name + " were lost before us",
                         "The mirror port drops: mirror less into it, or use a tap."});
    }
    if (!source.sums()) {
      reasons.push_back({HealthWord::doubtful, "the fates of the packets on " + source.name + " do not sum to what came", "Please report it: this is our bug."});
    }
  }
  if (is_any_live && reading.since_packet > kBlindAfter) {
    reasons.push_back({HealthWord::blind, "no packet for " + duration_text(reading.since_packet),
                       is_any_up ? "The link is up: look at the mirror session." : "Look at the cable, the tap and the mirror port."});
  }
}

void judge_link(const LinkReading& link, std::vector<HealthReason>& reasons) {
  if (link.is_up || link.down_for < kIsolatedAfter) return;
  std::string why = "no collector for " + duration_text(link.down_for) + "; alerts wait in the spool (" + size_text(link.spool_bytes) + ")";
  const double seconds = static_cast<double>(link.down_for) / static_cast<double>(kSecond);
  const double rate = static_cast<double>(link.spool_bytes) / seconds;
  if (rate > 0 && link.spool_limit_bytes > link.spool_bytes) {
    const double left = static_cast<double>(link.spool_limit_bytes - link.spool_bytes) / rate;
    why += ", full in " + (left < 9e9 ? duration_text(static_cast<Nanos>(left) * kSecond) : "years");
  }
  reasons.push_back({HealthWord::isolated, std::move(why), "Look at the network to the collector, and at the collector."});
}

void judge_rest(const SensorReading& reading, std::vector<HealthReason>& reasons) {
  if (reading.is_stopping) reasons.push_back({HealthWord::stopped, "it was told to stop", ""});
  if (reading.clock_offset && std::abs(*reading.clock_offset) > kClockDoubt) {
    reasons.push_back({HealthWord::doubtful, "the clock is off by " + duration_text(*reading.clock_offset), "Look at chrony."});
  }
  if (reading.rules.loaded == 0) {
    reasons.push_back({HealthWord::doubtful, "no rules are loaded", "Set rules.files in haidang.yaml."});
  } else if (reading.now - reading.rules.loaded_at > kRulesStale) {
    reasons.push_back({HealthWord::doubtful, "the rules are " + duration_text(reading.now - reading.rules.loaded_at) + " old",
                       "haidang-sensor rules update, then reload."});
  }
}

}  // namespace

std::string_view name_of(HealthWord word) noexcept {
  constexpr std::array<std::string_view, 6> kNames = {"NORMAL", "DOUBTFUL", "ISOLATED", "OVERLOADED", "BLIND", "STOPPED"};
  return kNames[static_cast<std::size_t>(word)];
}

const Health& HealthJudge::take(const SensorReading& reading) {
  Mark now{.at = reading.now};
  for (const SourceReading& source : reading.sources) {
    now.packets += source.packets;
    now.lost += source.lost();
  }
  if (reading.link) now.shed = reading.link->shed;
  while (!marks_.empty() && reading.now - marks_.front().at > kWindow) marks_.pop_front();
  marks_.push_back(now);

  std::vector<HealthReason> reasons;
  judge_sources(reading, reasons);
  if (reading.link) judge_link(*reading.link, reasons);
  judge_rest(reading, reasons);
  const Mark& then = marks_.front();
  if (now.packets > then.packets) {
    const double ratio = static_cast<double>(now.lost - then.lost) / static_cast<double>(now.packets - then.packets);
    if (ratio > kLossDoubt) {
      reasons.push_back({ratio > kLossOver ? HealthWord::overloaded : HealthWord::doubtful,
                         "losing " + percent(ratio) + " of the packets", "Give it more workers or a larger ring, or shunt more."});
    }
  }
  if (now.shed > then.shed) {
    reasons.push_back({HealthWord::overloaded, count_text(now.shed - then.shed) + " alerts were given up since the spool is full",
                       "Give the spool more room, or bring the collector back."});
  }
  std::ranges::stable_sort(reasons, std::greater<>(), &HealthReason::word);

  const HealthWord word = reasons.empty() ? HealthWord::normal : reasons.front().word;
  if (word != health_.word || health_.since.ns == 0) health_.since = reading.now;
  health_.word = word;
  health_.reasons = std::move(reasons);
  return health_;
}

std::string status_text(const Health& health, const SensorReading& reading) {
  std::string out = std::string(name_of(health.word)) + "\n";
  for (const HealthReason& reason : health.reasons) {
    out += "  " + reason.why + "\n";
    if (!reason.advice.empty()) out += "    " + reason.advice + "\n";
  }
  out += "  since " + duration_text(reading.now - health.since) + ", up " + duration_text(reading.now - reading.started) + "\n";
  out += "  rules " + count_text(reading.rules.loaded) + ", refused " + count_text(reading.rules.refused) + "\n";
  for (const SourceReading& source : reading.sources) {
    out += "  " + source.name + "  wire " + count_text(source.packets) + " =";
    for (std::size_t i = 0; i < kFates; ++i) {
      out += (i == 0 ? " " : " + ") + std::string(kFateNames[i]) + " " + count_text(source.fates[i]);
    }
    out += "\n";
  }
  if (reading.link) {
    out += std::string("  collector ") + (reading.link->is_up ? "up, " + duration_text(reading.link->rtt) : "down") +
           ", spool " + size_text(reading.link->spool_bytes) + "\n";
  }
  return out;
}

std::string status_json(const Health& health, const SensorReading& reading) {
  std::string out;
  JsonWriter json(out);
  const auto seconds = [](Nanos duration) { return static_cast<double>(duration) / static_cast<double>(kSecond); };
  json.begin_object().field("schema", "haidang.status/1").field("word", name_of(health.word));
  json.field("since_seconds", seconds(reading.now - health.since)).field("up_seconds", seconds(reading.now - reading.started));
  json.key("reasons").begin_array();
  for (const HealthReason& reason : health.reasons) {
    json.begin_object().field("word", name_of(reason.word)).field("why", reason.why).field("advice", reason.advice).end_object();
  }
  json.end_array().key("sources").begin_array();
  for (const SourceReading& source : reading.sources) {
    json.begin_object().field("name", source.name).field("packets", source.packets).field("bytes", source.bytes);
    for (std::size_t i = 0; i < kFates; ++i) json.field(kFateNames[i], source.fates[i]);
    json.field("sums", source.sums()).field("one_way_ratio", source.one_way_ratio);
    json.field("missed_bytes_ratio", source.missed_bytes_ratio).end_object();
  }
  json.end_array().key("workers").begin_array();
  for (const WorkerReading& worker : reading.workers) {
    json.begin_object().field("busy_ratio", worker.busy_ratio).field("ring_fill_ratio", worker.ring_fill_ratio);
    json.field("packets", worker.packets).field("bytes", worker.bytes);
    json.field("flows", worker.flows).field("flows_limit", worker.flows_limit).end_object();
  }
  json.end_array().key("rules").begin_object().field("loaded", reading.rules.loaded).field("refused", reading.rules.refused);
  json.field("suppressed", reading.rules.suppressed).field("load_seconds", seconds(reading.rules.load_time)).end_object();
  json.key("alerts").begin_array();
  for (const std::uint64_t sent : reading.alerts_sent) json.value(sent);
  json.end_array();
  if (reading.link) {
    const LinkReading& link = *reading.link;
    json.key("collector").begin_object().field("up", link.is_up).field("down_seconds", seconds(link.down_for));
    json.field("rtt_seconds", seconds(link.rtt)).field("unacknowledged", link.unacknowledged);
    json.field("spool_bytes", link.spool_bytes).field("spool_limit_bytes", link.spool_limit_bytes);
    json.field("spool_oldest_seconds", seconds(link.spool_oldest)).field("shed", link.shed).end_object();
  }
  json.key("counters").begin_object();
  for (const CounterReading& counter : reading.counters) json.field(counter.name, counter.value);
  json.end_object().end_object();
  return out;
}

}  // namespace hd
