// SPDX-License-Identifier: Apache-2.0
#include "sensor/registry/load_rules.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace hd {
namespace {

LoadedRules load(std::string_view text, LoadOptions options = {}) {
  const registry::Registry registry;
  RuleLoader loader(registry, std::move(options));
  loader.add_text(text, "local.rules", ".");
  return loader.finish();
}

TEST(RuleLoader, CollectsEveryErrorWithItsPlace) {
  const LoadedRules rules = load("alert tcp any any -> any any (msg:\"good\"; sid:1;)\n"
                                 "alert tcp any any -> any any (msg:\"a\"; contnet:\"x\"; sid:2;)\n"
                                 "alert tcp any any -> any any (msg:\"b\"; \\\n   dsize:70000; sid:3;)\n"
                                 "alert tcp $HOME_NETS any -> any any (sid:4;)\n"
                                 "alert smb any any -> any any (sid:5;)\n"
                                 "alert tcp any any -> any any (msg:\"no number\";)\n"
                                 "# alert tcp any any -> any any (sid:9;)\n");

  EXPECT_EQ(rules.rules.size(), 1u);
  EXPECT_EQ(rules.disabled, 1u);
  ASSERT_EQ(rules.refused.size(), 5u);
  EXPECT_EQ(rules.refused[0].sid, 2u);
  EXPECT_EQ(rules.refused[0].error.place.line, 2u);
  EXPECT_EQ(rules.refused[0].error.place.column, 40u);
  EXPECT_EQ(rules.refused[0].error.hint, "Did you mean \"content\"?");
  EXPECT_EQ(rules.refused[0].reason(), "unknown keyword contnet");
  EXPECT_EQ(rules.refused[1].error.place.line, 4u);
  EXPECT_EQ(rules.refused[1].error.place.column, 10u);
  EXPECT_EQ(rules.refused[1].keyword, "dsize");
  EXPECT_EQ(rules.refused[2].error.place.column, 11u);
  EXPECT_EQ(rules.refused[2].error.hint, "Did you mean $HOME_NET?");
  EXPECT_EQ(rules.refused[3].line(), "rule refused: sid 5: protocol not supported: smb");
  EXPECT_EQ(rules.refused[4].sid, 0u);
  for (const RefusedRule& one : rules.refused)
    EXPECT_FALSE(one.error.excerpt.empty()) << one.line();
}

TEST(RuleLoader, KeepsTheHigherRevisionAndRefusesDuplicates) {
  const LoadedRules rules =
      load("alert tcp any any -> any any (msg:\"one\"; sid:1; rev:1;)\n"
           "alert tcp any any -> any any (msg:\"two\"; sid:1; rev:2;)\n"
           "alert tcp any any -> any any (msg:\"again\"; sid:1; rev:2;)\n"
           "alert tcp any any -> any any (msg:\"other group\"; gid:2; sid:1; rev:2;)\n");

  ASSERT_EQ(rules.rules.size(), 2u);
  EXPECT_EQ(rules.rules[0].msg, "two");
  EXPECT_EQ(rules.replaced, 1u);
  ASSERT_EQ(rules.refused.size(), 1u);
  EXPECT_EQ(rules.refused[0].error.code, ErrorCode::E2106);
}

TEST(RuleLoader, LeavesOutWhatIsNotForThisEngineBeforeItsWordsAreRead) {
  const LoadedRules rules =
      load("alert madeup any any -> any any (madeup:1; requires:version >= 99; sid:1;)\n");
  EXPECT_TRUE(rules.refused.empty());
  ASSERT_EQ(rules.skipped.size(), 1u);
  EXPECT_EQ(rules.skipped[0].sid, 1u);
}

TEST(RuleLoader, KeepsTheNumbersOfNames) {
  const LoadedRules first = load("alert tcp any any -> any any (flowbits:set,a; flowbits:set,b; sid:1;)\n");
  const LoadedRules second =
      load("alert tcp any any -> any any (flowbits:isset,b; sid:1;)\n", {.names = first.names});
  EXPECT_EQ(second.rules[0].state_conditions[0].names[0], 1u);
}

TEST(RuleLoader, ReadsHeadersOfAllKinds) {
  const LoadedRules rules = load("alert IP any any <> any any (sid:1;)\n"
                                 "drop tcp-pkt any any -> any any (sid:2;)\n"
                                 "pass ipv6 any any -> any any (sid:3;)\n"
                                 "rejectdst pkthdr any any -> any any (sid:4;)\n"
                                 "alert tcp any any <- any any (sid:5;)\n"
                                 "notice tcp any any -> any any (sid:6;)\n"
                                 "alert tpc any any -> any any (sid:7;)\n");
  ASSERT_EQ(rules.rules.size(), 4u);
  EXPECT_TRUE(rules.rules[0].is_bidirectional);
  EXPECT_EQ(rules.rules[1].protocol, HeaderProtocol::tcp_pkt);
  EXPECT_EQ(rules.rules[2].action, Action::pass);
  EXPECT_EQ(rules.rules[3].action, Action::reject);
  ASSERT_EQ(rules.refused.size(), 3u);
  EXPECT_EQ(rules.refused[2].error.hint, "Did you mean \"tcp\"?");
}

TEST(Registry, FindsWordsByEveryNameWhateverTheCase) {
  const registry::Registry registry;
  ASSERT_NE(registry.find("Content"), nullptr);
  EXPECT_EQ(registry.find("flags")->canonical, "tcp.flags");
  EXPECT_EQ(registry.find("tcp.hdr")->kind, registry::Word::Kind::packet_buffer);
  EXPECT_EQ(registry.find("dotprefix")->kind, registry::Word::Kind::transform);
  EXPECT_EQ(registry.find("contents"), nullptr);
  EXPECT_EQ(registry.nearest("contents"), "content");
  EXPECT_EQ(registry.find(std::string(100, 'A')), nullptr);
}

TEST(Registry, HasATextForEveryWord) {
  const registry::Registry registry;
  const auto texts = registry.texts();
  EXPECT_GT(texts.size(), 100u);
  EXPECT_TRUE(std::is_sorted(texts.begin(), texts.end(),
                             [](const auto& a, const auto& b) { return a.name < b.name; }));
  for (const registry::WordText& text : texts) {
    EXPECT_FALSE(text.summary.empty()) << text.name;
    if (text.kind == "keyword") {
      EXPECT_FALSE(text.example.empty()) << text.name;
    }
  }
}

/// These ask lists that lie in files of their users: with none here an example may be refused, but only for want of its list.
bool wants_a_list(std::string_view name, const std::string& why) {
  constexpr std::array<std::string_view, 4> kOfLists = {"dataset", "datarep", "geoip", "iprep"};
  if (std::find(kOfLists.begin(), kOfLists.end(), name) == kOfLists.end()) return false;
  return why.find("cannot read") != std::string::npos || why.find("needs a database") != std::string::npos || why.find("no category") != std::string::npos;
}

// Examples are read by people first: they must load.
TEST(Registry, HasExamplesThatLoad) {
  const registry::Registry registry;
  std::uint32_t sid = 1;
  for (const registry::WordText& text : registry.texts()) {
    if (text.example.empty() || text.name == "sid") continue;
    std::string options(text.example);
    if (!options.ends_with(';')) options += ';';
    const bool is_modifier = text.name == "nocase" || text.name == "offset";
    if (is_modifier && options.find("content") == std::string::npos) continue;
    bool is_loaded = false;
    std::string why;
    for (const char* header : {"alert ip", "alert http", "alert tls", "alert dns"}) {
      for (const char* before : {"", "http.uri; ", "content:\"x\"; "}) {
        const LoadedRules rules = load(std::string(header) + " any any -> any any (" + before + options +
                                       " sid:" + std::to_string(sid) + ";)\n");
        is_loaded = is_loaded || !rules.rules.empty() || !rules.skipped.empty();
        if (!rules.refused.empty() && why.empty()) why = to_text(rules.refused[0].error);
      }
    }
    EXPECT_TRUE(is_loaded || wants_a_list(text.name, why)) << text.name << ": " << options << "\n" << why;
    ++sid;
  }
}

} // namespace
} // namespace hd
