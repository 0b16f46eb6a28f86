// SPDX-License-Identifier: Apache-2.0
#include "sensor/packet/checksum.hpp"
#include "sensor/packet/defrag.hpp"
#include "tests/unit/packet/decoded.hpp"

#include <gtest/gtest.h>

namespace hd::test {
namespace {

std::string letters(std::size_t length) {
  std::string result(length, ' ');
  for (std::size_t i = 0; i < length; ++i) result[i] = static_cast<char>('a' + i / 8 % 26);
  return result;
}

std::vector<Packet> frames(const std::vector<Network>& networks) {
  std::vector<Packet> result;
  for (const Network& network : networks) result.push_back(ethernet(network));
  return result;
}

/// A fragment of raw bytes at `unit` x 8.
Packet piece4(std::uint16_t unit, std::string_view text, bool has_more, std::uint16_t id = 7) {
  const auto fragment = static_cast<std::uint16_t>(unit | (has_more ? 0x2000 : 0));
  return ethernet(ip4({.id = id, .fragment = fragment}, {.protocol = 253, .bytes = bytes_of(text)}));
}
Packet piece6(std::uint16_t unit, Bytes bytes, bool has_more, std::vector<Extension> before = {},
              std::uint8_t protocol = 17) {
  Extension header{44, Packet(1)};
  put16(header.rest, static_cast<unsigned>(unit * 8 | (has_more ? 1 : 0)));
  put32(header.rest, 7);
  before.push_back(header);
  return ethernet(
      ip6({.extensions = std::move(before)}, {.protocol = protocol, .bytes = {bytes.begin(), bytes.end()}}));
}

/// What stands behind the IP header of the last view.
std::string datagram(const Decoded& decoded) {
  const PacketView& view = decoded.last();
  if (!view.has(packet_flag::reassembled)) return "";
  return std::string(as_chars(Bytes(view.data + view.l4, view.caplen - view.l4)));
}

class InAnyOrder : public testing::TestWithParam<std::size_t> {};

TEST_P(InAnyOrder, GivesTheDatagramOnceItIsWhole) {
  const std::string text = letters(3000);
  std::vector<Packet> packets = frames(fragments(ip4({}, udp({}, text)), GetParam()));
  for (int order = 0; order < 3; ++order) {
    Decoded decoded;
    if (order == 1) std::reverse(packets.begin(), packets.end());
    if (order == 2) std::rotate(packets.begin(), packets.begin() + 1, packets.end());
    std::size_t whole = 0;

    for (std::size_t at = 0; at < packets.size(); at += RawBatch::kMax) {
      const auto begin = packets.begin() + static_cast<std::ptrdiff_t>(at);
      const auto size = static_cast<std::ptrdiff_t>(std::min(RawBatch::kMax, packets.size() - at));
      decoded.take(std::vector<Packet>(begin, begin + size));
      for (std::size_t i = 0; i < decoded.count(); ++i) {
        const PacketView& view = decoded.view(i);
        if (!view.has(packet_flag::reassembled)) {
          EXPECT_TRUE(view.has(packet_flag::fragment));
          EXPECT_EQ(view.payload_length, 0);
          EXPECT_EQ(view.source_port(), 0);
          continue;
        }
        ++whole;
        EXPECT_TRUE(view.is_udp());
        EXPECT_FALSE(view.has(packet_flag::fragment));
        EXPECT_EQ(as_chars(view.payload_bytes()), text);
        EXPECT_EQ(ip4_checksum(view), ChecksumState::right);
        EXPECT_EQ(transport_checksum(view), ChecksumState::right);
      }
    }

    EXPECT_EQ(whole, 1u);
    EXPECT_EQ(decoded.events(decoded.count() - 1), "");
    EXPECT_EQ(decoded.defrag().overlaps, 0u);
  }
}
INSTANTIATE_TEST_SUITE_P(Defragmenter, InAnyOrder, testing::Values(24, 32, 1480, 2000));

TEST(Defragmenter, KeepsAWrongHeaderChecksumWrong) {
  std::vector<Network> parts = fragments(ip4({}, udp({}, letters(100))), 64);
  parts[0].bytes[10] ^= 0x55;
  Decoded decoded;

  decoded.take(frames(parts));

  EXPECT_EQ(ip4_checksum(decoded.last()), ChecksumState::wrong);
}

TEST(Defragmenter, OpensTunnelsThatCameInPieces) {
  const Network inner = ip4({.source = "10.0.0.1"}, tcp({.payload = "hello"}));
  Decoded decoded;

  decoded.take(frames(fragments(ip4({}, gre(inner)), 24)));

  EXPECT_TRUE(decoded.last().has(packet_flag::inner));
  EXPECT_TRUE(decoded.last().is_tcp());
  EXPECT_EQ(as_chars(decoded.last().payload_bytes()), "hello");
}

TEST(Defragmenter, PutsPiecesOfAnInnerPacketTogether) {
  std::vector<Network> outer;
  for (const Network& part : fragments(ip4({}, udp({}, letters(100))), 64))
    outer.push_back(ip4({}, gre(part)));
  Decoded decoded;

  decoded.take(frames(outer));

  EXPECT_TRUE(decoded.last().has(packet_flag::inner | packet_flag::reassembled));
  EXPECT_EQ(decoded.last().depth, 1);
  EXPECT_EQ(decoded.last().payload_length, 100);
}

TEST(Defragmenter, PutsIp6TogetherWithTheHeadersInFront) {
  const Packet whole = ip6({}, udp({}, letters(100))).bytes;
  const Bytes transport = Bytes(whole).subspan(40);
  const Extension destination{60, from_hex("00 1e 04 00000000")};
  for (const std::vector<Extension>& before :
       {std::vector<Extension>{}, std::vector<Extension>{destination}}) {
    Decoded decoded;

    decoded.take(
        {piece6(8, transport.subspan(64), false, before), piece6(0, transport.first(64), true, before)});

    ASSERT_EQ(decoded.count(), 3u);
    EXPECT_TRUE(decoded.last().is_udp());
    EXPECT_EQ(as_chars(decoded.last().payload_bytes()), letters(100));
    EXPECT_EQ(decoded.last().l4 - decoded.last().l3, static_cast<int>(40 + 8 * before.size()));
    EXPECT_EQ(decoded.view(0).protocol, 44);
  }
}

TEST(Defragmenter, LeavesOutIp6HeadersThatAreLongerThanItKeeps) {
  Extension destination{60, from_hex("20 1e ff")};  // 264 bytes with 40 of the fixed header: more than 256
  destination.rest.resize(258, 0);
  put(destination.rest, from_hex("01 03 000000"));
  const Packet whole = ip6({}, udp({}, letters(100))).bytes;
  const Bytes transport = Bytes(whole).subspan(40);
  Decoded decoded;

  decoded.take({piece6(0, transport.first(64), true, {destination}),
                piece6(8, transport.subspan(64), false, {destination})});

  ASSERT_EQ(decoded.count(), 3u);
  EXPECT_EQ(decoded.last().l4 - decoded.last().l3, 40);
  EXPECT_EQ(as_chars(decoded.last().payload_bytes()), letters(100));
}

TEST(Defragmenter, KeepsDatagramsApart) {
  const Packet first = piece4(0, letters(8), true);
  const Packet other_id = piece4(1, letters(8), false, 8);
  const Packet last = piece4(1, letters(8), false);
  const Packet other_vlan = ethernet(vlan(9, {0x0800, {last.begin() + 14, last.end()}}));
  Decoded decoded;

  decoded.take({first, other_id, other_vlan});

  EXPECT_EQ(decoded.count(), 3u);
  EXPECT_EQ(decoded.defrag().reassembled, 0u);
  EXPECT_EQ(decoded.defrag().datagrams, 3u);
}

struct PolicyCase {
  FragmentPolicy policy;
  const char* expected;
};

FragmentPolicy policy_from(const void* context, const Address&) noexcept {
  return *static_cast<const FragmentPolicy*>(context);
}

// The fragments of J. Novak's paper (figure 1), in the order in which they are sent, and what each host makes
// of them.
TEST(Defragmenter, OverlapsAsTheTargetDoes) {
  const auto piece = [](std::uint16_t first, std::uint16_t last, char letter, bool has_more = true) {
    return piece4(first, std::string(8u * static_cast<unsigned>(last - first + 1), letter), has_more);
  };
  const std::vector<Packet> packets = {piece(0, 2, '1'), piece(4, 5, '2'), piece(6, 8, '3'),
                                       piece(1, 4, '4'), piece(6, 8, '5'), piece(9, 11, '6', false)};
  for (const PolicyCase& one :
       {PolicyCase{FragmentPolicy::first, "111422333666"}, PolicyCase{FragmentPolicy::last, "144442555666"},
        PolicyCase{FragmentPolicy::bsd, "111442333666"},
        PolicyCase{FragmentPolicy::bsd_right, "144422555666"},
        PolicyCase{FragmentPolicy::linux, "111442555666"},
        PolicyCase{FragmentPolicy::windows, "111422333666"},
        PolicyCase{FragmentPolicy::solaris, "111422333666"}}) {
    Decoded decoded(
        {}, {.datagrams_max = 8, .memory = 1u << 20, .policy_of = policy_from, .context = &one.policy});

    decoded.take(packets);

    std::string units;
    const std::string bytes = datagram(decoded);
    for (std::size_t i = 0; i < bytes.size(); i += 8) units += bytes[i];
    EXPECT_EQ(units, one.expected) << static_cast<int>(one.policy);
    EXPECT_EQ(decoded.defrag().overlaps, 2u);
    EXPECT_EQ(decoded.events(3), "ipv4.frag_overlap");
  }
}

TEST(Defragmenter, IgnoresWhatLiesBehindTheEnd) {
  Decoded decoded;

  decoded.take({piece4(4, letters(8), true), piece4(1, letters(8), false), piece4(0, letters(8), true)});

  ASSERT_EQ(decoded.count(), 4u);
  EXPECT_EQ(datagram(decoded).size(), 16u);
}

TEST(Defragmenter, TakesNoDatagramLongerThanIpCanBe) {
  Decoded decoded;
  decoded.take(piece4(8188, letters(8), true));
  EXPECT_EQ(decoded.events(), "");

  decoded.take(piece4(8189, letters(8), true));

  EXPECT_EQ(decoded.events(), "ipv4.frag_pkt_too_large");
  EXPECT_EQ(decoded.defrag().too_large, 1u);
}

TEST(Defragmenter, GivesUpAfterAMinuteWithoutFragments) {
  Decoded decoded;
  decoded.take(piece4(0, letters(8), true));
  decoded.wait(59 * kSecond);
  decoded.take(piece4(1, letters(8), true));
  decoded.wait(61 * kSecond);

  decoded.take(piece4(2, letters(8), false));

  EXPECT_EQ(decoded.count(), 1u);
  EXPECT_EQ(decoded.defrag().timeouts, 1u);
}

TEST(Defragmenter, GivesUpTheOldestWhenAllDatagramsAreTaken) {
  Decoded decoded({}, {.datagrams_max = 2, .memory = 1u << 20});

  decoded.take({piece4(0, letters(8), true, 1), piece4(0, letters(8), true, 2),
                piece4(0, letters(8), true, 3), piece4(1, letters(8), false, 1),
                piece4(1, letters(8), false, 3)});

  EXPECT_EQ(decoded.defrag().frag_limit_datagrams, 2u);  // 1 for 3, then 2 for what seems to be new
  EXPECT_EQ(decoded.defrag().reassembled, 1u);
}

TEST(Defragmenter, GivesUpOthersWhenMemoryIsShort) {
  Decoded decoded({}, {.datagrams_max = 64, .memory = 4096});
  const std::string text = letters(1000);

  for (std::uint16_t id = 1; id <= 8; ++id) decoded.take(piece4(0, text, true, id));
  decoded.take(piece4(125, letters(8), false, 8));

  EXPECT_GT(decoded.defrag().frag_limit_memory, 0u);
  EXPECT_EQ(datagram(decoded), text + letters(8));
}

TEST(Defragmenter, IgnoresWhatNeverFits) {
  Decoded decoded({}, {.datagrams_max = 64, .memory = 4096});

  decoded.take(piece4(8000, letters(8), true));

  EXPECT_EQ(decoded.events(), "ipv4.frag_ignored");
  EXPECT_EQ(decoded.defrag().frag_limit_memory, 1u);
}

TEST(Defragmenter, TakesNoMoreThan128PiecesOfADatagram) {
  const std::string text = letters(8);
  Decoded decoded;
  for (std::uint16_t unit = 0; unit < 128; ++unit)
    decoded.take(piece4(static_cast<std::uint16_t>(unit * 2), text, true));
  EXPECT_EQ(decoded.events(), "");

  decoded.take(piece4(1, text, true));

  EXPECT_EQ(decoded.events(), "ipv4.frag_ignored");
  EXPECT_EQ(decoded.defrag().frag_limit_pieces, 1u);
}

TEST(Defragmenter, PlacesWholeUnitsOnly) {
  Decoded decoded;

  decoded.take({piece4(0, letters(7), true), piece4(0, letters(12), true), piece4(1, "12345678", false)});

  EXPECT_EQ(datagram(decoded), letters(8) + "12345678");
  EXPECT_EQ(decoded.events(2), "");
}

TEST(Defragmenter, GivesMemoryBackWithTheNextBatch) {
  Decoded decoded({}, {.datagrams_max = 4, .memory = 1u << 16});
  const std::vector<Packet> packets = frames(fragments(ip4({}, udp({}, letters(3000))), 1480));

  for (int i = 0; i < 100; ++i) decoded.take(packets);

  EXPECT_EQ(decoded.defrag().reassembled, 100u);
  EXPECT_EQ(decoded.defrag().frag_limit_memory, 0u);
}

}  // namespace
}  // namespace hd::test
