// SPDX-License-Identifier: Apache-2.0
#include "sensor/lang/args.hpp"

#include <charconv>

namespace hd {
namespace {

template <class T> bool read_number(std::string_view text, T& out) {
  int base = 10;
  bool is_negative = false;
  if constexpr (std::is_signed_v<T>) {
    if (text.starts_with('-')) {
      is_negative = true;
      text.remove_prefix(1);
    }
  }
  if (text.starts_with('+') || text.starts_with('-')) return false;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    base = 16;
    text.remove_prefix(2);
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return false;
  if constexpr (std::is_signed_v<T>) {
    if (is_negative) out = static_cast<T>(-out);
  }
  return true;
}

} // namespace

std::vector<std::string_view> Args::parts() const {
  std::vector<std::string_view> result;
  if (is_empty()) return result;
  bool in_quotes = false;
  int brackets = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < value_.size(); ++i) {
    const char c = value_[i];
    if (c == '\\') {
      ++i;
    } else if (c == '"') {
      in_quotes = !in_quotes;
    } else if (c == '[' && !in_quotes) {
      ++brackets;
    } else if (c == ']' && !in_quotes) {
      --brackets;
    } else if (c == ',' && !in_quotes && brackets <= 0) {
      result.push_back(trim(value_.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  result.push_back(trim(value_.substr(begin)));
  return result;
}

Result<std::string> Args::quoted(bool* is_negated) const {
  std::string_view text = value_;
  if (is_negated != nullptr) *is_negated = false;
  if (is_negated != nullptr && text.starts_with('!')) {
    *is_negated = true;
    text = trim(text.substr(1));
  }
  if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"')) {
    return wrong("\"" + std::string(keyword_) + "\" wants its value in double quotes", {},
                 "Write " + std::string(keyword_) + ":\"…\";");
  }
  text = text.substr(1, text.size() - 2);
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"')
      return wrong("a double quote inside the value is not escaped", {}, "Write \\\" for a quote.");
    const bool is_escape =
        text[i] == '\\' && i + 1 < text.size() &&
        (text[i + 1] == '"' || text[i + 1] == ';' || text[i + 1] == '\\' || text[i + 1] == ':');
    if (is_escape) ++i;
    result.push_back(text[i]);
  }
  return result;
}

Result<void> Args::none() const {
  if (is_empty()) return {};
  return wrong("\"" + std::string(keyword_) + "\" takes no value");
}

tl::unexpected<Error> Args::wrong(std::string what, std::string why, std::string hint) const {
  return wrong(ErrorCode::E2103, std::move(what), std::move(why), std::move(hint));
}

tl::unexpected<Error> Args::wrong(ErrorCode code, std::string what, std::string why, std::string hint) const {
  return fail({.code = code,
               .place = place_,
               .what = std::move(what),
               .why = std::move(why),
               .hint = std::move(hint)});
}

Result<std::uint64_t> parse_unsigned(const Args& args, std::string_view text, std::uint64_t low,
                                     std::uint64_t high) {
  std::uint64_t value = 0;
  if (!read_number(text, value)) return args.wrong("\"" + std::string(text) + "\" is not a whole number");
  if (value < low || value > high) {
    return args.wrong(std::string(text) + " is out of range", {},
                      "From " + std::to_string(low) + " to " + std::to_string(high) + ".");
  }
  return value;
}

Result<std::int64_t> parse_signed(const Args& args, std::string_view text, std::int64_t low,
                                  std::int64_t high) {
  std::int64_t value = 0;
  if (!read_number(text, value)) return args.wrong("\"" + std::string(text) + "\" is not a whole number");
  if (value < low || value > high) {
    return args.wrong(std::string(text) + " is out of range", {},
                      "From " + std::to_string(low) + " to " + std::to_string(high) + ".");
  }
  return value;
}

} // namespace hd
