// SPDX-License-Identifier: Apache-2.0
// to_lowercase, to_uppercase: ASCII letters of one size.
#include "sensor/lang/transform.hpp"

namespace hd::transform::to_lowercase {
namespace {

template <std::uint8_t First, std::uint8_t Last>
Bytes apply(Bytes in, const CheckData&, Arena& scratch) noexcept {
  std::uint8_t* out = scratch.allocate(in.size());
  if (out == nullptr) return {};
  for (std::size_t i = 0; i < in.size(); ++i)
    out[i] = in[i] >= First && in[i] <= Last ? static_cast<std::uint8_t>(in[i] ^ 0x20) : in[i];
  return {out, in.size()};
}

constexpr TransformSpec kSpecs[] = {
    {.name = "to_lowercase",
     .summary = "ASCII letters become small",
     .syntax = "to_lowercase",
     .example = "http.uri; to_lowercase; content:\"/cmd.exe\";",
     .apply = apply<'A', 'Z'>,
     .keeps_length = true},
    {.name = "to_uppercase",
     .summary = "ASCII letters become large",
     .syntax = "to_uppercase",
     .example = "http.method; to_uppercase; content:\"GET\";",
     .apply = apply<'a', 'z'>,
     .keeps_length = true},
};

} // namespace

extern constinit const TransformTable table{kSpecs};

} // namespace hd::transform::to_lowercase
