// SPDX-License-Identifier: Apache-2.0
// Decoding: batches of 32 packets whose bytes are warm, so that only the decoder's own work is seen.
#include "sensor/packet/decoder.hpp"
#include "sensor/packet/defrag.hpp"
#include "tests/support/packet_builder.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace hd {
namespace {

using test::Network;
using test::Packet;

/// Decodes 32 different copies of the packets, in turn.
void decode(benchmark::State& state, const std::vector<Packet>& kinds, const DecoderOptions& options = {}) {
  std::vector<Packet> packets;
  RawBatch raw;
  for (std::size_t i = 0; i < RawBatch::kMax; ++i) packets.push_back(kinds[i % kinds.size()]);
  for (const Packet& packet : packets) {
    const auto length = static_cast<std::uint32_t>(packet.size());
    raw.packets[raw.count++] = {.data = packet.data(), .caplen = length, .wirelen = length, .number = 1};
  }
  Defragmenter defragmenter({.datagrams_max = 1024, .memory = std::size_t{1} << 20});
  Decoder decoder(options, defragmenter);
  const auto batch = std::make_unique<Batch>();
  for (auto _ : state) {
    decoder.decode_batch(raw, *batch);
    benchmark::DoNotOptimize(batch->views.data());
  }
  state.SetItemsProcessed(state.iterations() * raw.count);
}

Network tcp_packet(std::string_view payload) {
  return ip4({}, test::tcp({.options = test::from_hex("0101 080a 00000001 00000002"), .payload = payload}));
}

void Tcp4(benchmark::State& state) {
  decode(state, {ethernet(tcp_packet(std::string(300, 'x')))});
}
void Tcp4Tagged(benchmark::State& state) {
  decode(state, {ethernet(vlan(7, tcp_packet(std::string(300, 'x'))))});
}
void Udp4(benchmark::State& state) {
  decode(state, {ethernet(ip4({}, test::udp({}, std::string(60, 'x'))))});
}
void Tcp6(benchmark::State& state) {
  decode(state, {ethernet(ip6({}, test::tcp({.payload = "hello"})))});
}
void Mixed(benchmark::State& state) {
  decode(state, {ethernet(tcp_packet("hello")), ethernet(ip4({}, test::udp({}, "hello"))),
                 ethernet(ip6({}, test::tcp({}))), ethernet(vlan(7, tcp_packet("hello"))),
                 ethernet(ip4({}, test::icmp(8, 0)))});
}
void GtpU(benchmark::State& state) {
  decode(state, {ethernet(ip4({}, gtp_u(7, tcp_packet(std::string(300, 'x')))))});
}
void Tcp4Checked(benchmark::State& state) {
  DecoderOptions options;
  options.verify_checksums = true;
  decode(state, {ethernet(tcp_packet(std::string(1400, 'x')))}, options);
}
void Fragments4(benchmark::State& state) {
  std::vector<Packet> packets;
  for (const Network& part : fragments(ip4({}, test::udp({}, std::string(2500, 'x'))), 1480))
    packets.push_back(ethernet(part));
  decode(state, packets);
}

BENCHMARK(Tcp4);
BENCHMARK(Tcp4Tagged);
BENCHMARK(Udp4);
BENCHMARK(Tcp6);
BENCHMARK(Mixed);
BENCHMARK(GtpU);
BENCHMARK(Tcp4Checked);
BENCHMARK(Fragments4);

}  // namespace
}  // namespace hd

BENCHMARK_MAIN();
