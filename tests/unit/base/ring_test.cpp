// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/ring.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "sensor/base/time.hpp"

namespace hd {
namespace {

bool put(SpscRing& ring, std::string_view text) {
  const auto room = ring.reserve(text.size());
  if (room.empty()) return false;
  std::memcpy(room.data(), text.data(), text.size());
  ring.commit(text.size());
  return true;
}

TEST(SpscRing, GivesRecordsInOrderAsTheyWereWritten) {
  SpscRing ring(1024);

  ASSERT_TRUE(put(ring, "one"));
  ASSERT_TRUE(put(ring, "two and more"));

  EXPECT_EQ(as_chars(ring.front()), "one");
  ring.pop();
  EXPECT_EQ(as_chars(ring.front()), "two and more");
  ring.pop();
  EXPECT_TRUE(ring.front().empty());
  EXPECT_EQ(ring.used(), 0u);
}

TEST(SpscRing, ShowsNothingBeforeCommitAndOnlyWhatWasCommitted) {
  SpscRing ring(1024);

  const auto room = ring.reserve(100);
  ASSERT_EQ(room.size(), 100u);
  EXPECT_TRUE(ring.front().empty());
  std::memcpy(room.data(), "abc", 3);
  ring.commit(3);

  EXPECT_EQ(as_chars(ring.front()), "abc");
  EXPECT_EQ(ring.used(), 16u) << "the rest of the reservation is free again";
}

TEST(SpscRing, RefusesWhenFullAndTakesAgainAfterPop) {
  SpscRing ring(1024);
  const std::string record(120, 'x');  // 128 bytes with its length

  for (int i = 0; i < 8; ++i) ASSERT_TRUE(put(ring, record));
  EXPECT_FALSE(put(ring, "y"));
  ASSERT_FALSE(ring.front().empty());
  ring.pop();

  EXPECT_TRUE(put(ring, record));
  EXPECT_FALSE(put(ring, "y"));
}

TEST(SpscRing, TakesItsLongestRecordWhereverItsEndsStand) {
  for (std::size_t shift = 1; shift < 1000; shift += 7) {
    SpscRing ring(1024);
    for (std::size_t moved = 0; moved < shift; moved += 8) {
      ASSERT_TRUE(put(ring, "x"));
      ASSERT_FALSE(ring.front().empty());
      ring.pop();
    }

    const std::string longest(ring.length_max(), 'l');
    ASSERT_TRUE(put(ring, longest)) << "after " << shift;
    EXPECT_EQ(as_chars(ring.front()), longest);
  }
  SpscRing ring(1024);
  EXPECT_TRUE(ring.reserve(ring.length_max() + 1).empty());
}

TEST(SpscRing, EqualsAQueueUnderRandomUse) {
  SeededRandom random(7);
  SpscRing ring(4096);
  std::deque<std::string> queue;

  for (int step = 0; step < 200'000; ++step) {
    if (random.below(2) == 0) {
      const std::string text(1 + random.below(random.below(8) == 0 ? 1500 : 60), static_cast<char>('a' + step % 26));
      if (put(ring, text)) queue.push_back(text);
    } else if (queue.empty()) {
      ASSERT_TRUE(ring.front().empty());
    } else {
      ASSERT_EQ(as_chars(ring.front()), queue.front());
      ring.pop();
      queue.pop_front();
    }
  }
}

TEST(SpscRing, LosesAndMixesNothingBetweenTwoThreads) {
  constexpr std::uint64_t kRecords = 100'000;
  SpscRing ring(8192);

  std::thread writer([&ring] {
    SeededRandom random(3);
    for (std::uint64_t n = 0; n < kRecords; ++n) {
      const std::size_t length = 8 + random.below(200);
      auto room = ring.reserve(length);
      for (; room.empty(); room = ring.reserve(length)) std::this_thread::yield();
      std::memset(room.data(), static_cast<int>(n & 0xff), length);
      store(room.data(), n);
      ring.commit(length);
    }
  });
  SeededRandom random(3);
  std::uint64_t wrong = 0;
  for (std::uint64_t n = 0; n < kRecords;) {
    const Bytes record = ring.front();
    if (record.empty()) {
      std::this_thread::yield();
      continue;
    }
    if (record.size() != 8 + random.below(200) || load_le64(record.data()) != n) ++wrong;
    for (const std::uint8_t byte : record.subspan(8)) wrong += byte != (n & 0xff);
    ring.pop();
    ++n;
  }
  writer.join();

  EXPECT_EQ(wrong, 0u);
  EXPECT_TRUE(ring.front().empty());
}

}  // namespace
}  // namespace hd
