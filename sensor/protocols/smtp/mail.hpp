// SPDX-License-Identifier: Apache-2.0
// A mail message line by line (RFC 5322, RFC 2045, RFC 2046): headers, parts, attached files decoded, URLs in text.
#pragma once

#include <array>
#include <cstdint>

#include "sensor/base/arena.hpp"
#include "sensor/base/bytes.hpp"
#include "sensor/files/file_feed.hpp"
#include "sensor/protocols/smtp/transfer_coding.hpp"

namespace hd::protocol::smtp {

struct MailHeader {
  Bytes name = {};
  Bytes value = {};   ///< folded lines joined by a blank
  MailHeader* next = nullptr;
};

/// What was odd about a mail, as bits.
namespace mail_oddity {
inline constexpr std::uint32_t malformed = 1 << 0, bad_base64 = 1 << 1, bad_quoted = 1 << 2, long_line = 1 << 3,
                               long_encoded_line = 1 << 4, long_name = 1 << 5, long_value = 1 << 6, long_boundary = 1 << 7,
                               long_file_name = 1 << 8, no_memory = 1 << 9;
}

/// Limits of one mail.
inline constexpr std::size_t kMailHeadersMax = 512, kHeaderNameMax = 998, kHeaderValueMax = 2'000, kLineMax = 998,
                             kEncodedLineMax = 76, kBoundaryMax = 254, kFileNameMax = 255, kNestingMax = 16, kFilesMax = 32,
                             kUrlsMax = 128;

/// One mail. Lines are shown as they come; a very long one in pieces.
class Mail {
 public:
  /// `line` with its end; `is_begin`: a line begins here (not a further piece of a long one). Answers oddities.
  [[nodiscard]] std::uint32_t take(Bytes line, bool is_begin, Arena& arena) noexcept;
  /// The mail is over.
  [[nodiscard]] std::uint32_t end(Arena& arena) noexcept;

  /// The main headers are all known.
  [[nodiscard]] bool has_headers() const noexcept { return has_main_; }
  /// The `instance`th main header of that name; nullptr: none.
  [[nodiscard]] const MailHeader* find(std::string_view name, unsigned instance = 0) const noexcept;
  [[nodiscard]] FileFeed* file(unsigned index) noexcept { return index < file_count_ ? files_[index] : nullptr; }
  [[nodiscard]] std::size_t file_count() const noexcept { return file_count_; }
  [[nodiscard]] Bytes url(unsigned index) const noexcept { return index < url_count_ ? urls_[index] : Bytes{}; }

 private:
  enum class Step : std::uint8_t { headers, body, over };

  void header_line(Bytes line, Arena& arena) noexcept;
  void end_header(Arena& arena) noexcept;
  void end_headers(Arena& arena) noexcept;
  void content_type(Bytes value, Arena& arena) noexcept;
  void name_file(Bytes name, Arena& arena) noexcept;
  void begin_part() noexcept;
  [[nodiscard]] bool at_boundary(Bytes line, Arena& arena) noexcept;
  void body_line(Bytes line, bool is_begin, Arena& arena) noexcept;
  void end_part(Arena& arena) noexcept;
  void deliver(Bytes bytes, Arena& arena) noexcept;
  void find_urls(Bytes line, Arena& arena) noexcept;
  void odd(std::uint32_t which) noexcept { oddities_ |= which; }

  Step step_ = Step::headers;
  Growing folding_ = {};        // header that may go on
  MailHeader* first_ = nullptr;
  MailHeader* last_ = nullptr;
  std::uint16_t header_count_ = 0;
  std::array<Bytes, kNestingMax> boundaries_ = {};
  std::uint8_t depth_ = 0;
  Bytes name_ = {};             // of the file of this part
  bool has_main_ = false;
  bool is_text_ = false;
  bool is_message_ = false;     // message/rfc822: headers follow
  bool is_line_counted_ = false;
  std::size_t line_length_ = 0;
  Decoder decoder_ = {};
  FileFeed* open_ = nullptr;
  std::array<FileFeed*, kFilesMax> files_ = {};
  std::uint8_t file_count_ = 0;
  std::array<Bytes, kUrlsMax> urls_ = {};
  std::uint8_t url_count_ = 0;
  std::uint32_t oddities_ = 0;
};

}  // namespace hd::protocol::smtp
