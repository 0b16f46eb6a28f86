// SPDX-License-Identifier: Apache-2.0
// What an alert costs as a line of EVE.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "sensor/eve/alert.hpp"

namespace hd {
namespace {

AlertRecord record_of(std::size_t payload) {
  AlertRecord record{.wseq = 1, .time = {1'660'000'000'123'456'789}, .flow_id = 42};
  record.source = Address::from_ip4(0x0a000001);
  record.target = Address::from_ip4(0xc6336407);
  record.source_port = 40'000;
  record.target_port = 80;
  record.protocol = ip_protocol::tcp;
  record.has_flow = record.has_ports = true;
  record.tail.payload = static_cast<std::uint32_t>(payload);
  return record;
}

void BM_RenderAlert(benchmark::State& state) {
  Ruleset rules;
  rules.heads.resize(1);
  rules.cold.push_back({.msg = "bench", .eve = R"("action":"allowed","gid":1,"signature_id":1,"rev":1,"signature":"bench","category":"","severity":3)"});
  const std::vector<std::uint8_t> payload(static_cast<std::size_t>(state.range(0)), std::uint8_t{'a'});
  const AlertRecord record = record_of(payload.size());
  const EveOptions options{.sensor_name = "bench"};
  std::string line;
  for (auto _ : state) {
    line.clear();
    render_alert(record, payload, rules, options, line);
    benchmark::DoNotOptimize(line.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(line.size()));
}
BENCHMARK(BM_RenderAlert)->Arg(0)->Arg(256)->Arg(4096);

}  // namespace
}  // namespace hd
