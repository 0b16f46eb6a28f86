// SPDX-License-Identifier: Apache-2.0
// What people may set about inspection, whichever file said it: haidang.yaml or the settings of a replay. Plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sensor/base/config.hpp"
#include "sensor/lang/variables.hpp"

namespace hd {

enum class ChecksumUse : std::uint8_t { ignore, verify };
enum class UrgentUse : std::uint8_t { oob, inline_, drop, gap };
/// What happens to a flow when something cannot be followed (docs: conformance, settings).
enum class ExceptionAction : std::uint8_t { ignore, pass_flow, bypass };
enum class ProtocolUse : std::uint8_t { parse, leave, detect };

/// A tunnel over UDP that is opened at these ports.
struct TunnelSettings {
  bool enabled = true;
  std::vector<std::uint16_t> ports = {};
};

/// What was said about one protocol; what is not there keeps the protocol's own value.
struct ProtocolSettings {
  ProtocolUse use = ProtocolUse::parse;
  std::optional<std::vector<std::uint16_t>> ports = {};
  std::optional<std::uint32_t> transactions_max = {};
  std::optional<std::uint32_t> objects_max = {};  ///< dnp3
  std::optional<bool> ja3 = {}, ja4 = {};         ///< tls (and quic)
  std::optional<bool> hassh = {};                 ///< ssh
};

struct EngineSettings {
  Variables variables = Variables::standard();
  ChecksumUse checksums = ChecksumUse::ignore;
  std::uint32_t packet_alert_max = 15;
  bool vlan_tracking = true;

  bool midstream = false;
  bool async_oneside = false;
  std::uint64_t stream_depth = 1u << 20;  ///< bytes; 0 all
  UrgentUse urgent = UrgentUse::oob;
  /// Names of policies with their networks, in the order written.
  std::vector<std::pair<std::string, std::vector<std::string>>> host_os = {{"windows", {"0.0.0.0/0"}}};

  ExceptionAction on_midstream = ExceptionAction::ignore;
  ExceptionAction on_parser_error = ExceptionAction::ignore;

  std::uint64_t http_request_body_limit = 102'400;   ///< bytes; 0 all
  std::uint64_t http_response_body_limit = 102'400;  ///< bytes after decompression; 0 all
  std::uint32_t http_decompress_layers = 2;
  bool http_double_decode_path = false;
  bool http_double_decode_query = false;

  TunnelSettings vxlan = {.ports = {4789}};
  TunnelSettings geneve = {.ports = {6081}};
  TunnelSettings teredo = {.ports = {3544}};

  std::string threshold_file = {};  ///< empty: none
  std::string iprep_categories = {};
  std::vector<std::string> iprep_files = {};
  std::string geoip_database = {};

  /// By name as in rules, perhaps with -tcp or -udp for one transport.
  std::map<std::string, ProtocolSettings> protocols = {};
};

/// The settings of a replay (docs/reference: replay settings), a JSON object. Every error is appended with its place: unknown names
/// (E3101, with the nearest), wrong values (E3102). An empty `path` gives the defaults.
[[nodiscard]] EngineSettings read_replay_settings(const std::string& path, ConfigErrors& errors);
/// The rows of the above, for documents.
[[nodiscard]] std::span<const Setting> replay_setting_rows();

/// Names of application protocols that settings may speak of, whether or not this build parses them.
[[nodiscard]] bool is_protocol_name(std::string_view name);

/// Reads `protocols.*` of a section that was checked with rows of those keys. Unknown names are appended to `errors`.
[[nodiscard]] std::map<std::string, ProtocolSettings> read_protocols(const ConfigTree& tree, const Section& root,
                                                                     ConfigErrors& errors);

}  // namespace hd
