// SPDX-License-Identifier: Apache-2.0
// What one question to each matcher of sensor/match costs.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "sensor/base/time.hpp"
#include "sensor/match/address_classes.hpp"
#include "sensor/match/byte_search.hpp"
#include "sensor/match/edge_keys.hpp"
#include "sensor/match/head_table.hpp"
#include "sensor/match/literal_database.hpp"
#include "sensor/match/regex.hpp"

namespace hd {
namespace {

constexpr std::size_t kProbes = 4096;  // more than a branch predictor learns by heart

std::string word(Random& random, std::size_t length_min, std::size_t length_max) {
  constexpr std::string_view kLetters = "etaoinshrdlucmfwygpbvkxqjz-";
  std::string result;
  const std::size_t length = length_min + random.next() % (length_max - length_min + 1);
  for (std::size_t i = 0; i < length; ++i) {
    result += kLetters[std::min(random.next() % kLetters.size(), random.next() % kLetters.size())];
  }
  return result;
}
std::string name(Random& random) {
  constexpr const char* kTops[] = {".com", ".net", ".vn", ".org", ".info", ".top", ".xyz"};
  return word(random, 3, 8) + "." + word(random, 4, 14) + kTops[random.next() % std::size(kTops)];
}

/// 7,000 tails as in dns.query of a large rule set; names that hit nothing.
void TailKeys(benchmark::State& state) {
  SeededRandom random(1);
  std::vector<EdgeLiteral> literals;
  for (std::uint32_t id = 0; id < 7000; ++id) {
    literals.push_back({.bytes = "." + name(random), .letters = LetterCase::folded, .has_dot_prefix = true, .id = id});
  }
  const EdgeKeySet set(Edge::tail, literals);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kProbes; ++i) names.push_back(name(random));
  std::size_t at = 0, hits = 0;
  for (auto _ : state) {
    set.find(as_bytes(names[at++ % kProbes]), [&hits](std::uint32_t) noexcept { ++hits; });
  }
  benchmark::DoNotOptimize(hits);
  state.counters["bytes"] = static_cast<double>(set.size_bytes());
}
BENCHMARK(TailKeys);

/// 1,700 literals at 30 offsets, four fifths of them at 0.
void Heads(benchmark::State& state) {
  SeededRandom random(2);
  std::vector<HeadLiteral> literals;
  for (std::uint32_t id = 0; id < 1700; ++id) {
    const auto offset = static_cast<std::uint16_t>(id % 5 != 0 ? 0 : (random.next() % 4 == 0 ? random.next() % 30 : 4));
    literals.push_back({.offset = offset, .bytes = word(random, 2, 12), .id = id});
  }
  const HeadTable table(literals);
  std::vector<std::string> payloads;
  for (std::size_t i = 0; i < kProbes; ++i) {
    std::string bytes;
    for (int j = 0; j < 64; ++j) bytes += static_cast<char>(random.next());
    payloads.push_back(std::move(bytes));
  }
  std::size_t at = 0, hits = 0;
  for (auto _ : state) {
    table.find(as_bytes(payloads[at++ % kProbes]), [&hits](std::uint32_t) noexcept { ++hits; });
  }
  benchmark::DoNotOptimize(hits);
  state.counters["offsets"] = static_cast<double>(table.offset_count());
}
BENCHMARK(Heads);

/// Arg: how many lists; 12 are the expressions of rules, 1,000 reputation lists of 30 addresses each.
void AddressClass(benchmark::State& state) {
  SeededRandom random(3);
  const auto address = [&random] {
    AddressBytes bytes = {};
    bytes[10] = bytes[11] = 0xff;
    store(bytes.data() + 12, static_cast<std::uint32_t>(random.next()));
    return bytes;
  };
  std::vector<std::vector<AddressRange>> sets(static_cast<std::size_t>(state.range(0)));
  for (auto& set : sets) {
    for (int i = 0; i < (sets.size() > 100 ? 30 : 3); ++i) {
      const AddressBytes at = address();
      set.push_back({at, at});
    }
  }
  const AddressClasses classes(sets);
  std::vector<AddressBytes> probes;
  for (std::size_t i = 0; i < kProbes; ++i) probes.push_back(address());
  std::size_t at = 0;
  for (auto _ : state) benchmark::DoNotOptimize(classes.class_of(probes[at++ % kProbes]));
  state.counters["bytes"] = static_cast<double>(classes.size_bytes());
}
BENCHMARK(AddressClass)->Arg(12)->Arg(1000);

/// One content that is not there in a buffer of so many bytes.
void Find(benchmark::State& state) {
  SeededRandom random(4);
  const std::string haystack = word(random, static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(find(as_bytes(haystack), as_bytes("/cmd.exe?")));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(Find)->Arg(20)->Arg(75)->Arg(1460);
void FindFolded(benchmark::State& state) {
  SeededRandom random(4);
  const std::string haystack = word(random, static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(find_folded(as_bytes(haystack), as_bytes("/cmd.exe?")));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(FindFolded)->Arg(20)->Arg(75)->Arg(1460);

/// Arg: literals. A URI of 75 bytes.
void Literals(benchmark::State& state) {
  SeededRandom random(5);
  LiteralSet set;
  for (std::int64_t i = 0; i < state.range(0); ++i) set.add("/" + word(random, 4, 20), LetterCase::folded);
  const auto database = LiteralDatabase::build(set);
  LiteralScratch scratch;
  if (!database || !scratch.fit(**database)) {
    state.SkipWithError("Hyperscan refuses");
    return;
  }
  std::vector<std::string> buffers;
  for (std::size_t i = 0; i < kProbes; ++i) buffers.push_back("/" + word(random, 74, 74));
  std::size_t at = 0;
  for (auto _ : state) {
    (*database)->scan(as_bytes(buffers[at++ % kProbes]), scratch, [](std::uint32_t, std::size_t) noexcept {});
  }
  state.counters["hits"] = static_cast<double>(scratch.hits) / static_cast<double>(scratch.calls);
  state.counters["bytes"] = static_cast<double>((*database)->size_bytes());
}
BENCHMARK(Literals)->Arg(50)->Arg(1000)->Arg(5000);

void RegexSearch(benchmark::State& state) {
  const auto regex = Regex::compile("^/[a-z]{3,8}/[0-9]+\\.php\\?id=", {.caseless = true});
  RegexScratch scratch;
  const std::string subject = "/images/2024/index.html?page=12&sort=name&order=descending&lang=vi";
  for (auto _ : state) benchmark::DoNotOptimize((*regex)->search(as_bytes(subject), 0, scratch));
}
BENCHMARK(RegexSearch);

}  // namespace
}  // namespace hd
