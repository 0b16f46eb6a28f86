// SPDX-License-Identifier: Apache-2.0
// Files of rules cut into rules: one at a time, continued lines joined, with a way back to line and column.
#pragma once

#include "sensor/base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hd {

/// The text of one rule on one line. `text` points into the file's text, or into `joined`.
class RuleText {
public:
  RuleText() = default;
  /// A single line, for texts that are no file.
  explicit RuleText(std::string_view text, std::uint32_t line = 1) : text_(text), parts_{{0, line, 0}} {}
  RuleText(const RuleText&) = delete;
  RuleText& operator=(const RuleText&) = delete;
  RuleText(RuleText&&) = delete;
  RuleText& operator=(RuleText&&) = delete;

  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] std::uint32_t line() const { return parts_.empty() ? 0 : parts_.front().line; }
  /// Line and column of an offset in text().
  [[nodiscard]] Place place_of(std::size_t offset, std::size_t length, const std::string& file) const;
  /// The physical line of that number, so that place_of's column fits below it; empty: not of this rule.
  [[nodiscard]] std::string line_of(std::uint32_t line) const;

private:
  friend class RuleReader;
  struct Part {
    std::size_t offset = 0; // in text()
    std::uint32_t line = 0;
    std::uint32_t column = 0; // of the part's first character, from 0
  };
  std::string_view text_ = {};
  std::string joined_ = {};
  std::vector<Part> parts_ = {};
};

/// Goes through a file's text. A rule is a line that is neither empty nor a comment (#); a backslash at the
/// end of a line goes on with the next. Bytes need not be UTF-8. Cost: linear.
class RuleReader {
public:
  explicit RuleReader(std::string_view file) : rest_(file) {
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3); // a byte order mark
  }
  /// False at the end. `rule` is valid until the next call, and as long as the file's text.
  bool next(RuleText& rule);
  /// Comments that are rules switched off (`# alert …`).
  [[nodiscard]] std::size_t disabled() const { return disabled_; }

private:
  std::string_view take_line();

  std::string_view rest_;
  std::uint32_t line_ = 0;
  std::size_t disabled_ = 0;
};

} // namespace hd
