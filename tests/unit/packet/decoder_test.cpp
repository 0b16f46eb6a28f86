// SPDX-License-Identifier: Apache-2.0
#include "sensor/packet/checksum.hpp"
#include "sensor/packet/decoder.hpp"
#include "tests/unit/packet/decoded.hpp"

#include <gtest/gtest.h>

namespace hd::test {
namespace {

const Network kHello = ip4({}, tcp({.flags = "PA", .payload = "hello"}));
const Network kHello6 = ip6({}, udp({}, "hello"));

/// The last view is the TCP packet above, whatever stands around it.
void expect_hello(const Decoded& decoded) {
  const PacketView& view = decoded.last();
  EXPECT_TRUE(view.is_tcp());
  EXPECT_EQ(view.source_port(), 40000);
  EXPECT_EQ(view.target_port(), 80);
  EXPECT_EQ(as_chars(view.payload_bytes()), "hello");
  EXPECT_EQ(source_address(view).ip4(), 0xc0000201u);
  EXPECT_EQ(target_address(view).ip4(), 0xc6336407u);
  EXPECT_EQ(decoded.events(decoded.count() - 1), "");
  EXPECT_FALSE(view.has(packet_flag::invalid));
}

TEST(Decoder, FindsTheLayersOfPlainTcp) {
  Decoded decoded;

  decoded.take(kHello);

  ASSERT_EQ(decoded.count(), 1u);
  EXPECT_EQ(decoded.view().l3, 14);
  EXPECT_EQ(decoded.view().l4, 34);
  EXPECT_EQ(decoded.view().payload, 54);
  EXPECT_EQ(decoded.view().number, 1u);
  expect_hello(decoded);
}

TEST(Decoder, LeavesPaddingBehindShortFramesAlone) {
  Packet frame = ethernet(kHello);
  frame.resize(frame.size() + 20, 0xee);

  expect_hello(Decoded().take(frame));
}

TEST(Decoder, SeesThroughTagsAndLabels) {
  const Packet frame = ethernet(kHello);
  for (const Network& network :
       {vlan(7, kHello), qinq(100, 7, kHello), vlan(1, vlan(2, vlan(3, kHello)), 0x9100),
        mpls(3000, kHello.bytes), mpls(0, kHello.bytes), pseudowire(3000, frame), mpls(3000, frame),
        pppoe(kHello), vlan(7, pppoe(kHello)), vlan(7, mpls(3000, kHello.bytes))}) {
    SCOPED_TRACE(network.type);
    Decoded decoded;

    decoded.take(network);

    EXPECT_EQ(decoded.count(), 1u);
    expect_hello(decoded);
  }
}

TEST(Decoder, KeepsTagsInTheirOrder) {
  Decoded decoded;

  decoded.take(qinq(100, 7, kHello));

  EXPECT_EQ(decoded.view().vlan_count, 2);
  EXPECT_EQ(decoded.view().vlan[0], 100);
  EXPECT_EQ(decoded.view().vlan[1], 7);
}

TEST(Decoder, TakesTheTagThatTheCardTookOff) {
  const Packet frame = ethernet(vlan(7, kHello));
  RawBatch raw;
  raw.count = 1;
  raw.packets[0] = {.data = frame.data(),
                    .caplen = static_cast<std::uint32_t>(frame.size()),
                    .wirelen = static_cast<std::uint32_t>(frame.size()),
                    .number = 1,
                    .vlan = 0xa064,
                    .has_vlan = true};
  Decoded decoded;

  decoded.take(raw);

  EXPECT_EQ(decoded.view().vlan_count, 2);
  EXPECT_EQ(decoded.view().vlan[0], 100);  // priority bits are not part of it
  EXPECT_EQ(decoded.view().vlan[1], 7);
  expect_hello(decoded);
}

struct LinkCase {
  std::uint16_t link;
  const char* header;
};

TEST(Decoder, KnowsLinkTypes) {
  for (const LinkCase& one :
       {LinkCase{link_type::raw, ""}, LinkCase{link_type::ip4, ""}, LinkCase{link_type::null, "02000000"},
        LinkCase{link_type::loop, "00000002"}, LinkCase{link_type::ppp, "ff030021"},
        LinkCase{link_type::ppp, "0021"}, LinkCase{link_type::ppp, "21"}, LinkCase{link_type::ppp, "ff0321"},
        LinkCase{link_type::chdlc, "0f000800"},
        LinkCase{link_type::linux_sll, "00000001000602000000000100000800"},
        LinkCase{link_type::linux_sll2, "0800000000000002000100060200000000010000"},
        LinkCase{link_type::pppoe, "110000010000 0021"}}) {
    SCOPED_TRACE(one.link);
    Packet packet = from_hex(one.header);
    if (one.link == link_type::pppoe) set16(packet, 4, static_cast<unsigned>(kHello.bytes.size() + 2));
    put(packet, kHello.bytes);
    Decoded decoded;

    decoded.take(packet, one.link);

    expect_hello(decoded);
  }
}

TEST(Decoder, CountsLinkTypesThatItDoesNotKnow) {
  Decoded decoded;

  decoded.take(ethernet(kHello), 147);

  EXPECT_EQ(decoded.count(), 1u);
  EXPECT_EQ(decoded.counters().unknown_link, 1u);
  EXPECT_EQ(decoded.counters().packets, 1u);
}

TEST(Decoder, OpensTunnelsBehindTheirOuterPacket) {
  const Packet frame = ethernet(kHello);
  const Packet pdu_session =
      from_hex("0000 00 85 01 10 09 00");  // sequence, N-PDU, then the PDU session container
  Packet erspan_2 = from_hex("1007 0000 00000000");
  put(erspan_2, frame);
  Packet erspan_3 = from_hex("2007 0000 00000000 0000 0001 0000000000000000");
  put(erspan_3, frame);
  Packet ppp = from_hex("ff03 0021");
  put(ppp, kHello.bytes);
  struct Case {
    Network outer;
    Tunnel tunnel;
  };
  const Case cases[] = {
      {ip4({}, ip_in_ip(kHello)), Tunnel::ipip},
      {ip6({}, ip_in_ip(kHello)), Tunnel::ip4in6},
      {ip4({}, gre(kHello)), Tunnel::gre},
      {ip4({}, gre(0x0800, kHello.bytes, 0xb000, from_hex("00000000 00000007 00000001"))), Tunnel::gre},
      {ip4({}, gre(0x6558, frame)), Tunnel::gre},
      {ip4({}, gre(0x880b, ppp, 0x3081, from_hex("00100007 00000001 00000002"))), Tunnel::gre},
      {ip4({}, gre(mpls(3000, kHello.bytes))), Tunnel::gre},
      {ip4({}, gre(0x88be, frame)), Tunnel::erspan},
      {ip4({}, gre(0x88be, erspan_2, 0x1000, from_hex("00000001"))), Tunnel::erspan},
      {ip4({}, gre(0x22eb, erspan_3, 0x1000, from_hex("00000001"))), Tunnel::erspan},
      {ip4({}, vxlan(77, frame)), Tunnel::vxlan},
      {ip6({}, vxlan(77, ethernet(vlan(9, kHello)))), Tunnel::vxlan},
      {ip4({}, geneve(77, frame)), Tunnel::geneve},
      {ip4({}, geneve(77, frame, from_hex("01020001 00000000"))), Tunnel::geneve},
      {ip4({}, gtp_u(77, kHello)), Tunnel::gtp_u},
      {ip4({}, gtp_u(77, kHello, pdu_session)), Tunnel::gtp_u},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(&one - cases);
    Decoded decoded;

    decoded.take(one.outer);

    ASSERT_EQ(decoded.count(), 2u);
    EXPECT_EQ(decoded.view(0).tunnel, Tunnel::none);
    EXPECT_EQ(decoded.view(0).payload_length, 0);
    EXPECT_EQ(decoded.view(1).tunnel, one.tunnel);
    EXPECT_EQ(decoded.view(1).depth, 1);
    EXPECT_EQ(decoded.view(1).number, 1u);
    EXPECT_TRUE(decoded.view(1).has(packet_flag::inner));
    EXPECT_EQ(decoded.counters().inner, 1u);
    expect_hello(decoded);
  }
}

TEST(Decoder, Finds6In4AndTeredo) {
  Packet with_origin = from_hex("0000 ff00 3f00 fd01");
  put(with_origin, kHello6.bytes);
  for (const Segment& segment : {ip_in_ip(kHello6), udp({.target_port = 3544}, kHello6.bytes),
                                 udp({.source_port = 3544}, with_origin)}) {
    Decoded decoded;

    decoded.take(ip4({}, segment));

    ASSERT_EQ(decoded.count(), 2u);
    EXPECT_EQ(decoded.view(1).tunnel, segment.protocol == 17 ? Tunnel::teredo : Tunnel::ip6in4);
    EXPECT_TRUE(decoded.view(1).is_udp());
    EXPECT_EQ(decoded.payload(1), "hello");
  }
}

TEST(Decoder, DoesNotTakeAnyDatagramAtATunnelPortForATunnel) {
  for (const std::uint16_t port :
       {std::uint16_t{4789}, std::uint16_t{6081}, std::uint16_t{3544}, std::uint16_t{2152}}) {
    for (const std::string& payload :
         {std::string(200, 'A'), std::string(200, '\0'), std::string(9, '\x60'), std::string(100, '\x60')}) {
      Decoded decoded;

      decoded.take(ip4({}, udp({.target_port = port}, payload)));

      EXPECT_EQ(decoded.count(), 1u) << port;
      EXPECT_EQ(decoded.events(), "") << port;
      EXPECT_EQ(decoded.payload(), payload) << port;
    }
  }
}

TEST(Decoder, WithdrawsAnInnerPacketWhoseHeaderDoesNotHold) {
  Network broken = kHello;
  broken.bytes[0] = 0x42;  // a header of 8 bytes
  Decoded decoded;

  decoded.take(ip4({}, gre(broken)));

  EXPECT_EQ(decoded.count(), 1u);
  EXPECT_EQ(decoded.events(), "");
  EXPECT_EQ(decoded.counters().inner_refused, 1u);
  EXPECT_EQ(decoded.counters().events[static_cast<std::size_t>(DecodeEvent::ipv4_hlen_too_small)], 1u);
}

TEST(Decoder, LeavesTunnelsClosedThatAreSwitchedOff) {
  DecoderOptions options;
  options.vxlan = options.geneve = options.teredo = options.gtp = false;

  EXPECT_EQ(Decoded(options).take(ip4({}, vxlan(77, ethernet(kHello)))).count(), 1u);
  EXPECT_EQ(Decoded(options).take(ip4({}, gtp_u(77, kHello))).count(), 1u);
}

TEST(Decoder, OpensTunnelsAtOtherPorts) {
  DecoderOptions options;
  options.vxlan_ports = {8472};

  EXPECT_EQ(Decoded(options).take(ip4({}, vxlan(77, ethernet(kHello), 8472))).count(), 2u);
  EXPECT_EQ(Decoded(options).take(ip4({}, vxlan(77, ethernet(kHello), 4789))).count(), 1u);
}

TEST(Decoder, StopsAtFourPacketsAroundAPacket) {
  Network network = kHello;
  for (int i = 0; i < 4; ++i) network = ip4({}, ip_in_ip(network));
  EXPECT_EQ(Decoded().take(network).count(), 5u);

  Decoded decoded;
  decoded.take(ip4({}, ip_in_ip(network)));

  EXPECT_EQ(decoded.count(), 5u);
  EXPECT_EQ(decoded.events(4), "too_many_layers");
  EXPECT_EQ(decoded.counters().decode_depth, 1u);
}

TEST(Decoder, StopsAtSixteenLayers) {
  Packet labels;
  for (int i = 0; i < 12; ++i)
    put32(labels, 3000u << 12 | 64);  // frame, 13 labels, IP: the 15th is the last that passes
  put(labels, mpls(3000, kHello.bytes).bytes);
  expect_hello(Decoded().take(Network{.type = 0x8847, .bytes = labels}));

  Decoded decoded;
  Packet more;
  put32(more, 3000u << 12 | 64);
  put(more, labels);
  decoded.take(Network{.type = 0x8847, .bytes = more});

  EXPECT_EQ(decoded.events(), "too_many_layers");
  EXPECT_TRUE(decoded.view().has(packet_flag::invalid));
  EXPECT_EQ(decoded.counters().decode_depth, 1u);
}

TEST(Decoder, KeepsAPlaceForEachPacketOfTheBatch) {
  // 32 packets with as many inner ones as may be: 32 x 5 views have room, and every number is there.
  Network network = kHello;
  for (int i = 0; i < 4; ++i) network = ip4({}, ip_in_ip(network));
  Decoded decoded;

  decoded.take(std::vector<Packet>(RawBatch::kMax, ethernet(network)));

  EXPECT_EQ(decoded.count(), RawBatch::kMax * 5);
  EXPECT_EQ(decoded.batch().packets, RawBatch::kMax);
  EXPECT_EQ(decoded.last().number, RawBatch::kMax);
}

TEST(Decoder, SharesTheLastEventSetWhenAllAreTaken) {
  // Five views of each packet with an event each: more than there are sets.
  Ip4Fields odd;
  odd.options = from_hex("ff 02");
  Network network = ip4(odd, tcp({}));
  for (int i = 0; i < 4; ++i) network = ip4(odd, ip_in_ip(network));
  Decoded decoded;

  decoded.take(std::vector<Packet>(RawBatch::kMax, ethernet(network)));

  EXPECT_EQ(decoded.events(0), "ipv4.opt_invalid");
  EXPECT_EQ(decoded.events(decoded.count() - 1), "ipv4.opt_invalid");
  EXPECT_EQ(decoded.counters().events[static_cast<std::size_t>(DecodeEvent::ipv4_opt_invalid)],
            RawBatch::kMax * 5);
}

TEST(Decoder, ForgetsTheEventsOfTheBatchBefore) {
  Decoded decoded;
  decoded.take(Packet(5));
  EXPECT_EQ(decoded.events(), "ethernet.pkt_too_small");

  decoded.take(kHello);

  EXPECT_EQ(decoded.events(), "");
  EXPECT_EQ(decoded.batch().events[1].empty(), true);
}

TEST(Decoder, MarksFramesThatWereCutByTheSnapLength) {
  const Packet frame = ethernet(kHello);
  RawBatch raw;
  raw.count = 1;
  raw.packets[0] = {
      .data = frame.data(), .caplen = 40, .wirelen = static_cast<std::uint32_t>(frame.size()), .number = 1};
  Decoded decoded;

  decoded.take(raw);

  EXPECT_TRUE(decoded.view().has(packet_flag::truncated));
  EXPECT_EQ(decoded.events(), "ipv4.trunc_pkt");
}

TEST(Decoder, LooksAtNoMoreThanOffsetsCanName) {
  Packet frame = ethernet(kHello);
  frame.resize(70'000);
  Decoded decoded;

  decoded.take(frame);

  expect_hello(decoded);
  EXPECT_TRUE(decoded.view().has(packet_flag::truncated));
}

TEST(Decoder, ChecksSumsWhenAsked) {
  DecoderOptions options;
  options.verify_checksums = true;
  for (const Network& network : {kHello, kHello6, ip4({}, udp({}, "odd")), ip4({}, icmp(8, 0, 0x00010002)),
                                 ip6({}, icmp6(128, 0, 1)), ip4({}, vxlan(1, ethernet(kHello)))}) {
    Decoded good(options);
    good.take(network);
    for (std::size_t i = 0; i < good.count(); ++i) EXPECT_FALSE(good.view(i).has(packet_flag::bad_checksum));

    Network wrong = network;
    wrong.bytes.back() ^= 1;
    Decoded bad(options);
    bad.take(wrong);

    EXPECT_TRUE(bad.view().has(packet_flag::bad_checksum));
    EXPECT_GE(bad.counters().bad_checksum, 1u);
  }
}

TEST(Decoder, TakesAUdpSumOfZeroForNone) {
  Network network = ip4({}, udp({}, "hello"));
  set16(network.bytes, 26, 0);

  Decoded decoded;
  decoded.take(network);

  EXPECT_EQ(transport_checksum(decoded.view()), ChecksumState::right);
}

}  // namespace
}  // namespace hd::test
