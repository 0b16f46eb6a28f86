// SPDX-License-Identifier: Apache-2.0
#include "sensor/protocols/smtp/mail.hpp"

#include <algorithm>

#include "sensor/base/ascii.hpp"
#include "sensor/files/multipart.hpp"

namespace hd::protocol::smtp {

std::uint32_t Mail::take(Bytes line, bool is_begin, Arena& arena) noexcept {
  oddities_ = 0;
  switch (step_) {
    case Step::headers:
      if (is_begin) header_line(ascii::without_line_end(line), arena);
      break;
    case Step::body:
      if (!is_begin || !at_boundary(ascii::without_line_end(line), arena)) body_line(line, is_begin, arena);
      break;
    case Step::over: break;
  }
  return oddities_;
}

std::uint32_t Mail::end(Arena& arena) noexcept {
  oddities_ = 0;
  if (step_ == Step::headers) end_headers(arena);
  end_part(arena);
  step_ = Step::over;
  return oddities_;
}

const MailHeader* Mail::find(std::string_view name, unsigned instance) const noexcept {
  for (const MailHeader* one = first_; one != nullptr; one = one->next) {
    if (ascii::equal(one->name, name) && instance-- == 0) return one;
  }
  return nullptr;
}

void Mail::header_line(Bytes line, Arena& arena) noexcept {
  if (line.empty()) {
    end_headers(arena);
    return;
  }
  // A part without headers, whose boundary follows at once.
  if (has_main_ && folding_.size == 0 && at_boundary(line, arena)) return;
  if (line.size() > kLineMax) odd(mail_oddity::long_line);
  if (ascii::is_blank(line.front()) && folding_.size > 0) {
    const Bytes more = ascii::trimmed(line);
    if (folding_.size + more.size() > kHeaderValueMax + kHeaderNameMax) {
      odd(mail_oddity::long_value);
    } else if (!folding_.append(as_bytes(" "), arena) || !folding_.append(more, arena)) {
      odd(mail_oddity::no_memory);
    }
    return;
  }
  end_header(arena);
  if (!folding_.append(line.first(std::min(line.size(), kHeaderValueMax + kHeaderNameMax)), arena)) odd(mail_oddity::no_memory);
}

void Mail::end_header(Arena& arena) noexcept {
  const Bytes line = folding_.bytes();
  folding_.clear();
  if (line.empty()) return;
  const std::size_t colon = ascii::find(line, ':');
  if (colon == line.size() || colon == 0) {
    odd(mail_oddity::malformed);
    return;
  }
  const Bytes name = ascii::trimmed(line.first(colon));
  Bytes value = ascii::trimmed(line.subspan(colon + 1));
  if (name.size() > kHeaderNameMax) odd(mail_oddity::long_name);
  if (value.size() > kHeaderValueMax) {
    odd(mail_oddity::long_value);
    value = value.first(kHeaderValueMax);
  }
  if (ascii::equal(name, "content-type")) {
    content_type(value, arena);
  } else if (ascii::equal(name, "content-disposition")) {
    if (const Bytes file = parameter(value, "filename"); !file.empty()) name_file(file, arena);
  } else if (ascii::equal(name, "content-transfer-encoding")) {
    if (ascii::begins_with(value, "base64")) decoder_.begin(TransferCoding::base64);
    else if (ascii::begins_with(value, "quoted-printable")) decoder_.begin(TransferCoding::quoted_printable);
  }
  if (has_main_ || header_count_ >= kMailHeadersMax) return;
  MailHeader* header = arena.make<MailHeader>();
  if (header == nullptr) {
    odd(mail_oddity::no_memory);
    return;
  }
  header->name = arena.copy(name);
  header->value = arena.copy(value);
  ++header_count_;
  (last_ == nullptr ? first_ : last_->next) = header;
  last_ = header;
}

void Mail::content_type(Bytes value, Arena& arena) noexcept {
  is_text_ = ascii::begins_with(value, "text/plain") || ascii::begins_with(value, "text/html");
  is_message_ = ascii::begins_with(value, "message/rfc822");
  if (name_.empty()) {
    if (const Bytes file = parameter(value, "name"); !file.empty()) name_file(file, arena);
  }
  Bytes boundary = parameter(value, "boundary");
  if (boundary.empty()) return;
  if (boundary.size() > kBoundaryMax) {
    odd(mail_oddity::long_boundary);
    boundary = boundary.first(kBoundaryMax);
  }
  if (depth_ == kNestingMax) return;
  boundaries_[depth_] = arena.copy(boundary);
  if (!boundaries_[depth_].empty()) ++depth_;
}

void Mail::name_file(Bytes name, Arena& arena) noexcept {
  if (name.size() > kFileNameMax) {
    odd(mail_oddity::long_file_name);
    name = name.first(kFileNameMax);
  }
  name_ = arena.copy(name);
}

void Mail::end_headers(Arena& arena) noexcept {
  end_header(arena);
  has_main_ = true;
  if (is_message_) {
    // The message inside has headers of its own, and a name that was given belongs to it.
    is_message_ = false;
    decoder_.begin(TransferCoding::none);
    return;
  }
  step_ = Step::body;
  if (name_.empty() || file_count_ == kFilesMax) return;
  open_ = arena.make<FileFeed>();
  if (open_ == nullptr) {
    odd(mail_oddity::no_memory);
    return;
  }
  open_->name = name_;
  files_[file_count_++] = open_;
}

void Mail::begin_part() noexcept {
  name_ = {};
  is_text_ = is_message_ = false;
  decoder_.begin(TransferCoding::none);
  step_ = Step::headers;
}

// The innermost boundary first; one of an outer part ends those inside it.
bool Mail::at_boundary(Bytes line, Arena& arena) noexcept {
  if (depth_ == 0 || line.size() < 3 || line[0] != '-' || line[1] != '-') return false;
  for (std::size_t i = depth_; i-- > 0;) {
    const Bytes boundary = boundaries_[i];
    if (!as_chars(line.subspan(2)).starts_with(as_chars(boundary))) continue;
    const Bytes behind = line.subspan(2 + boundary.size());
    const bool is_last = as_chars(behind).starts_with("--");
    if (!is_last && !ascii::trimmed(behind).empty()) continue;
    end_part(arena);
    begin_part();
    depth_ = static_cast<std::uint8_t>(is_last ? i : i + 1);
    if (is_last) step_ = Step::body;
    return true;
  }
  return false;
}

void Mail::body_line(Bytes line, bool is_begin, Arena& arena) noexcept {
  if (is_begin) line_length_ = 0;
  line_length_ += ascii::without_line_end(line).size();
  if (line_length_ > kLineMax) odd(mail_oddity::long_line);
  if (decoder_.coding() != TransferCoding::none && line_length_ > kEncodedLineMax) odd(mail_oddity::long_encoded_line);
  if (open_ == nullptr && !is_text_) return;
  std::array<std::uint8_t, Decoder::kPieceMax + 8> room;
  while (!line.empty()) {
    const Bytes piece = line.first(std::min(line.size(), Decoder::kPieceMax));
    line = line.subspan(piece.size());
    const Bytes decoded = decoder_.take(piece, room);
    if (!decoded.empty()) deliver(decoded, arena);
  }
}

void Mail::end_part(Arena&) noexcept {
  if (decoder_.was_wrong()) {
    odd(decoder_.coding() == TransferCoding::base64 ? mail_oddity::bad_base64 : mail_oddity::bad_quoted);
  }
  decoder_.begin(TransferCoding::none);
  if (open_ != nullptr) open_->body.end();
  open_ = nullptr;
}

void Mail::deliver(Bytes bytes, Arena& arena) noexcept {
  if (is_text_) find_urls(bytes, arena);
  if (open_ != nullptr && !open_->body.append(bytes, arena, kFileRule)) odd(mail_oddity::no_memory);
}

// What stands behind a scheme up to the first byte that no URL has.
void Mail::find_urls(Bytes line, Arena& arena) noexcept {
  constexpr std::string_view kSchemes[] = {"http://", "https://", "ftp://", "mailto:"};
  for (std::size_t at = ascii::find(line, ':'); at < line.size() && url_count_ < kUrlsMax; at = ascii::find(line, ':', at + 1)) {
    for (const std::string_view scheme : kSchemes) {
      const std::size_t letters = scheme.find(':');
      if (at < letters || !ascii::begins_with(line.subspan(at - letters), scheme)) continue;
      const std::size_t begin = at - letters + scheme.size();
      std::size_t end = begin;
      while (end < line.size() && line[end] > ' ' && line[end] < 127 && as_chars(line.subspan(end, 1)).find_first_of("\"'<>") != 0) ++end;
      if (end == begin) break;
      urls_[url_count_] = arena.copy(line.subspan(begin, end - begin));
      if (!urls_[url_count_].empty()) ++url_count_;
      break;
    }
  }
}

}  // namespace hd::protocol::smtp
