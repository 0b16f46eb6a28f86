// SPDX-License-Identifier: Apache-2.0
// compress_whitespace, strip_whitespace: blanks, tabs and line ends (the six of C's isspace).
#include "sensor/lang/transform.hpp"

namespace hd::transform::whitespace {
namespace {

constexpr bool is_white(std::uint8_t c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

Bytes strip(Bytes in, const CheckData&, Arena& scratch) noexcept {
  std::uint8_t* out = scratch.allocate(in.size());
  if (out == nullptr) return {};
  std::size_t length = 0;
  for (const std::uint8_t c : in) {
    if (!is_white(c)) out[length++] = c;
  }
  return {out, length};
}

// The first of a run stays as it is.
Bytes compress(Bytes in, const CheckData&, Arena& scratch) noexcept {
  std::uint8_t* out = scratch.allocate(in.size());
  if (out == nullptr) return {};
  std::size_t length = 0;
  bool was_white = false;
  for (const std::uint8_t c : in) {
    const bool is_one = is_white(c);
    if (!is_one || !was_white) out[length++] = c;
    was_white = is_one;
  }
  return {out, length};
}

constexpr TransformSpec kSpecs[] = {
    {.name = "strip_whitespace",
     .summary = "white space is removed",
     .syntax = "strip_whitespace",
     .example = "file.data; strip_whitespace; content:\"eval(\";",
     .apply = strip},
    {.name = "compress_whitespace",
     .summary = "runs of white space become their first character",
     .syntax = "compress_whitespace",
     .example = "http.uri; compress_whitespace; content:\"union select\";",
     .apply = compress},
};

} // namespace

extern constinit const TransformTable table{kSpecs};

} // namespace hd::transform::whitespace
