// SPDX-License-Identifier: Apache-2.0
// classification.config and reference.config: what the classtypes and reference schemes of rules mean.
#pragma once

#include "sensor/base/error.hpp"
#include "sensor/lang/rule_builder.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hd {

/// Lines `config classification: NAME,TEXT,PRIORITY`; others must be empty or comments. What cannot be read
/// is appended to `errors`, the rest is taken. Of two classes of a name the first counts.
void read_classification(std::string_view text, const std::string& file, RuleCatalogue& catalogue,
                         std::vector<Error>& errors);
/// Lines `config reference: SCHEME URL-PREFIX`.
void read_references(std::string_view text, const std::string& file, RuleCatalogue& catalogue,
                     std::vector<Error>& errors);

} // namespace hd
