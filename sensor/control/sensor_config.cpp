// SPDX-License-Identifier: Apache-2.0
#include "sensor/control/sensor_config.hpp"

#include <algorithm>

#include "sensor/base/bytes.hpp"
#include "sensor/base/file.hpp"
#include "sensor/base/text.hpp"
#include "sensor/control/setting_words.hpp"

namespace hd {
namespace {

std::string joined_list(const std::vector<std::string>& values) {
  if (values.size() == 1) return values.front();
  std::string result;
  for (const std::string& value : values) result += (result.empty() ? "" : ",") + value;
  return "[" + result + "]";
}

SourceKind source_of(std::string_view text) {
  if (text == "pcap") return SourceKind::pcap;
  return text == "pcap_file" ? SourceKind::pcap_file : SourceKind::af_packet;
}

CaptureSettings capture_of(const Section& section) {
  CaptureSettings result;
  result.interfaces = section.texts("interface");
  result.name = section.text("name");
  if (result.name.empty() && !result.interfaces.empty()) result.name = result.interfaces.front();
  result.source = source_of(section.text("source"));
  if (section.has("workers.cores")) {
    for (const std::int64_t core : section.numbers("workers.cores")) result.cores.push_back(narrow<std::uint32_t>(core));
  } else if (!section.is("workers", "auto")) {
    result.workers = narrow<std::uint32_t>(section.number("workers"));
  }
  result.fanout = section.text("fanout");
  result.ring_bytes = section.bytes("ring");
  result.snaplen = narrow<std::uint32_t>(section.number("snaplen"));
  result.promiscuous = section.flag("promiscuous");
  result.filter = section.text("filter");
  const std::string checksum = section.text("checksum");
  result.checksum = checksum == "strict" ? ChecksumTrust::strict : checksum == "off" ? ChecksumTrust::off : ChecksumTrust::automatic;
  return result;
}

EveOutput output_of(const Section& section) {
  const std::string to = section.text("to");
  return {.to = to == "stdout" ? EveOutput::To::stdout_ : to == "zmq_pub" ? EveOutput::To::zmq_pub : EveOutput::To::file,
          .path = section.text("path"),
          .bind = section.text("bind"),
          .rotate_bytes = section.bytes("rotate.size"),
          .rotate_keep = narrow<std::uint32_t>(section.number("rotate.keep")),
          .types = section.texts("types")};
}

void read_variables(const ConfigTree& tree, const Section& root, EngineSettings& engine, ConfigErrors& errors) {
  if (const std::string from = root.text("vars_from"); !from.empty()) {
    const std::size_t before = errors.size();
    read_suricata_vars(from, engine.variables, errors);
    if (errors.size() > before && errors.back().place.file.empty()) {
      errors.back() = tree.error_at(root.place("vars_from"), ErrorCode::E3001, errors.back().what);
    }
  }
  for (const auto& [name, section] : root.entries("vars.address")) {
    engine.variables.set_address(name, joined_list(section.texts("")));
  }
  for (const auto& [name, section] : root.entries("vars.port")) {
    engine.variables.set_port(name, joined_list(section.texts("")));
  }
}

EngineSettings engine_of(const ConfigTree& tree, const Section& root, ConfigErrors& errors) {
  EngineSettings engine;
  read_variables(tree, root, engine, errors);
  engine.packet_alert_max = narrow<std::uint32_t>(root.number("rules.alert_max"));
  engine.vlan_tracking = root.text("flow.key.vlan") != "ignore";
  engine.midstream = root.flag("stream.midstream");
  engine.async_oneside = root.is("stream.one_way", "auto") || root.flag("stream.one_way");
  engine.stream_depth = root.bytes("stream.depth");
  engine.urgent = urgent_of(root.text("stream.urgent"));
  engine.host_os = {{root.text("stream.policy"), {"0.0.0.0/0", "::/0"}}};
  for (const Section& host : root.sections("stream.policy_for")) {
    engine.host_os.push_back({host.text("policy"), {host.text("net")}});
  }
  engine.on_midstream = exception_action_of(root.text("stream.exception.midstream"));
  engine.on_parser_error = exception_action_of(root.text("stream.exception.parser_error"));
  engine.http_request_body_limit = root.bytes("http.request_body_limit");
  engine.http_response_body_limit = root.bytes("http.response_body_limit");
  engine.http_decompress_layers = narrow<std::uint32_t>(root.number("http.decompress_layers"));
  engine.vxlan = tunnel_of(root, "decode.vxlan");
  engine.geneve = tunnel_of(root, "decode.geneve");
  engine.teredo = tunnel_of(root, "decode.teredo");
  engine.threshold_file = root.text("rules.threshold");
  engine.iprep_categories = root.text("rules.iprep.categories");
  engine.iprep_files = root.texts("rules.iprep.files");
  engine.geoip_database = root.text("rules.geoip");
  engine.protocols = read_protocols(tree, root, errors);
  return engine;
}

SensorConfig config_of(const ConfigTree& tree, const Section& root, ConfigErrors& errors) {
  SensorConfig config;
  config.name = root.text("sensor.name");
  config.site = root.text("sensor.site");
  config.lang = root.text("sensor.lang");
  for (const Section& capture : root.sections("capture")) {
    config.captures.push_back(capture_of(capture));
    if (config.captures.back().interfaces.empty()) {
      errors.push_back(tree.error_at(capture.place(), ErrorCode::E3102, "this capture has no interface"));
    }
  }
  config.flow = {.limit = root.count("flow.limit"),
                 .use_vlan = root.text("flow.key.vlan") != "ignore",
                 .timeout_tcp = root.duration("flow.timeout.tcp"),
                 .timeout_udp = root.duration("flow.timeout.udp"),
                 .timeout_icmp = root.duration("flow.timeout.icmp"),
                 .timeout_other = root.duration("flow.timeout.other")};
  config.stream_memory = root.bytes("stream.memory");
  config.decode_depth = narrow<std::uint32_t>(root.number("decode.depth"));
  config.engine = engine_of(tree, root, errors);
  config.rules = {.files = root.texts("rules.files"),
                  .classification = root.text("rules.classification"),
                  .reference = root.text("rules.reference"),
                  .is_strict = root.text("rules.on_error") == "strict",
                  .cache = root.text("rules.cache")};
  for (const Section& output : root.sections("output.eve")) config.outputs.push_back(output_of(output));
  config.stats_interval = root.duration("output.stats_interval");
  config.alert = {.payload_bytes = root.bytes("output.alert.payload"),
                  .packet = root.flag("output.alert.packet"),
                  .metadata = root.flag("output.alert.metadata"),
                  .community_id = root.flag("output.alert.community_id")};
  // An enrolled sensor knows its collector without being told twice.
  if (auto addresses = root.texts("collector.address"); !addresses.empty() || file_exists(enrolment_path(root.text("collector.key")))) {
    config.collector = CollectorSettings{.addresses = std::move(addresses),
                                         .key = root.text("collector.key"),
                                         .server_key = root.text("collector.server_key"),
                                         .spool_path = root.text("collector.spool.path"),
                                         .spool_bytes = root.bytes("collector.spool.size")};
  }
  config.memory_limit = root.bytes("limits.memory");
  config.metrics_listen = root.text("metrics.listen");
  config.control = root.text("control");
  config.log_level = root.text("log.level");
  return config;
}

}  // namespace

SensorConfigFile read_sensor_config(const std::string& path, std::span<const std::pair<std::string, std::string>> overrides,
                                    const Environment& environment, ConfigErrors& errors) {
  SensorConfigFile file;
  if (!path.empty()) file.tree = read_config(path, environment, errors);
  for (const auto& [key, value] : overrides) set_config(file.tree, key, value, "the command line");
  const Section root = check_config(file.tree, sensor_rows(), errors);
  if (errors.empty()) file.config = config_of(file.tree, root, errors);
  return file;
}

void read_suricata_vars(const std::string& path, Variables& variables, ConfigErrors& errors) {
  const ConfigTree tree = read_foreign_yaml(path, errors);
  const ConfigNode* vars = tree.root.find("vars");
  if (vars == nullptr) return;
  const auto read = [&](const char* group, auto&& set) {
    const ConfigNode* names = vars->find(group);
    if (names == nullptr) return;
    for (const ConfigNode::Member& member : names->members) {
      std::vector<std::string> values = {member.value.text};
      if (member.value.kind == ConfigNode::Kind::list) {
        // `HTTP_PORTS: [80, 8080]` without quotes is a list of YAML, and means the same.
        values.clear();
        for (const ConfigNode& item : member.value.items) values.push_back(item.text);
      } else if (member.value.kind != ConfigNode::Kind::scalar) {
        errors.push_back(tree.error_at(member.place, ErrorCode::E3102, "the variable " + member.name + " has no value"));
        continue;
      }
      set(member.name, joined_list(values));
    }
  };
  read("address-groups", [&](std::string name, std::string text) { variables.set_address(std::move(name), std::move(text)); });
  read("port-groups", [&](std::string name, std::string text) { variables.set_port(std::move(name), std::move(text)); });
}

Result<CaptureSettings> parse_capture(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  if (colon == std::string_view::npos || colon + 1 == text.size() ||
      (kind != "af_packet" && kind != "pcap" && kind != "pcap_file")) {
    return fail({.code = ErrorCode::E1001,
                 .what = "\"" + std::string(text) + "\" is no source",
                 .hint = "af_packet:INTERFACE, pcap:INTERFACE or pcap_file:FILE"});
  }
  CaptureSettings result;
  result.name = std::string(text.substr(colon + 1));
  result.interfaces = {result.name};
  result.source = source_of(kind);
  result.ring_bytes = std::uint64_t{512} << 20;
  result.fanout = "auto";
  return result;
}

}  // namespace hd
