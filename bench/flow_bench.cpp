// SPDX-License-Identifier: Apache-2.0
// Flow table: finding flows by batch among 100 k and 1 M, and making and ending them.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "sensor/flow/table.hpp"
#include "tests/unit/flow/flow_packets.hpp"

namespace hd {
namespace {

constexpr PacketTime kStart{1'700'000'000 * kSecond};

FlowOptions options_for(std::uint32_t flows) {
  FlowOptions options;
  options.flows_max = flows;
  options.flow_vars_max = 1024;
  return options;
}

test::Tuple tuple_of(std::uint64_t number) {
  test::Tuple tuple;
  tuple.source = 0x0a000000 + static_cast<std::uint32_t>(number / 16);
  tuple.source_port = static_cast<std::uint16_t>(20000 + number % 16);
  return tuple;
}

constexpr auto kNoReuse = [](const FlowRecord&, const PacketView&) { return false; };
constexpr auto kNoEnd = [](FlowRecord&, FlowEnd) {};

/// Packets of random known flows, 32 a batch: hash, prefetch, find, update.
void FindBatch(benchmark::State& state) {
  const auto flows = static_cast<std::uint32_t>(state.range(0));
  FlowTable table(options_for(flows + flows / 4));
  test::Packets packets;
  std::vector<PacketView> views;
  for (std::uint32_t i = 0; i < flows; ++i) {
    views.push_back(packets.make(tuple_of(i), kStart));
    benchmark::DoNotOptimize(table.find_or_create(views.back(), kStart, kNoReuse, kNoEnd));
  }
  SeededRandom random(1);
  Batch batch;
  for (auto _ : state) {
    state.PauseTiming();
    batch.clear();
    for (std::size_t i = 0; i < Batch::kPackets; ++i) {
      batch.views[batch.count++] = views[random.below(flows)];
      __builtin_prefetch(batch.views[i].data);
    }
    state.ResumeTiming();
    table.hash_batch(batch);
    table.find_batch(batch);
    for (PacketView& view : batch.all()) {
      const FlowFound found = table.find_or_create(view, kStart, kNoReuse, kNoEnd);
      benchmark::DoNotOptimize(table.update(*found.flow, view));
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(Batch::kPackets));
}
BENCHMARK(FindBatch)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Iterations(20'000);

/// The same one by one, without the batch's prefetch.
void FindAlone(benchmark::State& state) {
  const auto flows = static_cast<std::uint32_t>(state.range(0));
  FlowTable table(options_for(flows + flows / 4));
  test::Packets packets;
  std::vector<PacketView> views;
  for (std::uint32_t i = 0; i < flows; ++i) {
    views.push_back(packets.make(tuple_of(i), kStart));
    benchmark::DoNotOptimize(table.find_or_create(views.back(), kStart, kNoReuse, kNoEnd));
  }
  SeededRandom random(1);
  for (auto _ : state) {
    PacketView view = views[random.below(flows)];
    view.hash = 0;
    view.flow = 0;
    const FlowFound found = table.find_or_create(view, kStart, kNoReuse, kNoEnd);
    benchmark::DoNotOptimize(table.update(*found.flow, view));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(FindAlone)->Arg(10'000)->Arg(100'000)->Arg(1'000'000);

/// A full table under a flood of new flows: each evicts one.
void Flood(benchmark::State& state) {
  FlowTable table(options_for(100'000));
  test::Packets packets;
  std::vector<PacketView> views;
  SeededRandom random(1);
  for (std::uint32_t i = 0; i < 400'000; ++i) {
    test::Tuple tuple = tuple_of(i);
    tuple.source = static_cast<std::uint32_t>(random.next());
    views.push_back(packets.make(tuple, kStart));
  }
  std::size_t next = 0;
  for (auto _ : state) {
    PacketView view = views[next++ % views.size()];
    benchmark::DoNotOptimize(table.find_or_create(view, kStart, kNoReuse, kNoEnd));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(Flood);

}  // namespace
}  // namespace hd

BENCHMARK_MAIN();
