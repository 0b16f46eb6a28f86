// SPDX-License-Identifier: Apache-2.0
#include "sensor/lang/rule_text.hpp"

#include "sensor/base/text.hpp"

#include <algorithm>

namespace hd {
namespace {

bool is_disabled_rule(std::string_view comment) {
  while (comment.starts_with('#'))
    comment = trim(comment.substr(1));
  for (const std::string_view action :
       {"alert ", "drop ", "pass ", "reject ", "rejectsrc ", "rejectdst ", "rejectboth ", "config "}) {
    if (comment.starts_with(action))
      return comment.ends_with(')') && comment.find('(') != std::string_view::npos;
  }
  return false;
}

} // namespace

Place RuleText::place_of(std::size_t offset, std::size_t length, const std::string& file) const {
  Place place{.file = file, .length = static_cast<std::uint32_t>(std::max<std::size_t>(length, 1))};
  for (const Part& part : parts_) {
    if (part.offset > offset) break;
    place.line = part.line;
    place.column = static_cast<std::uint32_t>(offset - part.offset) + part.column + 1;
  }
  return place;
}

std::string RuleText::line_of(std::uint32_t line) const {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].line != line) continue;
    const std::size_t begin = std::min(parts_[i].offset, text_.size());
    const std::size_t end =
        i + 1 < parts_.size() ? std::min(parts_[i + 1].offset, text_.size()) : text_.size();
    return std::string(parts_[i].column, ' ') + std::string(text_.substr(begin, end - begin));
  }
  return {};
}

std::string_view RuleReader::take_line() {
  const std::size_t end = std::min(rest_.find('\n'), rest_.size());
  std::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(std::min(end + 1, rest_.size()));
  ++line_;
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool RuleReader::next(RuleText& rule) {
  while (!rest_.empty()) {
    std::string_view line = take_line();
    std::string_view text = trim(line);
    if (text.empty()) continue;
    if (text.starts_with('#')) {
      if (is_disabled_rule(text)) ++disabled_;
      continue;
    }
    rule.parts_.assign(1, {0, line_, static_cast<std::uint32_t>(text.data() - line.data())});
    rule.joined_.clear();
    rule.text_ = text;
    if (!text.ends_with('\\')) return true;
    rule.joined_ = text.substr(0, text.size() - 1);
    while (!rest_.empty()) {
      line = take_line();
      rule.parts_.push_back({rule.joined_.size(), line_, 0});
      text = line;
      while (text.ends_with(' ') || text.ends_with('\t'))
        text.remove_suffix(1);
      const bool goes_on = text.ends_with('\\');
      rule.joined_ += goes_on ? text.substr(0, text.size() - 1) : text;
      if (!goes_on) break;
    }
    rule.text_ = trim(rule.joined_);
    return true;
  }
  return false;
}

} // namespace hd
