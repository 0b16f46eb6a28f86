// SPDX-License-Identifier: Apache-2.0
#include "sensor/lang/parser.hpp"

#include "sensor/base/text.hpp"

#include <array>

namespace hd {
namespace {

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

class Parser {
public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<ast::Rule> parse() {
    if (text_.size() > kRuleLengthMax) return wrong(ErrorCode::E2001, 0, 1, "the rule is longer than 64 KiB");
    ast::Rule rule;
    constexpr std::array<std::pair<ast::Word ast::Rule::*, const char*>, 7> kWords = {{
        {&ast::Rule::action, "an action"},
        {&ast::Rule::protocol, "a protocol"},
        {&ast::Rule::source, "source addresses"},
        {&ast::Rule::source_ports, "source ports"},
        {&ast::Rule::direction, "a direction (->, <> or =>)"},
        {&ast::Rule::target, "destination addresses"},
        {&ast::Rule::target_ports, "destination ports"},
    }};
    for (const auto& [member, what] : kWords) {
      auto word = header_word();
      if (!word) return fail(std::move(word.error()));
      if (word->text.empty()) {
        return wrong(ErrorCode::E2002, at_, 1, std::string("the header ends where ") + what + " should stand",
                     {}, "A rule begins: alert http $HOME_NET any -> $EXTERNAL_NET any (");
      }
      rule.*member = *word;
    }
    if (auto done = options(rule); !done) return fail(std::move(done.error()));
    return rule;
  }

private:
  tl::unexpected<Error> wrong(ErrorCode code, std::size_t offset, std::size_t length, std::string what,
                              std::string why = {}, std::string hint = {}) const {
    Error error{.code = code, .what = std::move(what), .why = std::move(why), .hint = std::move(hint)};
    error.place.column = static_cast<std::uint32_t>(offset + 1);
    error.place.length = static_cast<std::uint32_t>(length);
    return fail(std::move(error));
  }

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_]))
      ++at_;
  }

  // Up to a blank or "(", but blanks inside brackets belong to the word.
  Result<ast::Word> header_word() {
    skip_blanks();
    const std::size_t begin = at_;
    int depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '[') ++depth;
      if (c == ']') --depth;
      if (depth <= 0 && (is_blank(c) || c == '(')) break;
      ++at_;
    }
    if (depth > 0) return wrong(ErrorCode::E2002, begin, 1, "\"[\" without its \"]\" in the header");
    return ast::Word{text_.substr(begin, at_ - begin), static_cast<std::uint32_t>(begin)};
  }

  Result<void> options(ast::Rule& rule) {
    skip_blanks();
    if (at_ == text_.size())
      return wrong(ErrorCode::E2002, at_, 1, "the rule has no options", {},
                   "Behind the header stands ( keyword:value; … )");
    if (text_[at_] != '(')
      return wrong(ErrorCode::E2002, at_, 1, "one word too many in the header, or \"(\" is missing");
    std::size_t end = text_.size();
    while (end > 0 && is_blank(text_[end - 1]))
      --end;
    if (end <= at_ + 1 || text_[end - 1] != ')')
      return wrong(ErrorCode::E2001, end == 0 ? 0 : end - 1, 1, "the rule does not end with \")\"");
    end_ = end - 1;
    ++at_;
    for (;;) {
      skip_blanks();
      if (at_ >= end_) break;
      if (rule.options.size() == kRuleOptionsMax)
        return wrong(ErrorCode::E2001, at_, 1, "the rule has more than 1024 options");
      auto option = one_option();
      if (!option) return fail(std::move(option.error()));
      rule.options.push_back(*option);
    }
    if (rule.options.empty()) return wrong(ErrorCode::E2001, at_, 1, "the rule has no options");
    return {};
  }

  // A semicolon ends an option wherever it stands, also in quotes, unless a backslash is right before it: so
  // the rule language has it, and so an unclosed quote does not swallow the rest of the rule.
  Result<ast::Option> one_option() {
    const std::size_t begin = at_;
    std::size_t end = begin;
    for (;; ++end) {
      end = text_.find(';', end);
      if (end == std::string_view::npos || end >= end_) {
        return wrong(ErrorCode::E2001, begin, end_ - begin, "the option does not end with \";\"");
      }
      if (end == begin || text_[end - 1] != '\\') break;
    }
    at_ = end + 1;
    const std::string_view whole = text_.substr(begin, end - begin);
    const std::size_t colon = whole.find(':');
    ast::Option option;
    option.keyword = {trim(whole.substr(0, colon)), static_cast<std::uint32_t>(begin)};
    if (colon != std::string_view::npos) {
      const std::string_view value = trim(whole.substr(colon + 1));
      option.has_value = true;
      option.value = {value, static_cast<std::uint32_t>(
                                 value.empty() ? begin + colon + 1
                                               : static_cast<std::size_t>(value.data() - text_.data()))};
    }
    if (option.keyword.text.empty())
      return wrong(ErrorCode::E2001, begin, 1,
                   "a keyword is missing before \"" + std::string(whole.empty() ? ";" : ":") + "\"");
    for (const char c : option.keyword.text) {
      if (is_blank(c) || c == '"' || c == '(' || c == ')') {
        return wrong(ErrorCode::E2001, begin, option.keyword.text.size(),
                     "\"" + std::string(option.keyword.text.substr(0, 40)) + "\" is not a keyword",
                     "A semicolon inside quotes ends the option unless a backslash stands before it.",
                     "Write \\; for a semicolon that belongs to the value.");
      }
    }
    if (option.has_value && option.value.text.starts_with('"') &&
        (option.value.text.size() == 1 || !option.value.text.ends_with('"'))) {
      return wrong(ErrorCode::E2001, option.value.offset, option.value.text.size(),
                   "the double quote is not closed", {},
                   "Inside quotes write \\\" for a quote and \\; for a semicolon.");
    }
    return option;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t end_ = 0; // of the options: the closing bracket
};

} // namespace

Result<ast::Rule> parse_rule(std::string_view text) {
  return Parser(text).parse();
}

std::string ast::to_text(const Rule& rule) {
  std::string out;
  for (const Word* word : {&rule.action, &rule.protocol, &rule.source, &rule.source_ports, &rule.direction,
                           &rule.target, &rule.target_ports}) {
    out.append(word->text).push_back(' ');
  }
  out.push_back('(');
  for (const Option& option : rule.options) {
    if (out.back() != '(') out.push_back(' ');
    out.append(option.keyword.text);
    if (option.has_value) out.append(":").append(option.value.text);
    out.push_back(';');
  }
  out.push_back(')');
  return out;
}

} // namespace hd
