// SPDX-License-Identifier: Apache-2.0
#include "sensor/stream/tracker.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/unit/stream/conversation.hpp"

namespace hd {
namespace {

using test::Conversation;
using test::Segment;

constexpr std::uint8_t kSyn = tcp_flag::syn;
constexpr std::uint8_t kSynAck = tcp_flag::syn | tcp_flag::ack;
constexpr std::uint8_t kFinAck = tcp_flag::fin | tcp_flag::ack;
constexpr std::uint8_t kRst = tcp_flag::rst;
constexpr std::uint32_t kC = Conversation::kClient;
constexpr std::uint32_t kS = Conversation::kServer;

std::vector<std::uint8_t> timestamp(std::uint32_t value, std::uint32_t echo) {
  std::vector<std::uint8_t> option = {1, 1, 8, 10};
  for (const std::uint32_t number : {value, echo}) {
    for (int shift = 24; shift >= 0; shift -= 8) option.push_back(static_cast<std::uint8_t>(number >> shift));
  }
  return option;
}

TEST(TcpTracker, EstablishesWithTheThirdPacketAndSaysSoFromTheFourth) {
  Conversation talk;
  EXPECT_FALSE(talk.client({.seq = kC - 1, .flags = kSyn}).was_established);
  EXPECT_EQ(talk.state(), TcpState::syn_sent);
  EXPECT_FALSE(talk.server({.seq = kS - 1, .ack = kC, .flags = kSynAck}).was_established);
  EXPECT_EQ(talk.state(), TcpState::syn_recv);
  EXPECT_FALSE(talk.client({.seq = kC, .ack = kS}).was_established);
  EXPECT_EQ(talk.state(), TcpState::established);
  EXPECT_EQ(talk.flow->state, FlowState::established);
  EXPECT_TRUE(talk.client({.seq = kC, .ack = kS, .payload = "x"}).was_established);
}

TEST(TcpTracker, GivesDataWhenItIsAcknowledged) {
  Conversation talk;
  talk.handshake();
  const TakeResult sent = talk.client({.seq = kC, .ack = kS, .payload = "request"});
  EXPECT_TRUE(sent.was_added);
  EXPECT_EQ(talk.app(Direction::to_server), "");
  const TakeResult acked = talk.server({.seq = kS, .ack = kC + 7, .payload = "reply"});
  EXPECT_EQ(acked.new_acked[0], 7u);
  EXPECT_EQ(talk.app(Direction::to_server), "request");
  EXPECT_EQ(talk.app(Direction::to_client), "");
  talk.client({.seq = kC + 7, .ack = kS + 5});
  EXPECT_EQ(talk.app(Direction::to_client), "reply");
  EXPECT_EQ(talk.tracker.bytes_seen(*talk.flow, Direction::to_server), 8u);  // the SYN counts
  EXPECT_EQ(talk.tracker.bytes_seen(*talk.flow, Direction::to_client), 6u);
}

TEST(TcpTracker, ClosesWithFins) {
  Conversation talk;
  talk.handshake();
  EXPECT_TRUE(talk.client({.seq = kC, .ack = kS, .flags = kFinAck}).is_fin);
  EXPECT_EQ(talk.state(), TcpState::close_wait);
  EXPECT_EQ(talk.flow->state, FlowState::established);
  talk.server({.seq = kS, .ack = kC + 1, .flags = kFinAck});
  EXPECT_EQ(talk.state(), TcpState::last_ack);
  talk.client({.seq = kC + 1, .ack = kS + 1});
  EXPECT_EQ(talk.state(), TcpState::closed);
  EXPECT_EQ(talk.flow->state, FlowState::closed);
  EXPECT_TRUE(talk.events.empty());
}

TEST(TcpTracker, ClosesWhenTheServerEndsFirst) {
  Conversation talk;
  talk.handshake();
  talk.server({.seq = kS, .ack = kC, .flags = kFinAck});
  EXPECT_EQ(talk.state(), TcpState::fin_wait1);
  talk.client({.seq = kC, .ack = kS + 1});
  EXPECT_EQ(talk.state(), TcpState::fin_wait2);
  talk.client({.seq = kC, .ack = kS + 1, .flags = kFinAck});
  EXPECT_EQ(talk.state(), TcpState::time_wait);
  talk.server({.seq = kS + 1, .ack = kC + 1});
  EXPECT_EQ(talk.state(), TcpState::closed);
}

TEST(TcpTracker, TakesNoSessionUpInTheMiddleUnlessAsked) {
  Conversation strict;
  EXPECT_TRUE(strict.client({.seq = 1, .ack = 1, .payload = "x"}).is_midstream);
  EXPECT_FALSE(strict.flow->tcp);
  TcpOptions options = Conversation::small_options();
  options.midstream = true;
  Conversation lax(options);
  EXPECT_TRUE(lax.client({.seq = 1, .ack = 1, .payload = "middle"}).has_session);
  EXPECT_TRUE(lax.flow->has(flow_flag::midstream));
  lax.server({.seq = 1, .ack = 7});
  EXPECT_EQ(lax.app(Direction::to_server), "middle");
}

TEST(TcpTracker, FollowsOneSideAloneWhenAsked) {
  TcpOptions options = Conversation::small_options();
  options.async_oneside = true;
  Conversation talk(options);
  talk.client({.seq = kC - 1, .flags = kSyn});
  talk.client({.seq = kC, .ack = kS});
  EXPECT_EQ(talk.state(), TcpState::established);
  talk.client({.seq = kC, .ack = kS, .payload = "alone"});
  EXPECT_EQ(talk.app(Direction::to_server), "alone");
}

TEST(TcpTracker, SwapsSidesWhenASynComesFromTheSupposedServer) {
  Conversation talk;
  talk.client({.seq = 9, .ack = 9});  // left over from an older connection
  const TakeResult result = talk.server({.seq = 99, .flags = kSyn});
  EXPECT_TRUE(result.directions_swapped);
  EXPECT_EQ(talk.flow->client_port, 80);
  EXPECT_TRUE(talk.flow->has(flow_flag::reversed));
}

TEST(TcpTracker, KeepsSynAcksThatDifferUntilTheClientChooses) {
  Conversation talk;
  talk.client({.seq = kC - 1, .flags = kSyn});
  talk.server({.seq = 100, .ack = kC, .flags = kSynAck});
  talk.server({.seq = kS - 1, .ack = kC, .flags = kSynAck});
  talk.client({.seq = kC, .ack = kS});
  EXPECT_EQ(talk.state(), TcpState::established);
  talk.server({.seq = kS, .ack = kC, .payload = "chosen"});
  talk.client({.seq = kC, .ack = kS + 6});
  EXPECT_EQ(talk.app(Direction::to_client), "chosen");
}

TEST(TcpTracker, CountsMoreSynAcksThanAreKeptAsFlood) {
  Conversation talk;
  talk.client({.seq = kC - 1, .flags = kSyn});
  for (std::uint32_t i = 0; i <= TcpOdd::kSynAcks; ++i) {
    talk.server({.seq = 100 * i, .ack = kC, .flags = kSynAck});
    EXPECT_FALSE(talk.raised(StreamEvent::handshake_synack_flood));
  }
  talk.server({.seq = 77, .ack = kC, .flags = kSynAck});
  EXPECT_TRUE(talk.raised(StreamEvent::handshake_synack_flood));
}

TEST(TcpTracker, CountsMoreSynsThanAreKeptAsFlood) {
  Conversation talk;
  for (std::uint32_t i = 0; i <= TcpOdd::kSyns; ++i) {
    talk.client({.seq = kC + i, .flags = kSyn});
    EXPECT_FALSE(talk.raised(StreamEvent::handshake_syn_flood));
  }
  talk.client({.seq = kC + 99, .flags = kSyn});
  EXPECT_TRUE(talk.raised(StreamEvent::handshake_syn_flood));
}

TEST(TcpTracker, OpensWithFourPackets) {
  Conversation talk;
  talk.client({.seq = kC - 1, .flags = kSyn});
  talk.server({.seq = kS - 1, .flags = kSyn});
  talk.client({.seq = kC - 1, .ack = kS, .flags = kSynAck});
  talk.server({.seq = kS, .ack = kC});
  EXPECT_EQ(talk.state(), TcpState::established);
}

TEST(TcpTracker, TakesDataOfAFastOpenSyn) {
  Conversation talk;
  talk.client({.seq = kC - 1, .flags = kSyn, .payload = "early", .options = {34, 4, 1, 2}});
  talk.server({.seq = kS - 1, .ack = kC + 5, .flags = kSynAck});
  talk.client({.seq = kC + 5, .ack = kS});
  talk.server({.seq = kS, .ack = kC + 5});
  EXPECT_EQ(talk.app(Direction::to_server), "early");
}

TEST(TcpTracker, ForgetsDataOfAFastOpenSynThatTheServerIgnored) {
  Conversation talk;
  talk.client({.seq = kC - 1, .flags = kSyn, .payload = "early", .options = {34, 4, 1, 2}});
  talk.server({.seq = kS - 1, .ack = kC, .flags = kSynAck});
  EXPECT_TRUE(talk.raised(StreamEvent::handshake_synack_tfo_data_ignored));
  talk.client({.seq = kC, .ack = kS, .payload = "again"});
  talk.server({.seq = kS, .ack = kC + 5});
  EXPECT_EQ(talk.app(Direction::to_server), "again");
}

TEST(TcpTracker, RefusesOldTimestamps) {
  Conversation talk;
  talk.client({.seq = kC - 1, .flags = kSyn, .options = timestamp(100, 0)});
  talk.server({.seq = kS - 1, .ack = kC, .flags = kSynAck, .options = timestamp(500, 100)});
  talk.client({.seq = kC, .ack = kS, .options = timestamp(101, 500)});
  EXPECT_FALSE(talk.client({.seq = kC, .ack = kS, .payload = "old", .options = timestamp(50, 500)}).is_valid);
  EXPECT_TRUE(talk.raised(StreamEvent::pkt_invalid_timestamp));
  EXPECT_TRUE(talk.client({.seq = kC, .ack = kS, .payload = "new", .options = timestamp(102, 500)}).is_valid);
}

TEST(TcpTracker, RefusesAnAnswerToASynThatEchoesAnotherTimestamp) {
  Conversation talk;
  talk.client({.seq = kC - 1, .flags = kSyn, .options = timestamp(100, 0)});
  EXPECT_FALSE(talk.server({.seq = 0, .ack = kC, .flags = kRst | tcp_flag::ack, .options = timestamp(1, 99)}).is_valid);
  EXPECT_TRUE(talk.raised(StreamEvent::pkt_invalid_timestamp));
  EXPECT_EQ(talk.state(), TcpState::syn_sent);
}

TEST(TcpTracker, SuspectsARstWhoseSenderGoesOn) {
  Conversation talk;
  talk.handshake();
  const std::vector<std::uint8_t> md5 = {19, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1};
  talk.client({.seq = kC, .ack = kS, .flags = kRst | tcp_flag::ack, .options = md5});
  EXPECT_EQ(talk.state(), TcpState::closed);
  talk.client({.seq = kC, .ack = kS, .payload = "alive"});
  EXPECT_TRUE(talk.raised(StreamEvent::suspected_rst_inject));
  EXPECT_EQ(talk.state(), TcpState::established);
}

TEST(TcpTracker, TakesARstByThePolicyOfItsReceiver) {
  for (const auto& [policy, is_taken] : {std::pair{TargetPolicy::windows, false}, {TargetPolicy::linux, true}, {TargetPolicy::hpux11, true}}) {
    TcpOptions options = Conversation::small_options();
    options.policies = {};
    options.policies.add(Address::from_ip4(0), 0, policy);
    Conversation talk(options);
    talk.handshake();
    talk.client({.seq = kC + 10, .ack = kS, .flags = kRst | tcp_flag::ack});
    EXPECT_EQ(talk.state() == TcpState::closed, is_taken) << name_of(policy);
  }
}

TEST(TcpTracker, LetsKeepAlivesPass) {
  Conversation talk;
  talk.handshake();
  talk.client({.seq = kC, .ack = kS, .payload = "x"});
  talk.server({.seq = kS, .ack = kC + 1});
  EXPECT_TRUE(talk.client({.seq = kC, .ack = kS}).is_valid);
  EXPECT_TRUE(talk.events.empty());
}

TEST(TcpTracker, SaysWhatIsOddInAnEstablishedSession) {
  const struct {
    bool is_client;
    Segment segment;
    StreamEvent event;
  } kRows[] = {
      {true, {.seq = kC - 1, .flags = kSyn}, StreamEvent::est_syn_resend},
      {true, {.seq = 7, .flags = kSyn}, StreamEvent::est_syn_resend_diff_seq},
      {false, {.seq = 7, .flags = kSyn}, StreamEvent::est_syn_toclient},
      {true, {.seq = 7, .ack = 7, .flags = kSynAck}, StreamEvent::est_synack_toserver},
      {false, {.seq = kS - 1, .ack = 7, .flags = kSynAck}, StreamEvent::est_synack_resend_with_different_ack},
      {false, {.seq = 7, .ack = kC, .flags = kSynAck}, StreamEvent::est_synack_resend_with_diff_seq},
      {true, {.seq = kC, .ack = kS + 200'000}, StreamEvent::est_invalid_ack},
      {true, {.seq = kC, .ack = kS + 200'000}, StreamEvent::pkt_invalid_ack},
      {true, {.seq = kC + 200'000, .ack = kS, .payload = "x"}, StreamEvent::est_packet_out_of_window},
      {true, {.seq = kC + 200'000, .ack = kS, .flags = kFinAck}, StreamEvent::fin_out_of_window},
      {true, {.seq = kC, .ack = kS + 200'000, .flags = kFinAck}, StreamEvent::fin_invalid_ack},
      {true, {.seq = kC, .ack = kS, .flags = kFinAck | kSyn}, StreamEvent::fin_syn},
      {true, {.seq = kC, .ack = kS + 200'000, .flags = kRst | tcp_flag::ack}, StreamEvent::rst_invalid_ack},
      {true, {.seq = kC, .flags = kRst, .payload = "why"}, StreamEvent::rst_with_data},
      {true, {.seq = kC, .ack = 77, .flags = 0}, StreamEvent::pkt_broken_ack},
  };
  for (const auto& row : kRows) {
    Conversation talk;
    talk.handshake();
    talk.packet(row.is_client ? Direction::to_server : Direction::to_client, row.segment);
    EXPECT_TRUE(talk.raised(row.event)) << name_of(row.event);
  }
}

TEST(TcpTracker, SaysWhatIsOddInAHandshake) {
  const struct {
    bool is_client;
    Segment segment;
    StreamEvent event;
  } kRows[] = {
      {true, {.seq = kC, .ack = kS + 1}, StreamEvent::handshake_right_seq_wrong_ack_evasion},
      {true, {.seq = kC - 9, .ack = kS + 1}, StreamEvent::handshake_wrong_seq_wrong_ack},
      {true, {.seq = 7, .ack = 7, .flags = kSynAck}, StreamEvent::handshake_synack_toserver_on_syn_recv},
      {false, {.seq = 7, .ack = 7, .flags = kSynAck}, StreamEvent::handshake_synack_resend_with_different_ack},
      {false, {.seq = 7, .flags = kSyn}, StreamEvent::handshake_syn_toclient_on_syn_recv},
      {true, {.seq = 7, .flags = kSyn}, StreamEvent::handshake_syn_resend_diff_seq_on_syn_recv},
  };
  for (const auto& row : kRows) {
    Conversation talk;
    talk.client({.seq = kC - 1, .flags = kSyn});
    talk.server({.seq = kS - 1, .ack = kC, .flags = kSynAck});
    talk.packet(row.is_client ? Direction::to_server : Direction::to_client, row.segment);
    EXPECT_TRUE(talk.raised(row.event)) << name_of(row.event);
  }
  Conversation talk;
  talk.client({.seq = kC - 1, .flags = kSyn});
  talk.server({.seq = kS - 1, .ack = kC + 1, .flags = kSynAck});
  EXPECT_TRUE(talk.raised(StreamEvent::handshake_synack_with_wrong_ack));
}

TEST(TcpTracker, SaysWhatHasNoSession) {
  Conversation talk;
  talk.client({.seq = 1, .flags = kRst});
  EXPECT_TRUE(talk.raised(StreamEvent::rst_but_no_session));
  talk.client({.seq = 1, .ack = 1, .flags = kFinAck});
  EXPECT_TRUE(talk.raised(StreamEvent::fin_but_no_session));
}

TEST(TcpTracker, TakesUrgentBytesOutOfTheStream) {
  Conversation talk;
  talk.handshake();
  talk.client({.seq = kC, .ack = kS, .flags = tcp_flag::ack | tcp_flag::urg, .payload = "evXil", .urgent = 3});
  talk.server({.seq = kS, .ack = kC + 5});
  talk.client({.seq = kC, .ack = kS, .payload = "evXil again"});  // without the flag
  talk.server({.seq = kS, .ack = kC + 11});
  EXPECT_EQ(talk.app(Direction::to_server), "evil again");
}

TEST(TcpTracker, KeepsUrgentBytesByPolicy) {
  const struct {
    UrgentPolicy policy;
    std::string_view seen;
  } kRows[] = {{UrgentPolicy::keep_inline, "evXil"}, {UrgentPolicy::gap, "evil"}, {UrgentPolicy::drop, ""}};
  for (const auto& row : kRows) {
    TcpOptions options = Conversation::small_options();
    options.urgent = row.policy;
    Conversation talk(options);
    talk.handshake();
    talk.client({.seq = kC, .ack = kS, .flags = tcp_flag::ack | tcp_flag::urg, .payload = "evXil", .urgent = 3});
    talk.server({.seq = kS, .ack = kC + 5});
    EXPECT_EQ(talk.app(Direction::to_server), row.seen);
    EXPECT_EQ(talk.gaps.size(), row.policy == UrgentPolicy::gap ? 1u : 0u);
  }
}

TEST(TcpTracker, BeginsANewFlowWhenAClosedConnectionsTupleComesBack) {
  Conversation talk;
  talk.handshake();
  talk.client({.seq = kC, .ack = kS, .flags = kRst | tcp_flag::ack});
  const std::uint32_t first = talk.flow->serial;
  talk.client({.seq = kC - 1, .flags = kSyn});
  EXPECT_EQ(talk.flow->serial, first);  // its own SYN again
  talk.client({.seq = kC + 9999, .flags = kSyn});
  EXPECT_NE(talk.flow->serial, first);
  EXPECT_EQ(talk.flows().counters().ended[static_cast<std::size_t>(FlowEnd::reused)], 1u);
  EXPECT_EQ(talk.state(), TcpState::syn_sent);
  EXPECT_EQ(talk.tracker.sessions(), 1u);
}

TEST(TcpTracker, KeepsNothingThatNobodyReads) {
  Conversation talk;
  talk.handshake();
  talk.tracker.app_stop(*talk.flow, Direction::to_server);
  talk.tracker.stop_raw(*talk.flow, Direction::to_server);
  talk.client({.seq = kC, .ack = kS, .payload = std::string(1000, 'x')});
  EXPECT_EQ(talk.tracker.memory_used(), 0u);
  EXPECT_EQ(talk.tracker.bytes_seen(*talk.flow, Direction::to_server), 1001u);
}

TEST(StreamEvents, HaveNamesThatAreFoundAgain) {
  for (std::size_t i = 0; i < kStreamEvents; ++i) {
    const auto event = static_cast<StreamEvent>(i);
    EXPECT_EQ(stream_event(name_of(event)), event);
    EXPECT_FALSE(summary_of(event).empty());
  }
  EXPECT_EQ(stream_event("nonsense"), std::nullopt);
}

}  // namespace
}  // namespace hd
