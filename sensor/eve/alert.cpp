// SPDX-License-Identifier: Apache-2.0
#include "sensor/eve/alert.hpp"

#include "sensor/base/crypto.hpp"
#include "sensor/base/json_writer.hpp"
#include "sensor/eve/head.hpp"
#include "sensor/eve/record.hpp"
#include "sensor/eve/text_forms.hpp"

namespace hd {
namespace {

void write_side(JsonWriter& json, std::string_view name, const Address& address, std::uint16_t port, bool has_port) {
  json.key(name).begin_object().field("ip", address_text(address));
  if (has_port) json.field("port", port);
  json.end_object();
}

void write_rule(const AlertRecord& record, const RuleCold& rule, JsonWriter& json) {
  json.key("alert").begin_object();
  json.raw(rule.eve);
  if (rule.target_side != RuleIr::Target::none) {
    const bool is_target_destination = rule.target_side == RuleIr::Target::destination;
    const Address& attacker = is_target_destination ? record.source : record.target;
    const Address& victim = is_target_destination ? record.target : record.source;
    write_side(json, "source", attacker, is_target_destination ? record.source_port : record.target_port, record.has_ports);
    write_side(json, "target", victim, is_target_destination ? record.target_port : record.source_port, record.has_ports);
  }
  json.end_object();
}

void write_flow(const AlertRecord& record, JsonWriter& json) {
  if (!record.has_flow) return;
  json.key("flow").begin_object();
  write_flow_counts(record, json);
  const bool is_to_server = record.direction == Direction::to_server;
  json.field("src_ip", address_text(is_to_server ? record.source : record.target));
  json.field("dest_ip", address_text(is_to_server ? record.target : record.source));
  if (record.has_ports) {
    json.field("src_port", is_to_server ? record.source_port : record.target_port);
    json.field("dest_port", is_to_server ? record.target_port : record.source_port);
  }
  json.end_object();
}

std::string printable(Bytes bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (const std::uint8_t byte : bytes) {
    const bool is_plain = (byte >= 0x20 && byte < 0x7f) || byte == '\n' || byte == '\r' || byte == '\t';
    out += is_plain ? static_cast<char>(byte) : '.';
  }
  return out;
}

}  // namespace

void render_alert(const AlertRecord& record, Bytes tail, const Ruleset& rules, const EveOptions& options, std::string& out) {
  const RuleCold& rule = rules.cold[record.rule];
  JsonWriter json(out);
  json.begin_object();
  write_head(record, "alert", options, json);
  write_rule(record, rule, json);
  if (record.tail.app > 0) render_record(tail.first(record.tail.app), json);
  if (record.app_protocol != AppProtocol::unknown) json.field("app_proto", name_of(record.app_protocol));
  if (record.has_flow) json.field("direction", record.direction == Direction::to_server ? "to_server" : "to_client");
  write_flow(record, json);
  const Bytes payload = tail.subspan(record.tail.app, record.tail.payload);
  if (options.has_payload && !payload.empty()) json.field("payload", to_base64(payload)).field("payload_printable", printable(payload));
  json.field("stream", record.is_stream_match ? 1 : 0);
  const Bytes packet = tail.subspan(record.tail.app + record.tail.payload, record.tail.packet);
  if (options.has_packet && !packet.empty()) {
    json.field("packet", to_base64(packet));
    json.key("packet_info").begin_object().field("linktype", options.link_type).end_object();
  }
  if (!options.sensor_name.empty()) {
    json.key("haidang").begin_object().field("sensor", options.sensor_name).field("worker", static_cast<unsigned>(record.worker)).field("seq", record.wseq);
    json.end_object();
  }
  json.end_object();
}

}  // namespace hd
