// SPDX-License-Identifier: Apache-2.0
// dotprefix: a dot before the buffer, so that ".example" with endswith means the domain and all below it.
#include "sensor/lang/transform.hpp"

#include <cstring>

namespace hd::transform::dotprefix {
namespace {

Bytes apply(Bytes in, const CheckData&, Arena& scratch) noexcept {
  std::uint8_t* out = scratch.allocate(in.size() + 1);
  if (out == nullptr) return {};
  out[0] = '.';
  if (!in.empty()) std::memcpy(out + 1, in.data(), in.size());
  return {out, in.size() + 1};
}

constexpr TransformSpec kSpecs[] = {{
    .name = "dotprefix",
    .summary = "a dot is put before the buffer, for suffix matches of domains",
    .syntax = "dotprefix",
    .example = "dns.query; dotprefix; content:\".bad.example\"; endswith;",
    .apply = apply,
}};

} // namespace

extern constinit const TransformTable table{kSpecs};

} // namespace hd::transform::dotprefix
