// SPDX-License-Identifier: Apache-2.0
// Header lines of both directions, and trailers.
#include <algorithm>

#include "sensor/protocols/http/parser.hpp"

namespace hd::protocol::http {

// Servers end a header line with LF. Browsers also take a lone CR, and LF CR.
std::size_t Run::header_line_length() noexcept {
  if (is_request()) return line_length(false);
  const Bytes text = rest();
  const std::string_view chars = as_chars(text);
  std::size_t at = side_.scanned;
  for (;;) {
    at = chars.find_first_of("\r\n", at);
    if (at == std::string_view::npos) break;
    if (at + 1 == text.size()) {
      side_.scanned = at;
      return out_.is_end || text[at] == '\n' ? text.size() : 0;
    }
    const std::uint8_t next = text[at + 1];
    if (text[at] == '\n') {
      if (next != '\r') return at + 1;
      // LF CR is one line end, unless LF follows: then the CR belongs to the next one.
      return at + 2 < text.size() && text[at + 2] == '\n' ? at + 1 : at + 2;
    }
    if (next == '\n') return at + 2;
    if (next == '\r' || at == 0) {
      ++at;
      continue;
    }
    return at + 1;
  }
  side_.scanned = text.size();
  return out_.is_end ? text.size() : 0;
}

// A line of one space or tab before LF ends the headers too, when no other line end follows at once.
bool Run::ends_headers(Bytes line, std::size_t length) noexcept {
  if (line.size() == 1 && (line[0] == '\n' || line[0] == '\r')) return true;
  if (line.size() == 2 && line[0] == '\r' && line[1] == '\n') return true;
  if (line.size() == 2 && line[0] == '\n' && line[1] == '\r') return true;
  if (line.size() != 2 || !is_lws(line[0]) || line[1] != '\n' || is_request()) return false;
  const Bytes behind = rest().subspan(length);
  return !behind.empty() && behind[0] != '\n';
}

Run::Next Run::headers() noexcept {
  const std::size_t length = header_line_length();
  if (length == 0) return is_too_long(rest().size()) ? Next::failed : Next::more;
  const Bytes line = rest().first(length);
  const bool is_empty = ends_headers(line, length);
  if (!is_empty && line.size() == 2 && is_lws(line[0]) && rest().size() == length && !out_.is_end) {
    side_.scanned = length - 1;  // the byte behind tells whether this ends the headers
    return Next::more;
  }
  if (is_too_long(length)) return Next::failed;
  Message& its = message();
  if (its.raw.size + length > kRawHeadersMax || !its.raw.append(line, side_.tx->arena)) {
    out_.count_memory_limit();
    event(Event::event_limit_reached);
    return Next::failed;
  }
  const Bytes text = without_line_end(line);
  if (!is_empty) header_line(text);
  const bool was_lf_cr = side_.ended_lf_cr;
  side_.ended_lf_cr = line.size() > 2 && line[length - 2] == '\n' && line[length - 1] == '\r';
  use(length);
  if (!is_empty) return Next::again;
  // LF CR CR LF CR LF: two line ends, not three.
  if (was_lf_cr && line.size() == 2 && rest().size() >= 2 && rest()[0] == '\r' && rest()[1] == '\n') use(2);
  end_folding();
  return headers_end();
}

Run::Next Run::headers_end() noexcept {
  if (side_.step == Step::trailer) {
    advance(progress::trailer);
    side_.step = Step::after;
    return Next::again;
  }
  return is_request() ? request_headers_end() : response_headers_end();
}

void Run::header_line(Bytes line) noexcept {
  Message& its = message();
  Arena& arena = side_.tx->arena;
  const auto report = [&] {
    if (its.is_folding_reported) return;
    its.is_folding_reported = true;
    event(Event::event_invalid_request_field_folding, Event::event_invalid_response_field_folding);
  };
  const bool is_folded = !line.empty() && is_folding(line[0]);
  if (is_folded && its.has_folding) {
    const bool is_header_again = !is_request() && its.version == Version::v1_1 &&
                                 std::find(line.begin(), line.end(), ':') != line.end() &&
                                 as_chars(its.folding.bytes()).find(':') != std::string_view::npos;
    if (!is_header_again) {
      if (its.folding.size + line.size() <= kFieldMax && !its.folding.append(line, arena)) event(Event::event_limit_reached);
      return;
    }
    report();
  } else if (is_folded && std::any_of(line.begin(), line.end(), [](std::uint8_t c) { return !is_folding(c); })) {
    report();
  }
  end_folding();
  if (is_folded) {
    std::size_t begin = 0;
    while (begin < line.size() && is_folding(line[begin])) ++begin;
    line = line.subspan(begin);
  }
  its.folding.clear();
  its.has_folding = its.folding.append(line, arena);
}

void Run::end_folding() noexcept {
  Message& its = message();
  if (!its.has_folding) return;
  its.has_folding = false;
  field(its.folding.bytes());
}

// RFC 9112 5: name ":" value. What is none is kept as a value without a name.
void Run::field(Bytes line) noexcept {
  const bool nul_ends = is_request();
  std::size_t colon = 0;
  while (colon < line.size() && line[colon] != ':' && !(nul_ends && line[colon] == 0)) ++colon;
  if (colon == line.size() || line[colon] != ':') {
    event(Event::event_request_field_missing_colon, Event::event_response_field_missing_colon);
    add_field({}, line);
    return;
  }
  Bytes name = line.first(colon);
  bool is_odd = name.empty();
  while (name.size() > 1 && (is_request() ? is_lws(name.back()) : is_space(name.back()))) {
    name = name.first(name.size() - 1);
    is_odd = true;
  }
  for (const std::uint8_t c : name) is_odd = is_odd || !is_token(c);
  if (is_odd) event(Event::event_request_header_invalid, Event::event_response_header_invalid);
  Bytes value = line.subspan(colon + 1);
  while (!value.empty() && is_lws(value.front())) value = value.subspan(1);
  if (nul_ends) value = value.first(static_cast<std::size_t>(std::find(value.begin(), value.end(), 0) - value.begin()));
  while (!value.empty() && is_lws(value.back())) value = value.first(value.size() - 1);
  add_field(name, value);
}

void Run::add_field(Bytes name, Bytes value) noexcept {
  Headers& headers = message().headers;
  if (Field* old = name.empty() ? nullptr : headers.find_same(name); old != nullptr) {
    repeat(*old, value);
    return;
  }
  if (headers.count >= Headers::kFieldsMax) {
    event(Event::event_request_too_many_headers, Event::event_response_too_many_headers);
    return;
  }
  if (headers.add(name, value, side_.tx->arena) == nullptr) {
    out_.count_memory_limit();
    event(Event::event_limit_reached);
  }
}

// Equal names are joined by ", ". Content-Length is not, but must be the same.
void Run::repeat(Field& old, Bytes value) noexcept {
  Headers& headers = message().headers;
  if (!old.is_repeated) event(Event::event_request_header_repetition, Event::event_response_header_repetition);
  else if (headers.repetitions++ >= Headers::kRepetitionsMax) return;
  old.is_repeated = true;
  if (says(old.name, "content-length")) {
    bool is_plain = false;
    const std::int64_t first = content_length(old.value, is_plain), second = content_length(value, is_plain);
    if (first != second || first < 0) {
      event(Event::event_duplicate_content_length_field_in_request, Event::event_duplicate_content_length_field_in_response);
    }
    return;
  }
  std::uint8_t* joined = side_.tx->arena.allocate(old.value.size() + 2 + value.size());
  if (joined == nullptr) {
    event(Event::event_limit_reached);
    return;
  }
  std::uint8_t* end = std::copy(old.value.begin(), old.value.end(), joined);
  *end++ = ',';
  *end++ = ' ';
  end = std::copy(value.begin(), value.end(), end);
  old.value = {joined, static_cast<std::size_t>(end - joined)};
}

}  // namespace hd::protocol::http
