// SPDX-License-Identifier: Apache-2.0
// Small readers of HTTP text.
#include <algorithm>

#include "sensor/protocols/http/parser.hpp"

namespace hd::protocol::http {
namespace {

constexpr int hex_value(std::uint8_t c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  c = to_small(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

constexpr std::string_view kMethods[] = {
    "GET", "HEAD", "POST", "PUT", "CONNECT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "PROPPATCH", "MKCOL",
    "COPY", "MOVE", "LOCK", "UNLOCK", "VERSION-CONTROL", "CHECKOUT", "UNCHECKOUT", "CHECKIN", "UPDATE", "LABEL",
    "REPORT", "MKWORKSPACE", "MKACTIVITY", "BASELINE-CONTROL", "MERGE", "INVALID"};

}  // namespace

bool is_token(std::uint8_t c) noexcept {
  return c > 32 && c < 127 && std::string_view("()<>@,;:\\\"/[]?={}").find(static_cast<char>(c)) == std::string_view::npos;
}

Bytes without_line_end(Bytes line) noexcept {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line = line.first(line.size() - 1);
  return line;
}

Bytes trimmed(Bytes text) noexcept {
  while (!text.empty() && is_space(text.front())) text = text.subspan(1);
  while (!text.empty() && is_space(text.back())) text = text.first(text.size() - 1);
  return text;
}

bool equal_caseless(Bytes a, Bytes b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](std::uint8_t x, std::uint8_t y) { return to_small(x) == to_small(y); });
}

bool says(Bytes bytes, std::string_view small) noexcept {
  std::size_t at = 0;
  for (const std::uint8_t c : bytes) {
    if (c == 0) continue;
    if (at == small.size() || static_cast<char>(to_small(c)) != small[at]) return false;
    ++at;
  }
  return at == small.size();
}

bool contains_word(Bytes bytes, std::string_view small) noexcept {
  for (std::size_t begin = 0; begin < bytes.size(); ++begin) {
    std::size_t at = 0;
    for (std::size_t i = begin; i < bytes.size() && at < small.size(); ++i) {
      if (bytes[i] == 0 && at > 0) continue;
      if (static_cast<char>(to_small(bytes[i])) != small[at]) break;
      ++at;
    }
    if (at == small.size()) return true;
  }
  return false;
}

std::uint32_t hash_of_name(Bytes name) noexcept {
  std::uint32_t hash = 2166136261u;
  for (const std::uint8_t c : name) {
    if (c != 0) hash = (hash ^ to_small(c)) * 16777619u;
  }
  return hash;
}

const Field* Headers::find(std::string_view name) const noexcept {
  const std::uint32_t hash = hash_of_name(as_bytes(name));
  for (const Field* one = buckets[hash % kBuckets]; one != nullptr; one = one->next_in_bucket) {
    if (one->hash == hash && says(one->name, name)) return one;
  }
  return nullptr;
}

Field* Headers::find_same(Bytes name) noexcept {
  const std::uint32_t hash = hash_of_name(name);
  for (Field* one = buckets[hash % kBuckets]; one != nullptr; one = one->next_in_bucket) {
    if (one->hash == hash && equal_caseless(one->name, name)) return one;
  }
  return nullptr;
}

Field* Headers::add(Bytes name, Bytes value, Arena& arena) noexcept {
  Field* one = arena.make<Field>();
  if (one == nullptr) return nullptr;
  one->name = arena.copy(name);
  one->value = arena.copy(value);
  one->hash = hash_of_name(name);
  // Behind those of the same bucket: the first of equal names is found.
  Field** link = &buckets[one->hash % kBuckets];
  while (*link != nullptr) link = &(*link)->next_in_bucket;
  *link = one;
  (last == nullptr ? first : last->next) = one;
  last = one;
  ++count;
  return one;
}

std::int64_t content_length(Bytes value, bool& is_plain) noexcept {
  std::size_t at = 0;
  while (at < value.size() && (value[at] < '0' || value[at] > '9')) ++at;
  is_plain = at == 0 || is_lws(value[at - 1]);
  std::uint64_t sum = 0;
  std::size_t digits = 0;
  for (; at < value.size() && value[at] >= '0' && value[at] <= '9'; ++at, ++digits) {
    if (sum > (std::uint64_t{1} << 62) / 10) return -1;
    sum = sum * 10 + static_cast<std::uint64_t>(value[at] - '0');
  }
  if (at != value.size()) is_plain = false;
  return digits == 0 ? -1 : static_cast<std::int64_t>(sum);
}

Version version_of(Bytes protocol) noexcept {
  const std::string_view text = as_chars(protocol);
  if (text == "HTTP/1.1") return Version::v1_1;
  if (text == "HTTP/1.0") return Version::v1_0;
  if (text == "HTTP/0.9") return Version::v0_9;
  return Version::invalid;
}

Method method_of(Bytes text) noexcept {
  const std::string_view name = as_chars(text);
  for (const std::string_view& one : kMethods) {
    if (one != name) continue;
    constexpr Method kFirst[] = {Method::get, Method::head, Method::post, Method::put, Method::connect};
    const std::size_t index = static_cast<std::size_t>(&one - kMethods);
    return index < 5 ? kFirst[index] : Method::other;
  }
  return Method::unknown;
}

bool is_body_line(Bytes line) noexcept {
  std::size_t at = 0;
  while (at < line.size() && (is_space(line[at]) || line[at] == 0)) ++at;
  const Bytes rest = line.subspan(at);
  return rest.size() < 4 || !says(rest.first(4), "http");
}

std::int64_t chunk_length_of(Bytes line, bool& has_extension) noexcept {
  while (!line.empty() && is_space(line.front())) line = line.subspan(1);
  if (line.empty()) return -2;
  std::uint64_t sum = 0;
  std::size_t at = 0;
  for (; at < line.size() && hex_value(line[at]) >= 0; ++at) {
    if (sum >> 56 != 0) return -1;
    sum = sum << 4 | static_cast<std::uint64_t>(hex_value(line[at]));
  }
  while (at < line.size() && is_space(line[at])) ++at;
  has_extension = at != line.size() && line[at] == ';';
  if (hex_value(line[0]) < 0 || sum > std::uint64_t{0x7fffffff}) return -1;
  return static_cast<std::int64_t>(sum);
}

}  // namespace hd::protocol::http
