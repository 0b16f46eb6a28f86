// SPDX-License-Identifier: Apache-2.0
// header_lowercase, strip_pseudo_headers: lines of the form NAME: VALUE.
#include "sensor/lang/transform.hpp"

#include <algorithm>

namespace hd::transform::headers {
namespace {

Bytes lowercase(Bytes in, const CheckData&, Arena& scratch) noexcept {
  std::uint8_t* out = scratch.allocate(in.size());
  if (out == nullptr) return {};
  bool in_name = true;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const std::uint8_t c = in[i];
    if (c == '\n')
      in_name = true;
    else if (c == ':')
      in_name = false;
    out[i] = in_name && c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c | 0x20) : c;
  }
  return {out, in.size()};
}

// Pseudo header fields of HTTP/2 begin with a colon (RFC 9113 section 8.3).
Bytes strip_pseudo(Bytes in, const CheckData&, Arena& scratch) noexcept {
  std::uint8_t* out = scratch.allocate(in.size());
  if (out == nullptr) return {};
  std::size_t length = 0;
  for (std::size_t begin = 0; begin < in.size();) {
    const auto line_end =
        std::find(in.begin() + static_cast<std::ptrdiff_t>(begin), in.end(), std::uint8_t{'\n'});
    const auto end = static_cast<std::size_t>(line_end - in.begin()) + (line_end == in.end() ? 0 : 1);
    if (in[begin] != ':') {
      std::copy(in.begin() + static_cast<std::ptrdiff_t>(begin),
                in.begin() + static_cast<std::ptrdiff_t>(end), out + length);
      length += end - begin;
    }
    begin = end;
  }
  return {out, length};
}

constexpr TransformSpec kSpecs[] = {
    {.name = "header_lowercase",
     .summary = "header names become small, values stay",
     .syntax = "header_lowercase",
     .example = "http.header; header_lowercase; content:\"x-cmd: \";",
     .apply = lowercase,
     .keeps_length = true},
    {.name = "strip_pseudo_headers",
     .summary = "lines that begin with a colon (HTTP/2) are removed",
     .syntax = "strip_pseudo_headers",
     .example = "http.header; strip_pseudo_headers; content:\"host\";",
     .apply = strip_pseudo},
};

} // namespace

extern constinit const TransformTable table{kSpecs};

} // namespace hd::transform::headers
