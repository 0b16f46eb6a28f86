// SPDX-License-Identifier: Apache-2.0
#include "sensor/lang/content_text.hpp"

namespace hd {
namespace {

constexpr std::size_t kContentMax = 8192;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr bool is_escapable(char c) {
  return c == '"' || c == ';' || c == '\\' || c == ':';
}

} // namespace

Result<std::string> parse_content_text(const Args& args, std::string_view text) {
  if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"')) {
    return args.wrong("\"" + std::string(args.keyword()) + "\" wants its value in double quotes", {},
                      "Write " + std::string(args.keyword()) + ":\"…\";");
  }
  text = text.substr(1, text.size() - 2);
  std::string out;
  out.reserve(text.size());
  bool in_hex = false;
  int half = -1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '|') {
      if (half >= 0)
        return args.wrong("half a byte before the closing bar", {}, "Two hexadecimal digits make a byte.");
      in_hex = !in_hex;
      continue;
    }
    if (in_hex) {
      if (c == ' ') continue;
      const int value = hex_value(c);
      if (value < 0)
        return args.wrong("\"" + std::string(1, c) + "\" between bars is not hexadecimal", {},
                          "A bar that belongs to the value is written |7C|.");
      if (half < 0) {
        half = value;
      } else {
        out.push_back(static_cast<char>(half * 16 + value));
        half = -1;
      }
      continue;
    }
    if (c == '"')
      return args.wrong("a double quote inside the value is not escaped", {}, "Write \\\" for a quote.");
    if (c != '\\') {
      out.push_back(c);
      continue;
    }
    if (i + 1 == text.size() || !is_escapable(text[i + 1])) {
      return args.wrong("a backslash escapes only \" ; \\ and :", {}, "Write \\\\ for a backslash.");
    }
    out.push_back(text[++i]);
  }
  if (in_hex)
    return args.wrong("a bar is not closed", {},
                      "Hexadecimal bytes stand between two bars; a bar itself is |7C|.");
  if (out.empty()) return args.wrong("the value is empty");
  if (out.size() > kContentMax) return args.wrong("the value is longer than 8192 bytes");
  return out;
}

Result<std::string> parse_content(const Args& args, bool* is_negated) {
  std::string_view text = args.text();
  if (is_negated != nullptr) {
    *is_negated = text.starts_with('!');
    if (*is_negated) text = trim(text.substr(1));
  }
  return parse_content_text(args, text);
}

} // namespace hd
