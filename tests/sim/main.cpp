// SPDX-License-Identifier: Apache-2.0
// sim_delivery --seeds N --first S [--seconds T] [--variant NAME] [--verbose]
// Without a variant every seed must hold. With one (a fault built in on purpose) some seed must fail.
#include <fmt/core.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/sim/world.hpp"

namespace {

using hd::sim::Variant;

struct Arguments {
  std::uint64_t seeds = 2000;
  std::uint64_t first = 1;
  std::uint64_t seconds = 0;
  Variant variant = Variant::none;
  bool is_verbose = false;
  bool traces = false;
  bool is_valid = true;
};

Arguments arguments_of(int count, char** values) {
  Arguments arguments;
  const auto number = [&](int at, std::uint64_t* out) {
    const std::string_view text = at < count ? values[at] : "";
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
    arguments.is_valid = arguments.is_valid && error == std::errc() && end == text.data() + text.size() && !text.empty();
  };
  for (int at = 1; at < count; ++at) {
    const std::string_view word = values[at];
    if (word == "--seeds") number(++at, &arguments.seeds);
    else if (word == "--first" || word == "--seed") {
      number(++at, &arguments.first);
      if (word == "--seed") arguments.seeds = 1;
    } else if (word == "--seconds") number(++at, &arguments.seconds);
    else if (word == "--trace") arguments.traces = true;
    else if (word == "--verbose") arguments.is_verbose = true;
    else if (word == "--variant" && ++at < count) {
      bool is_known = false;
      for (std::uint8_t n = 0; n <= static_cast<std::uint8_t>(Variant::lying_sync); ++n) {
        if (values[at] != std::string_view(hd::sim::name_of(static_cast<Variant>(n)))) continue;
        arguments.variant = static_cast<Variant>(n);
        is_known = true;
      }
      arguments.is_valid = arguments.is_valid && is_known;
    } else arguments.is_valid = false;
  }
  return arguments;
}

}  // namespace

int main(int count, char** values) {
  const Arguments arguments = arguments_of(count, values);
  if (!arguments.is_valid) {
    fmt::print(stderr, "usage: sim_delivery [--seeds N] [--first S | --seed S] [--seconds T] [--variant NAME] [--verbose] [--trace]\n");
    return 2;
  }
  hd::SystemClock clock;
  const hd::Ticks begin = clock.ticks();
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::map<std::string, std::uint64_t> covered;
  std::uint64_t raised = 0;
  std::uint64_t stored = 0;
  std::uint64_t shed = 0;
  std::uint64_t unknown = 0;
  for (std::uint64_t seed = arguments.first; done < arguments.seeds; ++seed) {
    if (arguments.seconds > 0 && clock.ticks() - begin > static_cast<hd::Nanos>(arguments.seconds) * hd::kSecond) break;
    const hd::sim::Outcome outcome = hd::sim::World(seed, arguments.variant, arguments.traces).run();
    ++done;
    raised += outcome.raised;
    stored += outcome.stored;
    shed += outcome.shed;
    unknown += outcome.unknown;
    for (const auto& [what, times] : outcome.covered) covered[what] += times;
    if (outcome.problems.empty()) continue;
    ++failed;
    if (arguments.variant == Variant::none) {
      fmt::print("seed {} failed: sim_delivery --seed {}\n", seed, seed);
      for (const std::string& problem : outcome.problems) fmt::print("  {}\n", problem);
      std::fflush(stdout);
    } else {
      fmt::print("{}: found with seed {} ({} seeds): {}\n", hd::sim::name_of(arguments.variant), seed, done, outcome.problems.front());
      break;
    }
  }
  if (arguments.is_verbose) {
    for (const auto& [what, times] : covered) fmt::print("{:>10}  {}\n", times, what);
    fmt::print("raised {} = stored {} + shed {} + unknown {}\n", raised, stored, shed, unknown);
  }
  if (arguments.variant != Variant::none) {
    if (failed == 0) fmt::print("{}: not found in {} seeds\n", hd::sim::name_of(arguments.variant), done);
    return failed > 0 ? 0 : 1;
  }
  fmt::print("{} seeds, {} failed\n", done, failed);
  return failed == 0 ? 0 : 1;
}
