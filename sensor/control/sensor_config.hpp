// SPDX-License-Identifier: Apache-2.0
// haidang.yaml of the sensor as an immutable value (docs: operations 4). Everything has a default.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sensor/base/config.hpp"
#include "sensor/base/result.hpp"
#include "sensor/control/engine_settings.hpp"

namespace hd {

enum class SourceKind : std::uint8_t { af_packet, pcap, pcap_file };
enum class ChecksumTrust : std::uint8_t { automatic, strict, off };

/// One logical tap.
struct CaptureSettings {
  std::string name = {};
  std::vector<std::string> interfaces = {};   ///< or files, for pcap_file
  SourceKind source = SourceKind::af_packet;
  std::uint32_t workers = 0;                  ///< 0: as many as fit
  std::vector<std::uint32_t> cores = {};      ///< one worker each, pinned; instead of workers
  std::string fanout = {};                    ///< auto, hash or qm
  std::uint64_t ring_bytes = 0;               ///< of each worker
  std::uint32_t snaplen = 0;                  ///< 0: whole frames
  bool promiscuous = true;
  std::string filter = {};                    ///< BPF
  ChecksumTrust checksum = ChecksumTrust::automatic;
};

struct FlowSettings {
  std::uint64_t limit = 0;
  bool use_vlan = true;
  Nanos timeout_tcp = 0, timeout_udp = 0, timeout_icmp = 0, timeout_other = 0;
};

struct RuleSettings {
  std::vector<std::string> files = {};        ///< patterns of the shell
  std::string classification = {};
  std::string reference = {};
  bool is_strict = false;
  std::string cache = {};                     ///< empty: none
};

/// One way out for EVE lines.
struct EveOutput {
  enum class To : std::uint8_t { file, stdout_, zmq_pub } to = To::file;
  std::string path = {};                      ///< file
  std::string bind = {};                      ///< zmq_pub
  std::uint64_t rotate_bytes = 0;             ///< 0: never
  std::uint32_t rotate_keep = 0;
  std::vector<std::string> types = {};
};

struct AlertSettings {
  std::uint64_t payload_bytes = 0;
  bool packet = false;
  bool metadata = true;
  bool community_id = true;
};

/// The link to the collector; not there when no address was given.
struct CollectorSettings {
  std::vector<std::string> addresses = {};    ///< host:port, in order
  std::string key = {};                       ///< file
  std::string server_key = {};                ///< Z85, or empty: as enrolled
  std::string spool_path = {};
  std::uint64_t spool_bytes = 0;
};

/// What a sensor knows of its collector since it was enrolled: the file `collector.json` beside its key.
struct Enrolment {
  std::string sensor_id = {};                 ///< UUID
  std::string name = {};                      ///< as the collector calls it
  std::string link = {};                      ///< tcp://host:port
  std::string collector_key = {};             ///< Z85
};
[[nodiscard]] std::string enrolment_path(const std::string& key_file);
/// Errors: E6002 there is none, or it is damaged.
[[nodiscard]] Result<Enrolment> load_enrolment(const std::string& key_file);
[[nodiscard]] Result<void> save_enrolment(const std::string& key_file, const Enrolment& enrolment);

struct SensorConfig {
  std::string name = {};                      ///< empty: host name
  std::string site = {};
  std::string lang = {};
  std::vector<CaptureSettings> captures = {};
  FlowSettings flow = {};
  std::uint64_t stream_memory = 0;
  std::uint32_t decode_depth = 0;
  EngineSettings engine = {};
  RuleSettings rules = {};
  std::vector<EveOutput> outputs = {};
  Nanos stats_interval = 0;
  AlertSettings alert = {};
  std::optional<CollectorSettings> collector = {};
  std::uint64_t memory_limit = 0;
  std::string metrics_listen = {};            ///< empty: off
  std::string control = {};                   ///< path of the socket
  std::string log_level = {};
};

/// All rows of haidang.yaml.
[[nodiscard]] std::span<const Setting> sensor_rows();

/// A file that was read: its tree, for `config show`, and the value.
struct SensorConfigFile {
  ConfigTree tree = {};
  SensorConfig config = {};
};

/// Every error is appended. `overrides` are laid over the file ("capture" cannot be overridden so). An empty `path` gives the
/// defaults. What `vars_from` names is read too.
[[nodiscard]] SensorConfigFile read_sensor_config(const std::string& path, std::span<const std::pair<std::string, std::string>> overrides,
                                                  const Environment& environment, ConfigErrors& errors);

/// Lays `vars:` of an existing suricata.yaml (address-groups and port-groups) over the variables.
void read_suricata_vars(const std::string& path, Variables& variables, ConfigErrors& errors);

/// A source as the command line has it: "af_packet:eth1", "pcap:eth1", "pcap_file:x.pcap".
[[nodiscard]] Result<CaptureSettings> parse_capture(std::string_view text);

}  // namespace hd
