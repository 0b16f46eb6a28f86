// SPDX-License-Identifier: Apache-2.0
#include "sensor/files/multipart.hpp"

#include <algorithm>

namespace hd {
namespace {

constexpr char small(std::uint8_t c) noexcept { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); }

bool begins_with(Bytes bytes, std::string_view words) noexcept {
  return bytes.size() >= words.size() &&
         std::equal(words.begin(), words.end(), bytes.begin(), [](char a, std::uint8_t b) { return a == small(b); });
}

std::size_t find_lf(Bytes bytes, std::size_t from) noexcept {
  const std::size_t at = as_chars(bytes).find('\n', from);
  return at == std::string_view::npos ? bytes.size() : at;
}

Bytes trimmed(Bytes line) noexcept {
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line = line.first(line.size() - 1);
  return line;
}

}  // namespace

Bytes parameter(Bytes value, std::string_view name) noexcept {
  const std::string_view text = as_chars(value);
  for (std::size_t at = text.find(';'); at != std::string_view::npos;) {
    ++at;
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r' || text[at] == '\n')) ++at;
    std::size_t equals = at;
    while (equals < text.size() && text[equals] != '=' && text[equals] != ';') ++equals;
    const bool is_it = equals < text.size() && text[equals] == '=' && equals - at == name.size() && begins_with(value.subspan(at), name);
    if (equals >= text.size() || text[equals] == ';') {
      at = equals < text.size() ? equals : std::string_view::npos;
      continue;
    }
    std::size_t begin = equals + 1, end = begin;
    if (begin < text.size() && text[begin] == '"') {
      end = text.find('"', ++begin);
      if (end == std::string_view::npos) end = text.size();
      at = text.find(';', end);
    } else {
      end = std::min(text.find(';', begin), text.size());
      at = text.find(';', begin);
      while (end > begin && (text[end - 1] == ' ' || text[end - 1] == '\t')) --end;
    }
    if (is_it) return value.subspan(begin, end - begin);
  }
  return {};
}

MultipartReader::Found MultipartReader::head(Bytes body, bool is_body_over, Part& part) noexcept {
  if (line_ < at_) {
    line_ = at_;
    fresh_ = {};
    is_bad_ = false;
  }
  for (;;) {
    const std::size_t end = find_lf(body, line_);
    if (end == body.size()) {
      if (body.size() - at_ > kHeadMax || is_body_over) step_ = Step::over;
      if (is_body_over) return Found::cut;
      return step_ == Step::over ? Found::bad_header : Found::nothing;
    }
    const Bytes line = trimmed(body.subspan(line_, end - line_));
    line_ = end + 1;
    if (line.empty()) break;
    if (as_chars(line).find(':') == std::string_view::npos) is_bad_ = true;
    if (!begins_with(line, "content-disposition:")) continue;
    const Bytes name = parameter(line, "filename");
    if (name.empty()) continue;
    fresh_.name_begin = static_cast<std::uint64_t>(name.data() - body.data());
    fresh_.name_end = fresh_.name_begin + name.size();
  }
  fresh_.begin = fresh_.end = at_ = line_;
  part = fresh_;
  step_ = Step::data;
  return is_bad_ ? Found::bad_header : Found::part;
}

// The data ends before the line break in front of "--boundary"; what may be the begin of one is held back.
MultipartReader::Found MultipartReader::data(Bytes body, Bytes boundary, bool is_body_over, Part& part) noexcept {
  const std::string_view text = as_chars(body);
  for (std::size_t at = at_; at < text.size();) {
    const std::size_t dash = text.find("--", at);
    if (dash == std::string_view::npos) {
      at_ = text.size() - (text.back() == '-' ? 1 : 0);
      break;
    }
    const std::size_t have = std::min(boundary.size(), text.size() - dash - 2);
    if (text.substr(dash + 2, have) != as_chars(boundary).substr(0, have)) {
      at = dash + 1;
      at_ = at;
      continue;
    }
    at_ = dash;
    if (have < boundary.size()) break;
    std::size_t end = dash;
    if (end > part.begin && text[end - 1] == '\n') --end;
    if (end > part.begin && text[end - 1] == '\r') --end;
    const std::size_t behind = dash + 2 + boundary.size();
    const std::size_t line_end = find_lf(body, behind);
    if (line_end == body.size() && text.size() - behind < 2 && !is_body_over) break;
    const bool is_last = text.substr(behind, 2) == "--";
    if (!is_last && line_end == body.size() && !is_body_over) break;
    part.end = end;
    part.is_over = true;
    at_ = std::min(line_end + 1, body.size());
    step_ = is_last || line_end == body.size() ? Step::over : Step::head;
    return Found::progress;
  }
  const std::uint64_t held = is_body_over ? 0 : 2;  // "\r\n" may belong to a boundary
  const std::uint64_t known = is_body_over ? body.size() : std::max(part.end, std::max(at_, held) - held);
  const bool is_more = known > part.end;
  part.end = std::max(part.end, std::max(known, part.begin));
  if (is_body_over) {
    step_ = Step::over;
    part.is_over = true;
    return Found::cut;
  }
  return is_more ? Found::progress : Found::nothing;
}

MultipartReader::Found MultipartReader::next(Bytes body, Bytes boundary, bool is_body_over, Part& part) noexcept {
  switch (step_) {
    case Step::before: {
      const std::size_t need = boundary.size() + 3;
      if (body.size() < need && !is_body_over) return Found::nothing;
      const std::string_view text = as_chars(body);
      std::size_t begin = 0;
      while (begin < text.size() && (text[begin] == '\r' || text[begin] == '\n')) ++begin;
      if (body.size() < begin + need && !is_body_over) return Found::nothing;
      if (text.substr(begin, 2) != "--" || text.substr(std::min(begin + 2, text.size()), boundary.size()) != as_chars(boundary)) {
        step_ = Step::over;
        return body.empty() ? Found::nothing : Found::no_begin;
      }
      const std::size_t end = find_lf(body, begin + need - 1);
      if (end == body.size()) {
        if (!is_body_over) return Found::nothing;
        step_ = Step::over;
        return Found::nothing;
      }
      at_ = end + 1;
      step_ = Step::head;
      return head(body, is_body_over, part);
    }
    case Step::head: return head(body, is_body_over, part);
    case Step::data: return data(body, boundary, is_body_over, part);
    case Step::over: break;
  }
  return Found::nothing;
}

}  // namespace hd
