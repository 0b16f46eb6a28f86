// SPDX-License-Identifier: Apache-2.0
// Settings of `replay --settings`: the table of the conformance page as rows. JSON is read as the YAML that it is, so that an
// error has its line.
#include <algorithm>
#include <array>
#include <span>

#include "sensor/base/bytes.hpp"
#include "sensor/base/text.hpp"
#include "sensor/control/engine_settings.hpp"
#include "sensor/control/setting_words.hpp"

namespace hd {
namespace {

constexpr std::array<std::string_view, 2> kChecksums = {"ignore", "verify"};
constexpr std::array<std::string_view, 34> kProtocolNames = {
    "http", "http2", "doh2", "websocket", "tls", "quic", "ssh", "dns", "mdns", "smtp", "imap", "pop3", "ftp", "ftp-data",
    "tftp", "smb", "dcerpc", "nfs", "krb5", "ldap", "ike", "rdp", "rfb", "telnet", "sip", "mqtt", "modbus", "dnp3", "enip",
    "pgsql", "snmp", "dhcp", "ntp", "bittorrent-dht"};

constexpr Setting kRows[] = {
    {.key = "variables.*", .summary = "value of an address or port variable"},
    {.key = "checksums", .fallback = "ignore", .choices = kChecksums,
     .summary = "verify: packets with a bad checksum do not reach streams and protocols"},
    {.key = "packet_alert_max", .unit = Unit::number, .fallback = "15", .low = 1, .high = 65'535,
     .summary = "alerts of one packet", .counter = "alert_queue_overflow"},
    {.key = "vlan_tracking", .unit = Unit::flag, .fallback = "true", .summary = "VLAN identifiers are part of a flow's identity"},
    {.key = "stream.midstream", .unit = Unit::flag, .fallback = "false", .summary = "take up TCP sessions without handshake"},
    {.key = "stream.async_oneside", .unit = Unit::flag, .fallback = "false", .summary = "follow sessions seen from one side only"},
    {.key = "stream.depth", .unit = Unit::bytes, .fallback = "1MiB", .summary = "bytes of each direction that are reassembled; 0: no limit",
     .counter = "stream_depth"},
    {.key = "stream.urgent", .fallback = "oob", .choices = kUrgentWords, .summary = "what becomes of an urgent byte"},
    {.key = "stream.host_os.*", .unit = Unit::texts, .summary = "networks whose hosts reassemble so"},
    {.key = "exception_policy.default", .fallback = "ignore", .choices = kPolicyWords, .summary = "for every exception without its own"},
    {.key = "exception_policy.midstream", .choices = kPolicyWords, .summary = "a session without handshake turns up"},
    {.key = "exception_policy.app_layer_error", .choices = kPolicyWords, .summary = "a protocol parser gave up"},
    {.key = "http.request_body_limit", .unit = Unit::bytes, .fallback = "102400", .high = kBodyMax,
     .summary = "bytes of a request body that are inspected; 0: no limit",
     .counter = "http_limit.request_body"},
    {.key = "http.response_body_limit", .unit = Unit::bytes, .fallback = "102400", .high = kBodyMax,
     .summary = "the same for responses, after decompression",
     .counter = "http_limit.response_body"},
    {.key = "http.decompress_layers", .unit = Unit::number, .fallback = "2", .high = 16, .summary = "nested content encodings that are undone",
     .counter = "http_limit.layers"},
    {.key = "http.double_decode_path", .unit = Unit::flag, .fallback = "false", .summary = "percent decoding of the path twice"},
    {.key = "http.double_decode_query", .unit = Unit::flag, .fallback = "false", .summary = "percent decoding of the query twice"},
    {.key = "decoder.vxlan.enabled", .unit = Unit::flag, .fallback = "true"},
    {.key = "decoder.vxlan.ports", .unit = Unit::numbers, .fallback = "4789", .high = kPortMax},
    {.key = "decoder.geneve.enabled", .unit = Unit::flag, .fallback = "true"},
    {.key = "decoder.geneve.ports", .unit = Unit::numbers, .fallback = "6081", .high = kPortMax},
    {.key = "decoder.teredo.enabled", .unit = Unit::flag, .fallback = "true"},
    {.key = "decoder.teredo.ports", .unit = Unit::numbers, .fallback = "3544", .high = kPortMax},
    {.key = "threshold_file", .summary = "threshold, suppress and rate_filter lines"},
    {.key = "iprep.categories", .summary = "id,name,description"},
    {.key = "iprep.files", .unit = Unit::texts, .summary = "address,category,score"},
    {.key = "geoip_database", .summary = "MaxMind country database"},
    {.key = "protocols.*.enabled", .unit = Unit::flag, .fallback = "true", .choices = kDetectWord, .summary = "parse, leave alone, or recognise only"},
    {.key = "protocols.*.ports", .unit = Unit::numbers, .high = kPortMax, .summary = "server ports at which a first look expects it"},
    {.key = "protocols.*.max_tx", .unit = Unit::number, .low = 1, .high = 1'000'000, .summary = "transactions kept at a time"},
    {.key = "protocols.*.max_objects", .unit = Unit::number, .low = 1, .high = 1'000'000, .summary = "objects of one DNP3 message"},
    {.key = "protocols.*.ja3", .unit = Unit::flag, .summary = "compute the fingerprint"},
    {.key = "protocols.*.ja4", .unit = Unit::flag, .summary = "compute the fingerprint"},
    {.key = "protocols.*.hassh", .unit = Unit::flag, .summary = "compute the fingerprint"},
};

ExceptionAction policy_of(const Section& root, const std::string& key, ExceptionAction fallback) {
  if (!root.has(key)) return fallback;
  return exception_action_of(root.text(key));
}

std::string_view without_transport(std::string_view name) {
  return name.ends_with("-tcp") || name.ends_with("-udp") ? name.substr(0, name.size() - 4) : name;
}

void unknown_name(const ConfigTree& tree, const Place& place, const std::string& what, std::string_view name,
                  std::span<const std::string_view> names, ConfigErrors& errors) {
  Error error = tree.error_at(place, ErrorCode::E3101, "unknown " + what + " \"" + std::string(name) + "\"");
  const std::string_view near = nearest_name(name, names);
  if (!near.empty()) error.hint = "did you mean \"" + std::string(near) + "\"?";
  errors.push_back(std::move(error));
}

/// Keys that only one protocol has.
void check_own_keys(const ConfigTree& tree, const std::string& name, const Section& section, ConfigErrors& errors) {
  struct Own {
    std::string_view key;
    std::array<std::string_view, 2> protocols;
  };
  constexpr Own kOwn[] = {{"max_objects", {"dnp3", ""}}, {"ja3", {"tls", "quic"}}, {"ja4", {"tls", "quic"}}, {"hassh", {"ssh", ""}}};
  for (const Own& own : kOwn) {
    if (!section.has(own.key) || std::ranges::find(own.protocols, without_transport(name)) != own.protocols.end()) continue;
    errors.push_back(tree.error_at(section.place(own.key), ErrorCode::E3101, name + " has no key \"" + std::string(own.key) + "\""));
  }
}

ProtocolSettings protocol_of(const Section& section) {
  ProtocolSettings result;
  if (section.is("enabled", "detect")) {
    result.use = ProtocolUse::detect;
  } else if (!section.flag("enabled")) {
    result.use = ProtocolUse::leave;
  }
  if (section.has("ports")) result.ports = ports_of(section, "ports");
  if (section.has("max_tx")) result.transactions_max = narrow<std::uint32_t>(section.number("max_tx"));
  if (section.has("max_objects")) result.objects_max = narrow<std::uint32_t>(section.number("max_objects"));
  if (section.has("ja3")) result.ja3 = section.flag("ja3");
  if (section.has("ja4")) result.ja4 = section.flag("ja4");
  if (section.has("hassh")) result.hassh = section.flag("hassh");
  return result;
}

void read_stream(const ConfigTree& tree, const Section& root, EngineSettings& settings, ConfigErrors& errors) {
  settings.midstream = root.flag("stream.midstream");
  settings.async_oneside = root.flag("stream.async_oneside");
  settings.stream_depth = root.bytes("stream.depth");
  settings.urgent = urgent_of(root.text("stream.urgent"));
  if (!root.has("stream.host_os")) return;
  settings.host_os.clear();
  for (const auto& [name, section] : root.entries("stream.host_os")) {
    if (std::ranges::find(kHostWords, name) == kHostWords.end()) {
      unknown_name(tree, section.place(), "policy", name, kHostWords, errors);
    }
    settings.host_os.emplace_back(name, section.texts(""));
  }
}

EngineSettings settings_of(const ConfigTree& tree, const Section& root, ConfigErrors& errors) {
  EngineSettings settings;
  for (const auto& [name, section] : root.entries("variables")) settings.variables.set(name, section.text(""));
  settings.checksums = root.text("checksums") == "verify" ? ChecksumUse::verify : ChecksumUse::ignore;
  settings.packet_alert_max = narrow<std::uint32_t>(root.number("packet_alert_max"));
  settings.vlan_tracking = root.flag("vlan_tracking");
  read_stream(tree, root, settings, errors);

  const ExceptionAction fallback = policy_of(root, "exception_policy.default", ExceptionAction::ignore);
  settings.on_midstream = policy_of(root, "exception_policy.midstream", fallback);
  settings.on_parser_error = policy_of(root, "exception_policy.app_layer_error", fallback);

  settings.http_request_body_limit = root.bytes("http.request_body_limit");
  settings.http_response_body_limit = root.bytes("http.response_body_limit");
  settings.http_decompress_layers = narrow<std::uint32_t>(root.number("http.decompress_layers"));
  settings.http_double_decode_path = root.flag("http.double_decode_path");
  settings.http_double_decode_query = root.flag("http.double_decode_query");

  settings.vxlan = tunnel_of(root, "decoder.vxlan");
  settings.geneve = tunnel_of(root, "decoder.geneve");
  settings.teredo = tunnel_of(root, "decoder.teredo");

  settings.threshold_file = root.text("threshold_file");
  settings.iprep_categories = root.text("iprep.categories");
  settings.iprep_files = root.texts("iprep.files");
  settings.geoip_database = root.text("geoip_database");
  settings.protocols = read_protocols(tree, root, errors);
  return settings;
}

}  // namespace

bool is_protocol_name(std::string_view name) {
  return std::ranges::find(kProtocolNames, name) != kProtocolNames.end();
}

std::map<std::string, ProtocolSettings> read_protocols(const ConfigTree& tree, const Section& root, ConfigErrors& errors) {
  std::map<std::string, ProtocolSettings> result;
  for (const auto& [name, section] : root.entries("protocols")) {
    if (!is_protocol_name(without_transport(name))) {
      unknown_name(tree, section.place(), "protocol", name, kProtocolNames, errors);
      continue;
    }
    check_own_keys(tree, name, section, errors);
    result.emplace(name, protocol_of(section));
  }
  return result;
}

std::span<const Setting> replay_setting_rows() { return kRows; }

EngineSettings read_replay_settings(const std::string& path, ConfigErrors& errors) {
  const ConfigTree tree = path.empty() ? ConfigTree{} : read_foreign_yaml(path, errors);
  const Section root = check_config(tree, kRows, errors);
  if (!errors.empty()) return {};
  return settings_of(tree, root, errors);
}

}  // namespace hd
