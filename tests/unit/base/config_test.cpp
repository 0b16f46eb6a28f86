// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/config.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "sensor/base/file.hpp"

namespace hd {
namespace {

constexpr std::array<std::string_view, 3> kSources = {"af_packet", "pcap", "pcap_file"};
constexpr std::array<std::string_view, 1> kForever = {"forever"};
constexpr Setting kRows[] = {
    {.key = "site.name", .fallback = "none", .summary = "shown in the console"},
    {.key = "capture[].interface", .unit = Unit::texts, .summary = "ports of the tap"},
    {.key = "capture[].source", .fallback = "af_packet", .choices = kSources},
    {.key = "capture[].ring", .unit = Unit::bytes, .fallback = "512MiB", .low = 1 << 20, .high = std::int64_t{1} << 40},
    {.key = "capture[].promiscuous", .unit = Unit::flag, .fallback = "true"},
    {.key = "capture[].workers", .fallback = "auto"},
    {.key = "capture[].workers.cores", .unit = Unit::numbers},
    {.key = "flow.limit", .unit = Unit::count, .fallback = "1M", .low = 1000},
    {.key = "flow.timeout.tcp", .unit = Unit::duration, .fallback = "600s"},
    {.key = "keep", .unit = Unit::duration, .fallback = "90d", .choices = kForever},
    {.key = "vars.address.*", .unit = Unit::texts},
    {.key = "protocols.*.enabled", .unit = Unit::flag, .fallback = "yes"},
    {.key = "free", .unit = Unit::any},
};

std::optional<std::string> environment(std::string_view name) {
  if (name == "SITE") return "Phú Quốc";
  return std::nullopt;
}

/// A text read and checked; `errors` holds what was wrong.
struct Read {
  explicit Read(std::string_view text)
      : tree(parse_config(text, "haidang.yaml", environment, errors)), root(check_config(tree, kRows, errors)) {}
  ConfigErrors errors = {};
  ConfigTree tree;
  Section root;
};
std::string only_error(const Read& read) {
  EXPECT_EQ(read.errors.size(), 1u);
  return read.errors.empty() ? "" : to_text(read.errors.front());
}

TEST(Config, ReadsWhatIsWrittenAndFallsBackOnTheRest) {
  const Read read(
      "site: {name: \"Trung tâm trực\"}\n"
      "capture:\n"
      "  - interface: [ens1f0, ens1f1]\n"
      "    ring: 64MiB\n"
      "    promiscuous: no\n"
      "  - interface: eth1\n"
      "    workers: {cores: [2, 3]}\n"
      "flow: {limit: 4M, timeout: {tcp: 1h30m}}\n");

  ASSERT_TRUE(read.errors.empty()) << to_text(read.errors.front());
  EXPECT_EQ(read.root.text("site.name"), "Trung tâm trực");
  const auto captures = read.root.sections("capture");
  ASSERT_EQ(captures.size(), 2u);
  EXPECT_EQ(captures[0].texts("interface"), (std::vector<std::string>{"ens1f0", "ens1f1"}));
  EXPECT_EQ(captures[0].bytes("ring"), 64u << 20);
  EXPECT_FALSE(captures[0].flag("promiscuous"));
  EXPECT_EQ(captures[0].text("source"), "af_packet");
  EXPECT_EQ(captures[1].texts("interface"), (std::vector<std::string>{"eth1"}));
  EXPECT_EQ(captures[1].numbers("workers.cores"), (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(captures[1].bytes("ring"), 512u << 20);
  EXPECT_EQ(read.root.count("flow.limit"), 4'000'000u);
  EXPECT_EQ(read.root.duration("flow.timeout.tcp"), 5400 * kSecond);
  EXPECT_EQ(read.root.duration("keep"), 90 * 86'400 * kSecond);
  EXPECT_FALSE(read.root.has("keep"));
}

TEST(Config, EmptyFileAndEmptyKeysMeanDefaults) {
  EXPECT_TRUE(Read("").errors.empty());
  EXPECT_TRUE(Read("# nothing yet\n").errors.empty());
  const Read read("capture:\nflow:\n  limit:\n");
  EXPECT_TRUE(read.errors.empty());
  EXPECT_EQ(read.root.count("flow.limit"), 1'000'000u);
  EXPECT_TRUE(read.root.sections("capture").empty());
}

TEST(Config, UnknownKeyIsAnErrorWithItsPlaceAndTheNearestName) {
  const Read read("capture:\n  - name: lan\n    interfce: ens1f0\n");

  ASSERT_EQ(read.errors.size(), 2u);
  EXPECT_EQ(to_text(read.errors[1]),
            "haidang.yaml:3:5: unknown key \"interfce\" [E3101]\n"
            "    3 |     interfce: ens1f0\n"
            "      |     ^^^^^^^^\n"
            "  did you mean \"interface\"?");
  EXPECT_EQ(read.errors[0].hint, "known here: interface source ring promiscuous workers");
}

TEST(Config, WrongValuesAreErrorsAndAllOfThemAreSaid) {
  const Read read(
      "flow: {limit: 10, timeout: {tcp: 30}}\n"
      "capture:\n"
      "  - {source: af_paket, ring: 64M}\n"
      "site: a\n"
      "keep: [1d]\n");

  std::string all;
  for (const Error& error : read.errors) {
    EXPECT_EQ(error.code, ErrorCode::E3102);
    all += std::to_string(error.place.line) + ":" + std::to_string(error.place.column) + " " + error.what + "\n";
  }
  EXPECT_EQ(all,
            "1:15 limit must be at least 1000\n"
            "1:34 tcp needs a time such as 500ms, 30s or 1h30m\n"
            "3:14 source cannot be \"af_paket\"\n"
            "3:30 ring needs a size such as 64KiB, 512MiB or 4GiB\n"
            "4:7 this key has keys of its own\n"
            "5:1 keep is one value, not a list\n");
}

TEST(Config, ChoiceStandsBesideTheUnit) {
  const Read read("keep: forever\n");

  ASSERT_TRUE(read.errors.empty());
  EXPECT_TRUE(read.root.is("keep", "forever"));
}

TEST(Config, AnyNameBelowAStar) {
  const Read read("vars: {address: {HOME_NET: [10.0.0.0/8, 192.0.2.0/24], DNS: \"!$HOME_NET\"}}\nprotocols: {dns: {enabled: no}}\n");

  ASSERT_TRUE(read.errors.empty());
  const auto vars = read.root.entries("vars.address");
  ASSERT_EQ(vars.size(), 2u);
  EXPECT_EQ(vars[0].first, "HOME_NET");
  EXPECT_EQ(vars[0].second.texts(""), (std::vector<std::string>{"10.0.0.0/8", "192.0.2.0/24"}));
  EXPECT_EQ(vars[1].second.texts(""), (std::vector<std::string>{"!$HOME_NET"}));
  EXPECT_FALSE(read.root.entries("protocols")[0].second.flag("enabled"));
}

TEST(Config, EnvironmentIsTakenInValuesOnlyAndMustBeThere) {
  EXPECT_EQ(Read("site: {name: \"${SITE}, LAN\"}\n").root.text("site.name"), "Phú Quốc, LAN");
  EXPECT_NE(only_error(Read("site: {name: \"${NOWHERE}\"}\n")).find("haidang.yaml:1:15: the environment has no NOWHERE"),
            std::string::npos);
  EXPECT_EQ(Read("\"${SITE}\": a\n").errors.front().code, ErrorCode::E3101);
}

TEST(Config, BrokenYamlAndDuplicateKeysAreErrorsWithTheirLine) {
  EXPECT_NE(only_error(Read("flow: {limit: 4M\nsite: a\n")).find("haidang.yaml:"), std::string::npos);
  const std::string twice = only_error(Read("keep: 1d\nfree: 1\nkeep: 2d\n"));
  EXPECT_NE(twice.find("haidang.yaml:3:1: "), std::string::npos) << twice;
  EXPECT_NE(only_error(Read("- a\n- b\n")).find("must have keys and values"), std::string::npos);
}

TEST(Config, NestingHasALimit) {
  const Read read("free: " + std::string(500, '[') + std::string(500, ']') + "\n");

  EXPECT_FALSE(read.errors.empty());
}

TEST(Config, AliasesThatMultiplyEndAtALimit) {
  std::string bomb = "free:\n  - &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 6; ++i) {
    bomb += "  - &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j > 0 ? ", *a" : "*a") + std::to_string(i - 1);
    bomb += "]\n";
  }
  const Read read(bomb);

  EXPECT_FALSE(read.errors.empty());
}

TEST(Config, IncludedFilesAreLaidOverInTheOrderOfTheirNames) {
  std::string folder = testing::TempDir() + "haidang-config-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  ASSERT_TRUE(make_folders(folder + "/conf.d"));
  ASSERT_TRUE(write_file_atomic(folder + "/haidang.yaml", "include: " + folder + "/conf.d\nkeep: 1d\nflow: {limit: 2M}\n"));
  ASSERT_TRUE(write_file_atomic(folder + "/conf.d/20.yaml", "flow: {limit: 3M}\n"));
  ASSERT_TRUE(write_file_atomic(folder + "/conf.d/10.yaml", "flow: {limit: 9M, timeout: {tcp: 5s}}\nsite: {nam: x}\n"));
  ConfigErrors errors;

  const ConfigTree tree = read_config(folder + "/haidang.yaml", environment, errors);
  const Section root = check_config(tree, kRows, errors);

  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].place.file, folder + "/conf.d/10.yaml");
  EXPECT_EQ(errors[0].excerpt, "site: {nam: x}");
  EXPECT_EQ(root.count("flow.limit"), 3'000'000u);
  EXPECT_EQ(root.duration("flow.timeout.tcp"), 5 * kSecond);
  EXPECT_EQ(root.duration("keep"), 86'400 * kSecond);
  EXPECT_TRUE(remove_tree(folder));
}

TEST(Config, MissingFileIsAnError) {
  ConfigErrors errors;

  (void)read_config("/nowhere/haidang.yaml", environment, errors);

  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].code, ErrorCode::E3001);
}

TEST(Config, ForeignYamlKeepsDollarsAndItsHeader) {
  std::string folder = testing::TempDir() + "haidang-config-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  ASSERT_TRUE(write_file_atomic(folder + "/suricata.yaml",
                                "%YAML 1.1\n---\nvars:\n  address-groups:\n    EXTERNAL_NET: \"!$HOME_NET\"\n    X: \"${Y}\"\n"));
  ConfigErrors errors;

  const ConfigTree tree = read_foreign_yaml(folder + "/suricata.yaml", errors);

  ASSERT_TRUE(errors.empty()) << to_text(errors[0]);
  const ConfigNode* groups = tree.root.find("vars")->find("address-groups");
  EXPECT_EQ(groups->find("EXTERNAL_NET")->text, "!$HOME_NET");
  EXPECT_EQ(groups->find("X")->text, "${Y}");
  EXPECT_TRUE(remove_tree(folder));
}

TEST(Config, ValuesOfTheCommandLineAreLaidOver) {
  ConfigErrors errors;
  ConfigTree tree = parse_config("flow: {limit: 2M}\n", "haidang.yaml", environment, errors);
  set_config(tree, "flow.limit", "5M", "command line");
  set_config(tree, "site.name", "x", "command line");

  const Section root = check_config(tree, kRows, errors);

  EXPECT_TRUE(errors.empty());
  EXPECT_EQ(root.count("flow.limit"), 5'000'000u);
  EXPECT_EQ(root.text("site.name"), "x");
}

TEST(Config, WhatIsShownReadsBackToTheSame) {
  const Read read(
      "site: {name: \"a: b # c\"}\ncapture:\n  - {interface: [a, b], workers: {cores: [1]}}\n  - interface: c\n"
      "vars: {address: {HOME_NET: [10.0.0.0/8]}}\nfree: {x: [1, {y: z}]}\n");
  ASSERT_TRUE(read.errors.empty());

  const std::string shown = show_config(read.root, kRows);
  const Read again(shown);

  ASSERT_TRUE(again.errors.empty()) << shown << to_text(again.errors.front());
  EXPECT_EQ(show_config(again.root, kRows), shown);
  EXPECT_EQ(again.root.text("site.name"), "a: b # c");
  EXPECT_EQ(again.root.sections("capture")[0].numbers("workers.cores"), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(again.root.node("free")->find("x")->items[1].find("y")->text, "z");
  EXPECT_NE(shown.find("# shown in the console"), std::string::npos);
}

}  // namespace
}  // namespace hd
