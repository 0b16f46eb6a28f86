// SPDX-License-Identifier: Apache-2.0
// Bytes as rules write them: text with escapes, and hexadecimal between bars.
#pragma once

#include "sensor/lang/args.hpp"

#include <string>

namespace hd {

/// `"abc|0d 0a|\;"`, with a `!` before the quotes where the caller asks for it (is_negated not null).
/// Escapes: \" \; \\ \:. Refused: an empty value, other escapes, unescaped quotes, half bytes, bars that do
/// not close.
[[nodiscard]] Result<std::string> parse_content(const Args& args, bool* is_negated);
/// The same of a value without option: what stands between the quotes, the quotes included.
[[nodiscard]] Result<std::string> parse_content_text(const Args& args, std::string_view quoted);

} // namespace hd
