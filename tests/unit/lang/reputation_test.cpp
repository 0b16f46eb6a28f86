// SPDX-License-Identifier: Apache-2.0
#include "sensor/lang/reputation.hpp"

#include "sensor/lang/address_text.hpp"
#include "sensor/lang/geo_database.hpp"

#include <gtest/gtest.h>

namespace hd {
namespace {

Address at(const char* text) {
  return parse_address(text).value();
}

TEST(Reputation, AnswersForHostsBeforeNetworks) {
  std::vector<Error> errors;
  Reputation all;
  all.add_categories("1,CnC,command and control\n2,Spam,\n", "categories", errors);
  all.add_scores("# scores\n192.0.2.7,1,100\n192.0.2.0/24,1,20\n192.0.2.0/24,2,30\n192.0.0.0/16,1,5\n"
                 "2001:db8::/32,2,127\n192.0.2.9,1,1\n192.0.2.9,1,2\n",
                 "scores", errors);
  all.finish();
  EXPECT_TRUE(errors.empty());
  const std::uint8_t cnc = all.find_category("CnC").value();
  const std::uint8_t spam = all.find_category("Spam").value();
  EXPECT_FALSE(all.find_category("Other").has_value());
  EXPECT_EQ(all.score_of(at("192.0.2.7"), cnc), 100);
  EXPECT_EQ(all.score_of(at("192.0.2.7"), spam), 30);
  EXPECT_EQ(all.score_of(at("192.0.2.8"), cnc), 20);
  EXPECT_EQ(all.score_of(at("192.0.2.9"), cnc), 2); // the last line counts
  EXPECT_EQ(all.score_of(at("192.0.3.1"), cnc), 5);
  EXPECT_FALSE(all.score_of(at("192.0.3.1"), spam).has_value());
  EXPECT_FALSE(all.score_of(at("198.51.100.1"), cnc).has_value());
  EXPECT_EQ(all.score_of(at("2001:db8::1"), spam), 127);
}

TEST(Reputation, NamesLinesThatMakeNoSense) {
  std::vector<Error> errors;
  Reputation all;
  all.add_categories("0,Zero,\n60,Sixty,\nx,Name,\n1,,\n", "categories", errors);
  EXPECT_EQ(errors.size(), 4u);
  errors.clear();
  all.add_scores("192.0.2.7,1,128\n192.0.2.7,1,-1\n192.0.2.7/33,1,1\nhost,1,1\n192.0.2.7,1\n192.0.2.7,1,1\n", "scores", errors);
  EXPECT_EQ(errors.size(), 5u);
  EXPECT_EQ(errors.back().place.line, 5u);
}

TEST(GeoDatabase, RefusesWhatIsNone) {
  EXPECT_FALSE(GeoDatabase::open("/nonexistent.mmdb").has_value());
}

} // namespace
} // namespace hd
