// SPDX-License-Identifier: Apache-2.0
// The grammar of a rule: action protocol source ports direction target ports ( keyword[:value]; … )
#pragma once

#include "sensor/base/result.hpp"
#include "sensor/lang/ast.hpp"

#include <string_view>

namespace hd {

/// Limits of one rule's text.
inline constexpr std::size_t kRuleLengthMax = 64 * 1024;
inline constexpr std::size_t kRuleOptionsMax = 1024;

/// In:     one rule on one line (RuleText::text()).
/// Errors: E2001 (options), E2002 (header). place.column is the offset in `text` + 1, place.line is 0: the
/// caller knows the file.
[[nodiscard]] Result<ast::Rule> parse_rule(std::string_view text);

} // namespace hd
