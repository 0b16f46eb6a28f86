// SPDX-License-Identifier: Apache-2.0
// The request's target: its pieces, and the form in which servers see it (percent decoding, separators, dots).
#include <algorithm>

#include "sensor/protocols/http/parser.hpp"

namespace hd::protocol::http {
namespace {

int hex_digit(std::uint8_t c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  c = to_small(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// The byte at `at` with its escape undone; moves `at` behind it. %uXXXX gives its low byte, or `?` where there is none.
std::uint8_t decoded(Bytes text, std::size_t& at, bool unicode) noexcept {
  const std::uint8_t c = text[at++];
  if (c != '%') return c;
  const auto digit = [&](std::size_t offset) { return at + offset < text.size() ? hex_digit(text[at + offset]) : -1; };
  if (unicode && at < text.size() && to_small(text[at]) == 'u' && digit(1) >= 0 && digit(2) >= 0 && digit(3) >= 0 && digit(4) >= 0) {
    const int high = digit(1) * 16 + digit(2), low = digit(3) * 16 + digit(4);
    at += 5;
    if (high == 0) return static_cast<std::uint8_t>(low);
    // Full-width forms U+FF01 to U+FF5E are what best-fit maps make of ASCII.
    if (high == 0xff && low >= 0x01 && low <= 0x5e) return static_cast<std::uint8_t>(low + 0x20);
    return '?';
  }
  if (digit(0) < 0 || digit(1) < 0) return c;
  const std::uint8_t value = static_cast<std::uint8_t>(digit(0) * 16 + digit(1));
  at += 2;
  return value;
}

/// Decodes `text` to `out` (at most as long). Paths: backslash is a slash, several slashes are one.
std::size_t decode(Bytes text, std::uint8_t* out, bool is_path) noexcept {
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::uint8_t c = decoded(text, at, true);
    if (is_path && c == '\\') c = '/';
    if (is_path && c == '/' && size > 0 && out[size - 1] == '/') continue;
    out[size++] = c;
  }
  return size;
}

/// RFC 3986 5.2.4 in place.
std::size_t remove_dots(std::uint8_t* path, std::size_t size) noexcept {
  std::size_t read = 0, write = 0;
  while (read < size) {
    std::size_t end = read + 1;
    while (end < size && path[end] != '/') ++end;
    const bool has_slash = path[read] == '/';
    const std::size_t name = read + (has_slash ? 1 : 0);
    const std::size_t length = end - name;
    const bool is_last = end == size;
    if (length == 1 && path[name] == '.') {
      if (has_slash && is_last) path[write++] = '/';
    } else if (length == 2 && path[name] == '.' && path[name + 1] == '.') {
      while (write > 0 && path[--write] != '/') continue;
      if (has_slash && is_last) path[write++] = '/';
    } else {
      for (std::size_t i = read; i < end; ++i) path[write++] = path[i];
    }
    if (!has_slash && write == 0 && end < size) ++end;  // "./a", "../a": the slash goes as well
    read = end;
  }
  return write;
}

}  // namespace

UriParts split_uri(Bytes uri) noexcept {
  UriParts parts;
  const std::string_view text = as_chars(uri);
  std::size_t at = 0;
  if (!uri.empty() && uri[0] != '/') {
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos) {
      parts.scheme = uri.first(colon);
      at = colon + 1;
    }
  }
  if (!parts.scheme.empty() && text.substr(at, 2) == "//") {
    at += 2;
    const std::size_t end = std::min(text.find_first_of("/?#", at), text.size());
    Bytes authority = uri.subspan(at, end - at);
    at = end;
    if (const std::size_t user = as_chars(authority).find('@'); user != std::string_view::npos) {
      parts.user = authority.first(user);
      authority = authority.subspan(user + 1);
    }
    std::size_t behind = 0;
    if (!authority.empty() && authority[0] == '[') behind = std::min(as_chars(authority).find(']'), authority.size());
    const std::size_t colon = as_chars(authority).find(':', behind);
    parts.host = authority.first(std::min(colon, authority.size()));
    if (colon != std::string_view::npos) parts.port = authority.subspan(colon + 1);
  }
  const std::size_t query = std::min(text.find('?', at), text.size());
  const std::size_t fragment = std::min(text.find('#', at), text.size());
  parts.path = uri.subspan(at, std::min(query, fragment) - at);
  if (query < fragment) {
    parts.has_query = true;
    parts.query = uri.subspan(query + 1, fragment - query - 1);
  }
  if (fragment < text.size()) {
    parts.has_fragment = true;
    parts.fragment = uri.subspan(fragment + 1);
  }
  return parts;
}

HostPort split_host(Bytes text) noexcept {
  HostPort result;
  text = trimmed(text);
  const std::string_view chars = as_chars(text);
  std::size_t behind = 0;
  if (!text.empty() && text[0] == '[') behind = std::min(chars.find(']'), chars.size());
  const std::size_t colon = chars.find(':', behind);
  result.host = trimmed(text.first(std::min(colon, text.size())));
  while (!result.host.empty() && result.host.back() == '.') result.host = result.host.first(result.host.size() - 1);
  if (colon != std::string_view::npos) {
    bool is_plain = false;
    const Bytes digits = trimmed(text.subspan(colon + 1));
    const std::int64_t port = content_length(digits, is_plain);
    if (is_plain && port > 0 && port < 65536) result.port = static_cast<std::int32_t>(port);
    else result.is_port_invalid = true;
  }
  if (behind > 0) {
    result.is_host_valid = result.host.back() == ']';
    return result;
  }
  // RFC 1123 2.1, with underscores: labels of 1 to 63, 255 in all.
  std::size_t label = 0;
  result.is_host_valid = !result.host.empty() && result.host.size() <= 255;
  for (const std::uint8_t c : result.host) {
    const bool is_name = (to_small(c) >= 'a' && to_small(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (c == '.') {
      if (label == 0) result.is_host_valid = false;
      label = 0;
    } else if (!is_name || ++label > 63) {
      result.is_host_valid = false;
    }
  }
  return result;
}

Normalised normalise(const UriParts& parts, bool double_path, bool double_query, Arena& arena) noexcept {
  Normalised result;
  const std::size_t room = parts.path.size() + parts.query.size() + parts.fragment.size() + 2;
  std::uint8_t* out = arena.allocate(room);
  if (out == nullptr) return result;
  std::size_t size = decode(parts.path, out, true);
  if (double_path) {
    const std::size_t again = decode({out, size}, out, true);
    result.is_double_encoded = again != size;
    size = again;
  }
  size = remove_dots(out, size);
  result.path = {out, size};
  if (parts.has_query) {
    out[size++] = '?';
    std::size_t length = decode(parts.query, out + size, false);
    if (double_query) {
      const std::size_t again = decode({out + size, length}, out + size, false);
      result.is_double_encoded = result.is_double_encoded || again != length;
      length = again;
    }
    size += length;
  }
  if (parts.has_fragment) {
    out[size++] = '#';
    size += decode(parts.fragment, out + size, false);
  }
  result.uri = {out, size};
  return result;
}

}  // namespace hd::protocol::http
