// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/keywords/rule_under_test.hpp"

namespace hd {
namespace {

TEST(Flowbits, AreConditionsOrEffects) {
  const RuleUnderTest rule("flowbits:isset,a|b; flowbits:set,c; flowbits:noalert;");

  ASSERT_TRUE(rule.is_built) << to_text(rule.error);
  ASSERT_EQ(rule.rule.state_conditions.size(), 1u);
  EXPECT_EQ(rule.rule.state_conditions[0].names.size(), 2u);
  ASSERT_EQ(rule.rule.state_effects.size(), 1u);
  EXPECT_EQ(rule.rule.state_effects[0].kind, StateOp::Kind::flowbit_set);
  EXPECT_TRUE(rule.rule.is_noalert);
}

TEST(State, ReadsItsWords) {
  constexpr RuleRow kRows[] = {
      {"flowbits:set,a|b;", "belong to isset"},
      {"flowbits:isset;", "needs the name"},
      {"flowbits:isset,a b;", "blank"},
      {"flowbits:forget,a;", "nothing to do"},
      {"flowint:tries,+,1; flowint:tries,>=,10; flowint:tries,isset; flowint:tries,<,other;"},
      {"flowint:tries,+;", "needs a value"},
      {"flowint:tries,isset,1;", "takes no value"},
      {"flowint:tries,*,1;", "not an operation"},
      {"flowint:tries,+,4294967296;", "out of range"},
      {"xbits:set,a,track ip_src,expire 60; xbits:isset,b,track ip_pair;"},
      {"xbits:set,a;", "needs a command"},
      {"xbits:set,a,track port;", "cannot be tracked"},
      {"xbits:set,a,track tx;", "not supported"},
      {"xbits:set,a,track ip_src,expire 0;", "out of range"},
      {"hostbits:set,a,dst; hostbits:isset,a;"},
      {"hostbits:set,a,left;", "not a host"},
      {R"(flowvar:page,"ad|6d|in"; pktvar:page,"x";)"},
      {"flowvar:page;", "needs a name"},
      {"threshold:type limit, track by_src, count 1, seconds 60;"},
      {"threshold:type backoff, track by_flow, count 1, multiplier 10;"},
      {"threshold:type backoff, track by_flow, count 1, seconds 10;", "needs \"multiplier\""},
      {"threshold:type limit, track by_src, count 1, seconds 60, multiplier 2;", "takes no \"multiplier\""},
      {"threshold:type limit, track by_port, count 1, seconds 60;", "cannot be tracked"},
      {"threshold:type some, track by_src, count 1, seconds 60;", "not a type"},
      {"threshold:type limit, track by_src, count 0, seconds 60;", "out of range"},
      {"threshold:type limit, track by_src, seconds 60;", "needs \"count\""},
      {"threshold:type limit, track by_src, count 1, seconds 6; threshold:type threshold, track by_src, "
       "count 1, seconds 6;"},
      {"threshold:type limit, track by_src, count 1, seconds 6; threshold:type limit, track by_src, count 1, "
       "seconds 6;",
       "same kind"},
      {"threshold:type limit, track by_src, count 1, seconds 6; detection_filter:track by_src, count 1, "
       "seconds 6;",
       "exclude"},
      {"tag:session,10,packets; tag:host,100,seconds,src;"},
      {"tag:session,10,packets,src;", "no direction"},
      {"tag:town;", "cannot be tagged"},
  };
  expect_rows(kRows);
}

TEST(Flow, RefusesContradictions) {
  constexpr RuleRow kRows[] = {
      {"flow:established,to_server;"},
      {"flow:from_server,stateless,no_stream;"},
      {"flow:to_server,to_client;", "contradicts"},
      {"flow:established,not_established;", "contradicts"},
      {"flow:stateless,established;", "contradicts"},
      {"flow:only_stream,no_stream;", "contradicts"},
      {"flow:to_server,from_client;", "twice"},
      {"flow:estblished;", "not a direction"},
      {"flow:to_server; flow:established;", "twice"},
      {"flow:;", "needs a direction"},
  };
  expect_rows(kRows);
}

TEST(Facts, DescribeTheRule) {
  const RuleUnderTest rule(
      R"(msg:"Say \"hello\"\;"; gid:7; rev:3; classtype:trojan-activity; priority:2; reference:cve,2021-44228;
      metadata:a b c, d; target:dest_ip; noalert; bypass; filestore;)");

  ASSERT_TRUE(rule.is_built) << to_text(rule.error);
  EXPECT_EQ(rule.rule.msg, "Say \"hello\";");
  EXPECT_EQ(rule.rule.gid, 7u);
  EXPECT_EQ(rule.rule.rev, 3u);
  EXPECT_EQ(rule.rule.priority, 2);
  EXPECT_EQ(rule.rule.class_text, "A trojan was seen");
  EXPECT_EQ(rule.rule.references.at(0).value, "2021-44228");
  ASSERT_EQ(rule.rule.metadata.size(), 2u);
  EXPECT_EQ(rule.rule.metadata[0].value, "b c");
  EXPECT_EQ(rule.rule.target_side, RuleIr::Target::destination);
  EXPECT_TRUE(rule.rule.is_noalert && rule.rule.is_bypass && rule.rule.has_filestore);
}

TEST(Facts, RefuseWhatCannotBe) {
  constexpr RuleRow kRows[] = {
      {"gid:0;", "out of range"},
      {"rev:-1;", "not a whole number"},
      {"priority:256;", "out of range"},
      {"priority:1; priority:2;", "twice"},
      {"msg:hello;", "double quotes"},
      {"reference:cve;", "scheme and a value"},
      {"target:left;", "not a side"},
      {"alert; noalert;", "in one rule"},
      {"noalert:1;", "takes no value"},
      {"classtype:made-up;"},
      {"prefilter;", "needs a condition"},
      {"flags:S; prefilter;"},
      {"requires:version >= 8.0.0;"},
      {"requires:version 8;", "compared with"},
      {"requires:version >= eight;", "not a version"},
  };
  expect_rows(kRows);
}

TEST(Requires, SkipsWhatThisEngineIsNot) {
  const auto skipped = [](const char* options) { return !RuleUnderTest(options).rule.skip_why.empty(); };

  EXPECT_FALSE(skipped("requires:version >= 7.0.3 < 8 | >= 8.0.5;"));
  EXPECT_FALSE(skipped("requires:version >= 8, keyword sid;"));
  EXPECT_TRUE(skipped("requires:version >= 7 < 8;"));
  EXPECT_TRUE(skipped("requires:version >= 10;"));
  EXPECT_TRUE(skipped("requires:version >= 8, keyword foobar;"));
  EXPECT_TRUE(skipped("requires:feature time-travel;"));
}

} // namespace
} // namespace hd
