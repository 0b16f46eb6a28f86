// SPDX-License-Identifier: Apache-2.0
#include "sensor/eve/alert.hpp"

#include "sensor/base/crypto.hpp"
#include "sensor/base/json_writer.hpp"
#include "sensor/eve/record.hpp"
#include "sensor/eve/text_forms.hpp"

namespace hd {
namespace {

std::string_view tunnel_name(Tunnel tunnel) {
  switch (tunnel) {
    case Tunnel::none: return "";
    case Tunnel::ipip: return "IPv4-in-IPv4";
    case Tunnel::ip6in4: return "IPv6-in-IPv4";
    case Tunnel::ip4in6: return "IPv4-in-IPv6";
    case Tunnel::gre: return "GRE";
    case Tunnel::erspan: return "ERSPAN";
    case Tunnel::vxlan: return "VXLAN";
    case Tunnel::geneve: return "GENEVE";
    case Tunnel::teredo: return "Teredo";
    case Tunnel::gtp_u: return "GTP-U";
  }
  return "";
}

std::string address_text(const Address& address, bool is_ip6_packet = false) {
  std::string out;
  append_address(out, address, is_ip6_packet);
  return out;
}

bool is_icmp(std::uint8_t protocol) { return protocol == ip_protocol::icmp || protocol == ip_protocol::icmp6; }

void write_head(const AlertRecord& record, const EveOptions& options, JsonWriter& json) {
  std::string time;
  append_timestamp(time, record.time);
  json.field("timestamp", time);
  if (record.has_flow) json.field("flow_id", record.flow_id);
  if (!options.interface_name.empty()) json.field("in_iface", options.interface_name);
  if (options.has_packet_number && record.packet_number != 0) json.field("pcap_cnt", record.packet_number);
  json.field("event_type", "alert");
  if (record.vlan_count > 0) {
    json.key("vlan").begin_array();
    for (unsigned i = 0; i < record.vlan_count && i < record.vlan.size(); ++i) json.value(record.vlan[i]);
    json.end_array();
  }
  if (record.source != Address{} || record.target != Address{} || record.protocol != 0) {
    json.field("src_ip", address_text(record.source, record.ip_version == 6));
    if (record.has_ports) json.field("src_port", record.source_port);
    json.field("dest_ip", address_text(record.target, record.ip_version == 6));
    if (record.has_ports) json.field("dest_port", record.target_port);
    json.field("proto", protocol_name(record.protocol));
    if (is_icmp(record.protocol)) json.field("icmp_type", record.icmp_type_code >> 8).field("icmp_code", record.icmp_type_code & 0xff);
    json.field("ip_v", static_cast<unsigned>(record.ip_version));
  }
  json.field("pkt_src", record.is_pseudo ? "stream (flow timeout)" : record.tunnel != Tunnel::none ? "tunnel/encapsulated" : "wire/pcap");
  if (options.has_community_id && record.protocol != 0) {
    const FlowTuple tuple{record.source, record.target, is_icmp(record.protocol) ? record.icmp_type_code : record.source_port, record.target_port,
                          record.protocol, record.has_ports};
    json.field("community_id", community_id(tuple));
  }
  if (record.has_tx) json.field("tx_id", record.tx_id);
  if (record.tunnel == Tunnel::none) return;
  json.key("tunnel").begin_object();
  json.field("src_ip", address_text(record.tunnel_source)).field("dest_ip", address_text(record.tunnel_target));
  json.field("type", tunnel_name(record.tunnel)).field("depth", static_cast<unsigned>(record.tunnel_depth)).end_object();
}

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
  std::string start;
  append_timestamp(start, record.flow_start);
  json.key("flow").begin_object();
  json.field("pkts_toserver", record.flow_packets[0]).field("pkts_toclient", record.flow_packets[1]);
  json.field("bytes_toserver", record.flow_bytes[0]).field("bytes_toclient", record.flow_bytes[1]).field("start", start);
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
  write_head(record, options, json);
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
