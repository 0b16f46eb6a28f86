// SPDX-License-Identifier: Apache-2.0
#include "sensor/lang/dataset.hpp"

#include "sensor/base/file.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace hd {
namespace {

Bytes of(std::string_view text) {
  return as_bytes(text);
}

class DatasetFiles : public testing::Test {
protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "datasetXXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { ASSERT_TRUE(remove_tree(folder_).has_value()); }
  DatasetFile file(std::string_view text) {
    EXPECT_TRUE(write_file_atomic(folder_ + "/list", text).has_value());
    return {.path = folder_ + "/list"};
  }
  std::string folder_ = {};
};

TEST(Dataset, TellsWhatItWasGiven) {
  Dataset set("names", DatasetType::string, {});
  for (int i = 0; i < 1000; ++i) set.load(of("name " + std::to_string(i)), static_cast<std::uint16_t>(i));
  set.load(of("name 7"), 9);
  EXPECT_EQ(set.loaded(), 1000u);
  EXPECT_TRUE(set.contains(of("name 999")));
  EXPECT_FALSE(set.contains(of("name 1000")));
  EXPECT_EQ(set.reputation_of(of("name 7")), 7);
  EXPECT_FALSE(set.reputation_of(of("other")).has_value());
}

TEST(Dataset, TakesChangesAndForgetsThem) {
  Dataset set("names", DatasetType::string, {});
  set.load(of("loaded"), 0);
  EXPECT_FALSE(set.add(of("new"))); // rules do not change it
  set.allow_changes();
  EXPECT_TRUE(set.add(of("new")));
  EXPECT_FALSE(set.add(of("new")));
  EXPECT_FALSE(set.add(of("loaded")));
  EXPECT_TRUE(set.contains(of("new")));
  EXPECT_TRUE(set.remove(of("loaded")));
  EXPECT_FALSE(set.remove(of("loaded")));
  EXPECT_FALSE(set.contains(of("loaded")));
  EXPECT_TRUE(set.add(of("loaded")));
  EXPECT_TRUE(set.remove(of("new")));
  EXPECT_TRUE(set.add(of("new")));
  set.forget();
  EXPECT_FALSE(set.contains(of("new")));
  EXPECT_TRUE(set.contains(of("loaded")));
}

TEST(Dataset, TakesOnlyValuesOfItsLength) {
  Dataset md5("sums", DatasetType::md5, {});
  md5.allow_changes();
  EXPECT_FALSE(md5.add(of("short")));
  EXPECT_TRUE(md5.add(of("0123456789abcdef")));
  Dataset ip("addresses", DatasetType::ip, {});
  ip.allow_changes();
  EXPECT_TRUE(ip.add(of("abcd")));
  EXPECT_TRUE(ip.add(of("0123456789abcdef")));
  EXPECT_FALSE(ip.add(of("abc")));
}

TEST(Dataset, FindsSuffixesAtDots) {
  Dataset set("domains", DatasetType::string, {});
  set.load(of(".evil.example"), 0);
  EXPECT_TRUE(set.contains_suffix(of(".evil.example")));
  EXPECT_TRUE(set.contains_suffix(of(".a.b.evil.example")));
  EXPECT_FALSE(set.contains_suffix(of(".notevil.example")));
  EXPECT_FALSE(set.contains_suffix(of(".evil.example.org")));
  EXPECT_FALSE(set.contains_suffix(of(std::string(5000, '.'))));
}

TEST(ChangedValues, RefusesWhatItHasNoRoomFor) {
  ChangedValues values({});
  const std::string large(ChangedValues::kValueMax, 'x');
  EXPECT_FALSE(values.change(of(large + "x"), ChangedValues::State::present).has_value());
  std::size_t taken = 0;
  for (int i = 0; i < 4096; ++i) {
    const std::string value = std::to_string(10000 + i) + large.substr(5);
    taken += values.change(of(value), ChangedValues::State::present).has_value() ? 1 : 0;
  }
  EXPECT_EQ(taken, ChangedValues::kBytes / ChangedValues::kValueMax);
  EXPECT_EQ(values.refused(), 1 + 4096 - taken);
}

TEST_F(DatasetFiles, AreReadByType) {
  Dataset strings("a", DatasetType::string, {});
  ASSERT_TRUE(load_dataset(strings, file("# names\nYWJj\n\nYWJjZA==\n")).has_value());
  EXPECT_TRUE(strings.contains(of("abc")));
  EXPECT_TRUE(strings.contains(of("abcd")));
  Dataset sums("b", DatasetType::md5, {});
  ASSERT_TRUE(load_dataset(sums, file("30313233343536373839616263646566\n")).has_value());
  EXPECT_TRUE(sums.contains(of("0123456789abcdef")));
  Dataset addresses("c", DatasetType::ip, {});
  ASSERT_TRUE(load_dataset(addresses, file("65.66.67.68\n2001:db8::1\n")).has_value());
  EXPECT_TRUE(addresses.contains(of("ABCD")));
  DatasetFile scored = file("YWJj,300\n");
  scored.has_reputation = true;
  Dataset scores("d", DatasetType::string, {});
  ASSERT_TRUE(load_dataset(scores, scored).has_value());
  EXPECT_EQ(scores.reputation_of(of("abc")), 300);
}

TEST_F(DatasetFiles, AreRefusedByLine) {
  Dataset sums("a", DatasetType::md5, {});
  const auto bad = load_dataset(sums, file("30313233343536373839616263646566\nxyz\n"));
  ASSERT_FALSE(bad.has_value());
  EXPECT_EQ(bad.error().place.line, 2u);
  EXPECT_FALSE(load_dataset(sums, {.path = folder_ + "/none"}).has_value());
}

TEST_F(DatasetFiles, AreReadFromJson) {
  DatasetFile whole = file(R"({"info":{"threat":[{"host":{"fqdn":"a.example"}},{"year":1}]}})");
  whole.format = DatasetFormat::json;
  whole.array_key = "info.threat";
  whole.value_key = "host.fqdn";
  Dataset set("a", DatasetType::string, {});
  ASSERT_TRUE(load_dataset(set, whole).has_value());
  EXPECT_EQ(set.loaded(), 1u);
  EXPECT_TRUE(set.contains(of("a.example")));
  whole.array_key = "info";
  EXPECT_FALSE(load_dataset(set, whole).has_value());
  DatasetFile lines = file("{\"ip\":\"65.66.67.68\"}\n{\"ip\":\"65.66.67.69\"}\n");
  lines.format = DatasetFormat::ndjson;
  lines.value_key = "ip";
  Dataset addresses("b", DatasetType::ip4, {});
  ASSERT_TRUE(load_dataset(addresses, lines).has_value());
  EXPECT_EQ(addresses.loaded(), 2u);
}

TEST_F(DatasetFiles, AreWrittenAsTheyAreRead) {
  DatasetStore store;
  const auto set = std::make_shared<Dataset>("a", DatasetType::string, HashKey{});
  set->load(of("gone"), 0);
  set->load(of("kept"), 0);
  set->allow_changes();
  (void)set->add(of("new!"));
  (void)set->remove(of("gone"));
  set->save_path = folder_ + "/saved";
  store.sets["a"] = set;
  ASSERT_TRUE(save_datasets(store).has_value());
  Dataset again("a", DatasetType::string, {});
  ASSERT_TRUE(load_dataset(again, {.path = set->save_path}).has_value());
  EXPECT_EQ(again.loaded(), 2u);
  EXPECT_TRUE(again.contains(of("kept")));
  EXPECT_TRUE(again.contains(of("new!")));
}

TEST(DatasetStore, KeepsWhatRulesChangedAcrossReloads) {
  DatasetStore store;
  const auto set = std::make_shared<Dataset>("a", DatasetType::string, HashKey{});
  set->allow_changes();
  (void)set->add(of("seen"));
  store.sets["a"] = set;
  store.begin_reload();
  EXPECT_TRUE(store.sets.empty());
  Dataset next("a", DatasetType::string, {});
  next.allow_changes(store.kept.at("a"));
  EXPECT_TRUE(next.contains(of("seen")));
}

} // namespace
} // namespace hd
