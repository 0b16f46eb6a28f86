// SPDX-License-Identifier: Apache-2.0
#include "sensor/lang/args.hpp"
#include "sensor/lang/catalogue.hpp"
#include "sensor/lang/ir.hpp"
#include "sensor/lang/threshold_file.hpp"

#include <gtest/gtest.h>

namespace hd {
namespace {

Args args_of(std::string_view value) {
  return {"keyword", value, true, Place{.file = "f.rules", .line = 3, .column = 9}};
}

TEST(Args, PartAtCommasOutsideQuotesAndBrackets) {
  const auto parts = args_of(R"(a, "b,c" ,[d,e],f\,g,)").parts();
  ASSERT_EQ(parts.size(), 5u);
  EXPECT_EQ(parts[1], "\"b,c\"");
  EXPECT_EQ(parts[2], "[d,e]");
  EXPECT_EQ(parts[3], "f\\,g");
  EXPECT_EQ(parts[4], "");
}

TEST(Args, CarryTheirPlaceIntoErrors) {
  const auto none = args_of("x").none();
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().place.line, 3u);
  EXPECT_EQ(none.error().code, ErrorCode::E2103);
}

TEST(Args, ReadNumbersWhole) {
  const Args args = args_of("");
  EXPECT_EQ(*parse_unsigned(args, "0x1F", 0, 255), 31u);
  EXPECT_EQ(*parse_signed(args, "-7", -10, 10), -7);
  for (const char* wrong : {"", "7x", "-1", "+1", "0x", "256", "1 2"})
    EXPECT_FALSE(parse_unsigned(args, wrong, 0, 255).has_value()) << wrong;
  EXPECT_FALSE(parse_signed(args, "--7", -10, 10).has_value());
}

TEST(IntegerRange, HoldsWhatItsTextSays) {
  constexpr NamedValue kNames[] = {{"query", 0}, {"ip-encap", 4}};
  struct Row {
    const char* text;
    std::uint64_t inside, outside;
  };
  constexpr Row kRows[] = {
      {"5", 5, 6},
      {"=5", 5, 6},
      {"!5", 6, 5},
      {"!=5", 6, 5},
      {"<5", 4, 5},
      {"<=5", 5, 6},
      {">5", 6, 5},
      {">=5", 5, 4},
      {"3-6", 5, 6},
      {"3<>6", 4, 3},
      {"!3-6", 6, 4},
      {"&0x0c=0x04", 0x14, 0x0c},
      {"&0x0c!=0x04", 0x0c, 0x04},
      {"&0x0c", 8, 3},
      {"0x10", 16, 10},
      {"1kib", 1024, 1000},
      {">1kb", 1001, 1000},
      {"QUERY", 0, 1},
      {"!query", 1, 0},
      {"ip-encap", 4, 5},
      {" < 5 ", 4, 5},
  };
  for (const Row& row : kRows) {
    const auto range = parse_integer_range(args_of(row.text), row.text, 65535, kNames);
    ASSERT_TRUE(range.has_value()) << row.text << ": " << range.error().what;
    EXPECT_TRUE(range->holds(row.inside)) << row.text;
    EXPECT_FALSE(range->holds(row.outside)) << row.text;
  }
  for (const char* wrong :
       {"", "five", "<0", ">65535", ">=0", "<=65535", "65536", "6-3", "5-5", "&3=4", "!", "64kib"}) {
    EXPECT_FALSE(parse_integer_range(args_of(wrong), wrong, 65535, kNames).has_value()) << wrong;
  }
}

TEST(IntegerRange, HintsAtTheNearestName) {
  constexpr NamedValue kNames[] = {{"query", 0}, {"notify", 4}};
  EXPECT_EQ(parse_integer_range(args_of("querry"), "querry", 15, kNames).error().hint,
            "Did you mean \"query\"?");
}

TEST(Catalogue, ReadsClassesAndReferences) {
  RuleCatalogue catalogue;
  std::vector<Error> errors;
  read_classification("# x\nconfig classification: trojan-activity,A trojan, was seen, 1\nnonsense\nconfig "
                      "classification: a,b\nconfig classification: a,b,900\n",
                      "c.config", catalogue, errors);
  read_references("config reference: cve   https://cve.example/\nconfig reference: url\n", "r.config",
                  catalogue, errors);

  ASSERT_NE(catalogue.find_class("trojan-activity"), nullptr);
  EXPECT_EQ(catalogue.find_class("trojan-activity")->text, "A trojan, was seen");
  EXPECT_EQ(catalogue.find_class("other"), nullptr);
  EXPECT_EQ(catalogue.find_reference("CVE")->value, "https://cve.example/");
  EXPECT_NE(catalogue.find_reference("url"), nullptr);
  ASSERT_EQ(errors.size(), 3u);
  EXPECT_EQ(errors[0].place.line, 3u);
}

TEST(ThresholdFile, ReadsItsLinesAndLaysThemOverRules) {
  Variables variables = Variables::standard();
  variables.set_address("LOUD", "[192.0.2.1,192.0.2.2]");
  ListResolver lists(variables);
  std::vector<Error> errors;
  const ThresholdFile file = read_threshold_file(
      "# comment\n"
      "threshold gen_id 1, sig_id 7, type limit, track by_src, count 3, seconds 60\n"
      "event_filter gen_id 0, sig_id 0, type both, track by_rule, count 1, seconds 10\n"
      "suppress gen_id 1, sig_id 7, track by_either, \\\n  ip $LOUD\n"
      "suppress gen_id 1, sig_id 8, track by_src, ip [192.0.2.7,192.0.2.9]\n"
      "suppress gen_id 1, sig_id 9\n"
      "rate_filter gen_id 1, sig_id 9, track by_src, count 5, seconds 60, new_action drop, timeout 30\n"
      "suppress gen_id 1, sig_id 9, track by_src\n"
      "forget gen_id 1\n"
      "threshold gen_id 1, sig_id 7, type often, track by_src, count 3, seconds 60\n",
      "threshold.config", lists, errors);

  EXPECT_EQ(file.entries.size(), 6u);
  ASSERT_EQ(errors.size(), 3u);
  EXPECT_EQ(errors[0].place.line, 9u);
  EXPECT_TRUE(file.entries[2].threshold.addresses->contains(Address::from_ip4(0xc0000202)));

  std::vector<RuleIr> rules(3);
  for (std::uint32_t i = 0; i < 3; ++i)
    rules[i].sid = 7 + i;
  rules[0].thresholds.push_back({.kind = Threshold::Kind::threshold});
  apply_thresholds(file, rules);

  ASSERT_EQ(rules[0].thresholds.size(), 2u);
  EXPECT_EQ(rules[0].thresholds[0].kind, Threshold::Kind::limit);
  EXPECT_EQ(rules[0].thresholds[1].kind, Threshold::Kind::suppress);
  EXPECT_EQ(rules[1].thresholds[0].kind, Threshold::Kind::both);
  EXPECT_EQ(rules[2].thresholds.size(), 3u);
}

} // namespace
} // namespace hd
