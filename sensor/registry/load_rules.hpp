// SPDX-License-Identifier: Apache-2.0
// From files of rules to compiled rules: reading, parsing, building, duplicates. Everything that is wrong is
// collected.
//
//   RuleLoader loader(registry, {.variables = &variables, .catalogue = &catalogue});
//   loader.add_file("local.rules");
//   LoadedRules rules = loader.finish();
#pragma once

#include "sensor/base/error.hpp"
#include "sensor/lang/ir.hpp"
#include "sensor/lang/rule_builder.hpp"
#include "sensor/lang/threshold_file.hpp"
#include "sensor/lang/variables.hpp"
#include "sensor/registry/registry.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hd {

/// A rule that is not taken, and why.
struct RefusedRule {
  std::uint32_t gid = 1;
  std::uint32_t sid = 0;    ///< 0: the text has none that can be read
  std::string keyword = {}; ///< the keyword at fault; empty: header, grammar or the rule as a whole
  Error error = {};
  /// "rule refused: sid 7 smb.share: …" on one line, as scripts read it.
  [[nodiscard]] std::string line() const;
  /// For totals by reason: "unknown keyword smtp.helo", "protocol not supported: smb", "within: …".
  [[nodiscard]] std::string reason() const;
};
/// A rule that its own `requires` leaves out.
struct SkippedRule {
  std::uint32_t gid = 1, sid = 0;
  Place place = {};
  std::string why = {};
};

struct LoadedRules {
  std::vector<RuleIr> rules = {};
  std::vector<RefusedRule> refused = {};
  std::vector<SkippedRule> skipped = {};
  std::vector<Error> errors = {}; ///< files that could not be read
  std::size_t disabled = 0;       ///< rules switched off by #
  std::size_t replaced = 0;       ///< older revisions of a sid that a later one replaced
  NameTable names = {};
};

struct LoadOptions {
  const Variables* variables = nullptr;      ///< nullptr: Variables::standard()
  const RuleCatalogue* catalogue = nullptr;  ///< nullptr: empty
  const ThresholdFile* thresholds = nullptr; ///< threshold.config, laid over the rules; nullptr: none
  NameTable names = {};                      ///< of the ruleset before, so that numbers stay
  std::shared_ptr<const Reputation> reputation = {}; ///< iprep; nullptr: none
  std::shared_ptr<const GeoDatabase> geo = {};       ///< geoip; nullptr: none
  bool ja3 = true, ja4 = true;               ///< fingerprints that are computed (`requires: feature ja4`)
};

class RuleLoader {
public:
  /// All that is given must outlive the loader.
  RuleLoader(const registry::Registry& registry, LoadOptions options);

  /// Reads a file; relative names in its rules are relative to its folder. A file that cannot be read is an
  /// error of the result.
  void add_file(const std::string& path);
  /// Rules of a text. `name` stands in messages, `folder` is where files named by rules lie.
  void add_text(std::string_view text, const std::string& name, const std::string& folder);
  /// The result; the loader is empty afterwards.
  [[nodiscard]] LoadedRules finish();

private:
  void add_rule(const class RuleText& text, const std::string& file);
  Result<void> build(const class RuleText& text, const std::string& file, RuleIr& rule, std::string& keyword);
  void keep(RuleIr rule);

  const registry::Registry& registry_;
  LoadOptions options_;
  Variables standard_variables_;
  RuleCatalogue empty_catalogue_ = {};
  ListResolver lists_;
  std::map<std::string, std::shared_ptr<const Regex>, std::less<>> expressions_ = {};
  BuildContext context_;
  LoadedRules result_ = {};
  std::unordered_map<std::uint64_t, std::size_t> by_id_ = {}; // gid << 32 | sid to the index in result_.rules
};

} // namespace hd
