// SPDX-License-Identifier: Apache-2.0
// Conditions on headers, asked of packets made by hand.
#include "sensor/stream/session.hpp"
#include "tests/unit/keywords/rule_under_test.hpp"

namespace hd {
namespace {

// Ethernet is left out: the IP header is the packet's first byte.
class Packet {
public:
  static Packet tcp(std::uint8_t flags, std::string_view payload = {}) {
    Packet packet;
    packet.ip4(ip_protocol::tcp);
    packet.bytes_.insert(packet.bytes_.end(),
                         {0x9c, 0x40, 0x00, 0x50, 0, 0, 0, 1, 0,    0,    0, 2, 0x70, flags,
                          0x20, 0x00, 0,    0,    0, 0, 2, 4, 0x05, 0xb4, 3, 3, 7,    0});
    packet.finish(28, payload);
    return packet;
  }
  static Packet icmp(std::uint8_t type, std::uint8_t code) {
    Packet packet;
    packet.ip4(ip_protocol::icmp);
    packet.bytes_.insert(packet.bytes_.end(), {type, code, 0, 0, 0x12, 0x34, 0, 5});
    packet.finish(8, {});
    return packet;
  }
  static Packet udp(std::string_view payload) {
    Packet packet;
    packet.ip4(ip_protocol::udp);
    packet.bytes_.insert(packet.bytes_.end(), {0x9c, 0x40, 0x00, 0x35, 0, 0, 0, 0});
    packet.finish(8, payload);
    return packet;
  }
  void fragment(std::uint16_t field) {
    bytes_[6] = static_cast<std::uint8_t>(field >> 8);
    bytes_[7] = static_cast<std::uint8_t>(field);
  }
  void tag(std::initializer_list<std::uint16_t> vlans) {
    for (const std::uint16_t vlan : vlans)
      view_.vlan[view_.vlan_count++] = vlan;
  }
  [[nodiscard]] const PacketView& view() {
    view_.data = bytes_.data();
    return view_;
  }

private:
  void ip4(std::uint8_t protocol) {
    bytes_ = {0x45, 0x08, 0, 0, 0x00, 0x07, 0x40, 0x00, 64, protocol, 0, 0, 192, 0, 2, 1, 198, 51, 100, 9};
    view_.protocol = protocol;
    view_.l4 = 20;
    view_.flags = packet_flag::ip4 | packet_flag::l4;
  }
  void finish(std::uint16_t header, std::string_view payload) {
    view_.payload = static_cast<std::uint16_t>(20 + header);
    view_.payload_length = static_cast<std::uint16_t>(payload.size());
    bytes_.insert(bytes_.end(), payload.begin(), payload.end());
    view_.caplen = view_.wirelen = static_cast<std::uint32_t>(bytes_.size());
  }
  std::vector<std::uint8_t> bytes_ = {};
  PacketView view_ = {};
};

bool holds(const char* options, Packet packet, const FlowRecord* flow = nullptr,
           const TcpSession* tcp = nullptr, bool is_established = false) {
  const RuleUnderTest rule(options, "alert ip any any -> any any");
  EXPECT_TRUE(rule.is_built) << options << "\n" << to_text(rule.error);
  const DecodeEventSet none{};
  const Inspection at{.packet = packet.view(),
                      .decode_events = none,
                      .flow = flow,
                      .tcp = tcp,
                      .is_established = is_established};
  EXPECT_FALSE(rule.rule.packet_conditions.empty()) << options;
  for (const PacketCondition& condition : rule.rule.packet_conditions) {
    if (!condition.check(at, condition.data)) return false;
  }
  return true;
}

struct PacketRow {
  const char* options;
  bool expected;
};

TEST(TcpHeaderKeywords, CompareFieldsAndOptions) {
  constexpr PacketRow kRows[] = {
      {"flags:S;", true},
      {"flags:SA;", false},
      {"flags:S,CE;", true},
      {"flags:+S;", true},
      {"flags:*SA;", true},
      {"flags:!S;", false},
      {"flags:0;", false},
      {"tcp.flags:S;", true},
      {"seq:1;", true},
      {"ack:2;", true},
      {"ack:3;", false},
      {"window:8192;", true},
      {"window:!8192;", false},
      {"tcp.mss:1460;", true},
      {"tcp.mss:<536;", false},
      {"tcp.wscale:>6;", true},
      {"tcp.wscale:0-7;", false},
      {"ttl:64;", true},
      {"ttl:<64;", false},
      {"ttl:63-65;", true},
      {"tos:8;", true},
      {"tos:!8;", false},
      {"tos:x08;", true},
      {"id:7;", true},
      {"ip_proto:tcp;", true},
      {"ip_proto:!6;", false},
      {"ip_proto:>5;", true},
      {"fragbits:D;", true},
      {"fragbits:M;", false},
      {"fragbits:!M;", true},
      {"fragoffset:0;", true},
      {"sameip;", false},
      {"dsize:5;", true},
      {"dsize:>5;", false},
      {"vlan.layers:0;", true},
      {"vlan.id:5;", false},
      {"itype:8;", false},
      {"icmp_id:1;", false},
      {"ipopts:any;", false},
      {"ipv4-csum:invalid;", true},
      {"tcpv4-csum:valid;", false},
      {"tcpv6-csum:invalid;", false},
  };
  for (const PacketRow& row : kRows)
    EXPECT_EQ(holds(row.options, Packet::tcp(tcp_flag::syn, "hello")), row.expected) << row.options;
}

TEST(TcpHeaderKeywords, LeaveTheFlagsBehindTheCommaOutOfAccount) {
  EXPECT_TRUE(holds("flags:S,CE;", Packet::tcp(tcp_flag::syn | tcp_flag::ece)));
  EXPECT_FALSE(holds("flags:S;", Packet::tcp(tcp_flag::syn | tcp_flag::ece)));
}

TEST(IcmpKeywords, KnowTypesWithIdentifiers) {
  EXPECT_TRUE(holds("itype:8; icode:0; icmp_id:4660; icmp_seq:5;", Packet::icmp(8, 0)));
  EXPECT_FALSE(holds("icmp_id:4660;", Packet::icmp(3, 1)));
  EXPECT_TRUE(holds("itype:3<>9;", Packet::icmp(8, 0)));
  EXPECT_FALSE(holds("itype:3<>8;", Packet::icmp(8, 0)));
}

TEST(FragmentKeywords, ReadBitsAndOffset) {
  Packet packet = Packet::udp("x");
  packet.fragment(0x2000 | 185);
  EXPECT_TRUE(holds("fragbits:M; fragoffset:185;", packet));
  EXPECT_FALSE(holds("fragbits:MD;", packet));
  EXPECT_TRUE(holds("fragbits:*MD;", packet));
}

TEST(VlanKeywords, CountLayersFromBothEnds) {
  Packet packet = Packet::udp("x");
  packet.tag({200, 300, 400});
  constexpr PacketRow kRows[] = {
      {"vlan.id:300;", true},       {"vlan.id:200,0;", true},    {"vlan.id:400,-1;", true},
      {"vlan.id:200,-3;", true},    {"vlan.id:200,1;", false},   {"vlan.id:>100,all;", true},
      {"vlan.id:>200,all;", false}, {"vlan.id:!500,all;", true}, {"vlan.layers:3;", true},
      {"vlan.id:100-600,2;", true},
  };
  for (const PacketRow& row : kRows)
    EXPECT_EQ(holds(row.options, packet), row.expected) << row.options;
}

TEST(FlowFacts, CountPacketsBytesAndSeconds) {
  FlowRecord flow;
  flow.start = PacketTime{10 * kSecond};
  flow.last_seen = PacketTime{31 * kSecond};
  flow.packets = {10, 3};
  flow.bytes = {5000, 100};
  constexpr PacketRow kRows[] = {
      {"flow.age:>20;", true},
      {"flow.age:>21;", false},
      {"flow.pkts:toserver,=10;", true},
      {"flow.pkts:either,3;", true},
      {"flow.pkts:both,>5;", false},
      {"flow.bytes:toclient,<101;", true},
      {"flow.bytes_toserver:>4kb;", true},
      {"flow.pkts_toclient:3;", true},
  };
  for (const PacketRow& row : kRows)
    EXPECT_EQ(holds(row.options, Packet::udp("x"), &flow), row.expected) << row.options;
  EXPECT_FALSE(holds("flow.age:<5;", Packet::udp("x")));
}

TEST(FlowFacts, MeasureTheStreamByItsSequenceNumbers) {
  TcpSession session;
  session.sides[0].isn = 0xfffffff0;
  session.sides[0].next_seq = 0x10;
  EXPECT_TRUE(holds("stream_size:client,=,32;", Packet::tcp(tcp_flag::ack), nullptr, &session));
  EXPECT_TRUE(holds("stream_size:server,<,5;", Packet::tcp(tcp_flag::ack), nullptr, &session));
  EXPECT_FALSE(holds("stream_size:both,>,5;", Packet::tcp(tcp_flag::ack), nullptr, &session));
  EXPECT_FALSE(holds("stream_size:client,>,5;", Packet::tcp(tcp_flag::ack)));
}

TEST(FlowFacts, KnowThePhaseOfTheSession) {
  TcpSession session;
  session.state = TcpState::established;
  EXPECT_TRUE(holds("tcp.session:setup;", Packet::tcp(tcp_flag::ack), nullptr, &session, false));
  EXPECT_FALSE(holds("tcp.session:setup;", Packet::tcp(tcp_flag::ack), nullptr, &session, true));
  EXPECT_TRUE(holds("tcp.session:established;", Packet::tcp(tcp_flag::ack), nullptr, &session, true));
  session.state = TcpState::time_wait;
  EXPECT_TRUE(holds("tcp.session:closing;", Packet::tcp(tcp_flag::ack), nullptr, &session, true));
  session.state = TcpState::closed;
  EXPECT_FALSE(holds("tcp.session:closing;", Packet::tcp(tcp_flag::ack), nullptr, &session, true));
}

TEST(Rpc, ReadsACallOverUdpAndTcp) {
  const std::string call("\0\0\0\1\0\0\0\0\0\0\0\2\0\1\x86\xa3\0\0\0\3\0\0\0\7\0\0\0\0\0\0\0\0", 32);
  EXPECT_TRUE(holds("rpc:100003,3,7;", Packet::udp(call)));
  EXPECT_TRUE(holds("rpc:100003,*,*;", Packet::udp(call)));
  EXPECT_FALSE(holds("rpc:100003,2,*;", Packet::udp(call)));
  EXPECT_TRUE(holds("rpc:100003,3,7;", Packet::tcp(tcp_flag::ack, std::string("\x80\0\0\x20", 4) + call)));
  EXPECT_FALSE(holds("rpc:100003,*,*;", Packet::udp(call.substr(0, 20))));
}

TEST(HeaderBuffers, ShowPartsOfThePacket) {
  Packet packet = Packet::tcp(tcp_flag::syn, "payload");
  const DecodeEventSet none{};
  const Inspection at{.packet = packet.view(), .decode_events = none};
  const auto length = [&](const char* name) -> std::size_t {
    const RuleUnderTest rule(std::string(name) + R"(; content:"a";)", "alert ip any any -> any any");
    Bytes bytes;
    return rule.list().buffer.packet->get(at, bytes) ? bytes.size() : 0;
  };
  EXPECT_EQ(length("ipv4.hdr"), 20u);
  EXPECT_EQ(length("tcp.hdr"), 28u);
  EXPECT_EQ(length("ip.src"), 4u);
  EXPECT_EQ(length("udp.hdr"), 0u);
  EXPECT_EQ(length("ipv6.hdr"), 0u);
  EXPECT_EQ(length("icmpv4.hdr"), 0u);
}

TEST(HeaderKeywords, RefuseWhatCannotBe) {
  constexpr RuleRow kRows[] = {
      {"ttl:256;", "out of range"},
      {"flags:X;", "not a TCP flag"},
      {"flags:;", "needs flags"},
      {"fragbits:X;", "not a fragment bit"},
      {"fragbits:!;", "at least one bit"},
      {"ipopts:xyz;", "not an IP option"},
      {"ip_proto:nonsense;", "neither a number nor"},
      {"l3_proto:x25;", "not a network protocol"},
      {"vlan.id:5000;", "out of range"},
      {"vlan.id:5,7;", "out of range"},
      {"ipv4-csum:broken;", "not a state"},
      {"decode-event:ipv4.nonsense;", "not an event"},
      {"stream-event:nonsense;", "not an event"},
      {"decode-event:ipv4.trunc_pkt;"},
      {"stream-event:est_syn_resend;"},
      {"engine-event:stream.est_syn_resend;"},
      {"app-layer-event:applayer_wrong_direction_first_data;"},
      {"app-layer-event:http.too_long;"},
      {"app-layer-event:http.too_lng;", "not an event of http"},
      {"app-layer-event:smb.error;", "protocol not supported"},
      {"app-layer-protocol:!http;"},
      {"app-layer-protocol:ssh;", "protocol not supported"},
      {"app-layer-protocol:http,sideways;", "not a side"},
      {"app-layer-protocol:http;", "about one protocol already", "alert http any any -> any any"},
      {"app-layer-state:>request_headers;", nullptr, "alert http any any -> any any"},
      {"app-layer-state:request_headers;", "needs a rule about one protocol"},
      {"stream_size:client,>;", "needs a side"},
      {"stream_size:middle,>,5;", "not a side"},
      {"tcp.session:asleep;", "not a phase"},
      {"flow.pkts:>5;", "needs a side"},
  };
  expect_rows(kRows);
}

TEST(AppLayerProtocol, AloneAsksOnlyWhenTheRecognitionEnded) {
  EXPECT_EQ(RuleUnderTest("app-layer-protocol:!http;").rule.packet_conditions.at(0).data.number[3], 1u);
  EXPECT_EQ(RuleUnderTest("app-layer-protocol:!http; flow:established;")
                .rule.packet_conditions.at(0)
                .data.number[3],
            0u);
}

TEST(SynOnly, IsAboutTheServersDirection) {
  EXPECT_TRUE(RuleUnderTest("flags:S;").rule.flow.to_server);
  EXPECT_FALSE(RuleUnderTest("flags:SA;").rule.flow.to_server);
  EXPECT_FALSE(RuleUnderTest("flags:S; flow:to_client;").rule.flow.to_server);
}

} // namespace
} // namespace hd
