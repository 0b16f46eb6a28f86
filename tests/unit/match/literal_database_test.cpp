// SPDX-License-Identifier: Apache-2.0
#include "sensor/match/literal_database.hpp"

#include <gtest/gtest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>

#include "sensor/base/file.hpp"
#include "sensor/base/time.hpp"
#include "sensor/match/database_cache.hpp"

namespace hd {
namespace {

using Hits = std::map<std::uint32_t, std::size_t>;

Hits hits_of(const LiteralDatabase& database, std::string_view buffer) {
  LiteralScratch scratch;
  EXPECT_TRUE(scratch.fit(database));
  Hits hits;
  database.scan(as_bytes(buffer), scratch, [&](std::uint32_t literal, std::size_t end) noexcept {
    EXPECT_TRUE(hits.emplace(literal, end).second) << "literal reported twice";
  });
  EXPECT_EQ(scratch.refused, 0u);
  return hits;
}
std::shared_ptr<const LiteralDatabase> build(const LiteralSet& set) {
  auto database = LiteralDatabase::build(set);
  EXPECT_TRUE(database.has_value());
  return *database;
}

TEST(LiteralSet, GivesEqualLiteralsOneNumber) {
  LiteralSet set;

  EXPECT_EQ(set.add("cmd.exe", LetterCase::exact), 0u);
  EXPECT_EQ(set.add("CMD.exe", LetterCase::folded), 1u);
  EXPECT_EQ(set.add("cmd.EXE", LetterCase::folded), 1u);
  EXPECT_EQ(set.add("|1|", LetterCase::folded), 2u);
  EXPECT_EQ(set.add("|1|", LetterCase::exact), 2u);  // no letters: one literal
  EXPECT_EQ(set.size(), 3u);
  EXPECT_EQ(set.length_min(), 3u);
}

TEST(LiteralDatabase, FindsLiteralsOfBothKindsOnceWithTheirEnd) {
  LiteralSet set;
  const std::uint32_t exact = set.add("Evil", LetterCase::exact);
  const std::uint32_t folded = set.add("Union Select", LetterCase::folded);
  const std::uint32_t binary = set.add(std::string_view("\0\xff\0", 3), LetterCase::exact);
  const auto database = build(set);

  EXPECT_EQ(hits_of(*database, "evil Evil Evil"), (Hits{{exact, 9}}));
  EXPECT_EQ(hits_of(*database, "1 uNION sELECT"), (Hits{{folded, 14}}));
  EXPECT_EQ(hits_of(*database, std::string_view("ab\0\xff\0", 5)), (Hits{{binary, 5}}));
  EXPECT_EQ(hits_of(*database, "Ev"), Hits{});
}

TEST(LiteralDatabase, EmptySetScansNothing) {
  const auto database = build({});
  LiteralScratch scratch;
  ASSERT_TRUE(scratch.fit(*database));

  database->scan(as_bytes("anything"), scratch, [](std::uint32_t, std::size_t) noexcept { FAIL(); });

  EXPECT_EQ(scratch.calls, 0u);
}

TEST(LiteralDatabase, BufferShorterThanEveryLiteralCostsNoCall) {
  LiteralSet set;
  set.add("four", LetterCase::exact);
  const auto database = build(set);
  LiteralScratch scratch;
  ASSERT_TRUE(scratch.fit(*database));
  const auto ignore = [](std::uint32_t, std::size_t) noexcept {};

  database->scan(as_bytes("fou"), scratch, ignore);
  EXPECT_EQ(scratch.calls, 0u);
  database->scan(as_bytes("four"), scratch, ignore);
  EXPECT_EQ(scratch.calls, 1u);
  EXPECT_EQ(scratch.hits, 1u);
}

TEST(LiteralDatabase, ScratchThatWasNotFittedIsCountedNotFollowed) {
  LiteralSet set;
  set.add("four", LetterCase::exact);
  const auto database = build(set);
  LiteralScratch scratch;

  database->scan(as_bytes("four"), scratch, [](std::uint32_t, std::size_t) noexcept { FAIL(); });

  EXPECT_EQ(scratch.refused, 1u);
}

TEST(LiteralDatabase, EndsAScanAtTheLimitOfHitsAndCountsIt) {
  LiteralSet set;
  std::string buffer;
  for (std::uint32_t i = 0; i <= LiteralDatabase::kHitsMax; ++i) {
    const std::string literal = "<" + std::to_string(i) + ">";
    set.add(literal, LetterCase::exact);
    buffer += literal;
  }
  const auto database = build(set);
  LiteralScratch scratch;
  ASSERT_TRUE(scratch.fit(*database));
  std::uint32_t calls = 0;

  database->scan(as_bytes(buffer), scratch, [&](std::uint32_t, std::size_t) noexcept { ++calls; });

  EXPECT_EQ(calls, LiteralDatabase::kHitsMax);
  EXPECT_EQ(scratch.limit_hits, 1u);
}

TEST(LiteralDatabase, AnswersAsASearchDoesOnRandomLiterals) {
  SeededRandom random(5);
  for (int round = 0; round < 10; ++round) {
    LiteralSet set;
    for (int i = 0; i < 200; ++i) {
      std::string text;
      for (std::size_t j = 1 + random.next() % 6; j > 0; --j) text += "aAbB\0c"[random.next() % 6];
      set.add(text, random.next() % 2 == 0 ? LetterCase::exact : LetterCase::folded);
    }
    const auto database = build(set);
    for (int probe = 0; probe < 50; ++probe) {
      std::string buffer;
      for (std::size_t j = random.next() % 60; j > 0; --j) buffer += "aAbB\0c"[random.next() % 6];
      Hits expected;
      for (std::uint32_t number = 0; number < set.size(); ++number) {
        const bool fold = set.at(number).letters == LetterCase::folded;
        const std::size_t at = (fold ? folded(buffer) : buffer).find(set.at(number).bytes);
        if (at != std::string::npos) expected[number] = at + set.at(number).bytes.size();
      }
      ASSERT_EQ(hits_of(*database, buffer), expected) << "round " << round << ", probe " << probe;
    }
  }
}

/// A folder of its own under the test's temporary folder.
class DatabaseCacheTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = testing::TempDir() + "haidang-cache-XXXXXX";
    ASSERT_NE(::mkdtemp(path_.data()), nullptr);
    path_ += "/db";
    set_.add("Evil", LetterCase::exact);
    set_.add("union select", LetterCase::folded);
  }
  void TearDown() override { EXPECT_TRUE(remove_tree(path_.substr(0, path_.size() - 3))); }
  std::string only_file() const {
    std::string found;
    const auto names = list_folder(path_);
    for (const std::string& name : *names) {
      if (name.ends_with(".hsdb")) found = path_ + "/" + name;
    }
    return found;
  }
  DatabaseCache::Counts get_once() {
    auto cache = DatabaseCache::open(path_);
    EXPECT_TRUE(cache.has_value());
    const auto database = cache->get(set_);
    EXPECT_TRUE(database.has_value());
    EXPECT_EQ(hits_of(**database, "Evil UNION SELECT"), (Hits{{0, 4}, {1, 17}}));
    return cache->counts();
  }
  std::string path_;
  LiteralSet set_;
};

TEST_F(DatabaseCacheTest, SecondStartLoadsWhatTheFirstBuilt) {
  EXPECT_EQ(get_once().built, 1u);

  const auto counts = get_once();

  EXPECT_EQ(counts.loaded, 1u);
  EXPECT_EQ(counts.built, 0u);
}

TEST_F(DatabaseCacheTest, OrderOfTheRulesDoesNotMatter) {
  (void)get_once();
  LiteralSet other;
  other.add("UNION select", LetterCase::folded);
  other.add("Evil", LetterCase::exact);
  auto cache = DatabaseCache::open(path_);

  const auto database = cache->get(other);

  EXPECT_EQ(cache->counts().loaded, 1u);
  EXPECT_EQ(hits_of(**database, "Evil UNION SELECT"), (Hits{{1, 4}, {0, 17}}));
}

TEST_F(DatabaseCacheTest, DamagedFileIsRemovedAndBuiltAnew) {
  (void)get_once();
  const std::string whole = *read_file(only_file());
  for (const std::size_t at : {std::size_t{0}, std::size_t{9}, std::size_t{30}, std::size_t{60}, whole.size() - 1}) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    ASSERT_TRUE(write_file_atomic(only_file(), damaged, 0600));

    const auto counts = get_once();

    EXPECT_EQ(counts.damaged, 1u) << "byte " << at;
    EXPECT_EQ(counts.built, 1u);
    EXPECT_EQ(*read_file(only_file()), whole);
  }
  ASSERT_TRUE(write_file_atomic(only_file(), std::string_view(whole).substr(0, 40), 0600));
  EXPECT_EQ(get_once().damaged, 1u);
}

TEST_F(DatabaseCacheTest, FileUnderAnotherSecretIsNotTrusted) {
  (void)get_once();
  ASSERT_TRUE(write_file_atomic(path_ + "/secret", std::string(32, 'x'), 0600));

  EXPECT_EQ(get_once().damaged, 1u);
}

TEST_F(DatabaseCacheTest, RefusesAFolderThatOthersMayEnter) {
  ASSERT_TRUE(make_folders(path_, 0700));
  ASSERT_EQ(::chmod(path_.c_str(), 0750), 0);

  const auto cache = DatabaseCache::open(path_);

  ASSERT_FALSE(cache.has_value());
  EXPECT_EQ(cache.error().code, ErrorCode::E4002);
}

TEST_F(DatabaseCacheTest, PruneKeepsWhatWasUsedLast) {
  auto cache = DatabaseCache::open(path_);
  (void)cache->get(set_);
  const std::string old = only_file();
  const timespec long_ago[2] = {{.tv_sec = 1'000'000, .tv_nsec = 0}, {.tv_sec = 1'000'000, .tv_nsec = 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, old.c_str(), long_ago, 0), 0);
  LiteralSet other;
  other.add("something else", LetterCase::exact);
  (void)cache->get(other);

  cache->prune(read_file(old)->size());

  EXPECT_FALSE(file_exists(old));
  EXPECT_NE(only_file(), "");
}

TEST(DatabaseCache, WithoutAFolderBuildsEachTime) {
  DatabaseCache cache;
  LiteralSet set;
  set.add("Evil", LetterCase::exact);

  EXPECT_TRUE(cache.get(set));
  EXPECT_TRUE(cache.get(set));

  EXPECT_EQ(cache.counts().built, 2u);
  EXPECT_FALSE(cache.is_on());
}

}  // namespace
}  // namespace hd
