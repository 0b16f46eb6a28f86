// SPDX-License-Identifier: Apache-2.0
#include "sensor/compile/frequency.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace hd {
namespace {

// Bits by class of byte, from the byte counts of ordinary HTTP, DNS and SMB traffic. A byte that repeats its neighbour or
// continues a run says next to nothing: runs of zeros and blanks are everywhere.
double bits_of(std::uint8_t c, TextKind kind, bool is_nocase) {
  if (c == 0) return kind == TextKind::binary ? 1.5 : 6;
  if (c == 0xff) return 4;
  if (c == ' ' || c == '\r' || c == '\n' || c == '/' || c == '.' || c == '=' || c == '-') return 3;
  if (c >= 'a' && c <= 'z') {
    constexpr std::string_view kCommon = "etaoinsrhldc";
    const double bits = kCommon.find(static_cast<char>(c)) != std::string_view::npos ? 3.6 : 4.6;
    return is_nocase ? bits - 0.4 : bits;
  }
  if (c >= 'A' && c <= 'Z') return is_nocase ? 4.2 : 5.2;
  if (c >= '0' && c <= '9') return 4.2;
  if (c < 8) return kind == TextKind::binary ? 4 : 8;
  if (c < 0x20 || c >= 0x7f) return kind == TextKind::binary ? 6.5 : 8;
  return 5.5;
}

// Words that every request or reply has: a literal that is no more than one of them finds everything.
constexpr std::array<std::string_view, 44> kEverywhere = {
    "http/1.1", "http/1.0", "http://", "https://", "www.", ".com", "content-type", "content-length", "user-agent", "mozilla/", "accept",
    "host: ", "connection", "keep-alive", "text/html", "gzip", "\r\n", "get ", "post ", "<html", "<script", "</script", "function",
    "charset", "utf-8", "windows nt", "microsoft", "cache-control", "set-cookie", "application/", "x-www-form-urlencoded", "image/",
    "index", ".php", ".html", "name=", "value", "type=", "google", "true", "false", "null", "data", "this."};

}  // namespace

double surprise_of(std::string_view literal, bool is_nocase, TextKind kind) {
  double sum = 0;
  for (std::size_t i = 0; i < literal.size(); ++i) {
    const auto c = static_cast<std::uint8_t>(literal[i]);
    double bits = bits_of(c, kind, is_nocase);
    if (i > 0 && literal[i] == literal[i - 1]) bits *= 0.25;
    if (i > 2 && literal[i] == literal[i - 2] && literal[i - 1] == literal[i - 3]) bits *= 0.4;
    sum += bits;
  }
  std::string lower(literal);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const std::string_view word : kEverywhere) {
    if (lower.find(word) != std::string::npos) {
      // What stands beside the word still counts.
      double word_bits = 0;
      for (const char c : word) word_bits += bits_of(static_cast<std::uint8_t>(c), kind, is_nocase);
      sum -= word_bits * 0.8;
    } else if (word.find(lower) != std::string_view::npos) {
      sum *= 0.3;
    }
  }
  return std::max(sum, 0.0);
}

LiteralPart best_part(std::string_view literal, bool is_nocase, TextKind kind, std::size_t length_max) {
  LiteralPart best{0, literal.size(), 0};
  if (literal.size() <= length_max) {
    best.surprise = surprise_of(literal, is_nocase, kind);
    return best;
  }
  for (std::size_t at = 0; at + length_max <= literal.size(); ++at) {
    const double bits = surprise_of(literal.substr(at, length_max), is_nocase, kind);
    if (at == 0 || bits > best.surprise) best = {at, length_max, bits};
  }
  return best;
}

}  // namespace hd
