// SPDX-License-Identifier: Apache-2.0
// xor: the buffer xor-ed with a repeated key. The file bears another name because the word is one of C++.
#include "sensor/base/crypto.hpp"
#include "sensor/lang/transform.hpp"

namespace hd::transform::xor_key {
namespace {

constexpr std::size_t kKeyMax = 1024;

Result<CheckData> compile(const Args& args) {
  auto text = args.quoted();
  if (!text) return fail(std::move(text.error()));
  auto key = std::make_shared<std::vector<std::uint8_t>>(text->size() / 2);
  if (text->empty() || key->size() > kKeyMax || !from_hex(*text, *key))
    return args.wrong("the key is not made of pairs of hexadecimal digits", {},
                      "For example xor:\"0d0ac8ff\";");
  return CheckData{.object = std::move(key)};
}

Bytes apply(Bytes in, const CheckData& data, Arena& scratch) noexcept {
  const auto& key = *static_cast<const std::vector<std::uint8_t>*>(data.object.get());
  std::uint8_t* out = scratch.allocate(in.size());
  if (out == nullptr) return {};
  std::size_t at = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    out[i] = in[i] ^ key[at];
    if (++at == key.size()) at = 0;
  }
  return {out, in.size()};
}

constexpr TransformSpec kSpecs[] = {{
    .name = "xor",
    .summary = "the buffer xor-ed with a repeated key, given in hexadecimal",
    .syntax = "xor:\"HEX\"",
    .example = "http.request_body; xor:\"0d0ac8ff\"; content:\"password\";",
    .compile = compile,
    .apply = apply,
}};

} // namespace

extern constinit const TransformTable table{kSpecs};

} // namespace hd::transform::xor_key
