// SPDX-License-Identifier: Apache-2.0
// The command line as scripts use it: exit codes, fixed forms, files.
#include "sensor/verbs/command_line.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "sensor/base/file.hpp"
#include "sensor/base/json.hpp"

namespace hd {
namespace {

struct Ran {
  int exit = 0;
  std::string out = {}, err = {};
};

Ran run(std::vector<std::string> words) {
  words.insert(words.begin(), "haidang-sensor");
  std::vector<const char*> argv;
  for (const std::string& word : words) argv.push_back(word.c_str());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Ran ran{.exit = run_command_line(static_cast<int>(argv.size()), argv.data())};
  ran.out = testing::internal::GetCapturedStdout();
  ran.err = testing::internal::GetCapturedStderr();
  return ran;
}

void append_le(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
}
void append_be(std::string& out, std::uint64_t value, int bytes) {
  for (int i = bytes; i-- > 0;) out += static_cast<char>(value >> (8 * i));
}

/// A capture of UDP datagrams from 198.51.100.9 to 192.0.2.7, one a second (LINKTYPE_RAW).
std::string capture_of(const std::vector<std::string>& payloads) {
  std::string out;
  append_le(out, 0xa1b2c3d4, 4);
  append_le(out, 2, 2);
  append_le(out, 4, 2);
  append_le(out, 0, 8);
  append_le(out, 65535, 4);
  append_le(out, 101, 4);
  std::uint64_t second = 1'700'000'000;
  for (const std::string& payload : payloads) {
    const std::uint64_t length = 28 + payload.size();
    append_le(out, second++, 4);
    append_le(out, 0, 4);
    append_le(out, length, 4);
    append_le(out, length, 4);
    append_be(out, 0x4500, 2);
    append_be(out, length, 2);
    append_be(out, 0, 4);
    append_be(out, 0x40110000, 4);
    append_be(out, 0xc6336409, 4);
    append_be(out, 0xc0000207, 4);
    append_be(out, 40000, 2);
    append_be(out, 7701, 2);
    append_be(out, length - 20, 2);
    append_be(out, 0, 2);
    out += payload;
  }
  return out;
}

constexpr char kRules[] =
    "alert udp any any -> any 7701 (msg:\"evil\"; content:\"EVIL\"; sid:7; rev:2;)\n"
    "alert udp any any -> any any (msg:\"wrong\"; contnt:\"x\"; sid:8;)\n";

class CommandLineTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "hd-verbs-XXXXXX";
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    rules_ = file("local.rules", kRules);
    capture_ = file("a.pcap", capture_of({"nothing", "so EVIL", "EVIL EVIL"}));
    eve_ = folder_ + "/eve.json";
  }
  void TearDown() override { EXPECT_TRUE(remove_tree(folder_)); }
  std::string file(const std::string& name, std::string_view text) {
    EXPECT_TRUE(write_file_atomic(folder_ + "/" + name, text));
    return folder_ + "/" + name;
  }
  static std::size_t lines(const std::string& path) {
    const auto text = read_file(path);
    return text ? static_cast<std::size_t>(std::count(text->begin(), text->end(), '\n')) : 0;
  }
  std::string folder_, rules_, capture_, eve_;
};

TEST_F(CommandLineTest, ReplayWritesAlertsAndNamesRefusedRules) {
  const Ran ran = run({"replay", capture_, "--rules", rules_, "--eve", eve_});

  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_TRUE(ran.err.starts_with("rule refused: sid 8 contnt: ")) << ran.err;
  ASSERT_EQ(lines(eve_), 2u);
  const auto text = read_file(eve_);
  const auto first = JsonDocument::parse(std::string_view(*text).substr(0, text->find('\n')));
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->get("event_type").as_string(), "alert");
  EXPECT_EQ(first->get("alert").get("signature_id").as_uint(), 7u);
  EXPECT_EQ(first->get("src_ip").as_string(), "198.51.100.9");
  EXPECT_EQ(first->get("dest_port").as_uint(), 7701u);
  EXPECT_FALSE(file_exists(eve_ + ".part"));
}

TEST_F(CommandLineTest, ReplayReadsACutCaptureAsFarAsItGoesAndSaysSo) {
  std::string bytes = capture_of({"EVIL", "EVIL"});
  bytes.resize(bytes.size() - 3);

  const Ran ran = run({"replay", file("cut.pcap", bytes), "--rules", rules_, "--eve", eve_});

  EXPECT_EQ(ran.exit, 0);
  EXPECT_NE(ran.err.find("the capture ends in the middle of a packet [E5002]"), std::string::npos) << ran.err;
  EXPECT_EQ(lines(eve_), 1u);
}

TEST_F(CommandLineTest, ReplayOfAMissingCaptureIsFiveAndLeavesNoFile) {
  const Ran ran = run({"replay", folder_ + "/none.pcap", "--rules", rules_, "--eve", eve_});

  EXPECT_EQ(ran.exit, 5);
  EXPECT_FALSE(file_exists(eve_));
}

TEST_F(CommandLineTest, ReplayRefusesUnknownSettings) {
  const Ran ran = run({"replay", capture_, "--rules", rules_, "--eve", eve_, "--settings", file("s.json", "{\"chksums\": \"verify\"}")});

  EXPECT_EQ(ran.exit, 3);
  EXPECT_NE(ran.err.find("s.json:1:3: unknown key \"chksums\" [E3101]"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("did you mean \"checksums\"?"), std::string::npos) << ran.err;
}

TEST_F(CommandLineTest, BatchGoesOnBehindACaptureThatCannotBeOpened) {
  const std::string settings = file("s.json", "{\"packet_alert_max\": 1}");
  const std::string list = file("list.tsv", capture_ + "\t" + eve_ + "\n" + folder_ + "/none.pcap\t" + folder_ + "/none.json\n" +
                                                capture_ + "\t" + folder_ + "/own.json\t" + settings + "\n");

  const Ran ran = run({"replay", "--batch", list, "--rules", rules_});

  EXPECT_EQ(ran.exit, 5);
  EXPECT_NE(ran.err.find("none.pcap"), std::string::npos);
  EXPECT_EQ(lines(eve_), 2u);
  EXPECT_EQ(lines(folder_ + "/own.json"), 2u);
  EXPECT_FALSE(file_exists(folder_ + "/none.json"));
}

TEST_F(CommandLineTest, BatchForgetsEverythingBetweenCaptures) {
  const std::string limited = file("l.rules",
                                   "alert udp any any -> any any (msg:\"once\"; content:\"EVIL\"; "
                                   "threshold:type limit, track by_src, count 1, seconds 3600; sid:9;)\n");
  const std::string list = file("list.tsv", capture_ + "\t" + eve_ + "\n" + capture_ + "\t" + folder_ + "/b.json\n");

  EXPECT_EQ(run({"replay", "--batch", list, "--rules", limited}).exit, 0);

  EXPECT_EQ(lines(eve_), 1u);
  EXPECT_EQ(lines(folder_ + "/b.json"), 1u);
}

TEST_F(CommandLineTest, WhyTellsWhatARuleSaw) {
  const Ran ran = run({"replay", capture_, "--rules", rules_, "--why", "7"});

  EXPECT_EQ(ran.exit, 0);
  EXPECT_NE(ran.out.find("sid 7"), std::string::npos);
  EXPECT_NE(ran.out.find("198.51.100.9"), std::string::npos) << ran.out;
}

TEST_F(CommandLineTest, CheckCountsByReason) {
  const Ran ran = run({"check", "--rules", rules_, "--json"});

  EXPECT_EQ(ran.exit, 0);
  const auto json = JsonDocument::parse(ran.out);
  ASSERT_TRUE(json.has_value()) << ran.out;
  EXPECT_EQ(json->get("loaded").as_uint(), 1u);
  EXPECT_EQ(json->get("refused").as_uint(), 1u);
  EXPECT_EQ(json->get("reasons").get("unknown keyword contnt").as_uint(), 1u);
  EXPECT_EQ(run({"check", "--rules", rules_, "--strict"}).exit, 1);
  EXPECT_EQ(run({"check", "--rules", folder_ + "/none.rules"}).exit, 5);
}

TEST_F(CommandLineTest, ReplayTwiceGivesTheSameBytes) {
  (void)run({"replay", capture_, "--rules", rules_, "--eve", eve_});
  (void)run({"replay", capture_, "--rules", rules_, "--eve", folder_ + "/again.json"});

  EXPECT_EQ(*read_file(eve_), *read_file(folder_ + "/again.json"));
}

TEST_F(CommandLineTest, RulesExplainPrintsTheProgram) {
  const Ran ran = run({"rules", "explain", "7", "--rules", rules_});

  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_NE(ran.out.find("find \"EVIL\""), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("prefilter: "), std::string::npos);
  EXPECT_EQ(run({"rules", "explain", "4711", "--rules", rules_}).exit, 2);
}

TEST_F(CommandLineTest, KeysAreMadeOnceAndNeverOverwritten) {
  const std::string path = folder_ + "/keys/sensor.key";

  const Ran made = run({"keys", "make", "--key", path});
  const Ran again = run({"keys", "make", "--key", path});

  EXPECT_EQ(made.exit, 0) << made.err;
  EXPECT_EQ(again.exit, 7);
  EXPECT_EQ(run({"keys", "show", "--key", path}).out, made.out);
}

TEST_F(CommandLineTest, ConfigCheckFindsTheLine) {
  const Ran ran = run({"config", "check", file("h.yaml", "flow:\n  limt: 1M\n")});

  EXPECT_EQ(ran.exit, 3);
  EXPECT_NE(ran.err.find("h.yaml:2:3: unknown key \"limt\" [E3101]"), std::string::npos) << ran.err;
  EXPECT_EQ(run({"config", "check", file("g.yaml", "flow: {limit: 1M}\n")}).exit, 0);
}

TEST(CommandLine, WrongUseIsTwoWithTheNearestWord) {
  const Ran ran = run({"rplay"});

  EXPECT_EQ(ran.exit, 2);
  EXPECT_NE(ran.err.find("did you mean \"replay\"?"), std::string::npos) << ran.err;
  EXPECT_EQ(run({"replay", "--nonsense"}).exit, 2);
  EXPECT_EQ(run({"replay", "x.pcap", "--rules", "r"}).exit, 2);  // neither --eve nor --why
}

TEST(CommandLine, EveryVerbHasHelpWithExamples) {
  for (const char* verb : {"replay", "check", "rules", "keywords", "protocols", "status", "reload", "drain", "config", "keys", "explain"}) {
    const Ran ran = run({verb, "--help"});
    EXPECT_EQ(ran.exit, 0) << verb;
    EXPECT_NE(ran.out.find("Examples:\n  haidang-sensor "), std::string::npos) << verb;
  }
}

TEST(CommandLine, NothingAskedPrintsShortHelp) {
  const Ran ran = run({});

  EXPECT_EQ(ran.exit, 0);
  EXPECT_NE(ran.out.find("replay"), std::string::npos);
}

TEST(CommandLine, EveryErrorCodeHasAPage) {
  const Ran all = run({"explain"});
  std::size_t count = 0;
  for (std::size_t at = 0; at < all.out.size(); at = all.out.find('\n', at) + 1) {
    const Ran page = run({"explain", all.out.substr(at, 5)});
    EXPECT_EQ(page.exit, 0);
    EXPECT_GT(std::count(page.out.begin(), page.out.end(), '\n'), 3) << page.out;
    ++count;
  }
  EXPECT_GT(count, 25u);
  EXPECT_EQ(run({"explain", "E0000"}).exit, 2);
}

TEST(CommandLine, StatusWithoutASensorIsFour) {
  EXPECT_EQ(run({"status", "--control", "/nowhere/s.sock"}).exit, 4);
  EXPECT_EQ(run({"status", "--control", "/nowhere/s.sock", "--nagios"}).exit, 3);
}

TEST(CommandLine, KeywordsAreFoundByName) {
  EXPECT_NE(run({"keywords", "content"}).out.find("content  (keyword)"), std::string::npos);
  const Ran wrong = run({"keywords", "contnt"});
  EXPECT_EQ(wrong.exit, 2);
  EXPECT_NE(wrong.err.find("did you mean \"content\"?"), std::string::npos);
}

}  // namespace
}  // namespace hd
