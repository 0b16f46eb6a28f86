// SPDX-License-Identifier: Apache-2.0
// Which oddity of a header raises which event, and whether the packet is of use any further.
#include "sensor/packet/events.hpp"
#include "tests/unit/packet/decoded.hpp"

#include <gtest/gtest.h>

namespace hd::test {
namespace {

enum class Use : std::uint8_t { usable, invalid };

struct Case {
  const char* what;
  Packet packet;
  const char* events;
  Use use = Use::invalid;
  std::uint16_t link = link_type::ethernet;
};

void run(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    Decoded decoded;

    decoded.take(one.packet, one.link);

    EXPECT_EQ(decoded.events(), one.events) << one.what;
    EXPECT_EQ(decoded.view().has(packet_flag::invalid), one.use == Use::invalid) << one.what;
  }
}

/// The bytes of a network layer with one changed, in a frame.
Packet with(Network network, std::size_t at, std::uint8_t value) {
  network.bytes.at(at) = value;
  return ethernet(network);
}
Packet cut(const Packet& packet, std::size_t length) {
  return {packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(length)};
}
Packet frame_of(std::uint16_t type, std::string_view hex) {
  return ethernet({type, from_hex(hex)});
}

const Network kTcp = ip4({}, tcp({.payload = "hello"}));
const Network kUdp6 = ip6({}, udp({}, "hello"));

TEST(DecodeEvents, HaveNamesThatLeadBack) {
  for (std::size_t i = 0; i < kDecodeEvents; ++i) {
    const auto event = static_cast<DecodeEvent>(i);
    ASSERT_FALSE(name_of(event).empty());
    EXPECT_EQ(decode_event(name_of(event)), event) << name_of(event);
  }
  EXPECT_EQ(decode_event("ipv4.no_such"), std::nullopt);
}

TEST(DecodeEvents, OfIp4) {
  run({{"19 bytes", ethernet({0x0800, cut(kTcp.bytes, 19)}), "ipv4.pkt_too_small"},
       {"version 5", with(kTcp, 0, 0x55), "ipv4.wrong_ip_version"},
       {"header of 16", with(kTcp, 0, 0x44), "ipv4.hlen_too_small"},
       {"length 19", with(kTcp, 3, 19), "ipv4.iplen_smaller_than_hlen"},
       {"one byte missing", cut(ethernet(kTcp), 14 + kTcp.bytes.size() - 1), "ipv4.trunc_pkt"},
       {"ICMPv6 inside", ethernet(ip4({}, icmp6(128, 0))), "ipv4.icmpv6", Use::usable}});
}

TEST(DecodeEvents, OfIp4Options) {
  const auto packet = [](std::string_view hex) { return ethernet(ip4({.options = from_hex(hex)}, tcp({}))); };
  run({{"fillers and end", packet("01 01 00"), "", Use::usable},
       {"router alert", packet("94 04 00 00"), "", Use::usable},
       {"router alert of 8", packet("94 08 0000 00000000"), "ipv4.opt_invalid_len", Use::usable},
       {"length 1", packet("07 01"), "ipv4.opt_invalid_len", Use::usable},
       {"beyond the header", packet("07 09 04 00"), "ipv4.opt_invalid_len", Use::usable},
       {"no room for a length", packet("01 01 01 07"), "ipv4.opt_eol_required", Use::usable},
       {"record route", packet("07 07 04 00000000"), "", Use::usable},
       {"pointer 3", packet("07 07 03 00000000"), "ipv4.opt_malformed", Use::usable},
       {"pointer beyond", packet("07 07 0c 00000000"), "ipv4.opt_malformed", Use::usable},
       {"twice", packet("07 07 04 00000000 07 07 04 00000000"), "ipv4.opt_duplicate", Use::usable},
       {"time stamps", packet("44 08 05 00 00000000"), "", Use::usable},
       {"time stamps amiss", packet("44 08 06 00 00000000"), "ipv4.opt_malformed", Use::usable},
       {"CIPSO", packet("86 0a 00000001 01 04 00 00"), "", Use::usable},
       {"CIPSO, tag 0", packet("86 0a 00000001 00 04 00 00"), "ipv4.opt_malformed", Use::usable},
       {"unknown", packet("ff 04 00 00"), "ipv4.opt_invalid", Use::usable}});
}

TEST(DecodeEvents, OfIp6) {
  run({{"39 bytes", ethernet({0x86dd, cut(kUdp6.bytes, 39)}), "ipv6.pkt_too_small"},
       {"version 4", with(kUdp6, 0, 0x40), "ipv6.wrong_ip_version"},
       {"one byte missing", cut(ethernet(kUdp6), 14 + kUdp6.bytes.size() - 1), "ipv6.trunc_pkt"},
       {"ICMPv4 inside", ethernet(ip6({}, icmp(8, 0))), "ipv6.icmpv4", Use::usable},
       {"unknown inside", ethernet(ip6({}, {.protocol = 253, .bytes = Packet(8)})),
        "ipv6.unknown_next_header", Use::usable},
       {"nothing", ethernet(ip6({}, {.protocol = 59})), "", Use::usable},
       {"data behind nothing", ethernet(ip6({}, {.protocol = 59, .bytes = Packet(1)})),
        "ipv6.data_after_none_header", Use::usable}});
}

TEST(DecodeEvents, OfIp6Extensions) {
  const auto packet = [](std::vector<Extension> extensions) {
    return ethernet(ip6({.extensions = std::move(extensions)}, udp({}, "hello")));
  };
  const Extension hop{0, from_hex("00 05 02 0000 01 00")};    // router alert, an empty PadN
  const Extension plain{0, from_hex("00 05 02 0000 00 00")};  // router alert, two Pad1
  const Extension destination{60, from_hex("00 1e 04 00000000")};
  const Extension padding{60, from_hex("00 01 04 00000000")};
  const Extension routing{43, from_hex("00 04 00 00000000")};
  const Extension auth{51, from_hex("01 0000 00000001 00000001")};
  const Extension fragment{44, from_hex("00 0000 00000007")};
  run({{"router alert", packet({plain}), "", Use::usable},
       {"PadN of nothing", packet({hop}), "ipv6.zero_len_padn", Use::usable},
       {"hop-by-hop twice", packet({plain, plain}), "ipv6.exthdr_dupl_hh", Use::usable},
       {"unknown for routers", packet({{0, from_hex("00 1e 04 00000000")}}), "ipv6.hopopts_unknown_opt",
        Use::usable},
       {"unknown for targets", packet({destination}), "ipv6.dstopts_unknown_opt", Use::usable},
       {"padding only", packet({padding}), "ipv6.dstopts_only_padding", Use::usable},
       {"three for targets", packet({padding, padding, padding}),
        "ipv6.exthdr_dupl_dh ipv6.dstopts_only_padding", Use::usable},
       {"option beyond", packet({{0, from_hex("00 05 06 0000 0000")}}), "ipv6.exthdr_invalid_optlen",
        Use::usable},
       {"router alert of 1", packet({{0, from_hex("00 05 01 00 01 01 00")}}), "ipv6.exthdr_invalid_optlen",
        Use::usable},
       {"routing", packet({routing}), "", Use::usable},
       {"routing 0", packet({{43, from_hex("00 00 00 00000000")}}), "ipv6.rh_type_0", Use::usable},
       {"routing twice", packet({routing, routing}), "ipv6.exthdr_dupl_rh", Use::usable},
       {"authentication", packet({auth}), "", Use::usable},
       {"authentication twice", packet({auth, auth}), "ipv6.exthdr_dupl_ah", Use::usable},
       {"reserved", packet({{51, from_hex("01 0001 00000001 00000001")}}), "ipv6.exthdr_ah_res_not_null",
        Use::usable},
       {"whole in one fragment", packet({fragment}), "ipv6.exthdr_useless_fh", Use::usable},
       {"reserved byte", packet({{44, from_hex("01 0000 00000007")}}),
        "ipv6.exthdr_useless_fh ipv6.fh_non_zero_reserved_field", Use::usable},
       {"fragment header twice", packet({fragment, fragment}), "ipv6.exthdr_dupl_fh ipv6.exthdr_useless_fh",
        Use::usable},
       {"longer than the packet", packet({{60, from_hex("ff 01 04 00000000")}}), "ipv6.trunc_exthdr",
        Use::usable},
       {"nothing behind", ethernet(ip6({.extensions = {fragment}}, {.protocol = 6})),
        "ipv6.trunc_exthdr ipv6.exthdr_useless_fh", Use::usable},
       {"one byte behind", ethernet(ip6({.extensions = {fragment}}, {.protocol = 6, .bytes = Packet(1)})),
        "ipv6.trunc_exthdr ipv6.exthdr_useless_fh", Use::usable},
       {"odd length with more to come",
        ethernet(
            ip6({.extensions = {{44, from_hex("00 0001 00000007")}}}, {.protocol = 6, .bytes = Packet(23)})),
        "ipv6.frag_invalid_length", Use::usable}});
}

TEST(DecodeEvents, OfIp6ExtensionsBeyondTheLimit) {
  const Extension mobility{135, from_hex("00 00 00 00000000")};
  Decoded most;
  most.take(ip6({.extensions = std::vector<Extension>(16, mobility)}, udp({}, "hello")));
  EXPECT_EQ(most.payload(), "hello");

  Decoded decoded;
  decoded.take(ip6({.extensions = std::vector<Extension>(17, mobility)}, udp({}, "hello")));

  EXPECT_EQ(decoded.events(), "too_many_layers");
  EXPECT_EQ(decoded.counters().ipv6_ext_limit, 1u);
}

TEST(DecodeEvents, OfTcp) {
  const auto options = [](std::string_view hex) {
    return ethernet(ip4({}, tcp({.options = from_hex(hex)})));
  };
  run({{"19 bytes", ethernet(ip4({}, {.protocol = 6, .bytes = Packet(19)})), "tcp.pkt_too_small"},
       {"header of 60 in 25", with(kTcp, 32, 0xf0), "tcp.hlen_too_small"},
       {"header of 16", with(kTcp, 32, 0x40), "tcp.invalid_optlen"},
       {"those of a SYN", options("020405b4 0402 080a 00000001 00000000 01 030307"), "", Use::usable},
       {"time stamps alone", options("0101 080a 00000001 00000000"), "", Use::usable},
       {"MSS of 3", options("020300"), "tcp.opt_invalid_len", Use::usable},
       {"length 0", options("0200"), "tcp.opt_invalid_len", Use::usable},
       {"beyond the header", options("08ff"), "tcp.opt_invalid_len", Use::usable},
       {"MSS twice", options("020405b4020405b4"), "tcp.opt_duplicate", Use::usable},
       {"three edges of SACK", options("051a 0000000100000002 0000000300000004 0000000500000006"), "",
        Use::usable},
       {"half an edge", options("0506 00000001"), "tcp.opt_invalid_len", Use::usable},
       {"fast open of odd length", options("2207 0102030405"), "tcp.opt_invalid_len", Use::usable},
       {"fast open twice", options("2202 fe04 f989"), "tcp.opt_duplicate", Use::usable},
       {"other experiments", options("fe04 0001 fe04 0002"), "", Use::usable}});
}

TEST(DecodeEvents, OfUdpAndOthers) {
  const Network datagram = ip4({}, udp({}, "hello"));
  run({{"7 bytes", ethernet(ip4({}, {.protocol = 17, .bytes = Packet(7)})), "udp.hlen_too_small"},
       {"length beyond", with(datagram, 25, 14), "udp.pkt_too_small"},
       {"length 7", with(datagram, 25, 7), "udp.len_invalid"},
       {"SCTP of 11", ethernet(ip4({}, {.protocol = 132, .bytes = Packet(11)})), "sctp.pkt_too_small"},
       {"SCTP of 12", ethernet(ip4({}, {.protocol = 132, .bytes = Packet(12)})), "", Use::usable},
       {"ESP of 7", ethernet(ip4({}, {.protocol = 50, .bytes = Packet(7)})), "esp.pkt_too_small"}});
}

TEST(DecodeEvents, OfIcmp) {
  const Packet quoted = kTcp.bytes;
  run({{"7 bytes", ethernet(ip4({}, {.protocol = 1, .bytes = Packet(7)})), "icmpv4.pkt_too_small"},
       {"echo", ethernet(ip4({}, icmp(8, 0))), "", Use::usable},
       {"echo with a code", ethernet(ip4({}, icmp(8, 1))), "icmpv4.unknown_code", Use::usable},
       {"type 44", ethernet(ip4({}, icmp(44, 0))), "icmpv4.unknown_type", Use::usable},
       {"unreachable", ethernet(ip4({}, icmp(3, 15, 0, quoted))), "", Use::usable},
       {"code 16", ethernet(ip4({}, icmp(3, 16, 0, quoted))), "icmpv4.unknown_code", Use::usable},
       {"quoted too short", ethernet(ip4({}, icmp(3, 3, 0, Bytes(quoted).first(19)))),
        "icmpv4.ipv4_trunc_pkt", Use::usable},
       {"quoted version 6", ethernet(ip4({}, icmp(3, 3, 0, kUdp6.bytes))), "icmpv4.ipv4_unknown_ver",
        Use::usable},
       {"ICMPv6 of 7", ethernet(ip6({}, {.protocol = 58, .bytes = Packet(7)})), "icmpv6.pkt_too_small"},
       {"echo with a code, 6", ethernet(ip6({}, icmp6(128, 1))), "icmpv6.unknown_code", Use::usable},
       {"unassigned", ethernet(ip6({}, icmp6(5, 0))), "icmpv6.unassigned_type", Use::usable},
       {"private experiments", ethernet(ip6({}, icmp6(200, 0))), "icmpv6.experimentation_type", Use::usable},
       {"type 0", ethernet(ip6({}, icmp6(0, 0))), "icmpv6.unknown_type", Use::usable},
       {"listener query from afar", ethernet(ip6({}, icmp6(130, 0))), "icmpv6.mld_message_with_invalid_hl",
        Use::usable},
       {"listener query", ethernet(ip6({.hop_limit = 1}, icmp6(130, 0))), "", Use::usable},
       {"quoted too short, 6", ethernet(ip6({}, icmp6(1, 0, 0, Packet(39, 0x60)))), "icmpv6.ipv6_trunc_pkt",
        Use::usable},
       {"quoted version 4", ethernet(ip6({}, icmp6(1, 0, 0, Packet(40, 0x45)))),
        "icmpv6.ipv6_unknown_version", Use::usable}});
}

TEST(DecodeEvents, OfLinks) {
  run({{"13 bytes", Packet(13), "ethernet.pkt_too_small"},
       {"unknown type", frame_of(0x9000, "00"), "ethernet.unknown_ethertype", Use::usable},
       {"a length", frame_of(38, "424203"), "", Use::usable},
       {"half a tag", frame_of(0x8100, "0007"), "vlan.header_too_small"},
       {"unknown behind a tag", ethernet(vlan(7, {0x9000, Packet(4)})), "vlan.unknown_type"},
       {"four tags", ethernet(vlan(1, vlan(2, vlan(3, vlan(4, kTcp))))), "vlan.too_many_layers"},
       {"802.1ah of 17", frame_of(0x88e7, std::string(34, '0')), "ieee8021ah.header_too_small"},
       {"VN-tag of 5", frame_of(0x8926, "0000000000"), "vntag.header_too_small"},
       {"unknown behind a VN-tag", frame_of(0x8926, "00000000 9000"), "vntag.unknown_type"},
       {"DCE of 15", frame_of(0x8903, std::string(30, '0')), "dce.pkt_too_small"},
       {"cooked of 15", Packet(15), "sll.pkt_too_small", Use::invalid, link_type::linux_sll},
       {"cooked v2 of 19", Packet(19), "sll2.pkt_too_small", Use::invalid, link_type::linux_sll2},
       {"loopback of 3", Packet(3), "ltnull.pkt_too_small", Use::invalid, link_type::null},
       {"loopback of IPX", from_hex("17000000"), "ltnull.unsupported_type", Use::invalid, link_type::null},
       {"HDLC of 3", Packet(3), "chdlc.pkt_too_small", Use::invalid, link_type::chdlc},
       {"raw of 19", Packet(19, 0x45), "ipv4.pkt_too_small", Use::invalid, link_type::raw},
       {"raw of version 7", Packet(20, 0x70), "ipraw.invalid_ip_version", Use::invalid, link_type::raw},
       {"ARP of 27", frame_of(0x0806, std::string(54, '0')), "arp.pkt_too_small"},
       {"ARP of token ring", frame_of(0x0806, "0006" + std::string(52, '0')), "arp.unsupported_hardware",
        Use::usable},
       {"ARP", frame_of(0x0806, "0001080006040001" + std::string(40, '0')), "", Use::usable}});
}

TEST(DecodeEvents, OfPpp) {
  run({{"1 byte", Packet(1), "ppp.pkt_too_small", Use::invalid, link_type::ppp},
       {"IPv4 of 19", from_hex("ff030021" + std::string(38, '0')), "ppp.ip4_pkt_too_small", Use::invalid,
        link_type::ppp},
       {"IPv6 of 39", from_hex("ff030057" + std::string(78, '0')), "ppp.ip6_pkt_too_small", Use::invalid,
        link_type::ppp},
       {"Van Jacobson of 19", from_hex("ff03002f" + std::string(38, '0')), "ppp.vju_pkt_too_small",
        Use::invalid, link_type::ppp},
       {"link control", from_hex("ff03c0210101000400"), "ppp.unsup_proto", Use::invalid, link_type::ppp},
       {"unknown", from_hex("ff0312340101000400"), "ppp.wrong_type", Use::invalid, link_type::ppp},
       {"session of 6", frame_of(0x8864, "110000010000"), "pppoe.pkt_too_small"},
       {"discovery of 5", frame_of(0x8863, "1109000100"), "pppoe.pkt_too_small"},
       {"discovery", frame_of(0x8863, "110900000004 01010000"), "", Use::usable},
       {"unknown code", frame_of(0x8863, "110a00000000"), "pppoe.wrong_code"},
       {"tags beyond the frame", frame_of(0x8863, "110900000005 01010000"), "pppoe.malformed_tags",
        Use::usable},
       {"tag beyond the tags", frame_of(0x8863, "110900000004 01010001"), "pppoe.malformed_tags",
        Use::usable}});
}

TEST(DecodeEvents, OfLabels) {
  const Packet rest(20, 0x45);
  run({{"3 bytes", frame_of(0x8847, "000001"), "mpls.header_too_small"},
       {"router alert", ethernet(mpls(1, rest)), "mpls.bad_label_router_alert", Use::usable},
       {"implicit null", ethernet(mpls(3, rest)), "mpls.bad_label_implicit_null", Use::usable},
       {"reserved", ethernet(mpls(7, rest)), "mpls.bad_label_reserved", Use::usable},
       {"17 bytes behind", ethernet(mpls(3000, Bytes(rest).first(17))), "mpls.pkt_too_small"},
       {"neither IP nor frame", ethernet(mpls(3000, Packet(20, 0x90))), "mpls.unknown_payload_type",
        Use::usable},
       {"service header of 7", frame_of(0x894f, "00020101000000"), "nsh.header_too_small"},
       {"version 1", frame_of(0x894f, "40020101 00000000 00"), "nsh.unsupported_version"},
       {"length 4 of kind 2", frame_of(0x894f, "00010201 00000000 00"), "nsh.bad_header_length"},
       {"kind 0", frame_of(0x894f, "00020001 00000000 00"), "nsh.reserved_type", Use::usable},
       {"kind 3", frame_of(0x894f, "00020301 00000000 00"), "nsh.unsupported_type", Use::usable},
       {"unknown payload", frame_of(0x894f, "0002020a 00000000 00"), "nsh.unknown_payload", Use::usable}});
}

TEST(DecodeEvents, OfGre) {
  const auto packet = [](std::string_view hex) {
    return ethernet(ip4({}, {.protocol = 47, .bytes = from_hex(hex)}));
  };
  run({{"3 bytes", packet("000008"), "gre.pkt_too_small"},
       {"version 2", packet("00020800"), "gre.wrong_version"},
       {"recursion", packet("01000800"), "gre.version0_recur"},
       {"flags", packet("00080800"), "gre.version0_flags"},
       {"no room for the key", packet("20000800"), "gre.version0_hdr_too_big"},
       {"no end of routes", packet("40000800 00000000"), "gre.version0_malformed_sre_hdr"},
       {"route beyond", packet("40000800 00000000 00010004"), "gre.version0_malformed_sre_hdr"},
       {"PPTP with checksum", packet("a001880b 00000000"), "gre.version1_chksum"},
       {"with routes", packet("6001880b 00000000"), "gre.version1_route"},
       {"with strict routes", packet("2801880b 00000000"), "gre.version1_ssr"},
       {"with recursion", packet("2101880b 00000000"), "gre.version1_recur"},
       {"with flags", packet("2009880b 00000000"), "gre.version1_flags"},
       {"of IP", packet("20010800 00000000"), "gre.version1_wrong_protocol"},
       {"without key", packet("0001880b 00000000"), "gre.version1_no_key"},
       {"cut", packet("3001880b 00000000"), "gre.version1_hdr_too_big"}});
}

TEST(DecodeEvents, OfTunnels) {
  const Network around4 = ip6({}, {.protocol = 4, .bytes = Packet(19, 0x45)});
  const Network around6 = ip6({}, {.protocol = 41, .bytes = Packet(39, 0x60)});
  Packet novell = ethernet(kTcp);
  set16(novell, 12, 0x8137);
  run({{"IPv4 of 19 in IPv6", ethernet(around4), "ipv6.ipv4_in_ipv6_too_small", Use::usable},
       {"IPv4 that is none", ethernet(ip6({}, {.protocol = 4, .bytes = Packet(20, 0x65)})),
        "ipv6.ipv4_in_ipv6_wrong_version", Use::usable},
       {"IPv6 of 39 in IPv6", ethernet(around6), "ipv6.ipv6_in_ipv6_too_small", Use::usable},
       {"IPv6 that is none", ethernet(ip6({}, {.protocol = 41, .bytes = Packet(40, 0x45)})),
        "ipv6.ipv6_in_ipv6_wrong_version", Use::usable},
       {"VXLAN of IPX", ethernet(ip4({}, vxlan(7, novell))), "vxlan.unknown_payload_type", Use::usable}});
}

}  // namespace
}  // namespace hd::test
