// SPDX-License-Identifier: Apache-2.0
// A rule as it is written: header words and options, nothing interpreted, nothing lost.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hd::ast {

/// A piece of the rule's text and where it stands.
struct Word {
  std::string_view text = {};
  std::uint32_t offset = 0;
};

struct Option {
  Word keyword = {};
  Word value = {};
  bool has_value = false; ///< a colon stands behind the keyword
};

/// Views point into the text that was parsed.
struct Rule {
  Word action = {}, protocol = {}, source = {}, source_ports = {}, direction = {}, target = {},
       target_ports = {};
  std::vector<Option> options = {};
};

/// The rule on one line: words parted by one blank, options by one blank, values as written. Parsing it gives
/// the same rule.
[[nodiscard]] std::string to_text(const Rule& rule);

} // namespace hd::ast
