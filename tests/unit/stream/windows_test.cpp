// SPDX-License-Identifier: Apache-2.0
// The windows that raw rules see, as Suricata 8.0.7 showed them on hand-made captures (docs: detection 20).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/stream/conversation.hpp"

namespace hd {
namespace {

using test::Conversation;
using test::SeenWindow;
using test::Segment;

/// Client data in packets 4, 6, 8, ..., each followed by the server's ACK; then the client's FIN.
void send_all(Conversation& talk, const std::vector<std::string>& segments, bool has_acks = true) {
  talk.handshake();
  std::uint32_t seq = Conversation::kClient;
  for (const std::string& segment : segments) {
    talk.client({.seq = seq, .ack = Conversation::kServer, .payload = segment});
    seq += static_cast<std::uint32_t>(segment.size());
    if (has_acks) talk.server({.seq = Conversation::kServer, .ack = seq});
  }
}
void send_fin(Conversation& talk, std::uint32_t sent) {
  talk.client({.seq = Conversation::kClient + sent, .ack = Conversation::kServer, .flags = tcp_flag::fin | tcp_flag::ack});
}
std::string padded(std::string_view begin, std::size_t length) {
  std::string text(begin);
  text.resize(length, 'x');
  return text;
}

TEST(RawWindows, SmallPacketsWaitForTheFin) {
  Conversation talk;
  send_all(talk, {"EVIL", "aa", "bb"});
  send_fin(talk, 8);
  EXPECT_EQ(talk.windows, (std::vector<SeenWindow>{{10, Direction::to_server, "EVILaabb"}}));
}

TEST(RawWindows, WithoutAckAndFinTheFlowsEndBringsThem) {
  Conversation talk;
  send_all(talk, {"EVIL"}, false);
  EXPECT_TRUE(talk.windows.empty());
  talk.finish();
  EXPECT_EQ(talk.windows, (std::vector<SeenWindow>{{0, Direction::to_server, "EVIL"}}));
}

TEST(RawWindows, JoinWhatPacketsSplit) {
  Conversation talk;
  send_all(talk, {"xxEV", "ILyy", "z"});
  send_fin(talk, 9);
  EXPECT_EQ(talk.windows, (std::vector<SeenWindow>{{10, Direction::to_server, "xxEVILyyz"}}));
}

TEST(RawWindows, AreDueOnTheFirstPacketOfTheSideAfterAChunkWasAcknowledged) {
  Conversation talk;
  std::vector<std::string> segments;
  for (int i = 0; i < 6; ++i) segments.push_back(padded(i == 0 || i == 3 ? "EVIL" : "", 1200));
  send_all(talk, segments);
  send_fin(talk, 7200);
  ASSERT_EQ(talk.windows.size(), 2u);
  EXPECT_EQ(talk.windows[0].packet, 10u);  // without packet 10's own data
  EXPECT_EQ(talk.windows[0].bytes, segments[0] + segments[1] + segments[2]);
  EXPECT_EQ(talk.windows[1].packet, 16u);
  EXPECT_EQ(talk.windows[1].bytes, segments[3] + segments[4] + segments[5]);
}

TEST(RawWindows, DoNotOverlapSoThatABorderHidesAMatch) {
  Conversation talk;
  const std::vector<std::string> segments = {std::string(1202, 'a'),        std::string(1200, 'b'),
                                             std::string(1200, 'c') + "EV", "IL" + std::string(1198, 'd'),
                                             std::string(1200, 'e'),        std::string(1200, 'f')};
  send_all(talk, segments);
  send_fin(talk, 7204);
  ASSERT_EQ(talk.windows.size(), 2u);
  EXPECT_EQ(talk.windows[0].bytes.size(), 3604u);
  for (const SeenWindow& window : talk.windows) EXPECT_EQ(window.bytes.find("EVIL"), std::string::npos);
}

TEST(RawWindows, BringAllSmallMessagesAtOnceWithTheFin) {
  Conversation talk;
  send_all(talk, {"EVIL1", "EVIL2", "EVIL3", "EVIL4"});
  send_fin(talk, 20);
  EXPECT_EQ(talk.windows, (std::vector<SeenWindow>{{12, Direction::to_server, "EVIL1EVIL2EVIL3EVIL4"}}));
}

TEST(RawWindows, APacketWithoutSessionHasNone) {
  Conversation talk;
  const TakeResult result = talk.client({.seq = 77, .ack = 99, .payload = "EVIL"});
  EXPECT_FALSE(result.has_session);
  EXPECT_TRUE(result.is_midstream);
  EXPECT_FALSE(result.was_established);
  talk.finish();
  EXPECT_TRUE(talk.windows.empty());
}

TEST(RawWindows, ARstFlushesWhatWasAcknowledged) {
  Conversation talk;
  send_all(talk, {"EVIL"});
  talk.client({.seq = Conversation::kClient + 4, .ack = Conversation::kServer, .flags = tcp_flag::rst | tcp_flag::ack});
  EXPECT_EQ(talk.state(), TcpState::closed);
  EXPECT_EQ(talk.windows, (std::vector<SeenWindow>{{6, Direction::to_server, "EVIL"}}));
}

TEST(RawWindows, UnacknowledgedDataBeforeARstWaitsForTheFlowsEnd) {
  Conversation talk;
  send_all(talk, {"EVIL"}, false);
  talk.client({.seq = Conversation::kClient + 4, .ack = Conversation::kServer, .flags = tcp_flag::rst | tcp_flag::ack});
  EXPECT_TRUE(talk.windows.empty());
  EXPECT_EQ(talk.app(Direction::to_server), "");
  talk.finish();
  EXPECT_EQ(talk.windows, (std::vector<SeenWindow>{{0, Direction::to_server, "EVIL"}}));
  EXPECT_EQ(talk.app(Direction::to_server), "EVIL");
}

TEST(RawWindows, OutOfOrderSegmentsComeInOrder) {
  Conversation talk;
  talk.handshake();
  talk.client({.seq = Conversation::kClient + 4, .ack = Conversation::kServer, .payload = "LAST"});
  talk.client({.seq = Conversation::kClient, .ack = Conversation::kServer, .payload = "FIRS"});
  talk.server({.seq = Conversation::kServer, .ack = Conversation::kClient + 8});
  EXPECT_EQ(talk.app(Direction::to_server), "FIRSLAST");
  send_fin(talk, 8);
  EXPECT_EQ(talk.windows, (std::vector<SeenWindow>{{7, Direction::to_server, "FIRSLAST"}}));
}

TEST(RawWindows, AreDueAtOnceWhenTheParserFlushes) {
  Conversation talk;
  send_all(talk, {"GET"});
  talk.tracker.flush_raw(*talk.flow, Direction::to_server);
  talk.client({.seq = Conversation::kClient + 3, .ack = Conversation::kServer});
  EXPECT_EQ(talk.windows, (std::vector<SeenWindow>{{6, Direction::to_server, "GET"}}));
}

TEST(RawWindows, StopForGoodBehindWhatIsThere) {
  Conversation talk;
  send_all(talk, {"hello"});
  talk.tracker.stop_raw(*talk.flow, Direction::to_server);
  talk.client({.seq = Conversation::kClient + 5, .ack = Conversation::kServer, .payload = "secret"});
  EXPECT_EQ(talk.windows, (std::vector<SeenWindow>{{6, Direction::to_server, "hello"}}));
  talk.server({.seq = Conversation::kServer, .ack = Conversation::kClient + 11});
  send_fin(talk, 11);
  talk.finish();
  EXPECT_EQ(talk.windows.size(), 1u);
  EXPECT_EQ(talk.app(Direction::to_server), "hellosecret");
}

TEST(RawWindows, EndAtAHoleAndGoOnBehindIt) {
  Conversation talk;
  talk.handshake();
  talk.client({.seq = Conversation::kClient, .ack = Conversation::kServer, .payload = "before"});
  talk.client({.seq = Conversation::kClient + 10, .ack = Conversation::kServer, .payload = "after"});
  talk.server({.seq = Conversation::kServer, .ack = Conversation::kClient + 15});
  EXPECT_EQ(talk.gaps, (std::vector<std::uint64_t>{4}));
  EXPECT_TRUE(talk.raised(StreamEvent::reassembly_seq_gap));
  EXPECT_EQ(talk.app(Direction::to_server), "beforeafter");
  send_fin(talk, 15);
  EXPECT_EQ(talk.windows, (std::vector<SeenWindow>{{7, Direction::to_server, "before"}, {7, Direction::to_server, "after"}}));
}

}  // namespace
}  // namespace hd
