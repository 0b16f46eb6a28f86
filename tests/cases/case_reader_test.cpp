// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/cases/traffic.hpp"

namespace hd::cases {
namespace {

constexpr const char* kGood =
    "title   A title\n"
    "why     A reason\n"
    "rules\n"
    "  alert udp any any -> any any (msg:\"x\"; content:\"x\"; sid:1;)\n"
    "\n"
    "udp 10.0.0.1:1 -> 192.0.2.7:2\n"
    "  > \"x\"\n"
    "expect\n"
    "  sid 1\n";

/// The line and text of the error in a case; 0 when it can be read.
std::pair<std::uint32_t, std::string> error_of(const std::string& text) {
  const auto read = read_case(text, "a.case");
  return read ? std::pair<std::uint32_t, std::string>{0, ""} : std::pair{read.error().place.line, read.error().what};
}

std::string with(std::string_view from, std::string_view to) {
  std::string text = kGood;
  const std::size_t at = text.find(from);
  HD_ASSERT(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST(CaseReader, ReadsACaseAndKeepsTheLinesOfItsRules) {
  const auto read = read_case(kGood, "a.case");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->title, "A title");
  EXPECT_EQ(read->rules.substr(0, 8), "\n\n\nalert");
  ASSERT_EQ(read->steps.size(), 1u);
  EXPECT_EQ(read->steps[0].bytes, test::bytes_of("x"));
  ASSERT_EQ(read->sids.size(), 1u);
  EXPECT_EQ(read->sids[0].line, 9u);
}

TEST(CaseReader, SaysTheLineOfWhatItCannotRead) {
  const struct {
    std::string text;
    std::uint32_t line;
    const char* word;
  } kBad[] = {
      {with("title   A title\n", ""), 1, "no title"},
      {with("why     A reason\n", ""), 1, "why"},
      {with("expect", "expects"), 8, "did you mean \"expect\""},
      {with("  sid 1\n", "  sid one\n"), 9, "number of a rule"},
      {with("  sid 1\n", "  sid 2\n"), 1, "no rule with sid 2"},
      {with("  sid 1\n", "  sid 1 sideways\n"), 9, "may stand"},
      {with("  sid 1\n", "  maybe 1\n"), 9, "an expectation is"},
      {with("  > \"x\"", "  > \"x"), 7, "closing quote"},
      {with("  > \"x\"", "  > \"\\q\""), 7, "backslash"},
      {with("  > \"x\"", "  > hex 0"), 7, "odd number"},
      {with("  > \"x\"", "  > hex"), 7, "no hexadecimal"},
      {with("  > \"x\"", "  > repeat x \"x\""), 7, "repeat"},
      {with("  > \"x\"", "  web > \"x\""), 7, "no conversation \"web\""},
      {with("  > \"x\"", "  \"x\""), 7, "begins with > or <"},
      {with("  > \"x\"", "  wait long"), 7, "duration"},
      {with("  > \"x\"", "  packet eth/ip/sctp"), 7, "no layer"},
      {with("  > \"x\"", "  packet eth/ip/tcp flag=S"), 7, "no field \"flag\""},
      {with("  > \"x\"", "  packet eth/ip ttl=300/tcp"), 7, "ttl=300"},
      {with("192.0.2.7:2", "192.0.2.7"), 6, "ADDRESS:PORT"},
      {with("title", "shapes some: reason\ntitle"), 1, "shapes are"},
      {with("title", "shapes packets\ntitle"), 1, "reason"},
      {with("expect\n  sid 1\n", ""), 1, "expects nothing"},
  };
  for (const auto& bad : kBad) {
    const auto [line, what] = error_of(bad.text);
    EXPECT_EQ(line, bad.line) << bad.text << what;
    EXPECT_NE(what.find(bad.word), std::string::npos) << what;
  }
}

Case conversation_of(const std::string& lines) {
  return read_case("title t\nwhy w\ntcp 10.0.0.1:1 -> 192.0.2.7:80\n" + lines + "expect\n  counter decoder.pkts = 1\n", "a.case").value();
}

/// Bytes of one side's segments, put together by sequence number.
std::string reassembled(const std::vector<Frame>& frames) {
  std::map<std::uint32_t, std::uint8_t> bytes;
  for (const Frame& frame : frames) {
    const Packet& packet = frame.packet.bytes;
    if (load_be16(packet.data() + 34) != 1) continue;  // the server's
    const std::uint32_t sequence = load_be32(packet.data() + 38);
    for (std::size_t at = 54; at < packet.size(); ++at) bytes[sequence + static_cast<std::uint32_t>(at - 54)] = packet[at];
  }
  std::string text;
  for (const auto& [sequence, byte] : bytes) text += static_cast<char>(byte);
  return text;
}

TEST(Shapes, EveryCutCarriesTheSameBytes) {
  const Case which = conversation_of("  > \"GET / HTTP/1.1\\r\\n\"\n  > \"Host: a\\r\\n\\r\\n\"\n  < \"HTTP/1.1 204 No Content\\r\\n\\r\\n\"\n");
  for (const Shape& shape : shapes_of(which)) {
    if (shape.wrap != Wrap::none || shape.is_ip6) continue;
    EXPECT_EQ(reassembled(frames_of(which, shape)), "GET / HTTP/1.1\r\nHost: a\r\n\r\n") << shape.name;
  }
}

TEST(Shapes, EveryPlaceOfAShortTurnIsCutOnce) {
  const Case which = conversation_of("  > \"0123456789\"\n");
  std::vector<std::size_t> places;
  for (const Shape& shape : shapes_of(which)) {
    if (shape.cut != Cut::split) continue;
    const std::vector<Frame> frames = frames_of(which, shape);
    places.push_back(frames[3].packet.bytes.size() - 54);
  }
  EXPECT_EQ(places, (std::vector<std::size_t>{1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(Shapes, AddressesAreMappedWithTheirNetworks) {
  EXPECT_EQ(mapped_addresses("[10.0.0.0/8,!192.0.2.7] any"), "[2001:db8::a00:0/104,!2001:db8::c000:207] any");
  EXPECT_EQ(mapped_addresses("$HOME_NET 80 -> 1.2 1:1024"), "$HOME_NET 80 -> 1.2 1:1024");
}

}  // namespace
}  // namespace hd::cases
