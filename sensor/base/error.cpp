// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/error.hpp"

#include <algorithm>

namespace hd {
namespace {

void append_indented(std::string& out, const std::string& text) {
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out += "\n  ";
    out.append(text, begin, end - begin);
    begin = end + 1;
  }
}

// A long line is cut around the column, so that the marks stand below what they mean.
void append_excerpt(std::string& out, const Error& error) {
  constexpr std::size_t kWidth = 96;
  const std::size_t column = error.place.column > 0 ? error.place.column - 1 : 0;
  std::string line = error.excerpt;
  std::size_t cut = 0;
  if (line.size() > kWidth && column > kWidth / 2) cut = std::min(column - kWidth / 2, line.size());
  const bool is_cut = cut > 0;
  line = line.substr(cut, kWidth);
  std::replace_if(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  const std::string number = std::to_string(error.place.line);
  const std::string margin(std::max<std::size_t>(5, number.size()) - number.size(), ' ');
  out += "\n" + margin + number + " | " + (is_cut ? "…" : "") + line;
  if (error.place.column == 0) return;
  out += "\n" + std::string(std::max<std::size_t>(5, number.size()), ' ') + " | ";
  out += std::string(column - cut + (is_cut ? 1 : 0), ' ') + std::string(std::max<std::uint32_t>(1, error.place.length), '^');
}

}  // namespace

const char* summary_of(ErrorCode code) noexcept {
  switch (code) {
#define HD_ERROR(number, summary) \
  case ErrorCode::E##number:      \
    return summary;
#include "sensor/base/error_codes.def"
#undef HD_ERROR
  }
  return "unknown";
}

std::string to_text(const Error& error) {
  std::string out;
  if (!error.place.file.empty()) {
    out += error.place.file;
    if (error.place.line > 0) out += ":" + std::to_string(error.place.line);
    if (error.place.column > 0) out += ":" + std::to_string(error.place.column);
    out += ": ";
  }
  out += error.what + " [E" + std::to_string(static_cast<int>(error.code)) + "]";
  if (!error.excerpt.empty()) append_excerpt(out, error);
  append_indented(out, error.why);
  append_indented(out, error.hint);
  return out;
}

}  // namespace hd
