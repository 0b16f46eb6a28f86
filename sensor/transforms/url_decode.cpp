// SPDX-License-Identifier: Apache-2.0
// url_decode: %XX and + (application/x-www-form-urlencoded); what is no valid escape stays.
#include "sensor/lang/transform.hpp"

namespace hd::transform::url_decode {
namespace {

int hex_value(std::uint8_t c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const std::uint8_t small = c | 0x20;
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

Bytes apply(Bytes in, const CheckData&, Arena& scratch) noexcept {
  std::uint8_t* out = scratch.allocate(in.size());
  if (out == nullptr) return {};
  std::size_t length = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const bool may_be_escape = in[i] == '%' && i + 2 < in.size();
    const int high = may_be_escape ? hex_value(in[i + 1]) : -1;
    const int low = may_be_escape ? hex_value(in[i + 2]) : -1;
    if (high >= 0 && low >= 0) {
      out[length++] = static_cast<std::uint8_t>(high * 16 + low);
      i += 2;
    } else {
      out[length++] = in[i] == '+' ? std::uint8_t{' '} : in[i];
    }
  }
  return {out, length};
}

constexpr TransformSpec kSpecs[] = {{
    .name = "url_decode",
    .summary = "percent and plus decoding",
    .syntax = "url_decode",
    .example = "http.request_body; url_decode; content:\"<script>\";",
    .apply = apply,
}};

} // namespace

extern constinit const TransformTable table{kSpecs};

} // namespace hd::transform::url_decode
