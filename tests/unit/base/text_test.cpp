// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/text.hpp"

#include <gtest/gtest.h>

#include <array>

namespace hd {
namespace {

TEST(Text, ReadsSizes) {
  EXPECT_EQ(parse_size("64MiB"), 64u << 20);
  EXPECT_EQ(parse_size("1.5GiB"), 3ull << 29);
  EXPECT_EQ(parse_size("10kB"), 10'000u);
  EXPECT_EQ(parse_size("512"), 512u);
  EXPECT_EQ(parse_size("0"), 0u);
  for (const char* wrong : {"", "MiB", "64 MiB", "-1", "64mib", "1.5", "1..5MiB", "1.MiB", "99999999TiB", "64M"}) {
    EXPECT_EQ(parse_size(wrong), std::nullopt) << wrong;
  }
}

TEST(Text, ReadsDurations) {
  EXPECT_EQ(parse_duration("30s"), 30 * kSecond);
  EXPECT_EQ(parse_duration("1h30m"), 5400 * kSecond);
  EXPECT_EQ(parse_duration("500ms"), 500 * kMillisecond);
  EXPECT_EQ(parse_duration("90d"), 90 * 86'400 * kSecond);
  EXPECT_EQ(parse_duration("0.5s"), 500 * kMillisecond);
  EXPECT_EQ(parse_duration("0"), 0);
  for (const char* wrong : {"", "30", "s", "30m1h", "1s1s", "30 s", "-1s", "300y", "1x"}) {
    EXPECT_EQ(parse_duration(wrong), std::nullopt) << wrong;
  }
}

TEST(Text, ReadsCountsAndRates) {
  EXPECT_EQ(parse_count("4M"), 4'000'000u);
  EXPECT_EQ(parse_count("1.2k"), 1'200u);
  EXPECT_EQ(parse_count("250"), 250u);
  EXPECT_EQ(parse_count("4m"), std::nullopt);
  EXPECT_EQ(parse_rate("1k/s"), 1000.0);
  EXPECT_EQ(parse_rate("90/m"), 1.5);
  EXPECT_EQ(parse_rate("90"), std::nullopt);
  EXPECT_EQ(parse_rate("90/x"), std::nullopt);
}

TEST(Text, WritesWhatItReads) {
  EXPECT_EQ(size_text(64u << 20), "64MiB");
  EXPECT_EQ(size_text(0), "0B");
  EXPECT_EQ(size_text(1'500'000'000), "1.3 GiB");
  EXPECT_EQ(size_text(1023), "1023B");
  EXPECT_EQ(duration_text(0), "0s");
  EXPECT_EQ(duration_text(90 * kSecond), "1m30s");
  EXPECT_EQ(duration_text((3 * 24 + 4) * 3600 * kSecond + 5 * kSecond), "3d4h");
  EXPECT_EQ(duration_text(214 * kMillisecond), "214ms");
  EXPECT_EQ(duration_text(-5 * kSecond), "-5s");
  EXPECT_EQ(count_text(41'876), "41,876");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1'000'000), "1,000,000");
}

TEST(Text, MeasuresEdits) {
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("interfce", "interface"), 1u);
  EXPECT_EQ(edit_distance("flowbtis", "flowbits"), 1u);  // neighbours swapped
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance(std::string(65, 'a'), "a"), 65u);
}

TEST(Text, NamesTheNearestWordOnlyWhenItIsNear) {
  constexpr std::array<std::string_view, 4> kNames = {"interface", "source", "ring", "snaplen"};

  EXPECT_EQ(nearest_name("interfce", kNames), "interface");
  EXPECT_EQ(nearest_name("rng", kNames), "ring");
  EXPECT_EQ(nearest_name("colour", kNames), "");
  EXPECT_EQ(nearest_name("", kNames), "");
}

TEST(Text, SplitsAndTrims) {
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim("  "), "");
  EXPECT_EQ(parse_integer("-7"), -7);
  EXPECT_EQ(parse_integer("7x"), std::nullopt);
}

}  // namespace
}  // namespace hd
