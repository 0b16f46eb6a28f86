// SPDX-License-Identifier: Apache-2.0
// Overlaps by policy, and the limits of what is kept.
#include "sensor/stream/store.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/stream/conversation.hpp"

namespace hd {
namespace {

using test::Conversation;

constexpr std::uint32_t kC = Conversation::kClient;
constexpr std::uint32_t kS = Conversation::kServer;

std::string with_policy(TargetPolicy policy, std::initializer_list<std::pair<std::uint32_t, std::string_view>> segments) {
  TcpOptions options = Conversation::small_options();
  options.policies = {};
  options.policies.add(Address::from_ip4(0), 0, policy);
  Conversation talk(options);
  talk.handshake();
  std::uint32_t end = 0;
  for (const auto& [offset, payload] : segments) {
    talk.client({.seq = kC + offset, .ack = kS, .payload = payload});
    end = std::max(end, offset + static_cast<std::uint32_t>(payload.size()));
  }
  talk.server({.seq = kS, .ack = kC + end});
  EXPECT_EQ(talk.tracker.counters().overlaps_different > 0, true);
  return talk.app(Direction::to_server);
}

TEST(StreamStore, DecidesSameStartByPolicy) {
  const auto same_length = [](TargetPolicy policy) { return with_policy(policy, {{0, "AAAA"}, {0, "BBBB"}}); };
  EXPECT_EQ(same_length(TargetPolicy::windows), "AAAA");
  EXPECT_EQ(same_length(TargetPolicy::bsd), "AAAA");
  EXPECT_EQ(same_length(TargetPolicy::linux), "AAAA");
  EXPECT_EQ(same_length(TargetPolicy::first), "AAAA");
  EXPECT_EQ(same_length(TargetPolicy::old_linux), "BBBB");
  EXPECT_EQ(same_length(TargetPolicy::solaris), "BBBB");
  EXPECT_EQ(same_length(TargetPolicy::last), "BBBB");
  const auto longer = [](TargetPolicy policy) { return with_policy(policy, {{0, "AAAA"}, {0, "BBBBBB"}}); };
  EXPECT_EQ(longer(TargetPolicy::linux), "BBBBBB");
  EXPECT_EQ(longer(TargetPolicy::windows), "AAAABB");
}

TEST(StreamStore, DecidesEarlierStartByPolicy) {
  // "AAAA" waits behind a hole; the new segment covers its beginning.
  const auto run = [](TargetPolicy policy) { return with_policy(policy, {{2, "AAAA"}, {0, "BBBB"}}); };
  EXPECT_EQ(run(TargetPolicy::windows), "BBBBAA");
  EXPECT_EQ(run(TargetPolicy::bsd), "BBBBAA");
  EXPECT_EQ(run(TargetPolicy::linux), "BBBBAA");
  EXPECT_EQ(run(TargetPolicy::last), "BBBBAA");
  EXPECT_EQ(run(TargetPolicy::vista), "BBAAAA");
  EXPECT_EQ(run(TargetPolicy::first), "BBAAAA");
  EXPECT_EQ(run(TargetPolicy::solaris), "BBAAAA");
  EXPECT_EQ(run(TargetPolicy::bsd_right), "BBAAAA");
}

TEST(StreamStore, DecidesLaterStartByPolicy) {
  const auto run = [](TargetPolicy policy) { return with_policy(policy, {{0, "AAAA"}, {2, "BBBB"}}); };
  EXPECT_EQ(run(TargetPolicy::windows), "AAAABB");
  EXPECT_EQ(run(TargetPolicy::linux), "AAAABB");
  EXPECT_EQ(run(TargetPolicy::solaris), "AABBBB");
  EXPECT_EQ(run(TargetPolicy::last), "AABBBB");
  EXPECT_EQ(run(TargetPolicy::bsd_right), "AABBBB");
}

TEST(StreamStore, RemembersWhereSegmentsBegan) {
  // The third segment begins behind the first one's start and before the second one's.
  EXPECT_EQ(with_policy(TargetPolicy::windows, {{0, "AAAA"}, {4, "BBBB"}, {2, "CCCC"}}), "AAAACCBB");
}

TEST(StreamStore, SaysWhenOverlapsDiffer) {
  Conversation talk;
  talk.handshake();
  talk.client({.seq = kC, .ack = kS, .payload = "GOOD"});
  talk.client({.seq = kC, .ack = kS, .payload = "GOOD"});
  EXPECT_FALSE(talk.raised(StreamEvent::reassembly_overlap_different_data));
  talk.client({.seq = kC, .ack = kS, .payload = "EVIL"});
  EXPECT_TRUE(talk.raised(StreamEvent::reassembly_overlap_different_data));
  EXPECT_EQ(talk.tracker.counters().overlaps_different, 1u);
}

TEST(StreamLimits, SegmentsOutOfOrderAreBounded) {
  TcpOptions options = Conversation::small_options();
  options.out_of_order_max = 4;
  Conversation talk(options);
  talk.handshake();
  for (std::uint32_t i = 1; i <= 10; ++i) talk.client({.seq = kC + i * 10, .ack = kS, .payload = "data"});
  EXPECT_TRUE(talk.raised(StreamEvent::reassembly_insert_limit));
  EXPECT_EQ(talk.session().sides[0].extents, 4u);
  EXPECT_EQ(talk.tracker.counters().stream_ooo, 5u);  // the first piece lies in the session
}

TEST(StreamLimits, UnreadBytesAreBounded) {
  TcpOptions options = Conversation::small_options();
  options.unread_max = 1000;
  Conversation talk(options);
  talk.handshake();
  const std::string text(600, 'x');
  EXPECT_TRUE(talk.client({.seq = kC, .ack = kS, .payload = text}).was_added);
  EXPECT_FALSE(talk.client({.seq = kC + 600, .ack = kS, .payload = text}).was_added);
  EXPECT_TRUE(talk.raised(StreamEvent::reassembly_insert_limit));
  EXPECT_EQ(talk.session().sides[0].kept, 1000u);
  EXPECT_EQ(talk.tracker.counters().stream_limit, 1u);
}

TEST(StreamLimits, MemoryOfAllStreamsIsBoundedAndInspectionGoesOn) {
  TcpOptions options = Conversation::small_options();
  options.memory = 16 * 1024;
  Conversation talk(options);
  talk.handshake();
  const std::string text(1400, 'x');
  std::uint32_t sent = 0;
  bool was_full = false;
  for (int i = 0; i < 6; ++i) {
    was_full |= !talk.client({.seq = kC + sent, .ack = kS, .payload = text}).was_added;
    sent += 1400;
  }
  EXPECT_TRUE(was_full);
  EXPECT_GT(talk.tracker.counters().stream_limit, 0u);
  talk.server({.seq = kS, .ack = kC + sent});
  talk.client({.seq = kC + sent, .ack = kS, .payload = "behind"});
  talk.server({.seq = kS, .ack = kC + sent + 6});
  EXPECT_TRUE(talk.app(Direction::to_server).ends_with("behind"));
  EXPECT_EQ(talk.gaps.size(), 1u);
}

TEST(StreamLimits, DepthEndsADirection) {
  TcpOptions options = Conversation::small_options();
  options.depth = 10;
  Conversation talk(options);
  talk.handshake();
  talk.client({.seq = kC, .ack = kS, .payload = "12345678"});
  talk.server({.seq = kS, .ack = kC + 8});
  talk.client({.seq = kC + 8, .ack = kS, .payload = "90abc"});
  EXPECT_TRUE(talk.raised(StreamEvent::reassembly_depth_reached));
  // The window is due with the packet that reached the depth: what was acknowledged of it.
  EXPECT_EQ(talk.windows, (std::vector<test::SeenWindow>{{6, Direction::to_server, "12345678"}}));
  talk.client({.seq = kC + 13, .ack = kS, .payload = "more"});
  talk.server({.seq = kS, .ack = kC + 17});
  EXPECT_EQ(talk.app(Direction::to_server), "12345678");
  EXPECT_EQ(talk.tracker.counters().stream_depth, 1u);
  EXPECT_EQ(talk.tracker.counters().depth_bytes, 3u);
  EXPECT_EQ(talk.tracker.memory_used(), 0u);
}

TEST(StreamLimits, SessionsAreBounded) {
  TcpOptions options = Conversation::small_options();
  options.sessions_max = 1;
  Conversation talk(options);
  EXPECT_TRUE(talk.client({.seq = kC - 1, .flags = tcp_flag::syn}).has_session);
  talk.client_port = 40001;
  EXPECT_FALSE(talk.client({.seq = kC - 1, .flags = tcp_flag::syn}).has_session);
  EXPECT_EQ(talk.tracker.sessions(), 1u);
  EXPECT_EQ(talk.tracker.counters().sessions_full, 1u);
}

TEST(StreamLimits, UrgentBytesTakenOutAreBounded) {
  Conversation talk;
  talk.handshake();
  for (std::uint32_t i = 0; i <= TcpOdd::kUrgents; ++i) {
    EXPECT_FALSE(talk.raised(StreamEvent::reassembly_urgent_oob_limit_reached));
    talk.client({.seq = kC + i, .ack = kS, .flags = tcp_flag::ack | tcp_flag::urg, .payload = "X", .urgent = 1});
  }
  EXPECT_TRUE(talk.raised(StreamEvent::reassembly_urgent_oob_limit_reached));
  EXPECT_EQ(talk.tracker.counters().urgent_limit, 1u);
}

TEST(StreamLimits, OddSessionsAreBounded) {
  TcpOptions options = Conversation::small_options();
  options.odd_max = 0;
  Conversation talk(options);
  talk.client({.seq = kC - 1, .flags = tcp_flag::syn});
  talk.client({.seq = kC + 5, .flags = tcp_flag::syn});
  EXPECT_EQ(talk.tracker.counters().odd_full, 1u);
}

TEST(HostPolicies, TakesTheLongestNetwork) {
  HostPolicies policies;
  policies.add(Address::from_ip4(0x0a000000), 8, TargetPolicy::linux);
  policies.add(Address::from_ip4(0x0a010000), 16, TargetPolicy::solaris);
  EXPECT_EQ(policies.of(Address::from_ip4(0x0a020304)), TargetPolicy::linux);
  EXPECT_EQ(policies.of(Address::from_ip4(0x0a010304)), TargetPolicy::solaris);
  EXPECT_EQ(policies.of(Address::from_ip4(0x0b010304)), TargetPolicy::bsd);
  EXPECT_EQ(HostPolicies::standard().of(Address::from_ip4(1)), TargetPolicy::windows);
  Address ip6;
  ip6.bytes[0] = 0x20;
  EXPECT_EQ(HostPolicies::standard().of(ip6), TargetPolicy::bsd);
}

TEST(TargetPolicy, HasANameForEach) {
  EXPECT_EQ(target_policy("bsd-right"), TargetPolicy::bsd_right);
  EXPECT_EQ(target_policy("windows2k3"), TargetPolicy::windows2k3);
  EXPECT_EQ(target_policy("unset"), std::nullopt);
  for (int i = 1; i <= static_cast<int>(TargetPolicy::last); ++i) {
    const auto policy = static_cast<TargetPolicy>(i);
    EXPECT_EQ(target_policy(name_of(policy)), policy);
  }
}

}  // namespace
}  // namespace hd
