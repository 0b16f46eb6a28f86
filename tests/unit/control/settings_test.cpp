// SPDX-License-Identifier: Apache-2.0
// haidang.yaml, the settings of a replay and suricata.yaml's variables, from text to values.
#include <gtest/gtest.h>
#include <unistd.h>

#include "sensor/base/file.hpp"
#include "sensor/control/engine_settings.hpp"
#include "sensor/control/sensor_config.hpp"

namespace hd {
namespace {

/// A folder that goes away.
class SettingsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "haidang-settings-XXXXXX";
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
  }
  void TearDown() override { EXPECT_TRUE(remove_tree(folder_)); }
  std::string file(const std::string& name, std::string_view text) {
    EXPECT_TRUE(write_file_atomic(folder_ + "/" + name, text));
    return folder_ + "/" + name;
  }
  EngineSettings replay(std::string_view text) { return read_replay_settings(file("settings.json", text), errors_); }
  SensorConfig sensor(std::string_view text) {
    return read_sensor_config(file("haidang.yaml", text), {}, process_environment(), errors_).config;
  }
  std::string said() const {
    std::string result;
    for (const Error& error : errors_) result += to_text(error) + "\n";
    return result;
  }
  std::string folder_;
  ConfigErrors errors_;
};

TEST_F(SettingsTest, ReplayWithoutSettingsHasTheDefaultsOfTheConformancePage) {
  const EngineSettings settings = read_replay_settings("", errors_);

  EXPECT_TRUE(errors_.empty()) << said();
  EXPECT_EQ(*settings.variables.find_address("HOME_NET"), "[192.168.0.0/16,10.0.0.0/8,172.16.0.0/12]");
  EXPECT_EQ(*settings.variables.find_address("HTTP_SERVERS"), "$HOME_NET");
  EXPECT_EQ(settings.checksums, ChecksumUse::ignore);
  EXPECT_EQ(settings.packet_alert_max, 15u);
  EXPECT_FALSE(settings.midstream);
  EXPECT_EQ(settings.stream_depth, 1'048'576u);
  EXPECT_EQ(settings.host_os.front().first, "windows");
  EXPECT_EQ(settings.http_request_body_limit, 102'400u);
  EXPECT_EQ(settings.teredo.ports, (std::vector<std::uint16_t>{3544}));
}

TEST_F(SettingsTest, ReplayReadsEverySettingOfTheTable) {
  const EngineSettings settings = replay(R"({
    "variables": {"HOME_NET": "[192.0.2.0/24]", "MY_PORTS": "[80,8080]"},
    "checksums": "verify", "packet_alert_max": 20, "vlan_tracking": false,
    "stream": {"midstream": true, "async_oneside": true, "depth": 0, "urgent": "gap",
               "host_os": {"linux": ["192.0.2.0/24", "2001:db8::/32"], "bsd-right": []}},
    "exception_policy": {"default": "pass-flow", "app_layer_error": "bypass"},
    "http": {"request_body_limit": 10, "response_body_limit": 0, "decompress_layers": 4,
             "double_decode_path": true, "double_decode_query": true},
    "decoder": {"vxlan": {"enabled": false}, "geneve": {"ports": [1, 2]}, "teredo": {"enabled": true, "ports": [3]}},
    "threshold_file": "/x/threshold.config",
    "iprep": {"categories": "/x/c.csv", "files": ["/x/a", "/x/b"]},
    "geoip_database": "/x/g.mmdb",
    "protocols": {"dns-tcp": {"ports": [5353]}, "ftp": {"max_tx": 5}, "dnp3": {"max_objects": 7}, "smb": {"enabled": false},
                  "http": {"enabled": "detect"}, "tls": {"ja3": false, "ja4": true}, "ssh": {"hassh": true}}})");

  ASSERT_TRUE(errors_.empty()) << said();
  EXPECT_EQ(*settings.variables.find_port("MY_PORTS"), "[80,8080]");
  EXPECT_EQ(settings.checksums, ChecksumUse::verify);
  EXPECT_TRUE(settings.midstream && settings.async_oneside && !settings.vlan_tracking);
  EXPECT_EQ(settings.stream_depth, 0u);
  EXPECT_EQ(settings.urgent, UrgentUse::gap);
  ASSERT_EQ(settings.host_os.size(), 2u);
  EXPECT_EQ(settings.host_os[0].second.size(), 2u);
  EXPECT_EQ(settings.on_midstream, ExceptionAction::pass_flow);
  EXPECT_EQ(settings.on_parser_error, ExceptionAction::bypass);
  EXPECT_FALSE(settings.vxlan.enabled);
  EXPECT_EQ(settings.geneve.ports, (std::vector<std::uint16_t>{1, 2}));
  EXPECT_EQ(settings.protocols.at("dns-tcp").ports, (std::vector<std::uint16_t>{5353}));
  EXPECT_EQ(settings.protocols.at("dnp3").objects_max, 7u);
  EXPECT_EQ(settings.protocols.at("smb").use, ProtocolUse::leave);
  EXPECT_EQ(settings.protocols.at("http").use, ProtocolUse::detect);
  EXPECT_EQ(settings.protocols.at("tls").ja3, false);
  EXPECT_EQ(settings.protocols.at("ssh").hassh, true);
}

TEST_F(SettingsTest, ReplayRefusesUnknownNamesAndValues) {
  struct Wrong {
    const char* text;
    const char* said;
  };
  for (const Wrong& wrong : {Wrong{R"({"stream": {"midstraem": true}})", "did you mean \"midstream\"?"},
                             Wrong{R"({"checksums": "maybe"})", "checksums cannot be \"maybe\""},
                             Wrong{R"({"stream": {"depth": -1}})", "depth needs a size"},
                             Wrong{R"({"stream": {"host_os": {"win95": []}}})", "unknown policy \"win95\""},
                             Wrong{R"({"protocols": {"gopher": {"enabled": true}}})", "unknown protocol \"gopher\""},
                             Wrong{R"({"protocols": {"http": {"ja3": true}}})", "http has no key \"ja3\""},
                             Wrong{R"({"decoder": {"vxlan": {"ports": [70000]}}})", "ports must be at most 65535"},
                             Wrong{R"([1])", "must have keys and values"},
                             Wrong{R"({"stream": {)", "is not YAML"}}) {
    errors_.clear();
    (void)replay(wrong.text);
    EXPECT_NE(said().find(wrong.said), std::string::npos) << wrong.text << "\n" << said();
  }
}

TEST_F(SettingsTest, SensorReadsItsFile) {
  const SensorConfig config = sensor(
      "sensor: {name: pq-lan-01, site: \"Phú Quốc, LAN\"}\n"
      "capture:\n"
      "  - {name: lan, interface: [ens1f0, ens1f1], workers: {cores: [2, 3]}, checksum: off}\n"
      "  - {interface: eth2, source: pcap, workers: 2}\n"
      "flow: {limit: 4M, key: {vlan: ignore}, timeout: {udp: 60s}}\n"
      "stream: {policy_for: [{net: 10.20.0.0/16, policy: linux}]}\n"
      "vars: {address: {HOME_NET: [10.0.0.0/8, 192.0.2.0/24], DNS_SERVERS: 10.1.1.53}, port: {HTTP_PORTS: \"80,8080\"}}\n"
      "output: {eve: [{to: file, path: /tmp/eve.json, types: [alert]}, {to: zmq_pub}]}\n"
      "collector: {address: [c.example:7701], spool: {size: 1GiB}}\n");

  ASSERT_TRUE(errors_.empty()) << said();
  EXPECT_EQ(config.name, "pq-lan-01");
  ASSERT_EQ(config.captures.size(), 2u);
  EXPECT_EQ(config.captures[0].cores, (std::vector<std::uint32_t>{2, 3}));
  EXPECT_EQ(config.captures[0].checksum, ChecksumTrust::off);
  EXPECT_EQ(config.captures[1].name, "eth2");
  EXPECT_EQ(config.captures[1].workers, 2u);
  EXPECT_EQ(config.captures[1].source, SourceKind::pcap);
  EXPECT_EQ(config.flow.limit, 4'000'000u);
  EXPECT_FALSE(config.engine.vlan_tracking);
  EXPECT_EQ(config.engine.host_os.back().first, "linux");
  EXPECT_EQ(*config.engine.variables.find_address("HOME_NET"), "[10.0.0.0/8,192.0.2.0/24]");
  EXPECT_EQ(*config.engine.variables.find_address("DNS_SERVERS"), "10.1.1.53");
  EXPECT_EQ(*config.engine.variables.find_address("EXTERNAL_NET"), "!$HOME_NET");
  ASSERT_EQ(config.outputs.size(), 2u);
  EXPECT_EQ(config.outputs[1].to, EveOutput::To::zmq_pub);
  ASSERT_TRUE(config.collector.has_value());
  EXPECT_EQ(config.collector->spool_bytes, 1u << 30);
}

TEST_F(SettingsTest, SensorWithoutAFileHasItsDefaults) {
  const SensorConfig config = read_sensor_config("", {}, process_environment(), errors_).config;

  EXPECT_TRUE(errors_.empty());
  EXPECT_TRUE(config.captures.empty());
  EXPECT_FALSE(config.collector.has_value());
  EXPECT_TRUE(config.engine.midstream);
  EXPECT_EQ(config.control, "/run/haidang/sensor.sock");
}

TEST_F(SettingsTest, EveryFallbackOfTheRowsIsAValidValue) {
  for (const std::span<const Setting> rows : {sensor_rows(), replay_setting_rows()}) {
    for (const Setting& row : rows) {
      if (row.fallback.empty() || row.key.find_first_of("[*") != std::string_view::npos) continue;
      ConfigTree tree;
      const bool is_list = row.unit == Unit::texts || row.unit == Unit::numbers;
      if (is_list && row.fallback.find(',') != std::string_view::npos) continue;
      set_config(tree, row.key, std::string(row.fallback), "test");
      ConfigErrors errors;
      (void)check_config(tree, rows, errors);
      EXPECT_TRUE(errors.empty()) << row.key << ": " << to_text(errors.front());
    }
  }
}

TEST_F(SettingsTest, CommandLineWinsOverTheFile) {
  const std::pair<std::string, std::string> overrides[] = {{"log.level", "debug"}};

  const auto read = read_sensor_config(file("h.yaml", "log: {level: error}\n"), overrides, process_environment(), errors_);

  EXPECT_TRUE(errors_.empty());
  EXPECT_EQ(read.config.log_level, "debug");
}

TEST_F(SettingsTest, CaptureWithoutInterfaceIsAnErrorAtItsLine) {
  (void)sensor("capture:\n  - name: lan\n");

  EXPECT_NE(said().find(":2:5: this capture has no interface [E3102]"), std::string::npos) << said();
}

TEST_F(SettingsTest, VariablesComeFromSuricataYamlBelowOurOwn) {
  const std::string theirs = file("suricata.yaml",
                                  "%YAML 1.1\n---\nvars:\n  address-groups:\n    HOME_NET: \"[192.0.2.0/24]\"\n"
                                  "    DC_SERVERS: \"$HOME_NET\"\n  port-groups:\n    HTTP_PORTS: [80, 8080]\n"
                                  "outputs:\n  - eve-log: {enabled: yes}\n");

  const SensorConfig config = sensor("vars_from: " + theirs + "\nvars: {address: {DC_SERVERS: 192.0.2.9}}\n");

  ASSERT_TRUE(errors_.empty()) << said();
  EXPECT_EQ(*config.engine.variables.find_address("HOME_NET"), "[192.0.2.0/24]");
  EXPECT_EQ(*config.engine.variables.find_port("HTTP_PORTS"), "[80,8080]");
  EXPECT_EQ(*config.engine.variables.find_address("DC_SERVERS"), "192.0.2.9");
}

TEST_F(SettingsTest, MissingSuricataYamlIsAnErrorAtTheKeyThatNamesIt) {
  (void)sensor("vars_from: /nowhere/suricata.yaml\n");

  EXPECT_NE(said().find("haidang.yaml:1:12: "), std::string::npos) << said();
}

TEST(Source, IsReadFromTheCommandLine) {
  const auto source = parse_capture("pcap_file:/tmp/a:b.pcap");
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ(source->source, SourceKind::pcap_file);
  EXPECT_EQ(source->interfaces, (std::vector<std::string>{"/tmp/a:b.pcap"}));
  for (const char* wrong : {"eth0", "afpacket:eth0", "pcap:", ""}) EXPECT_FALSE(parse_capture(wrong).has_value()) << wrong;
}

}  // namespace
}  // namespace hd
