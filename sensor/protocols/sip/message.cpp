// SPDX-License-Identifier: Apache-2.0
#include "sensor/protocols/sip/message.hpp"

#include <algorithm>

#include "sensor/base/ascii.hpp"

namespace hd::protocol::sip {
namespace {

constexpr std::string_view kVersion = "SIP/";

Header header_of(Bytes name) noexcept {
  constexpr struct {
    std::string_view name, compact;  // RFC 3261 7.3.3
    Header header;
  } kRows[] = {{"from", "f", Header::from},   {"to", "t", Header::to},
               {"via", "v", Header::via},     {"user-agent", "", Header::user_agent},
               {"content-type", "c", Header::content_type}, {"content-length", "l", Header::content_length}};
  for (const auto& row : kRows) {
    if (ascii::equal(name, row.name) || (!row.compact.empty() && ascii::equal(name, row.compact))) return row.header;
  }
  return Header::other;
}

/// The word at the front; what follows it and a blank is left in `text`.
Bytes word(Bytes& text) noexcept {
  const std::size_t end = ascii::find(text, ' ');
  const Bytes result = text.first(end);
  text = text.subspan(std::min(end + 1, text.size()));
  return result;
}

/// The next line without its end; false: no more.
bool next_line(Bytes& text, Bytes& line) noexcept {
  if (text.empty()) return false;
  const std::size_t end = ascii::find(text, '\n');
  line = ascii::without_line_end(text.first(std::min(end + 1, text.size())));
  text = text.subspan(std::min(end + 1, text.size()));
  return true;
}

}  // namespace

Bytes Message::find(Header header, unsigned instance) const noexcept {
  for (std::size_t i = 0; i < field_count; ++i) {
    if (fields[i].header == header && instance-- == 0) return fields[i].value;
  }
  return {};
}

Bytes Message::find_sdp(std::uint8_t kind, bool is_medium, unsigned instance) const noexcept {
  for (std::size_t i = 0; i < sdp_count; ++i) {
    if (sdp[i].kind == kind && (sdp[i].medium != 0) == is_medium && instance-- == 0) return sdp[i].value;
  }
  return {};
}

bool is_request_line(Bytes line) noexcept {
  Bytes rest = line;
  const Bytes method = word(rest);
  if (method.empty() || method.size() > 32) return false;
  const bool is_token = std::all_of(method.begin(), method.end(), [](std::uint8_t c) { return (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; });
  const std::size_t last = as_chars(rest).rfind(' ');
  return is_token && last != std::string_view::npos && last > 0 && as_chars(rest).substr(last + 1).starts_with(kVersion);
}

bool is_response_line(Bytes line) noexcept {
  Bytes rest = line;
  if (!as_chars(word(rest)).starts_with(kVersion)) return false;
  const Bytes code = word(rest);
  return code.size() == 3 && std::all_of(code.begin(), code.end(), ascii::is_digit);
}

std::size_t head_length(Bytes bytes) noexcept {
  const std::string_view text = as_chars(bytes);
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    if (text.substr(at + 1, 1) == "\n") return at + 2;
    if (text.substr(at + 1, 2) == "\r\n") return at + 3;
  }
  return 0;
}

bool read_head(Bytes head, Direction direction, Message& message) noexcept {
  message.direction = direction;
  if (!next_line(head, message.line)) return false;
  Bytes rest = message.line;
  if (direction == Direction::to_server) {
    if (!is_request_line(rest)) return false;
    message.method = word(rest);
    const std::size_t last = as_chars(rest).rfind(' ');
    message.uri = rest.first(last);
    message.protocol = rest.subspan(last + 1);
  } else {
    if (!is_response_line(rest)) return false;
    message.protocol = word(rest);
    message.status = word(rest);
    message.reason = rest;
  }
  Bytes line;
  while (next_line(head, line) && !line.empty()) {
    if (message.field_count == Message::kFieldsMax) break;
    if (ascii::is_blank(line.front())) {  // folded: the value goes on up to here
      if (message.field_count == 0) continue;
      Field& last = message.fields[message.field_count - 1u];
      if (!last.value.empty()) last.value = {last.value.data(), static_cast<std::size_t>(line.data() + line.size() - last.value.data())};
      continue;
    }
    const std::size_t colon = ascii::find(line, ':');
    if (colon == line.size()) continue;
    message.fields[message.field_count++] = {header_of(ascii::trimmed(line.first(colon))), ascii::trimmed(line.subspan(colon + 1))};
  }
  return true;
}

std::size_t body_length(const Message& message) noexcept {
  std::size_t digits = 0;
  return ascii::number(message.find(Header::content_length), 0xffff'ffff, digits);
}

void read_body(Bytes body, Message& message, Arena& arena) noexcept {
  if (!ascii::begins_with(message.find(Header::content_type), "application/sdp")) return;
  const auto lines = static_cast<std::size_t>(std::count(body.begin(), body.end(), std::uint8_t{'\n'})) + 1;
  const std::size_t room = std::min(lines, Message::kSdpLinesMax);
  std::uint8_t* place = arena.allocate(room * sizeof(SdpLine));
  if (place == nullptr) return;
  message.sdp = new (place) SdpLine[room];
  std::uint8_t medium = 0;
  Bytes line;
  while (message.sdp_count < room && next_line(body, line)) {
    if (line.size() < 2 || line[1] != '=') continue;
    if (line[0] == 'm' && medium < 255) ++medium;
    message.sdp[message.sdp_count++] = {line[0], medium, line.subspan(2)};
  }
}

}  // namespace hd::protocol::sip
