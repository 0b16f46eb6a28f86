// SPDX-License-Identifier: Apache-2.0
#include "sensor/eve/event.hpp"

#include <algorithm>
#include <cctype>

#include "sensor/base/json_writer.hpp"
#include "sensor/eve/head.hpp"
#include "sensor/eve/record.hpp"
#include "sensor/eve/text_forms.hpp"
#include "sensor/stream/session.hpp"

namespace hd {
namespace {

std::string_view state_name(FlowState state) {
  switch (state) {
    case FlowState::fresh: return "new";
    case FlowState::established: return "established";
    case FlowState::closed: return "closed";
    case FlowState::bypassed: return "bypassed";
  }
  return "";
}

std::string_view reason_name(FlowEnd reason) {
  switch (reason) {
    case FlowEnd::timeout: return "timeout";
    case FlowEnd::reused: return "tcp_reuse";
    case FlowEnd::evicted_share:
    case FlowEnd::evicted_oldest:
    case FlowEnd::evicted_probe: return "forced";
    case FlowEnd::drained: return "shutdown";
  }
  return "";
}

std::string hex2(unsigned value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {kDigits[value >> 4 & 15], kDigits[value & 15]};
}

void write_flow(const EventRecord& record, JsonWriter& json) {
  std::string end;
  append_timestamp(end, record.last_seen);
  json.key("flow").begin_object();
  write_flow_counts(record.at, json);
  // Whole seconds of both ends, as the reader of the timestamps would count.
  json.field("end", end).field("age", record.last_seen.ns / kSecond - record.at.flow_start.ns / kSecond);
  json.field("state", state_name(record.state)).field("reason", reason_name(record.reason)).field("alerted", record.was_alerted);
  if (record.transactions > 0) json.field("tx_cnt", record.transactions);
  json.end_object();
}

void write_tcp(const EventRecord& record, JsonWriter& json) {
  struct Flag {
    std::uint8_t bit;
    std::string_view name;
  };
  constexpr Flag kFlags[] = {{tcp_flag::syn, "syn"}, {tcp_flag::fin, "fin"}, {tcp_flag::rst, "rst"}, {tcp_flag::psh, "psh"},
                             {tcp_flag::ack, "ack"}, {tcp_flag::urg, "urg"}, {tcp_flag::ece, "ecn"}, {tcp_flag::cwr, "cwr"}};
  const unsigned both = unsigned{record.tcp_flags[0]} | record.tcp_flags[1];
  json.key("tcp").begin_object();
  json.field("tcp_flags", hex2(both)).field("tcp_flags_ts", hex2(record.tcp_flags[0])).field("tcp_flags_tc", hex2(record.tcp_flags[1]));
  for (const Flag& flag : kFlags) {
    if ((both & flag.bit) != 0) json.field(flag.name, true);
  }
  json.field("state", name_of(record.tcp_state)).end_object();
}

/// Suricata writes the events of its older parsers in capitals.
std::string app_event_name(AppProtocol protocol, std::string_view event) {
  std::string out(event);
  const std::string_view name = name_of(protocol);
  constexpr std::string_view kCapitals[] = {"http", "tls", "smtp", "dnp3"};
  if (std::ranges::find(kCapitals, name) == std::end(kCapitals)) return out;
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

void write_anomaly(const EventRecord& record, JsonWriter& json) {
  json.key("anomaly").begin_object();
  switch (record.anomaly) {
    case AnomalyType::decode: json.field("type", "decode").field("event", "decoder." + std::string(record.event)); break;
    case AnomalyType::stream: json.field("type", "stream").field("event", "stream." + std::string(record.event)); break;
    case AnomalyType::app_recognition: json.field("type", "applayer").field("event", record.event).field("layer", "proto_detect"); break;
    case AnomalyType::app_parser:
      json.field("type", "applayer").field("event", app_event_name(record.at.app_protocol, record.event)).field("layer", "proto_parser");
      break;
  }
  json.end_object();
}

}  // namespace

std::string_view event_type_of(const EventRecord& record) noexcept {
  switch (record.kind) {
    case EventKind::flow: return "flow";
    case EventKind::anomaly: return "anomaly";
    case EventKind::transaction: return event_name(record.at.app_protocol);
  }
  return "";
}

void render_event(const EventRecord& record, Bytes tail, const EveOptions& options, std::string& out) {
  JsonWriter json(out);
  json.begin_object();
  write_head(record.at, event_type_of(record), options, json);
  if (record.kind == EventKind::transaction) {
    render_record(tail.first(record.at.tail.app), json);
  } else {
    if (record.at.app_protocol != AppProtocol::unknown) json.field("app_proto", name_of(record.at.app_protocol));
    if (record.kind == EventKind::flow) write_flow(record, json);
    if (record.has_tcp) write_tcp(record, json);
    if (record.kind == EventKind::anomaly) write_anomaly(record, json);
  }
  if (!options.sensor_name.empty()) json.key("haidang").begin_object().field("sensor", options.sensor_name).end_object();
  json.end_object();
}

}  // namespace hd
