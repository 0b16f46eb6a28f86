// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/keywords/rule_under_test.hpp"

namespace hd {
namespace {

TEST(Datasets, AreNamedTypedAndChanged) {
  constexpr RuleRow kRows[] = {
      {"http.host; dataset:isset,seen,type string;"},
      {"http.host; dataset:isnotset, seen, type string, state none.lst; dataset:set, seen;"},
      {"http.host; dataset:set,seen,type string,memcap 10mb,hashsize 1024,save seen.lst;"},
      {"http.host; dataset:isset,seen,type string,match subdomain;"},
      {"dataset:isset,seen,type string;", "sticky buffer"},
      {"http.host; dataset:isset;", "needs a command"},
      {"http.host; dataset:has,seen,type string;", "not a command"},
      {"http.host; dataset:isset,seen;", "needs a type"},
      {"http.host; dataset:isset,seen,type number;", "not a type"},
      {"http.host; dataset:isset,seen,type string,load /nonexistent/list;", "/nonexistent/list"},
      {"http.host; dataset:isset,seen,type string,colour red;", "does not belong"},
      {"http.host; dataset:isset,seen,type string,load x,format json;", "value_key"},
      {"http.host; dataset:isset,seen,type string; dataset:isset,seen,type md5;", "another type"},
      {"http.host; datarep:seen,>,10,type string,load /nonexistent/list;", "/nonexistent/list"},
      {"http.host; datarep:seen,~,10,type string;", "not a comparison"},
      {"http.host; datarep:seen,>;", "needs a name"},
  };
  expect_rows(kRows);
}

TEST(FileNames, AreContentsOfTheFilesName) {
  const RuleUnderTest rule(R"(filename:"Invoice"; fileext:!"EXE";)");
  ASSERT_TRUE(rule.is_built) << to_text(rule.error);
  EXPECT_EQ(rule.list().buffer.app, "file.name");
  EXPECT_EQ(rule.step<ContentStep>(0).bytes, "Invoice");
  EXPECT_TRUE(rule.step<ContentStep>(0).is_nocase);
  EXPECT_EQ(rule.step<ContentStep>(1).bytes, ".EXE");
  EXPECT_TRUE(rule.step<ContentStep>(1).ends);
  EXPECT_TRUE(rule.step<ContentStep>(1).is_negated);
  EXPECT_FALSE(RuleUnderTest(R"(fileext:"";)").is_built);
}

TEST(AddressLists, NeedTheirFiles) {
  constexpr RuleRow kRows[] = {
      {"iprep:dst,CnC,>,30;", "no category"},
      {"iprep:there,CnC,>,30;", "not a side"},
      {"iprep:dst,CnC;", "needs a side"},
      {"geoip:dst,VN;", "needs a database"},
      {"geoip:dst,vn;", "not a country"},
      {"geoip:dst,VN,!LA;", "some are not"},
      {"geoip:any;", "1 to 64"},
  };
  expect_rows(kRows);
}

} // namespace
} // namespace hd
