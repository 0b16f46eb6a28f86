// SPDX-License-Identifier: Apache-2.0
#include "sensor/control/metrics.hpp"

#include <map>

#include "sensor/base/json_writer.hpp"
#include "sensor/base/text.hpp"

namespace hd {
namespace {

double seconds(Nanos duration) { return static_cast<double>(duration) / static_cast<double>(kSecond); }
double number(std::uint64_t count) { return static_cast<double>(count); }

MetricFamily gauge(std::string name, std::string help, double value) { return {std::move(name), std::move(help), MetricKind::gauge, {{{}, value}}}; }

void add_sources(const SensorReading& reading, std::vector<MetricFamily>& out) {
  MetricFamily packets{"haidang_capture_packets_total", "Packets on the wire, as far as the source tells", MetricKind::counter, {}};
  MetricFamily bytes{"haidang_capture_bytes_total", "Bytes taken from the source", MetricKind::counter, {}};
  MetricFamily fates{"haidang_packets_total", "Packets by what became of them; the fates sum to the captured packets", MetricKind::counter, {}};
  MetricFamily up{"haidang_capture_up", "1 when the interface has its link", MetricKind::gauge, {}};
  for (const SourceReading& source : reading.sources) {
    packets.samples.push_back({{{"source", source.name}}, number(source.packets)});
    bytes.samples.push_back({{{"source", source.name}}, number(source.bytes)});
    up.samples.push_back({{{"source", source.name}}, source.is_up ? 1.0 : 0.0});
    for (std::size_t fate = 0; fate < kFates; ++fate) {
      fates.samples.push_back({{{"source", source.name}, {"fate", std::string(kFateNames[fate])}}, number(source.fates[fate])});
    }
  }
  for (MetricFamily* family : {&packets, &bytes, &fates, &up}) out.push_back(std::move(*family));
}

void add_workers(const SensorReading& reading, std::vector<MetricFamily>& out) {
  MetricFamily busy{"haidang_worker_busy_ratio", "CPU time of the worker over time since the start", MetricKind::gauge, {}};
  MetricFamily fill{"haidang_ring_fill_ratio", "Share of the ring of alerts to the writer that is in use", MetricKind::gauge, {}};
  MetricFamily flows{"haidang_flows", "Flows that are followed", MetricKind::gauge, {}};
  MetricFamily limit{"haidang_flows_limit", "Flows that there is memory for", MetricKind::gauge, {}};
  for (std::size_t i = 0; i < reading.workers.size(); ++i) {
    const WorkerReading& worker = reading.workers[i];
    const std::vector<std::pair<std::string, std::string>> labels = {{"worker", std::to_string(i)}};
    busy.samples.push_back({labels, worker.busy_ratio});
    fill.samples.push_back({labels, worker.ring_fill_ratio});
    flows.samples.push_back({labels, number(worker.flows)});
    limit.samples.push_back({labels, number(worker.flows_limit)});
  }
  for (MetricFamily* family : {&busy, &fill, &flows, &limit}) out.push_back(std::move(*family));
}

void add_counters(const SensorReading& reading, std::vector<MetricFamily>& out) {
  MetricFamily transactions{"haidang_app_transactions_total", "Transactions by protocol", MetricKind::counter, {}};
  MetricFamily events{"haidang_events_total", "Everything else that is counted, by its name in EVE stats", MetricKind::counter, {}};
  constexpr std::string_view kTransactions = "app_layer.tx.";
  for (const CounterReading& counter : reading.counters) {
    if (counter.name == "flow.active") continue;  // a gauge, above
    if (counter.name.starts_with(kTransactions)) {
      transactions.samples.push_back({{{"proto", counter.name.substr(kTransactions.size())}}, number(counter.value)});
    } else {
      events.samples.push_back({{{"name", counter.name}}, number(counter.value)});
    }
  }
  out.push_back(std::move(transactions));
  out.push_back(std::move(events));
}

void add_link(const LinkReading& link, std::vector<MetricFamily>& out) {
  out.push_back(gauge("haidang_link_up", "1 while a session with the collector is open", link.is_up ? 1 : 0));
  out.push_back(gauge("haidang_link_unacknowledged", "Alerts that wait for the collector's acknowledgement", number(link.unacknowledged)));
  out.push_back(gauge("haidang_spool_bytes", "Bytes of the spool", number(link.spool_bytes)));
  out.push_back(gauge("haidang_spool_limit_bytes", "Bytes that the spool may take", number(link.spool_limit_bytes)));
  out.push_back({"haidang_shed_total", "Alerts given up, each with an entry in the ledger", MetricKind::counter, {{{}, number(link.shed)}}});
}

/// Counters with points in their names as nested objects.
struct StatTree {
  std::map<std::string, StatTree, std::less<>> children = {};
  std::uint64_t value = 0;

  void add(std::string_view name, std::uint64_t count) {
    const std::size_t point = name.find('.');
    StatTree& child = children[std::string(name.substr(0, point))];
    if (point == std::string_view::npos) child.value += count;
    else child.add(name.substr(point + 1), count);
  }
  void write(JsonWriter& json) const {
    json.begin_object();
    for (const auto& [name, child] : children) {
      json.key(name);
      if (child.children.empty()) json.value(child.value);
      else child.write(json);
    }
    json.end_object();
  }
};

}  // namespace

std::vector<MetricFamily> metrics_of(const SensorReading& reading, const std::string& version) {
  std::vector<MetricFamily> out;
  out.push_back({"haidang_build_info", "Always 1; the version is its label", MetricKind::gauge, {{{{"version", version}}, 1.0}}});
  out.push_back(gauge("haidang_start_time_seconds", "When the sensor started, since 1970", seconds(reading.started.ns)));
  add_sources(reading, out);
  add_workers(reading, out);
  add_counters(reading, out);
  out.push_back({"haidang_rules", "Rules by state", MetricKind::gauge,
                 {{{{"state", "loaded"}}, number(reading.rules.loaded)},
                  {{{"state", "refused"}}, number(reading.rules.refused)},
                  {{{"state", "suppressed"}}, number(reading.rules.suppressed)}}});
  out.push_back(gauge("haidang_rules_reload_seconds", "How long the last load took", seconds(reading.rules.load_time)));
  out.push_back(gauge("haidang_rules_last_reload_timestamp_seconds", "When the rules were loaded, since 1970", seconds(reading.rules.loaded_at.ns)));
  MetricFamily alerts{"haidang_alerts_total", "Alerts by severity and what became of them", MetricKind::counter, {}};
  for (std::size_t n = 0; n < reading.alerts_sent.size(); ++n) {
    alerts.samples.push_back({{{"severity", std::to_string(n + 1)}, {"fate", "sent"}}, number(reading.alerts_sent[n])});
  }
  alerts.samples.push_back({{{"severity", "any"}, {"fate", "suppressed"}}, number(reading.alerts_suppressed)});
  alerts.samples.push_back({{{"severity", "any"}, {"fate", "limited"}}, number(reading.alerts_limited)});
  out.push_back(std::move(alerts));
  if (reading.link) add_link(*reading.link, out);
  if (reading.clock_offset) out.push_back(gauge("haidang_clock_offset_seconds", "The collector's clock minus this one's", seconds(*reading.clock_offset)));
  return out;
}

std::string stats_line(const SensorReading& reading, const std::string& sensor, std::string_view timestamp) {
  StatTree tree;
  for (const CounterReading& counter : reading.counters) tree.add(counter.name, counter.value);
  for (const SourceReading& source : reading.sources) {
    tree.add("capture.kernel_packets", source.packets);
    tree.add("capture.kernel_drops", source.lost());
    tree.add("capture.wire", source.packets);
    for (std::size_t fate = 0; fate < kFates; ++fate) tree.add("capture." + std::string(kFateNames[fate]), source.fates[fate]);
  }
  tree.add("uptime", static_cast<std::uint64_t>((reading.now - reading.started) / kSecond));
  std::string line;
  JsonWriter json(line);
  json.begin_object().field("timestamp", timestamp).field("event_type", "stats").key("stats");
  tree.write(json);
  json.key("haidang").begin_object().field("sensor", sensor).end_object().end_object();
  return line;
}

}  // namespace hd
