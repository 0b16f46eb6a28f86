// SPDX-License-Identifier: Apache-2.0
// TCP tracking of established sessions: data in order with ACKs, both readers served; and the same out of order.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "sensor/flow/table.hpp"
#include "sensor/stream/header.hpp"
#include "sensor/stream/tracker.hpp"

namespace hd {
namespace {

constexpr std::size_t kHeaders = 52;  // IP, TCP, timestamp option

/// One connection's packets, rewritten in place for each step.
class Connection {
 public:
  Connection(std::uint16_t port, std::size_t payload) : length_(payload) {
    for (std::size_t side = 0; side < 2; ++side) {
      std::vector<std::uint8_t>& bytes = bytes_[side];
      bytes.assign(kHeaders + payload, std::uint8_t{'x'});
      std::memset(bytes.data(), 0, kHeaders);
      bytes[0] = 0x45;
      bytes[9] = ip_protocol::tcp;
      store(bytes.data() + 12 + 4 * side, 0x0100000au);
      store(bytes.data() + 16 - 4 * side, 0x070200c0u);
      store(bytes.data() + 20 + 2 * side, __builtin_bswap16(port));
      store(bytes.data() + 22 - 2 * side, __builtin_bswap16(std::uint16_t{80}));
      bytes[32] = 8 << 4;
      store(bytes.data() + 34, std::uint16_t{0xffff});
      store(bytes.data() + 40, 0x0a080101u);
    }
  }
  PacketView packet(Direction from, std::uint8_t flags, std::size_t payload, std::uint32_t ahead = 0) {
    std::vector<std::uint8_t>& bytes = bytes_[index_of(from)];
    store(bytes.data() + 24, __builtin_bswap32(next_[index_of(from)] + ahead));
    store(bytes.data() + 28, __builtin_bswap32(next_[index_of(opposite(from))]));
    bytes[33] = flags;
    store(bytes.data() + 44, __builtin_bswap32(++clock_));
    PacketView view;
    view.data = bytes.data();
    view.caplen = view.wirelen = static_cast<std::uint32_t>(kHeaders + payload);
    view.time = PacketTime{1'700'000'000 * kSecond};
    view.l4 = 20;
    view.payload = kHeaders;
    view.payload_length = static_cast<std::uint16_t>(payload);
    view.flags = packet_flag::ip4 | packet_flag::l4;
    view.protocol = ip_protocol::tcp;
    return view;
  }
  void advance(Direction from, std::size_t by) { next_[index_of(from)] += static_cast<std::uint32_t>(by); }
  [[nodiscard]] std::size_t length() const { return length_; }

 private:
  std::array<std::vector<std::uint8_t>, 2> bytes_;
  std::array<std::uint32_t, 2> next_ = {1000, 5000};
  std::size_t length_;
  std::uint32_t clock_ = 0;
};

struct Machine {
  explicit Machine(std::uint32_t connections, std::size_t payload) : flows(flow_options()), tracker(options(), flows) {
    for (std::uint32_t i = 0; i < connections; ++i) {
      Connection& talk = talks.emplace_back(static_cast<std::uint16_t>(10'000 + i), payload);
      run(talk.packet(Direction::to_server, tcp_flag::syn, 0));
      talk.advance(Direction::to_server, 1);
      run(talk.packet(Direction::to_client, tcp_flag::syn | tcp_flag::ack, 0));
      talk.advance(Direction::to_client, 1);
      run(talk.packet(Direction::to_server, tcp_flag::ack, 0));
    }
  }
  static FlowOptions flow_options() {
    FlowOptions made;
    made.flows_max = 65'536;
    made.flow_vars_max = 16;
    return made;
  }
  static TcpOptions options() {
    TcpOptions made;
    made.depth = 0;
    return made;
  }
  void run(PacketView view) {
    const FlowFound found = flows.find_or_create(
        view, view.time, [this](const FlowRecord& record, const PacketView& next) { return tracker.is_reuse(record, next); },
        [this](FlowRecord& record, FlowEnd) { tracker.end(record); });
    FlowRecord& flow = *found.flow;
    flows.update(flow, view);
    StreamEventSet events;
    const TakeResult result = tracker.take(flow, view, events);
    for (const Direction direction : {opposite(view.direction), view.direction}) {
      if (!result.app_due[index_of(direction)]) continue;
      const AppData data = tracker.app_data(flow, direction, events);
      seen += data.bytes.size();
      tracker.app_consumed(flow, direction, data.bytes.size());
    }
    if (!tracker.raw_due(flow, view.direction)) return;
    const RawWindow window = tracker.raw_window(flow, view.direction);
    tracker.raw_done(flow, view.direction, window);
  }
  std::vector<Connection> talks;
  FlowTable flows;
  TcpTracker tracker;
  std::uint64_t seen = 0;
};

/// Two data packets and an ACK, over many connections in turn. Arguments: connections, payload.
void InOrder(benchmark::State& state) {
  Machine machine(static_cast<std::uint32_t>(state.range(0)), static_cast<std::size_t>(state.range(1)));
  std::size_t at = 0;
  for (auto _ : state) {
    Connection& talk = machine.talks[at++ % machine.talks.size()];
    for (int i = 0; i < 2; ++i) {
      machine.run(talk.packet(Direction::to_server, tcp_flag::ack, talk.length()));
      talk.advance(Direction::to_server, talk.length());
    }
    machine.run(talk.packet(Direction::to_client, tcp_flag::ack, 0));
  }
  state.SetItemsProcessed(state.iterations() * 3);
  state.SetBytesProcessed(static_cast<std::int64_t>(machine.seen));
}
BENCHMARK(InOrder)->Args({16, 100})->Args({16, 1400})->Args({4096, 100})->Args({4096, 1400});

/// Two data packets that change places, and an ACK.
void OutOfOrder(benchmark::State& state) {
  Machine machine(16, static_cast<std::size_t>(state.range(0)));
  std::size_t at = 0;
  for (auto _ : state) {
    Connection& talk = machine.talks[at++ % machine.talks.size()];
    const auto length = static_cast<std::uint32_t>(talk.length());
    machine.run(talk.packet(Direction::to_server, tcp_flag::ack, talk.length(), length));
    machine.run(talk.packet(Direction::to_server, tcp_flag::ack, talk.length()));
    talk.advance(Direction::to_server, std::size_t{2} * length);
    machine.run(talk.packet(Direction::to_client, tcp_flag::ack, 0));
  }
  state.SetItemsProcessed(state.iterations() * 3);
  state.SetBytesProcessed(static_cast<std::int64_t>(machine.seen));
}
BENCHMARK(OutOfOrder)->Arg(1400);

/// ACKs alone.
void PureAcks(benchmark::State& state) {
  Machine machine(16, 0);
  std::size_t at = 0;
  for (auto _ : state) {
    Connection& talk = machine.talks[at++ % machine.talks.size()];
    machine.run(talk.packet(Direction::to_client, tcp_flag::ack, 0));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(PureAcks);

}  // namespace
}  // namespace hd

BENCHMARK_MAIN();
