// SPDX-License-Identifier: Apache-2.0
#include "sensor/worker/events.hpp"

#include <algorithm>

#include "sensor/worker/worker.hpp"

namespace hd {
namespace {

constexpr std::size_t kTailBytes = std::size_t{48} << 10;
constexpr unsigned kAnomaliesMax = 8;  // of one packet

/// By FlowAppEvent.
constexpr std::array<std::string_view, 6> kFlowEvents = {
    "APPLAYER_MISMATCH_PROTOCOL_BOTH_DIRECTIONS", "APPLAYER_WRONG_DIRECTION_FIRST_DATA", "APPLAYER_DETECT_PROTOCOL_ONLY_ONE_DIRECTION",
    "APPLAYER_PROTO_DETECTION_SKIPPED", "APPLAYER_NO_TLS_AFTER_STARTTLS", "APPLAYER_UNEXPECTED_PROTOCOL"};

bool has_ports(std::uint8_t protocol) { return protocol == ip_protocol::tcp || protocol == ip_protocol::udp || protocol == ip_protocol::sctp; }

}  // namespace

EventLog::EventLog(const EventChoice& choice, EventSink* sink) : choice_(choice), sink_(sink), is_on_(sink != nullptr && choice.any()) {
  if (is_on_) tail_.resize(kTailBytes);
}

// From client to server, whoever sent the packet.
EventRecord EventLog::about(const EventScene& scene) const noexcept {
  EventRecord record{.at = {.time = scene.now, .flow_id = scene.flow_id, .has_flow = true}};
  const FlowRecord& flow = *scene.flow;
  AlertRecord& at = record.at;
  at.flow_start = flow.start;
  at.flow_bytes = flow.bytes;
  at.flow_packets = flow.packets;
  at.source = flow.client;
  at.target = flow.server;
  at.protocol = flow.protocol;
  at.ip_version = flow.client.is_ip4() ? 4 : 6;
  at.vlan = {flow.vlan[0], flow.vlan[1], 0};
  at.vlan_count = static_cast<std::uint8_t>((flow.vlan[0] != 0 ? 1 : 0) + (flow.vlan[1] != 0 ? 1 : 0));
  at.has_ports = has_ports(flow.protocol);
  if (at.has_ports) {
    at.source_port = flow.client_port;
    at.target_port = flow.server_port;
  } else {
    at.icmp_type_code = flow.client_port;
  }
  if (scene.app != nullptr) at.app_protocol = scene.app->protocol;
  at.is_pseudo = scene.packet == nullptr;
  if (scene.packet != nullptr) {
    at.packet_number = scene.packet->number;
    at.tunnel = scene.packet->tunnel;
    at.tunnel_depth = scene.packet->depth;
  }
  if (scene.outer != nullptr) {
    at.tunnel_source = source_address(*scene.outer);
    at.tunnel_target = target_address(*scene.outer);
  }
  return record;
}

// From sender to receiver.
EventRecord EventLog::about_packet(const EventScene& scene) const noexcept {
  const PacketView& view = *scene.packet;
  EventRecord record = scene.flow != nullptr ? about(scene) : EventRecord{.at = {.time = scene.now, .packet_number = view.number}};
  AlertRecord& at = record.at;
  at.source = source_address(view);
  at.target = target_address(view);
  at.protocol = view.protocol;
  at.ip_version = static_cast<std::uint8_t>(view.is_ip6() ? 6 : 4);
  at.has_ports = has_ports(view.protocol);
  at.source_port = view.source_port();
  at.target_port = view.target_port();
  at.vlan = view.vlan;
  at.vlan_count = view.vlan_count;
  at.direction = view.direction;
  if (!at.has_ports) at.icmp_type_code = view.has(packet_flag::l4) && view.protocol != 0 ? load_be16(view.transport()) : std::uint16_t{0};
  return record;
}

void EventLog::anomaly(EventRecord record, AnomalyType type, std::string_view event) noexcept {
  record.kind = EventKind::anomaly;
  record.anomaly = type;
  record.event = event;
  (void)sink_->emit(record, {});
}

void EventLog::oddities(const EventScene& scene, const DecodeEventSet& decode, const StreamEventSet& stream) noexcept {
  if (!choice_.has_anomaly || (decode.empty() && stream.empty())) return;
  const EventRecord record = about_packet(scene);
  unsigned count = 0;
  decode.for_each([&](DecodeEvent event) {
    if (count++ < kAnomaliesMax) anomaly(record, AnomalyType::decode, name_of(event));
  });
  stream.for_each([&](StreamEvent event) {
    if (count++ < kAnomaliesMax) anomaly(record, AnomalyType::stream, name_of(event));
  });
}

void EventLog::transactions(const EventScene& scene) noexcept {
  AppFlow* app = scene.app;
  if (app == nullptr) return;
  if (choice_.has_anomaly && app->events != app->events_seen) {
    const unsigned fresh = app->events & ~unsigned{app->events_seen};
    for (unsigned i = 0; i < kFlowEvents.size(); ++i) {
      if ((fresh >> i & 1) != 0) anomaly(about(scene), AnomalyType::app_recognition, kFlowEvents[i]);
    }
  }
  if (app->spec == nullptr || !(choice_.has_anomaly || choice_.wants(app->protocol))) return;
  for (Transaction* tx = app->first; tx != nullptr; tx = tx->next) {
    if (tx->is_logged || !(scene.packet == nullptr || AppLayer::is_done(*app, *tx))) continue;
    tx->is_logged = true;
    transaction(scene, *tx);
  }
}

void EventLog::transaction(const EventScene& scene, const Transaction& tx) noexcept {
  const ProtocolSpec& spec = *scene.app->spec;
  EventRecord record = about(scene);
  record.kind = EventKind::transaction;
  record.at.has_tx = true;
  record.at.tx_id = tx.id;
  if (spec.record != nullptr && choice_.wants(scene.app->protocol)) {
    RecordSink object(tail_);
    object.begin_object(spec.record_key);
    spec.record(tx, object);
    object.end_object();
    record.at.tail.app = static_cast<std::uint32_t>(object.used());
    (void)sink_->emit(record, Bytes(tail_).first(object.used()));
    record.at.tail.app = 0;
  }
  if (!choice_.has_anomaly || !tx.events.any()) return;
  unsigned count = 0;
  for (unsigned event = 0; event < spec.events.size() && count < kAnomaliesMax; ++event) {
    if (!tx.events.test(event)) continue;
    anomaly(record, AnomalyType::app_parser, spec.events[event].name);
    ++count;
  }
}

void EventLog::flow(const EventScene& scene, const TcpSession* tcp, FlowEnd reason) noexcept {
  if (!choice_.has_flow) return;
  EventRecord record = about(scene);
  record.kind = EventKind::flow;
  record.state = scene.flow->state;
  record.reason = reason;
  record.was_alerted = scene.flow->has(flow_flag::alerted);
  record.last_seen = scene.flow->last_seen;
  if (scene.app != nullptr) record.transactions = scene.app->next_id;
  if (tcp != nullptr) {
    record.has_tcp = true;
    record.tcp_state = tcp->state;
    record.tcp_flags = {tcp->sides[0].tcp_flags, tcp->sides[1].tcp_flags};
  }
  (void)sink_->emit(record, {});
}

// `is_through`: detection has looked at the packet, and transactions may be given back.
void Worker::record_packet(const FlowRecord* flow, const PacketView& view, bool is_through) noexcept {
  EventScene scene{.now = now_, .flow = flow, .packet = &view, .outer = view.has(packet_flag::inner) ? outer_ : nullptr};
  if (flow != nullptr) {
    scene.flow_id = flow_id(*flow);
    scene.app = app_.find(*flow);
  }
  if (is_through) events_.transactions(scene);
  else events_.oddities(scene, batch_->events[view.events], stream_events_);
}

void Worker::record_end(FlowRecord& flow, FlowEnd reason) noexcept {
  const EventScene scene{.now = now_, .flow = &flow, .flow_id = flow_id(flow), .app = app_.find(flow)};
  events_.transactions(scene);
  events_.flow(scene, flow.tcp ? tcp_.session(flow) : nullptr, reason);
}

}  // namespace hd
