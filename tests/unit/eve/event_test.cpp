// SPDX-License-Identifier: Apache-2.0
#include "sensor/eve/event.hpp"

#include <gtest/gtest.h>

#include "sensor/app/record_sink.hpp"
#include "sensor/base/json.hpp"

namespace hd::test {
namespace {

EventRecord record_of(EventKind kind) {
  EventRecord record{.at = {.time = {1'660'000'012'500'000'000}, .flow_id = 42, .flow_start = {1'660'000'000'900'000'000}}, .kind = kind};
  record.at.source = Address::from_ip4(0x0a000001);
  record.at.target = Address::from_ip4(0xc6336407);
  record.at.source_port = 40'000;
  record.at.target_port = 80;
  record.at.protocol = ip_protocol::tcp;
  record.at.has_flow = record.at.has_ports = true;
  record.at.flow_packets = {5, 4};
  record.at.flow_bytes = {500, 4000};
  record.at.app_protocol = AppProtocol::http;
  record.last_seen = {1'660'000'012'100'000'000};
  return record;
}

JsonDocument render(const EventRecord& record, Bytes tail = {}, const EveOptions& options = {}) {
  std::string line;
  render_event(record, tail, options, line);
  auto document = JsonDocument::parse(line);
  EXPECT_TRUE(document) << line;
  return std::move(*document);
}

TEST(EveEvent, AFlowTellsBothDirectionsAndHowItEnded) {
  EventRecord record = record_of(EventKind::flow);
  record.state = FlowState::closed;
  record.was_alerted = true;
  record.transactions = 3;
  const auto json = render(record, {}, {.sensor_name = "pq-lan-01"});

  EXPECT_EQ(json.get("event_type").as_string(), "flow");
  EXPECT_EQ(json.get("timestamp").as_string(), "2022-08-08T23:06:52.500000+0000");
  EXPECT_EQ(json.get("src_ip").as_string(), "10.0.0.1");
  EXPECT_EQ(json.get("dest_port").as_uint(), 80u);
  EXPECT_EQ(json.get("app_proto").as_string(), "http");
  EXPECT_FALSE(json.get("pkt_src"));
  const JsonView flow = json.get("flow");
  EXPECT_EQ(flow.get("pkts_toserver").as_uint(), 5u);
  EXPECT_EQ(flow.get("bytes_toclient").as_uint(), 4000u);
  EXPECT_EQ(flow.get("start").as_string(), "2022-08-08T23:06:40.900000+0000");
  EXPECT_EQ(flow.get("end").as_string(), "2022-08-08T23:06:52.100000+0000");
  EXPECT_EQ(flow.get("age").as_uint(), 12u);
  EXPECT_EQ(flow.get("state").as_string(), "closed");
  EXPECT_EQ(flow.get("reason").as_string(), "timeout");
  EXPECT_TRUE(flow.get("alerted").as_bool());
  EXPECT_EQ(flow.get("tx_cnt").as_uint(), 3u);
  EXPECT_FALSE(json.get("tcp"));
  EXPECT_EQ(json.get("haidang").get("sensor").as_string(), "pq-lan-01");
}

TEST(EveEvent, AFlowsReasonIsOneOfSuricatas) {
  const std::pair<FlowEnd, std::string_view> cases[] = {{FlowEnd::timeout, "timeout"},       {FlowEnd::reused, "tcp_reuse"},     {FlowEnd::evicted_share, "forced"},
                                                        {FlowEnd::evicted_oldest, "forced"}, {FlowEnd::evicted_probe, "forced"}, {FlowEnd::drained, "shutdown"}};
  for (const auto& [reason, name] : cases) {
    EventRecord record = record_of(EventKind::flow);
    record.reason = reason;
    EXPECT_EQ(render(record).get("flow").get("reason").as_string(), name);
  }
}

TEST(EveEvent, TcpFlagsAreThoseOfAllPackets) {
  EventRecord record = record_of(EventKind::flow);
  record.has_tcp = true;
  record.tcp_state = TcpState::closed;
  record.tcp_flags = {tcp_flag::syn | tcp_flag::ack | tcp_flag::psh, tcp_flag::syn | tcp_flag::ack | tcp_flag::fin};
  const auto json = render(record);
  const JsonView tcp = json.get("tcp");

  EXPECT_EQ(tcp.get("tcp_flags").as_string(), "1b");
  EXPECT_EQ(tcp.get("tcp_flags_ts").as_string(), "1a");
  EXPECT_EQ(tcp.get("tcp_flags_tc").as_string(), "13");
  for (const char* name : {"syn", "ack", "psh", "fin"}) EXPECT_TRUE(tcp.get(name).as_bool()) << name;
  for (const char* name : {"rst", "urg", "ecn", "cwr"}) EXPECT_FALSE(tcp.get(name)) << name;
  EXPECT_EQ(tcp.get("state").as_string(), "closed");
}

TEST(EveEvent, ATransactionIsItsProtocolsObject) {
  std::array<std::uint8_t, 256> room{};
  RecordSink object(room);
  object.begin_object("http");
  object.text("hostname", std::string_view("example.com"));
  object.end_object();
  EventRecord record = record_of(EventKind::transaction);
  record.at.has_tx = true;
  record.at.tx_id = 2;
  record.at.packet_number = 9;
  record.at.tail.app = static_cast<std::uint32_t>(object.used());
  const auto json = render(record, Bytes(room).first(object.used()), {.has_packet_number = true});

  EXPECT_EQ(event_type_of(record), "http");
  EXPECT_EQ(json.get("event_type").as_string(), "http");
  EXPECT_EQ(json.get("tx_id").as_uint(), 2u);
  EXPECT_EQ(json.get("pcap_cnt").as_uint(), 9u);
  EXPECT_EQ(json.get("pkt_src").as_string(), "wire/pcap");
  EXPECT_EQ(json.get("http").get("hostname").as_string(), "example.com");
  EXPECT_FALSE(json.get("app_proto"));
  EXPECT_FALSE(json.get("flow"));
}

TEST(EveEvent, AnAnomalyIsNamedAsSuricataNamesIt) {
  struct Case {
    AnomalyType type;
    AppProtocol protocol;
    std::string_view event, expected_type, expected_event, expected_layer;
  };
  const Case cases[] = {
      {AnomalyType::decode, AppProtocol::unknown, "ipv4.trunc_pkt", "decode", "decoder.ipv4.trunc_pkt", ""},
      {AnomalyType::stream, AppProtocol::unknown, "pkt_invalid_ack", "stream", "stream.pkt_invalid_ack", ""},
      {AnomalyType::app_recognition, AppProtocol::failed, "APPLAYER_WRONG_DIRECTION_FIRST_DATA", "applayer", "APPLAYER_WRONG_DIRECTION_FIRST_DATA", "proto_detect"},
      {AnomalyType::app_parser, AppProtocol::http, "missing_host_header", "applayer", "MISSING_HOST_HEADER", "proto_parser"},
      {AnomalyType::app_parser, AppProtocol::dns, "malformed_data", "applayer", "malformed_data", "proto_parser"},
  };
  for (const Case& one : cases) {
    EventRecord record = record_of(EventKind::anomaly);
    record.anomaly = one.type;
    record.event = one.event;
    record.at.app_protocol = one.protocol;
    const auto json = render(record);
    EXPECT_EQ(json.get("event_type").as_string(), "anomaly");
    EXPECT_EQ(json.get("anomaly").get("type").as_string(), one.expected_type);
    EXPECT_EQ(json.get("anomaly").get("event").as_string(), one.expected_event);
    EXPECT_EQ(json.get("anomaly").get("layer").as_string(), one.expected_layer);
    EXPECT_EQ(json.get("app_proto").as_string(), name_of(one.protocol));
  }
}

TEST(EventChoice, KnowsTheTypesByTheirNames) {
  EventChoice choice;
  EXPECT_FALSE(choice.any());
  for (const std::string_view type : {"alert", "stats", "failed", "", "nonsense"}) EXPECT_FALSE(choice.add(type)) << type;
  EXPECT_FALSE(choice.any());

  EXPECT_TRUE(choice.add("dns"));
  EXPECT_TRUE(choice.any());
  EXPECT_TRUE(choice.wants(AppProtocol::dns));
  EXPECT_FALSE(choice.wants(AppProtocol::http));
  EXPECT_FALSE(choice.has_flow || choice.has_anomaly);
  EXPECT_TRUE(choice.add("flow") && choice.add("anomaly") && choice.add("http") && choice.add("tls"));
  EXPECT_TRUE(choice.has_flow && choice.has_anomaly && choice.wants(AppProtocol::http) && choice.wants(AppProtocol::tls));
}

}  // namespace
}  // namespace hd::test
