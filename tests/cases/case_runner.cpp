// SPDX-License-Identifier: Apache-2.0
// case_runner: all .case files below a folder, each in all its shapes. Closes with "N passed, N failed": shapes of cases.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "sensor/base/file.hpp"
#include "tests/cases/replay.hpp"

namespace {

using namespace hd;
using namespace hd::cases;
namespace fs = std::filesystem;

struct Options {
  std::string root = ".";
  std::vector<std::string> patterns = {};
  std::vector<std::string> files = {};
  std::string shape = {};
  std::string from = {};
  bool only_few = false;
  bool keep = false;
  bool show = false;
};

struct Totals {
  std::size_t passed = 0, failed = 0, cases = 0;
};

/// Where cases may lie; what is built or fetched is not looked into.
std::vector<std::string> find_cases(const Options& options) {
  std::vector<std::string> found = options.files;
  if (!found.empty()) return found;
  for (const char* folder : {"sensor", "signatures", "tests/cases"}) {
    std::error_code problem;
    for (auto at = fs::recursive_directory_iterator(fs::path(options.root) / folder, problem); !problem && at != fs::end(at); at.increment(problem)) {
      if (at->path().extension() == ".case") found.push_back(fs::relative(at->path(), options.root).string());
    }
  }
  std::erase_if(found, [&](const std::string& path) {
    return !options.patterns.empty() && std::none_of(options.patterns.begin(), options.patterns.end(), [&](const std::string& pattern) { return path.find(pattern) != std::string::npos; });
  });
  std::sort(found.begin(), found.end());
  return found;
}

bool is_wanted(const Shape& shape, const Options& options) {
  if (!options.shape.empty()) return shape.family == options.shape || shape.name == options.shape || shape.family == "as-written";
  constexpr std::string_view kFew[] = {"as-written", "bytewise", "reordered:1"};
  return !options.only_few || std::find(std::begin(kFew), std::end(kFew), shape.name) != std::end(kFew);
}

void keep_capture(const std::vector<Frame>& frames, const Case& which, const Shape& shape) {
  std::vector<test::TimedPacket> packets;
  for (const Frame& frame : frames) packets.push_back(frame.packet);
  std::string name = fs::path(which.path).stem().string() + "." + shape.name + ".pcap";
  std::replace(name.begin(), name.end(), ':', '-');
  if (test::write_bytes(name, test::pcap_bytes(packets, {.is_nano = true}))) std::printf("written: %s\n", name.c_str());
}

class CaseRun {
 public:
  CaseRun(const Case& which, const Options& options, const std::string& folder, Totals& totals)
      : case_(which), options_(options), folder_(folder), totals_(totals) {}

  void run() {
    std::size_t shown = 0;
    for (const Shape& shape : shapes_of(case_)) {
      if (!is_wanted(shape, options_)) continue;
      const std::vector<std::string> failures = one(shape);
      ++(failures.empty() ? totals_.passed : totals_.failed);
      // One shape that fails brings most others with it: the first three are enough to begin with.
      if (!failures.empty() && (++shown <= 3 || !options_.shape.empty())) {
        for (const std::string& line : failures) std::printf("%s\n", line.c_str());
      }
    }
    if (shown > 3 && options_.shape.empty()) std::printf("%s: … and in %zu more shapes\n", case_.path.c_str(), shown - 3);
  }

 private:
  std::vector<std::string> one(const Shape& shape) {
    std::optional<LoadedCase>& loaded = shape.is_ip6 ? ip6_ : plain_;
    if (!loaded) {
      auto made = load_case(case_, shape.is_ip6, folder_);
      if (!made) return {case_.path + ":1: [" + shape.name + "] " + to_text(made.error())};
      loaded = std::move(*made);
    }
    const std::vector<Frame> frames = frames_of(case_, shape);
    if (options_.keep) keep_capture(frames, case_, shape);
    Outcome outcome = replay_case(*loaded, frames, shape, folder_);
    if (options_.show) {
      for (const Seen& seen : outcome.alerts) std::printf("%s\n", seen.eve.c_str());
    }
    const auto failures = judge(case_, shape, *loaded, outcome, baseline_ ? &*baseline_ : nullptr);
    if (!baseline_) baseline_ = std::move(outcome);
    return failures;
  }

  const Case& case_;
  const Options& options_;
  const std::string& folder_;
  Totals& totals_;
  std::optional<LoadedCase> plain_ = {}, ip6_ = {};
  std::optional<Outcome> baseline_ = {};
};

void run_file(const std::string& path, const Options& options, Totals& totals) {
  ++totals.cases;
  const std::string full = options.files.empty() ? (fs::path(options.root) / path).string() : path;
  const auto text = read_file(full, 16u << 20);
  auto which = text ? read_case(*text, full) : Result<Case>(fail(text.error()));
  if (!which) {
    ++totals.failed;
    const Error& error = which.error();
    std::printf("%s:%u: %s\n", path.c_str(), error.place.line, error.what.c_str());
    return;
  }
  which->path = path;
  for (const std::string& name : which->shapes.except) {
    const auto families = shape_families();
    const bool is_known = std::find(families.begin(), families.end(), name.substr(0, name.find(':'))) != families.end();
    if (is_known) continue;
    ++totals.failed;
    std::printf("%s:1: there is no shape \"%s\"\n", path.c_str(), name.c_str());
    return;
  }
  const TemporaryFolder folder;
  CaseRun(*which, options, folder.path(), totals).run();
}

int print_case(const std::string& capture) {
  const auto text = case_from_capture(capture);
  if (text) std::printf("%s", text->c_str());
  else std::fprintf(stderr, "%s\n", to_text(text.error()).c_str());
  return text ? 0 : 5;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs .case files: traffic, rules, and what must come of them.");
  Options options;
  app.add_option("--root", options.root, "folder of the project");
  app.add_option("--file", options.files, "these files instead of all below the root");
  app.add_option("--shape", options.shape, "as written, and this shape or family only");
  app.add_option("--from", options.from, "print a case with the packets of this capture, for you to finish");
  app.add_flag("--few", options.only_few, "three shapes of each case, for slow builds");
  app.add_flag("--keep", options.keep, "write the packets of each shape to CASE.SHAPE.pcap here");
  app.add_flag("--show", options.show, "print the alerts as EVE lines");
  app.add_option("pattern", options.patterns, "cases whose path has this in it");
  CLI11_PARSE(app, argc, argv);
  if (!options.from.empty()) return print_case(options.from);
  Totals totals;
  const std::vector<std::string> found = find_cases(options);
  for (const std::string& path : found) run_file(path, options, totals);
  if (found.empty()) std::printf("there is no such case\n");
  std::printf("%zu cases in all their shapes\n%zu passed, %zu failed\n", totals.cases, totals.passed, totals.failed);
  return totals.failed == 0 && !found.empty() ? 0 : 1;
}
