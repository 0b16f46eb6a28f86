// SPDX-License-Identifier: Apache-2.0
// Lines of a case as words and strings, and bytes from them.
#include <algorithm>

#include "sensor/base/file.hpp"
#include "sensor/base/text.hpp"
#include "tests/cases/case.hpp"

namespace hd::cases {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The character behind a backslash at `at`, which is moved behind it; false when it is none.
bool unescape(std::string_view line, std::size_t& at, std::string& out) {
  constexpr std::string_view kNames = "nrt0\\\"", kValues = {"\n\r\t\0\\\"", 6};
  const char name = at < line.size() ? line[at++] : '\0';
  if (name == 'x') {
    const int high = at < line.size() ? hex_digit(line[at]) : -1;
    const int low = at + 1 < line.size() ? hex_digit(line[at + 1]) : -1;
    if (high < 0 || low < 0) return false;
    at += 2;
    out += static_cast<char>(high * 16 + low);
    return true;
  }
  const std::size_t which = kNames.find(name);
  if (name == '\0' || which == std::string_view::npos) return false;
  out += kValues[which];
  return true;
}

Result<Token> string_at(std::string_view line, std::size_t& at) {
  Token token{.is_string = true};
  ++at;
  while (at < line.size() && line[at] != '"') {
    if (line[at] != '\\') {
      token.text += line[at++];
    } else if (!unescape(line, ++at, token.text)) {
      return fail(ErrorCode::E5001, "a backslash may stand before n r t 0 \\ \" and xHH only");
    }
  }
  if (at == line.size()) return fail(ErrorCode::E5001, "this string has no closing quote");
  ++at;
  return token;
}

Result<void> append_hex(const std::vector<Token>& tokens, std::size_t& at, Packet& out) {
  const std::size_t before = out.size();
  for (; at < tokens.size() && !tokens[at].is_string; ++at) {
    const std::string& word = tokens[at].text;
    if (!std::all_of(word.begin(), word.end(), [](char c) { return hex_digit(c) >= 0; })) break;
    if (word.size() % 2 != 0) return fail(ErrorCode::E5001, "\"" + word + "\" has an odd number of hexadecimal digits");
    for (std::size_t i = 0; i < word.size(); i += 2) {
      out.push_back(static_cast<std::uint8_t>(hex_digit(word[i]) * 16 + hex_digit(word[i + 1])));
    }
  }
  if (out.size() == before) return fail(ErrorCode::E5001, "behind \"hex\" there are no hexadecimal digits");
  return {};
}

Result<void> append_repeat(const std::vector<Token>& tokens, std::size_t& at, Packet& out) {
  constexpr std::int64_t kLengthMax = 16 << 20;
  const auto count = at < tokens.size() ? parse_integer(tokens[at].text) : std::nullopt;
  if (!count || *count < 0 || at + 1 >= tokens.size() || !tokens[at + 1].is_string ||
      *count * static_cast<std::int64_t>(tokens[at + 1].text.size()) > kLengthMax) {
    return fail(ErrorCode::E5001, "behind \"repeat\" stand a number and a string, 16 MiB at most");
  }
  for (std::int64_t i = 0; i < *count; ++i) test::put(out, as_bytes(tokens[at + 1].text));
  at += 2;
  return {};
}

}  // namespace

Result<std::vector<Token>> tokens_of(std::string_view line, char separator) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (at < line.size()) {
    if (line[at] == ' ' || line[at] == '\t') {
      ++at;
    } else if (line[at] == '"') {
      auto token = string_at(line, at);
      if (!token) return fail(std::move(token.error()));
      tokens.push_back(std::move(*token));
    } else if (separator != 0 && line[at] == separator) {
      tokens.push_back({std::string(1, separator)});
      ++at;
    } else {
      const std::size_t begin = at;
      while (at < line.size() && line[at] != ' ' && line[at] != '\t' && line[at] != '"' && (separator == 0 || line[at] != separator)) ++at;
      tokens.push_back({std::string(line.substr(begin, at - begin))});
    }
  }
  return tokens;
}

Result<Packet> payload_of(const std::vector<Token>& tokens, std::size_t begin, const std::string& folder) {
  Packet bytes;
  for (std::size_t at = begin; at < tokens.size();) {
    const Token& token = tokens[at++];
    if (token.is_string) {
      test::put(bytes, as_bytes(token.text));
      continue;
    }
    Result<void> done;
    if (token.text == "hex") {
      done = append_hex(tokens, at, bytes);
    } else if (token.text == "repeat") {
      done = append_repeat(tokens, at, bytes);
    } else if (token.text == "file" && at < tokens.size()) {
      const auto content = read_file(folder + "/" + tokens[at++].text, 16u << 20);
      if (!content) return fail(content.error());
      test::put(bytes, as_bytes(*content));
    } else {
      return fail(ErrorCode::E5001, "\"" + token.text + "\" is no payload: a string, hex, repeat or file");
    }
    if (!done) return fail(std::move(done.error()));
  }
  return bytes;
}

}  // namespace hd::cases
