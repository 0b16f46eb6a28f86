// SPDX-License-Identifier: Apache-2.0
#include "sensor/lang/parser.hpp"
#include "sensor/lang/rule_text.hpp"

#include <gtest/gtest.h>

namespace hd {
namespace {

TEST(Parser, TakesARuleApart) {
  const auto rule = parse_rule(
      R"(alert http [10.0.0.1, 10.0.0.2] any -> $EXTERNAL_NET [80,  8080](msg:"a\;b"; flow : to_server ;noalert; sid:1;))");

  ASSERT_TRUE(rule.has_value());
  EXPECT_EQ(rule->action.text, "alert");
  EXPECT_EQ(rule->source.text, "[10.0.0.1, 10.0.0.2]");
  EXPECT_EQ(rule->target_ports.text, "[80,  8080]");
  ASSERT_EQ(rule->options.size(), 4u);
  EXPECT_EQ(rule->options[0].value.text, "\"a\\;b\"");
  EXPECT_EQ(rule->options[1].keyword.text, "flow");
  EXPECT_EQ(rule->options[1].value.text, "to_server");
  EXPECT_FALSE(rule->options[2].has_value);
}

TEST(Parser, PrintsBackWhatItRead) {
  const std::string text = R"(alert tcp any any -> any 80 (msg:"x"; content:"|00|\""; nocase; sid:7;))";
  const auto rule = parse_rule(text);
  ASSERT_TRUE(rule.has_value());
  EXPECT_EQ(ast::to_text(*rule), text);
}

TEST(Parser, NamesThePlaceOfAnError) {
  struct Row {
    const char* text;
    std::uint32_t column;
    const char* what;
  };
  constexpr Row kRows[] = {
      {"alert tcp any any -> any", 25, "the header ends"},
      {"alert tcp any any -> any any", 29, "no options"},
      {"alert tcp any any -> any any x (sid:1;)", 30, "one word too many"},
      {"alert tcp any any -> any any (sid:1;", 36, "does not end with"},
      {"alert tcp any any -> any any (sid:1)", 31, "does not end with"},
      {"alert tcp any any -> any any ()", 31, "no options"},
      {"alert tcp any any -> any any (:1;)", 31, "keyword is missing"},
      {"alert tcp any any -> any any (msg:\"a;b\"; sid:1;)", 35, "not closed"},
      {"alert tcp [10.0.0.1 any -> any any (sid:1;)", 11, "without its"},
  };
  for (const Row& row : kRows) {
    const auto rule = parse_rule(row.text);
    ASSERT_FALSE(rule.has_value()) << row.text;
    EXPECT_EQ(rule.error().place.column, row.column) << row.text;
    EXPECT_NE(rule.error().what.find(row.what), std::string::npos) << rule.error().what;
  }
}

TEST(Parser, HasLimits) {
  std::string many = "alert tcp any any -> any any (";
  for (std::size_t i = 0; i < kRuleOptionsMax; ++i)
    many += "nocase;";
  EXPECT_TRUE(parse_rule(many + ")").has_value());
  EXPECT_FALSE(parse_rule(many + "nocase;)").has_value());
  const std::string head = "alert tcp any any -> any any (msg:\"";
  const std::string tail = "\";)";
  EXPECT_TRUE(
      parse_rule(head + std::string(kRuleLengthMax - head.size() - tail.size(), 'x') + tail).has_value());
  EXPECT_FALSE(
      parse_rule(head + std::string(kRuleLengthMax - head.size() - tail.size() + 1, 'x') + tail).has_value());
}

TEST(RuleReader, JoinsLinesAndCountsWhatIsSwitchedOff) {
  RuleReader reader("\xef\xbb\xbf# a comment\r\n\n# alert tcp any any -> any any (sid:1;)\nalert \\\r\n  tcp "
                    "\\\n any\n  pass x\n");
  RuleText rule;

  ASSERT_TRUE(reader.next(rule));
  EXPECT_EQ(rule.text(), "alert   tcp  any");
  EXPECT_EQ(rule.line(), 4u);
  const Place place = rule.place_of(rule.text().find("any"), 3, "f.rules");
  EXPECT_EQ(place.line, 6u);
  EXPECT_EQ(place.column, 2u);
  EXPECT_EQ(rule.line_of(5), "  tcp ");

  ASSERT_TRUE(reader.next(rule));
  EXPECT_EQ(rule.text(), "pass x");
  EXPECT_EQ(rule.place_of(5, 1, "f.rules").column, 8u);
  EXPECT_FALSE(reader.next(rule));
  EXPECT_EQ(reader.disabled(), 1u);
}

} // namespace
} // namespace hd
