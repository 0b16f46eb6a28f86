// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/published.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace hd {
namespace {

struct Pair {
  std::uint64_t one = 0, other = 0;
  std::uint32_t odd_size = 0;
};

TEST(Published, IsReadWholeWhileItIsWritten) {
  constexpr std::uint64_t kWrites = 20'000;
  Published<Pair> published;
  std::thread writer([&published] {
    for (std::uint64_t n = 1; n <= kWrites; ++n) published.write({.one = n, .other = n * 3, .odd_size = static_cast<std::uint32_t>(n)});
  });

  Pair seen;
  std::uint64_t last = 0;
  do {
    seen = published.read();
    ASSERT_EQ(seen.other, seen.one * 3);
    ASSERT_EQ(seen.odd_size, seen.one);
    ASSERT_GE(seen.one, last);
    last = seen.one;
  } while (seen.one < kWrites);
  writer.join();
}

}  // namespace
}  // namespace hd
