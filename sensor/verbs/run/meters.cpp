// SPDX-License-Identifier: Apache-2.0
// One reading of everything that the running sensor counts.
#include <map>

#include "sensor/app/protocol_id.hpp"
#include "sensor/verbs/run/sensor.hpp"

namespace hd {
namespace {

struct Row {
  const char* name;
  std::uint64_t (*value)(const TapMeters& meters);
};

// Names as in Suricata's EVE stats where it counts the same; ours stand under what they are about.
constexpr Row kRows[] = {
    {"decoder.pkts", [](const TapMeters& m) { return m.decode.packets; }},
    {"decoder.bytes", [](const TapMeters& m) { return m.decode.bytes; }},
    {"decoder.invalid", [](const TapMeters& m) { return m.decode.invalid; }},
    {"decoder.ethernet", [](const TapMeters& m) { return m.decode.ethernet; }},
    {"decoder.ipv4", [](const TapMeters& m) { return m.decode.ip4; }},
    {"decoder.ipv6", [](const TapMeters& m) { return m.decode.ip6; }},
    {"decoder.tcp", [](const TapMeters& m) { return m.decode.tcp; }},
    {"decoder.udp", [](const TapMeters& m) { return m.decode.udp; }},
    {"decoder.sctp", [](const TapMeters& m) { return m.decode.sctp; }},
    {"decoder.icmpv4", [](const TapMeters& m) { return m.decode.icmp4; }},
    {"decoder.icmpv6", [](const TapMeters& m) { return m.decode.icmp6; }},
    {"decoder.arp", [](const TapMeters& m) { return m.decode.arp; }},
    {"decoder.vlan", [](const TapMeters& m) { return m.decode.vlan; }},
    {"decoder.vlan_qinq", [](const TapMeters& m) { return m.decode.qinq; }},
    {"decoder.mpls", [](const TapMeters& m) { return m.decode.mpls; }},
    {"decoder.pppoe", [](const TapMeters& m) { return m.decode.pppoe; }},
    {"decoder.gre", [](const TapMeters& m) { return m.decode.gre; }},
    {"decoder.erspan", [](const TapMeters& m) { return m.decode.erspan; }},
    {"decoder.vxlan", [](const TapMeters& m) { return m.decode.vxlan; }},
    {"decoder.geneve", [](const TapMeters& m) { return m.decode.geneve; }},
    {"decoder.teredo", [](const TapMeters& m) { return m.decode.teredo; }},
    {"decoder.gtp", [](const TapMeters& m) { return m.decode.gtp; }},
    {"decoder.too_many_layers", [](const TapMeters& m) { return m.decode.decode_depth; }},
    {"decoder.bad_checksum", [](const TapMeters& m) { return m.decode.bad_checksum; }},
    {"decoder.unknown_link", [](const TapMeters& m) { return m.decode.unknown_link; }},
    {"decoder.inner", [](const TapMeters& m) { return m.decode.inner; }},
    {"defrag.fragments", [](const TapMeters& m) { return m.defrag.fragments; }},
    {"defrag.reassembled", [](const TapMeters& m) { return m.defrag.reassembled; }},
    {"defrag.overlaps", [](const TapMeters& m) { return m.defrag.overlaps; }},
    {"defrag.timeouts", [](const TapMeters& m) { return m.defrag.timeouts; }},
    {"defrag.limit", [](const TapMeters& m) { return m.defrag.frag_limit_datagrams + m.defrag.frag_limit_pieces + m.defrag.frag_limit_memory + m.defrag.frag_limit_views; }},
    {"flow.total", [](const TapMeters& m) { return m.flow.created; }},
    {"flow.active", [](const TapMeters& m) { return std::uint64_t{m.flows_active}; }},
    {"flow.tcp", [](const TapMeters& m) { return m.flow.created_class[0]; }},
    {"flow.udp", [](const TapMeters& m) { return m.flow.created_class[1]; }},
    {"flow.icmp", [](const TapMeters& m) { return m.flow.created_class[2]; }},
    {"flow.end.timeout", [](const TapMeters& m) { return m.flow.ended[0]; }},
    {"flow.end.tcp_reuse", [](const TapMeters& m) { return m.flow.ended[1]; }},
    {"flow.evicted", [](const TapMeters& m) { return m.flow.ended[2] + m.flow.ended[3] + m.flow.ended[4]; }},
    {"flow.vars_full", [](const TapMeters& m) { return m.flow.vars_full; }},
    {"tcp.sessions", [](const TapMeters& m) { return m.stream.sessions; }},
    {"tcp.ssn_memcap_drop", [](const TapMeters& m) { return m.stream.sessions_full; }},
    {"tcp.midstream_pickups", [](const TapMeters& m) { return m.stream.midstream; }},
    {"tcp.invalid", [](const TapMeters& m) { return m.stream.invalid; }},
    {"tcp.segments", [](const TapMeters& m) { return m.stream.segments; }},
    {"tcp.out_of_order", [](const TapMeters& m) { return m.stream.out_of_order; }},
    {"tcp.retransmitted", [](const TapMeters& m) { return m.stream.retransmitted; }},
    {"tcp.overlap", [](const TapMeters& m) { return m.stream.overlaps; }},
    {"tcp.overlap_diff_data", [](const TapMeters& m) { return m.stream.overlaps_different; }},
    {"tcp.reassembly_gap", [](const TapMeters& m) { return m.stream.gaps; }},
    {"tcp.gap_bytes", [](const TapMeters& m) { return m.stream.gap_bytes; }},
    {"tcp.segment_memcap_drop", [](const TapMeters& m) { return m.stream.stream_limit + m.stream.stream_ooo; }},
    {"tcp.stream_depth_reached", [](const TapMeters& m) { return m.stream.stream_depth; }},
    {"detect.alert", [](const TapMeters& m) { return m.detect.alerts; }},
    {"detect.alerts_suppressed", [](const TapMeters& m) { return m.detect.suppressed; }},
    {"detect.alert_queue_overflow", [](const TapMeters& m) { return m.detect.alert_limit; }},
    {"detect.candidate_limit", [](const TapMeters& m) { return m.detect.candidate_limit; }},
    {"detect.confirm_limit", [](const TapMeters& m) { return m.detect.confirm_limit; }},
    {"detect.state_limit", [](const TapMeters& m) { return m.detect.state_limit; }},
    {"detect.transactions", [](const TapMeters& m) { return m.detect.transactions; }},
    {"app_layer.memory_limit", [](const TapMeters& m) { return m.app.memory_limit; }},
    {"eve.records_lost", [](const TapMeters& m) { return m.events_lost; }},
    {"capture.ring_freezes", [](const TapMeters& m) { return m.freezes; }},
};

void add_protocols(const std::vector<TapMeters>& meters, std::vector<CounterReading>& out) {
  for (std::size_t protocol = 1; protocol < kAppProtocols; ++protocol) {
    std::uint64_t flows = 0, transactions = 0, errors = 0, limits = 0;
    for (const TapMeters& m : meters) {
      flows += m.app.flows[protocol];
      transactions += m.app.transactions[protocol];
      errors += m.app.errors[protocol];
      limits += m.app.tx_limit[protocol];
    }
    if (flows == 0) continue;
    const std::string name(name_of(static_cast<AppProtocol>(protocol)));
    out.push_back({"app_layer.flow." + name, flows});
    out.push_back({"app_layer.tx." + name, transactions});
    out.push_back({"app_layer.error." + name, errors});
    out.push_back({"app_layer.tx_limit." + name, limits});
  }
}

LinkReading link_of(const SpoolStatus& spool, std::uint64_t limit, Nanos down_for) {
  LinkReading link{.is_up = spool.session == SessionState::open || spool.session == SessionState::stalled || spool.session == SessionState::verifying,
                   .spool_bytes = spool.used_bytes,
                   .spool_limit_bytes = limit};
  link.down_for = link.is_up ? 0 : down_for;
  for (const SpoolLaneStatus& lane : spool.lanes) link.unacknowledged += lane.head - lane.acked;
  for (const auto& [what, count] : spool.counters.shed) link.shed += count;
  return link;
}

}  // namespace

std::vector<CounterReading> counters_of(const std::vector<TapMeters>& meters) {
  std::vector<CounterReading> out;
  for (const Row& row : kRows) {
    std::uint64_t sum = 0;
    for (const TapMeters& m : meters) sum += row.value(m);
    out.push_back({row.name, sum});
  }
  add_protocols(meters, out);
  return out;
}

SensorReading Sensor::reading() {
  SensorReading reading{.now = clock_.wall(), .started = started_};
  const Ticks now = clock_.ticks();
  const double lifetime = static_cast<double>(std::max<Nanos>(1, now - opened_));
  for (const CaptureSettings& capture : config_.captures) {
    reading.sources.push_back({.name = capture.name, .is_live = capture.source != SourceKind::pcap_file});
  }
  std::vector<TapMeters> meters;
  std::int64_t last_packet = opened_.ns;
  for (const auto& tap : taps_) {
    const TapMeters& m = meters.emplace_back(tap->meters());
    SourceReading& source = reading.sources[tap->options().capture];
    const auto add = [&source](Fate fate, std::uint64_t count) {
      source.fates[static_cast<std::size_t>(fate)] += count;
      source.packets += count;
    };
    add(Fate::inspected, m.worker.inspected);
    add(Fate::shunted, m.worker.shunted);
    add(Fate::filtered, m.filtered);
    add(Fate::lost_card, m.lost_card);
    add(Fate::lost_ring, m.lost_ring);
    source.bytes += m.worker.bytes;
    last_packet = std::max(last_packet, m.packet_at_ns);
    reading.workers.push_back({.busy_ratio = static_cast<double>(m.cpu) / lifetime,
                               .ring_fill_ratio = tap->ring_fill(),
                               .packets = m.worker.packets,
                               .bytes = m.worker.bytes,
                               .flows = m.flows_active,
                               .flows_limit = tap->options().engine.flow.flows_max});
    reading.alerts_suppressed += m.detect.suppressed;
    reading.alerts_limited += m.detect.alert_limit;
  }
  reading.since_packet = now.ns - last_packet;
  reading.counters = counters_of(meters);
  const auto raised = spool_ ? spool_->status().raised : own_page_->raised();
  const auto lost = spool_ ? spool_->status().lost : own_page_->lost();
  for (std::size_t n = 0; n < raised.size(); ++n) reading.alerts_sent[n] = raised[n] - lost[n];
  const std::lock_guard guard(reading_lock_);
  reading.rules = rules_reading_;
  if (spool_) {
    const SpoolStatus status = spool_->status();
    reading.link = link_of(status, config_.collector->spool_bytes, now - link_seen_);
    if (reading.link->is_up) link_seen_ = now;
    if (status.clock_error >= 0) reading.clock_offset = status.clock_offset;
  }
  return reading;
}

}  // namespace hd
