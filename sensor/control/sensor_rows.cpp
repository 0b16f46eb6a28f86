// SPDX-License-Identifier: Apache-2.0
// The rows of haidang.yaml, in the order of its reference page. Nothing but data.
#include <array>

#include "sensor/control/sensor_config.hpp"
#include "sensor/control/setting_words.hpp"

namespace hd {
namespace {

constexpr std::array<std::string_view, 3> kSources = {"af_packet", "pcap", "pcap_file"};
constexpr std::array<std::string_view, 3> kFanouts = {"auto", "hash", "qm"};
constexpr std::array<std::string_view, 3> kTrusts = {"auto", "strict", "off"};
constexpr std::array<std::string_view, 1> kAuto = {"auto"};
constexpr std::array<std::string_view, 3> kVlans = {"auto", "use", "ignore"};
constexpr std::array<std::string_view, 2> kLanguages = {"vi", "en"};
constexpr std::array<std::string_view, 2> kOnErrors = {"keep_going", "strict"};
constexpr std::array<std::string_view, 3> kOutputs = {"file", "stdout", "zmq_pub"};
constexpr std::array<std::string_view, 35> kTypes = {
    "alert", "stats", "anomaly", "flow", "http",   "dns",  "tls",  "ssh",  "smtp", "ftp",  "ftp_data", "smb",    "dcerpc", "sip",       "mqtt",  "snmp",         "imap", "pop3",
    "telnet", "quic", "krb5",   "ldap", "ike",    "rdp",  "rfb",  "nfs",  "tftp", "dhcp", "ntp",      "modbus", "dnp3",   "enip",      "websocket", "pgsql",    "bittorrent_dht"};
constexpr std::array<std::string_view, 4> kLevels = {"error", "warning", "info", "debug"};

constexpr std::int64_t kMiB = std::int64_t{1} << 20;
constexpr std::int64_t kGiB = std::int64_t{1} << 30;

constexpr Setting kRows[] = {
    {.key = "sensor.name", .summary = "unique in the fleet; default: host name"},
    {.key = "sensor.site", .summary = "shown in the console"},
    {.key = "sensor.lang", .fallback = "vi", .choices = kLanguages, .summary = "of what people read"},

    {.key = "capture[].name", .summary = "of the tap; default: its first interface"},
    {.key = "capture[].interface", .unit = Unit::texts, .summary = "ports of the tap (files, for pcap_file)"},
    {.key = "capture[].source", .fallback = "af_packet", .choices = kSources, .summary = "af_packet, pcap, pcap_file"},
    {.key = "capture[].workers", .unit = Unit::number, .fallback = "auto", .low = 1, .high = 128, .choices = kAuto,
     .summary = "threads that inspect"},
    {.key = "capture[].workers.cores", .unit = Unit::numbers, .high = 4095, .summary = "one worker on each"},
    {.key = "capture[].fanout", .fallback = "auto", .choices = kFanouts, .summary = "how packets are dealt to workers"},
    {.key = "capture[].ring", .unit = Unit::bytes, .fallback = "512MiB", .low = kMiB, .high = 64 * kGiB, .summary = "of each worker"},
    {.key = "capture[].snaplen", .unit = Unit::number, .fallback = "0", .high = 262'144, .summary = "0: whole frames"},
    {.key = "capture[].promiscuous", .unit = Unit::flag, .fallback = "true"},
    {.key = "capture[].filter", .summary = "BPF; what it drops is counted as filtered"},
    {.key = "capture[].checksum", .fallback = "auto", .choices = kTrusts, .summary = "auto, strict, off"},

    {.key = "flow.limit", .unit = Unit::count, .fallback = "1M", .low = 1'000, .high = 100'000'000,
     .summary = "records, allocated at start", .counter = "flow_evicted"},
    {.key = "flow.key.vlan", .fallback = "auto", .choices = kVlans, .summary = "auto, use, ignore"},
    {.key = "flow.timeout.tcp", .unit = Unit::duration, .fallback = "600s", .low = kSecond, .high = 86'400 * kSecond},
    {.key = "flow.timeout.udp", .unit = Unit::duration, .fallback = "300s", .low = kSecond, .high = 86'400 * kSecond},
    {.key = "flow.timeout.icmp", .unit = Unit::duration, .fallback = "300s", .low = kSecond, .high = 86'400 * kSecond},
    {.key = "flow.timeout.other", .unit = Unit::duration, .fallback = "300s", .low = kSecond, .high = 86'400 * kSecond},

    {.key = "decode.depth", .unit = Unit::number, .fallback = "8", .low = 1, .high = 32, .summary = "nesting of tunnels",
     .counter = "decode_depth"},
    {.key = "decode.vxlan.enabled", .unit = Unit::flag, .fallback = "true"},
    {.key = "decode.vxlan.ports", .unit = Unit::numbers, .fallback = "4789", .high = kPortMax},
    {.key = "decode.geneve.enabled", .unit = Unit::flag, .fallback = "true"},
    {.key = "decode.geneve.ports", .unit = Unit::numbers, .fallback = "6081", .high = kPortMax},
    {.key = "decode.teredo.enabled", .unit = Unit::flag, .fallback = "true"},
    {.key = "decode.teredo.ports", .unit = Unit::numbers, .fallback = "3544", .high = kPortMax},

    {.key = "stream.memory", .unit = Unit::bytes, .fallback = "1GiB", .low = kMiB, .summary = "bytes kept of all streams",
     .counter = "stream_limit"},
    {.key = "stream.midstream", .unit = Unit::flag, .fallback = "true", .summary = "pick up what began before us"},
    {.key = "stream.one_way", .unit = Unit::flag, .fallback = "auto", .choices = kAuto, .summary = "work with half a conversation"},
    {.key = "stream.depth", .unit = Unit::bytes, .fallback = "1MiB", .live = true,
     .summary = "bytes of each direction that are reassembled; 0: all", .counter = "stream_depth"},
    {.key = "stream.urgent", .fallback = "oob", .choices = kUrgentWords, .summary = "what becomes of an urgent byte"},
    {.key = "stream.policy", .fallback = "windows", .choices = kHostWords, .summary = "overlap policy where none is given below"},
    {.key = "stream.policy_for[].net", .summary = "a network"},
    {.key = "stream.policy_for[].policy", .fallback = "linux", .choices = kHostWords},
    {.key = "stream.exception.midstream", .fallback = "ignore", .choices = kPolicyWords},
    {.key = "stream.exception.parser_error", .fallback = "ignore", .choices = kPolicyWords},

    {.key = "http.request_body_limit", .unit = Unit::bytes, .fallback = "100KiB", .high = kBodyMax,
     .summary = "inspected bytes of a request body; 0: all", .counter = "http_limit.request_body"},
    {.key = "http.response_body_limit", .unit = Unit::bytes, .fallback = "100KiB", .high = kBodyMax,
     .summary = "the same of a response, after decompression", .counter = "http_limit.response_body"},
    {.key = "http.decompress_layers", .unit = Unit::number, .fallback = "2", .high = 16, .counter = "http_limit.layers"},
    {.key = "protocols.*.enabled", .unit = Unit::flag, .fallback = "true", .choices = kDetectWord,
     .summary = "parse, leave alone, or detect only"},
    {.key = "protocols.*.ports", .unit = Unit::numbers, .high = kPortMax},
    {.key = "protocols.*.max_tx", .unit = Unit::number, .low = 1, .high = 1'000'000},
    {.key = "protocols.*.max_objects", .unit = Unit::number, .low = 1, .high = 1'000'000},
    {.key = "protocols.*.ja3", .unit = Unit::flag},
    {.key = "protocols.*.ja4", .unit = Unit::flag},
    {.key = "protocols.*.hassh", .unit = Unit::flag},

    {.key = "vars.address.*", .unit = Unit::texts},
    {.key = "vars.port.*", .unit = Unit::texts},
    {.key = "vars_from", .summary = "a suricata.yaml whose vars are taken; those above win"},

    {.key = "rules.files", .unit = Unit::texts, .fallback = "/usr/share/haidang/signatures/*.rules, /etc/haidang/rules/*.rules",
     .live = true},
    {.key = "rules.classification", .live = true, .summary = "default: beside the rules"},
    {.key = "rules.reference", .live = true, .summary = "default: beside the rules"},
    {.key = "rules.threshold", .live = true, .summary = "Suricata's threshold.config"},
    {.key = "rules.on_error", .fallback = "keep_going", .choices = kOnErrors, .summary = "refuse the rule and go on, or end"},
    {.key = "rules.cache", .fallback = "/var/cache/haidang/db", .summary = "compiled databases; may be deleted; empty: none"},
    {.key = "rules.alert_max", .unit = Unit::number, .fallback = "15", .low = 1, .high = 65'535, .summary = "alerts of one packet",
     .counter = "alert_queue_overflow"},
    {.key = "rules.iprep.categories"},
    {.key = "rules.iprep.files", .unit = Unit::texts},
    {.key = "rules.geoip", .summary = "MaxMind country database"},

    {.key = "output.eve[].to", .fallback = "file", .choices = kOutputs, .summary = "file, stdout, zmq_pub"},
    {.key = "output.eve[].path", .fallback = "/var/log/haidang/eve.json"},
    {.key = "output.eve[].bind", .fallback = "tcp://127.0.0.1:7700"},
    {.key = "output.eve[].rotate.size", .unit = Unit::bytes, .fallback = "1GiB"},
    {.key = "output.eve[].rotate.keep", .unit = Unit::number, .fallback = "8", .high = 10'000},
    {.key = "output.eve[].types", .unit = Unit::texts, .fallback = "alert, stats", .choices = kTypes,
     .summary = "alert stats anomaly flow, and protocols by name"},
    {.key = "output.stats_interval", .unit = Unit::duration, .fallback = "30s", .low = kSecond},
    {.key = "output.alert.payload", .unit = Unit::bytes, .fallback = "4KiB", .high = 65'536, .summary = "of an alert; 0: none"},
    {.key = "output.alert.packet", .unit = Unit::flag, .fallback = "false"},
    {.key = "output.alert.metadata", .unit = Unit::flag, .fallback = "true"},
    {.key = "output.alert.community_id", .unit = Unit::flag, .fallback = "true"},

    {.key = "collector.address", .unit = Unit::texts, .summary = "host:port, in order; none: no collector"},
    {.key = "collector.key", .fallback = "/etc/haidang/keys/sensor.key"},
    {.key = "collector.server_key", .summary = "of the collector, Z85; default: as enrolled"},
    {.key = "collector.spool.path", .fallback = "/var/lib/haidang-sensor/spool"},
    {.key = "collector.spool.size", .unit = Unit::bytes, .fallback = "20GiB", .low = 16 * kMiB, .counter = "spool_shed"},

    {.key = "limits.memory", .unit = Unit::bytes, .fallback = "12GiB", .low = 64 * kMiB},
    {.key = "metrics.listen", .fallback = "127.0.0.1:9601", .summary = "empty: off"},
    {.key = "control", .fallback = "/run/haidang/sensor.sock", .summary = "socket of status, top and reload"},
    {.key = "log.level", .fallback = "info", .choices = kLevels, .live = true},
};

}  // namespace

std::span<const Setting> sensor_rows() { return kRows; }

}  // namespace hd
