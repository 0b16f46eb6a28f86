// SPDX-License-Identifier: Apache-2.0
#include "sensor/flow/table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "tests/unit/flow/flow_packets.hpp"

namespace hd {
namespace {

using test::Packets;
using test::Tuple;

constexpr PacketTime kStart{1'700'000'000 * kSecond};

FlowOptions options_for(std::uint32_t flows) {
  FlowOptions options;
  options.flows_max = flows;
  options.flow_vars_max = 4;
  options.capture_memory = 1 << 16;
  return options;
}

struct Ended {
  std::uint32_t serial;
  FlowEnd why;
};

struct Harness {
  explicit Harness(const FlowOptions& options = options_for(64)) : table(options) {}
  auto on_end() {
    return [this](FlowRecord& flow, FlowEnd why) { ended.push_back({flow.serial, why}); };
  }
  FlowFound take(const Tuple& tuple, PacketTime time = kStart) {
    view = packets.make(tuple, time);
    return take_view(time);
  }
  FlowFound take_view(PacketTime time = kStart) {
    const FlowFound found = table.find_or_create(
        view, time, [](const FlowRecord&, const PacketView&) { return false; }, on_end());
    if (found.flow != nullptr) step = table.update(*found.flow, view);
    return found;
  }
  Packets packets;
  PacketView view;
  FlowStep step;
  std::vector<Ended> ended;
  FlowTable table;
};

TEST(FlowTable, FindsTheFlowOfBothDirections) {
  Harness harness;
  const FlowFound first = harness.take({});
  EXPECT_TRUE(first.is_new);
  EXPECT_EQ(harness.view.direction, Direction::to_server);
  const FlowFound reply = harness.take(Tuple{}.reversed());
  EXPECT_EQ(reply.flow, first.flow);
  EXPECT_FALSE(reply.is_new);
  EXPECT_EQ(harness.view.direction, Direction::to_client);
  EXPECT_EQ(first.flow->packets[0], 1u);
  EXPECT_EQ(first.flow->packets[1], 1u);
  EXPECT_EQ(first.flow->client_port, 40000);
  EXPECT_EQ(first.flow->server_port, 53);
}

TEST(FlowTable, UdpIsEstablishedFromTheThirdPacketOn) {
  Harness harness;
  harness.take({});
  EXPECT_FALSE(harness.step.was_established);
  EXPECT_TRUE(harness.step.is_first_in_direction);
  harness.take(Tuple{}.reversed());
  EXPECT_FALSE(harness.step.was_established);
  EXPECT_TRUE(harness.step.is_first_in_direction);
  harness.take({});
  EXPECT_TRUE(harness.step.was_established);
  EXPECT_FALSE(harness.step.is_first_in_direction);
}

TEST(FlowTable, KeepsVlansApartUnlessToldNotTo) {
  Tuple tagged;
  tagged.vlan = 7;
  Harness apart;
  apart.take({});
  EXPECT_TRUE(apart.take(tagged).is_new);
  FlowOptions options = options_for(64);
  options.vlan_tracking = VlanTracking::off;
  Harness together(options);
  together.take({});
  EXPECT_FALSE(together.take(tagged).is_new);
}

TEST(FlowTable, PairsEchoAndReply) {
  Harness harness;
  harness.view = harness.packets.icmp({}, 8, 11);
  const FlowFound request = harness.take_view();
  EXPECT_TRUE(request.is_new);
  EXPECT_EQ(request.flow->client_port, 8 << 8);
  EXPECT_EQ(request.flow->server_port, 11);
  harness.view = harness.packets.icmp(Tuple{}.reversed(), 0, 11);
  EXPECT_EQ(harness.take_view().flow, request.flow);
  EXPECT_EQ(harness.view.direction, Direction::to_client);
  harness.view = harness.packets.icmp({}, 13, 11);
  EXPECT_TRUE(harness.take_view().is_new);
}

TEST(FlowTable, AttachesUnreachableToTheFlowItIsAbout) {
  Harness harness;
  const FlowFound flow = harness.take({});
  Tuple router;
  router.source = 0x01020304;
  router.target = Tuple{}.source;
  harness.view = harness.packets.icmp(router, 3, 0, {});
  const FlowFound error = harness.take_view();
  EXPECT_EQ(error.flow, flow.flow);
  EXPECT_TRUE(error.is_icmp_error);
  EXPECT_EQ(harness.view.direction, Direction::to_client);
  EXPECT_FALSE(flow.flow->seen_both());  // an error is no answer
  EXPECT_EQ(flow.flow->state, FlowState::fresh);
}

TEST(FlowTable, ErrorsBeginNoFlow) {
  Harness harness;
  harness.view = harness.packets.icmp({}, 3, 0, {});
  EXPECT_EQ(harness.take_view().flow, nullptr);
  harness.view = harness.packets.icmp({}, 11, 0, {});
  EXPECT_EQ(harness.take_view().flow, nullptr);
  EXPECT_EQ(harness.table.counters().packets_without_flow, 2u);
}

TEST(FlowTable, FragmentsAndNonsenseHaveNoFlow) {
  Harness harness;
  for (const std::uint16_t flag : {packet_flag::fragment, packet_flag::invalid}) {
    harness.view = harness.packets.make({});
    harness.view.flags = static_cast<std::uint16_t>(harness.view.flags | flag);
    EXPECT_EQ(harness.take_view().flow, nullptr);
  }
}

TEST(FlowTable, EndsFlowsByTheTimeOfTheirStateAndClass) {
  Harness harness;
  harness.take({});                             // UDP, new: 30 s
  Tuple answered;
  answered.source_port = 41000;
  harness.take(answered);
  harness.take(answered.reversed());            // established: 300 s
  Tuple tcp;
  tcp.protocol = ip_protocol::tcp;
  harness.take(tcp);                            // TCP, new: 60 s
  harness.table.expire(kStart + 29 * kSecond, 100, harness.on_end());
  EXPECT_TRUE(harness.ended.empty());
  harness.table.expire(kStart + 31 * kSecond, 100, harness.on_end());
  ASSERT_EQ(harness.ended.size(), 1u);
  EXPECT_EQ(harness.ended[0].serial, 1u);
  harness.table.expire(kStart + 61 * kSecond, 100, harness.on_end());
  EXPECT_EQ(harness.ended.size(), 2u);
  harness.table.expire(kStart + 301 * kSecond, 100, harness.on_end());
  EXPECT_EQ(harness.ended.size(), 3u);
  EXPECT_EQ(harness.table.active(), 0u);
}

TEST(FlowTable, APacketPutsTheEndOff) {
  Harness harness;
  harness.take({});
  harness.take({}, kStart + 20 * kSecond);
  harness.table.expire(kStart + 40 * kSecond, 100, harness.on_end());
  EXPECT_TRUE(harness.ended.empty());
  harness.table.expire(kStart + 51 * kSecond, 100, harness.on_end());
  EXPECT_EQ(harness.ended.size(), 1u);
}

TEST(FlowTable, AStateThatEndsSoonerTakesEffect) {
  Harness harness;
  Tuple tcp;
  tcp.protocol = ip_protocol::tcp;
  FlowRecord& flow = *harness.take(tcp).flow;
  harness.table.set_state(flow, FlowState::established);
  harness.table.expire(kStart + 61 * kSecond, 100, harness.on_end());
  EXPECT_TRUE(harness.ended.empty());
  harness.table.set_state(flow, FlowState::closed);
  harness.table.expire(kStart + 62 * kSecond, 100, harness.on_end());
  EXPECT_EQ(harness.ended.size(), 1u);
}

TEST(FlowTable, ALatePacketBeginsANewFlowEvenWhenNobodyLookedAtTheClock) {
  Harness harness;
  harness.take({});
  const FlowFound late = harness.take({}, kStart + 100 * kSecond);
  EXPECT_TRUE(late.is_new);
  ASSERT_EQ(harness.ended.size(), 1u);
  EXPECT_EQ(harness.ended[0].why, FlowEnd::timeout);
}

TEST(FlowTable, ExpiresInSlicesAfterAClockJump) {
  Harness harness;
  for (std::uint16_t i = 0; i < 50; ++i) {
    Tuple tuple;
    tuple.source_port = i;
    harness.take(tuple);
  }
  const PacketTime later = kStart + 100'000 * kSecond;
  EXPECT_TRUE(harness.table.expire(later, 20, harness.on_end()));
  EXPECT_EQ(harness.ended.size(), 20u);
  EXPECT_FALSE(harness.table.expire(later, 1000, harness.on_end()));
  EXPECT_EQ(harness.ended.size(), 50u);
}

TEST(FlowTable, EndsAllInTheOrderTheyBegan) {
  Harness harness;
  for (std::uint16_t i = 0; i < 50; ++i) {
    Tuple tuple;
    tuple.source_port = static_cast<std::uint16_t>(i * 7919);
    harness.take(tuple);
  }
  harness.table.drain(harness.on_end());
  ASSERT_EQ(harness.ended.size(), 50u);
  for (std::uint32_t i = 0; i < 50; ++i) EXPECT_EQ(harness.ended[i].serial, i + 1);
  EXPECT_EQ(harness.table.active(), 0u);
  EXPECT_EQ(harness.table.counters().ended[static_cast<std::size_t>(FlowEnd::drained)], 50u);
}

TEST(FlowTable, TakesUpAnEarlierTimeOnceItIsEmpty) {
  Harness harness;
  harness.take({});
  harness.table.drain(harness.on_end());
  harness.ended.clear();
  const PacketTime earlier = kStart - 3'600 * kSecond;
  harness.take({}, earlier);
  harness.table.expire(earlier + 10 * kSecond, 100, harness.on_end());
  EXPECT_TRUE(harness.ended.empty());
  harness.table.expire(earlier + 400 * kSecond, 100, harness.on_end());
  EXPECT_EQ(harness.ended.size(), 1u);
}

TEST(FlowTable, EvictsTheYoungestOfTheGreediestPrefix) {
  Harness harness(options_for(100));
  Tuple quiet;
  quiet.source = 0x0b000001;
  harness.take(quiet);
  for (std::uint16_t i = 0; i < 99; ++i) {
    Tuple flood;
    flood.source_port = i;
    harness.take(flood);
  }
  Tuple other;
  other.source = 0x0c000001;
  EXPECT_TRUE(harness.take(other).is_new);
  ASSERT_EQ(harness.ended.size(), 1u);
  EXPECT_EQ(harness.ended[0].serial, 100u);
  EXPECT_EQ(harness.ended[0].why, FlowEnd::evicted_share);
  EXPECT_FALSE(harness.take(quiet).is_new);
}

TEST(FlowTable, EvictsTheOldestWhenNobodyIsGreedy) {
  Harness harness(options_for(100));
  for (std::uint32_t i = 0; i < 100; ++i) {
    Tuple tuple;
    tuple.source = 0x0a000001 + i * 256 * 7;
    harness.take(tuple, kStart + i * kSecond / 10);
  }
  Tuple first;
  harness.take(first, kStart + 11 * kSecond);  // the first one lives on
  Tuple other;
  other.source = 0xdd000001;
  harness.take(other, kStart + 11 * kSecond);
  ASSERT_EQ(harness.ended.size(), 1u);
  EXPECT_EQ(harness.ended[0].why, FlowEnd::evicted_oldest);
  EXPECT_NE(harness.ended[0].serial, 1u);
  EXPECT_LE(harness.ended[0].serial, 12u);
}

TEST(FlowTable, NeverStallsUnderAFlood) {
  Harness harness(options_for(256));
  SeededRandom random(7);
  for (int i = 0; i < 20'000; ++i) {
    Tuple tuple;
    tuple.source = static_cast<std::uint32_t>(random.next());
    tuple.source_port = static_cast<std::uint16_t>(random.next());
    ASSERT_NE(harness.take(tuple, kStart + i * kMillisecond).flow, nullptr);
  }
  EXPECT_EQ(harness.table.active(), 256u);
  EXPECT_EQ(harness.table.counters().created, 20'000u);
}

TEST(FlowTable, FindsByBatchWhatItFindsAlone) {
  Harness harness(options_for(2048));
  SeededRandom random(3);
  std::map<std::uint16_t, std::uint32_t> serials;
  Batch batch;
  for (int round = 0; round < 100; ++round) {
    batch.clear();
    for (int i = 0; i < 32; ++i) {
      Tuple tuple;
      tuple.source_port = static_cast<std::uint16_t>(random.below(300));
      batch.views[batch.count++] = harness.packets.make(random.below(2) == 0 ? tuple : tuple.reversed(), kStart);
    }
    harness.table.hash_batch(batch);
    harness.table.find_batch(batch);
    for (PacketView& view : batch.all()) {
      harness.view = view;
      const FlowFound found = harness.take_view();
      const std::uint16_t port = view.source_port() == 53 ? view.target_port() : view.source_port();
      const auto [at, is_first] = serials.emplace(port, found.flow->serial);
      EXPECT_EQ(at->second, found.flow->serial);
      EXPECT_EQ(is_first, found.is_new);
    }
  }
}

TEST(FlowTable, HashesWithTheProcessKey) {
  Packets packets;
  const PacketView view = packets.make({});
  const PacketView reply = packets.make(Tuple{}.reversed());
  FlowKey key;
  FlowKey back;
  ASSERT_TRUE(key.read(view, VlanTracking::on));
  ASSERT_TRUE(back.read(reply, VlanTracking::on));
  std::set<std::uint32_t> hashes;
  for (std::uint64_t i = 0; i < 64; ++i) {
    const HashKey secret{i * 77 + 1, i * 99 + 3};
    EXPECT_EQ(key.hash(secret), back.hash(secret));
    hashes.insert(key.hash(secret));
  }
  EXPECT_EQ(hashes.size(), 64u);
}

TEST(FlowTable, SpreadsNeighbouringTuples) {
  std::map<std::uint32_t, int> buckets;
  Packets packets;
  for (std::uint32_t i = 0; i < 4096; ++i) {
    Tuple tuple;
    tuple.source = 0x0a000000 + i / 16;
    tuple.source_port = static_cast<std::uint16_t>(40000 + i % 16);
    FlowKey key;
    ASSERT_TRUE(key.read(packets.make(tuple), VlanTracking::on));
    ++buckets[key.hash({}) & 1023];
  }
  int fullest = 0;
  for (const auto& [bucket, count] : buckets) fullest = std::max(fullest, count);
  EXPECT_LE(fullest, 16);  // 4 on average
}

TEST(FlowTable, SwapsItsSides) {
  Harness harness;
  FlowRecord& flow = *harness.take({}).flow;
  FlowTable::swap_directions(flow);
  EXPECT_EQ(flow.client_port, 53);
  EXPECT_TRUE(flow.has(flow_flag::seen_to_client));
  EXPECT_FALSE(flow.has(flow_flag::seen_to_server));
  EXPECT_FALSE(harness.take({}).is_new);
  EXPECT_EQ(harness.view.direction, Direction::to_client);
}

TEST(FlowTable, MakesVariablesOnFirstUseAndBoundsThem) {
  Harness harness;
  std::vector<FlowRecord*> flows;
  for (std::uint16_t i = 0; i < 5; ++i) {
    Tuple tuple;
    tuple.source_port = i;
    flows.push_back(harness.take(tuple).flow);
  }
  EXPECT_EQ(harness.table.vars(*flows[0]), nullptr);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NE(harness.table.make_vars(*flows[i]), nullptr);
  EXPECT_EQ(harness.table.make_vars(*flows[4]), nullptr);
  EXPECT_EQ(harness.table.counters().vars_full, 1u);
  harness.table.drain(harness.on_end());
  Tuple again;
  EXPECT_NE(harness.table.make_vars(*harness.take(again).flow), nullptr);
}

}  // namespace
}  // namespace hd
