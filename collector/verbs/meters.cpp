// SPDX-License-Identifier: Apache-2.0
#include "collector/verbs/meters.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <map>

namespace hd {
namespace {

class Families {
 public:
  void one(std::string name, std::string help, MetricKind kind, double value) { families_.push_back({.name = std::move(name), .help = std::move(help), .kind = kind, .samples = {{{}, value}}}); }
  void counter(std::string name, std::string help, std::uint64_t value) { one(std::move(name), std::move(help), MetricKind::counter, static_cast<double>(value)); }
  void gauge(std::string name, std::string help, double value) { one(std::move(name), std::move(help), MetricKind::gauge, value); }
  /// A family with one label; it is there even while it has no samples yet only when it has some.
  template <class Map>
  void by(std::string name, std::string help, std::string label, const Map& values) {
    MetricFamily family{.name = std::move(name), .help = std::move(help), .kind = MetricKind::counter, .samples = {}};
    for (const auto& [key, value] : values) family.samples.push_back({{{label, std::string(key)}}, static_cast<double>(value)});
    if (!family.samples.empty()) families_.push_back(std::move(family));
  }
  template <std::size_t Bounds>
  void timings(std::string name, std::string help, const Timings<Bounds>& from) {
    MetricHistogram out{.sum = from.sum};
    for (std::size_t n = 0; n < Bounds; ++n) out.buckets.push_back({.bound = from.bounds[n], .count = out.count += from.counts[n]});
    out.count += from.counts[Bounds];
    families_.push_back({.name = std::move(name), .help = std::move(help), .kind = MetricKind::histogram, .samples = {{.histogram = std::move(out)}}});
  }
  void add(MetricFamily family) {
    if (!family.samples.empty()) families_.push_back(std::move(family));
  }
  [[nodiscard]] std::vector<MetricFamily> take() { return std::move(families_); }

 private:
  std::vector<MetricFamily> families_ = {};
};

double seconds(Nanos nanos) { return static_cast<double>(nanos) / static_cast<double>(kSecond); }

void ingest(Families& out, const IngestStatus& status) {
  const IngestCounters& counters = status.counters;
  out.counter("haidang_stored_total", "Items stored since the start, over the link.", counters.stored_items);
  out.counter("haidang_shed_items_total", "Items that sensors shed and stated, entered since the start.", counters.shed_items);
  out.counter("haidang_duplicates_trimmed_total", "Items that came again and were not stored twice.", counters.duplicates_trimmed);
  out.counter("haidang_ingest_batches_total", "Batches taken in.", counters.batches);
  out.counter("haidang_ingest_gaps_total", "Batches that began beyond the cursor and were asked for again.", counters.gaps);
  out.counter("haidang_ingest_forks_total", "Lanes whose chain differed.", counters.forks);
  out.counter("haidang_ingest_revoked_frames_total", "Messages of revoked sensors, dropped.", counters.revoked_frames + status.strangers);
  out.by("haidang_frames_refused_total", "Messages refused, by why.", "code", counters.frames_refused);
  out.by("haidang_sessions_total", "Sessions of sensors that ended, by why.", "end", counters.sessions);
  out.gauge("haidang_ingest_held_bytes", "Payload taken in and not committed yet.", static_cast<double>(status.held_bytes));
  out.counter("haidang_commits_total", "Transactions of alerts.", status.commits.commits);
  out.counter("haidang_commits_refused_total", "Transactions that the store refused; tried again.", status.commits.refused);
  out.counter("haidang_commits_unknown_total", "Transactions whose outcome had to be read from the store.", status.commits.unknown);
  out.gauge("haidang_store_working", "1 while the store takes alerts.", status.is_store_working ? 1 : 0);
  out.counter("haidang_link_connections_accepted_total", "Connections of sensors whose key is known.", status.connections_accepted);
  out.counter("haidang_link_connections_refused_total", "Connections whose key is not known.", status.connections_refused);
  out.counter("haidang_enrol_refused_total", "Enrolments refused.", status.enrol_refused);
}

void sensors(Families& out, const CollectorMeters& meters) {
  std::map<SensorId, const SensorRow*> rows;
  MetricFamily alerts{.name = "haidang_ingest_alerts_total", .help = "Items stored of each sensor, ever.", .kind = MetricKind::counter, .samples = {}};
  MetricFamily shed{.name = "haidang_ingest_shed_total", .help = "Items that each sensor stated as shed, ever.", .kind = MetricKind::counter, .samples = {}};
  MetricFamily pending{.name = "haidang_ledger_missing", .help = "Items that a sensor has raised and the store does not have yet.", .samples = {}};
  for (const SensorRow& row : meters.sensors) {
    rows[row.id] = &row;
    alerts.samples.push_back({{{"sensor", row.name}}, static_cast<double>(row.stored)});
    shed.samples.push_back({{{"sensor", row.name}}, static_cast<double>(row.shed)});
    pending.samples.push_back({{{"sensor", row.name}}, static_cast<double>(row.pending)});
  }
  MetricFamily up{.name = "haidang_link_up", .help = "1 while the sensor is connected.", .samples = {}};
  MetricFamily offset{.name = "haidang_clock_offset_seconds", .help = "The collector's clock minus the sensor's.", .samples = {}};
  for (const SensorLiveness& live : meters.ingest.sensors) {
    const auto row = rows.find(live.sensor);
    if (row == rows.end()) continue;
    up.samples.push_back({{{"sensor", row->second->name}}, live.is_connected ? 1.0 : 0.0});
    if (live.clock_error >= 0) offset.samples.push_back({{{"sensor", row->second->name}}, seconds(live.clock_offset)});
  }
  for (MetricFamily* family : {&alerts, &shed, &pending, &up, &offset}) out.add(std::move(*family));
}

void store(Families& out, const CollectorMeters& meters) {
  double bytes = 0;
  for (const char* file : {"/haidang.sqlite", "/haidang.sqlite-wal"}) {
    struct stat about {};
    if (::stat((meters.store + file).c_str(), &about) == 0) bytes += static_cast<double>(about.st_size);
  }
  out.timings("haidang_commit_seconds", "How long transactions of alerts take.", meters.guard.commit);
  out.timings("haidang_ingest_delay_seconds", "From the packet to the end of its alert's transaction, where clocks are certain.", meters.guard.delay);
  out.counter("haidang_store_kept_back_total", "Transactions not begun because the disk has too little room.", meters.guard.kept_back);
  out.gauge("haidang_store_bytes", "Size of the store.", bytes);
  if (const auto room = room_of(meters.store)) out.gauge("haidang_store_free_bytes", "Free on the store's file system.", static_cast<double>(room->free));
  out.gauge("haidang_duties_running", "Duties whose clock runs.", static_cast<double>(meters.clocks.running));
  out.gauge("haidang_duties_late", "Duties whose due moment has passed.", static_cast<double>(meters.clocks.late));
  if (meters.clocks.running + meters.clocks.late > 0) out.gauge("haidang_duty_left_seconds_min", "Time left of the most urgent duty; negative: late.", seconds(meters.clocks.left_min));
  if (!meters.ledger) return;
  out.gauge("haidang_ledger_violations", "Things in the ledger that do not hold; anything but 0 is an alarm.", static_cast<double>(meters.ledger->violations));
  out.gauge("haidang_ledger_check_timestamp_seconds", "When the whole ledger was checked last.", seconds(meters.ledger->at.ns));
  out.gauge("haidang_ledger_check_seconds", "How long that took.", seconds(meters.ledger->took));
}

void web(Families& out, const ServerCounters& counters) {
  out.counter("haidang_http_connections_total", "Connections to console and API.", counters.connections);
  out.gauge("haidang_http_connections_open", "Connections that are open.", static_cast<double>(counters.connections_open));
  out.counter("haidang_http_connections_refused_total", "Connections refused by a limit.", counters.refused);
  out.counter("haidang_http_requests_total", "Requests.", counters.requests);
  out.counter("haidang_http_malformed_total", "Requests that could not be read.", counters.malformed);
  out.counter("haidang_http_too_large_total", "Requests above a limit.", counters.too_large);
  out.counter("haidang_http_timed_out_total", "Connections that were too slow.", counters.timed_out);
  out.counter("haidang_http_slow_readers_total", "Live pages that did not read and were dropped.", counters.slow_readers);
  out.counter("haidang_http_handler_failures_total", "Requests that ended in a fault of the program.", counters.handler_failures);
}

}  // namespace

std::vector<MetricFamily> meter_families(const CollectorMeters& meters) {
  Families out;
  out.add({.name = "haidang_build_info", .help = "The version that runs.", .samples = {{{{"version", HD_VERSION}}, 1}}});
  out.gauge("haidang_start_time_seconds", "When the program started.", seconds(meters.started.ns));
  ingest(out, meters.ingest);
  sensors(out, meters);
  store(out, meters);
  web(out, meters.web);
  return out.take();
}

}  // namespace hd
