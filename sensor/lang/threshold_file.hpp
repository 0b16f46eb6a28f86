// SPDX-License-Identifier: Apache-2.0
// Limits on alerts as text: the values of `threshold` and `detection_filter`, and threshold.config, which
// lays them over rules.
#pragma once

#include "sensor/base/error.hpp"
#include "sensor/lang/args.hpp"
#include "sensor/lang/ir.hpp"
#include "sensor/lang/variables.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hd {

/// One line of threshold.config.
struct ThresholdEntry {
  std::uint32_t gid = 0, sid = 0; ///< 0: all
  Threshold threshold = {};
};
struct ThresholdFile {
  std::vector<ThresholdEntry> entries = {};
};

/// `type T, track by_…, count N, seconds S` (or `multiplier M` for backoff) in any order.
[[nodiscard]] Result<Threshold> parse_threshold(const Args& args);
/// `track by_…, count N, seconds S`.
[[nodiscard]] Result<Threshold> parse_detection_filter(const Args& args);

/// Lines `threshold|event_filter|rate_filter|suppress gen_id G, sig_id S, …`; a backslash goes on with the
/// next line. What cannot be read is appended to `errors`; the rest is taken.
[[nodiscard]] ThresholdFile read_threshold_file(std::string_view text, const std::string& file,
                                                ListResolver& lists, std::vector<Error>& errors);

/// Lays the entries over the rules: one for a sid replaces the rule's own threshold, one for all is for rules
/// without. Suppressions and rate filters are added.
void apply_thresholds(const ThresholdFile& file, std::span<RuleIr> rules);

} // namespace hd
