// SPDX-License-Identifier: Apache-2.0
#include "sensor/eve/head.hpp"

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

bool is_icmp(std::uint8_t protocol) { return protocol == ip_protocol::icmp || protocol == ip_protocol::icmp6; }

}  // namespace

std::string address_text(const Address& address, bool is_ip6_packet) {
  std::string out;
  append_address(out, address, is_ip6_packet);
  return out;
}

void write_head(const AlertRecord& record, std::string_view event_type, const EveOptions& options, JsonWriter& json) {
  std::string time;
  append_timestamp(time, record.time);
  json.field("timestamp", time);
  if (record.has_flow) json.field("flow_id", record.flow_id);
  if (!options.interface_name.empty()) json.field("in_iface", options.interface_name);
  if (options.has_packet_number && record.packet_number != 0) json.field("pcap_cnt", record.packet_number);
  json.field("event_type", event_type);
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
  if (event_type != "flow") {
    json.field("pkt_src", record.is_pseudo ? "stream (flow timeout)" : record.tunnel != Tunnel::none ? "tunnel/encapsulated" : "wire/pcap");
  }
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

void write_flow_counts(const AlertRecord& record, JsonWriter& json) {
  std::string start;
  append_timestamp(start, record.flow_start);
  json.field("pkts_toserver", record.flow_packets[0]).field("pkts_toclient", record.flow_packets[1]);
  json.field("bytes_toserver", record.flow_bytes[0]).field("bytes_toclient", record.flow_bytes[1]).field("start", start);
}

}  // namespace hd
