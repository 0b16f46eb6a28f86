// SPDX-License-Identifier: Apache-2.0
// Address and port classes: both answer "which sets hold this" by one class number.
#include <gtest/gtest.h>

#include <algorithm>

#include "sensor/base/bytes.hpp"
#include "sensor/base/time.hpp"
#include "sensor/match/address_classes.hpp"
#include "sensor/match/port_classes.hpp"

namespace hd {
namespace {

AddressBytes ip4(std::uint32_t host_order) {
  AddressBytes bytes = {};
  bytes[10] = bytes[11] = 0xff;
  store(bytes.data() + 12, __builtin_bswap32(host_order));
  return bytes;
}
AddressBytes ip6(std::uint64_t high, std::uint64_t low) {
  AddressBytes bytes = {};
  store(bytes.data(), __builtin_bswap64(high));
  store(bytes.data() + 8, __builtin_bswap64(low));
  return bytes;
}

TEST(AddressClasses, AnswersEverySetOfAnAddressByOneClass) {
  const std::vector<std::vector<AddressRange>> sets = {
      {{ip4(0xc0000200), ip4(0xc00002ff)}},                                   // 192.0.2.0/24
      {{ip4(0xc0000207), ip4(0xc0000207)}, {ip4(0xcb007100), ip4(0xcb0071ff)}},  // 192.0.2.7, 203.0.113.0/24
      {{ip6(0x20010db800000000, 0), ip6(0x20010db8ffffffff, ~0ull)}},         // 2001:db8::/32
  };
  const AddressClasses classes(sets);

  const std::uint32_t both = classes.class_of(ip4(0xc0000207));
  EXPECT_TRUE(classes.contains(both, 0) && classes.contains(both, 1) && !classes.contains(both, 2));
  EXPECT_EQ(classes.sets_of(both).size(), 2u);
  EXPECT_TRUE(classes.contains(classes.class_of(ip4(0xc0000206)), 0));
  EXPECT_FALSE(classes.contains(classes.class_of(ip4(0xc0000206)), 1));
  EXPECT_TRUE(classes.contains(classes.class_of(ip6(0x20010db800000001, 5)), 2));
  EXPECT_EQ(classes.class_of(ip4(0xc0000300)), 0u);
  EXPECT_EQ(classes.class_of(ip4(0xc00001ff)), 0u);
  EXPECT_EQ(classes.class_of(ip6(0x20010db900000000, 0)), 0u);
  EXPECT_EQ(classes.class_count(), 5u);
}

TEST(AddressClasses, WholeSpaceAndBordersOfTheFamiliesBelong) {
  const std::vector<std::vector<AddressRange>> sets = {
      {{ip6(0, 0), ip6(~0ull, ~0ull)}},
      {{ip4(0), ip4(0xffffffff)}},
  };
  const AddressClasses classes(sets);

  for (const AddressBytes& address : {ip4(0), ip4(0xffffffff), ip6(0, 0), ip6(0, 0xfffeffffffffull), ip6(0, 0x1000000000000ull), ip6(~0ull, ~0ull)}) {
    EXPECT_TRUE(classes.contains(classes.class_of(address), 0));
  }
  EXPECT_TRUE(classes.contains(classes.class_of(ip4(0)), 1));
  EXPECT_TRUE(classes.contains(classes.class_of(ip4(0xffffffff)), 1));
  EXPECT_FALSE(classes.contains(classes.class_of(ip6(0, 0xfffeffffffffull)), 1));
  EXPECT_FALSE(classes.contains(classes.class_of(ip6(0, 0x1000000000000ull)), 1));
}

TEST(AddressClasses, WithoutSetsEveryAddressHasTheEmptyClass) {
  const AddressClasses classes;

  EXPECT_EQ(classes.class_of(ip4(0xc0000201)), 0u);
  EXPECT_EQ(classes.class_count(), 1u);
  EXPECT_TRUE(classes.sets_of(0).empty());
}

TEST(AddressClasses, AnswersAsTheRangesDoOnRandomLists) {
  SeededRandom random(41);
  for (int round = 0; round < 8; ++round) {
    const std::size_t set_count = round % 2 == 0 ? 12 : 150;
    std::vector<std::vector<AddressRange>> sets(set_count);
    std::vector<AddressBytes> probes;
    for (auto& ranges : sets) {
      for (std::uint64_t i = 0; i < 1 + random.next() % 20; ++i) {
        const bool is_ip6 = random.next() % 3 == 0;
        const std::uint64_t first = random.next() & 0xffff0fff, length = random.next() % 5000;
        if (is_ip6) {
          const std::uint64_t high = random.next() % 4;
          ranges.push_back({ip6(high, first << 40), ip6(high + length % 2, (first << 40) + length)});
        } else {
          const auto last = static_cast<std::uint32_t>(std::min<std::uint64_t>(first + length, 0xffffffff));
          ranges.push_back({ip4(static_cast<std::uint32_t>(first)), ip4(last)});
          probes.push_back(ip4(static_cast<std::uint32_t>(first) - 1));
          probes.push_back(ip4(last + 1));
        }
        probes.push_back(ranges.back().first);
        probes.push_back(ranges.back().last);
      }
    }
    for (int i = 0; i < 500; ++i) probes.push_back(ip4(static_cast<std::uint32_t>(random.next())));
    const AddressClasses classes(sets);
    for (const AddressBytes& probe : probes) {
      const std::uint32_t address_class = classes.class_of(probe);
      std::vector<std::uint32_t> expected;
      for (std::uint32_t set = 0; set < set_count; ++set) {
        const bool is_in = std::ranges::any_of(
            sets[set], [&](const AddressRange& range) { return range.first <= probe && probe <= range.last; });
        ASSERT_EQ(classes.contains(address_class, set), is_in) << "set " << set << ", round " << round;
        if (is_in) expected.push_back(set);
      }
      const auto members = classes.sets_of(address_class);
      ASSERT_EQ(std::vector<std::uint32_t>(members.begin(), members.end()), expected);
    }
  }
}

TEST(PortClasses, AnswersAsTheRangesDoForEveryPort) {
  SeededRandom random(42);
  std::vector<std::vector<PortRange>> sets(70);
  for (auto& ranges : sets) {
    for (std::uint64_t i = 0; i < 1 + random.next() % 4; ++i) {
      const auto first = static_cast<std::uint16_t>(random.next());
      const auto last = static_cast<std::uint16_t>(std::min<std::uint64_t>(first + random.next() % 3000, 65535));
      ranges.push_back({first, last});
    }
  }
  sets[3] = {{0, 65535}};
  sets[4] = {{65535, 65535}};
  sets[5] = {};
  const PortClasses classes(sets);

  for (std::uint32_t port = 0; port < 65'536; ++port) {
    const std::uint16_t port_class = classes.class_of(static_cast<std::uint16_t>(port));
    for (std::uint32_t set = 0; set < sets.size(); ++set) {
      const bool is_in = std::ranges::any_of(
          sets[set], [&](const PortRange& range) { return range.first <= port && port <= range.last; });
      ASSERT_EQ(classes.contains(port_class, set), is_in) << "port " << port << ", set " << set;
    }
  }
}

TEST(PortClasses, WithoutSetsEveryPortHasTheEmptyClass) {
  EXPECT_EQ(PortClasses().class_of(443), 0);
  EXPECT_EQ(PortClasses().class_count(), 1u);
}

}  // namespace
}  // namespace hd
