// SPDX-License-Identifier: Apache-2.0
// to_md5, to_sha1, to_sha256: the buffer becomes its digest, raw bytes.
#include "sensor/base/crypto.hpp"
#include "sensor/lang/transform.hpp"

namespace hd::transform::digest {
namespace {

template <auto Function> Bytes apply(Bytes in, const CheckData&, Arena& scratch) noexcept {
  const auto value = Function(in);
  return scratch.copy(Bytes(value));
}

constexpr TransformSpec kSpecs[] = {
    {.name = "to_md5",
     .summary = "the buffer becomes its MD5, 16 bytes",
     .syntax = "to_md5",
     .example = "dns.query; to_md5; content:\"|5f 4d cc 3b|\"; startswith;",
     .apply = apply<md5>},
    {.name = "to_sha1",
     .summary = "the buffer becomes its SHA-1, 20 bytes",
     .syntax = "to_sha1",
     .example = "http.host; to_sha1; content:\"|da 39 a3 ee|\"; startswith;",
     .apply = apply<sha1>},
    {.name = "to_sha256",
     .summary = "the buffer becomes its SHA-256, 32 bytes",
     .syntax = "to_sha256",
     .example = "tls.sni; to_sha256; content:\"|e3 b0 c4 42|\"; startswith;",
     .apply = apply<sha256>},
};

} // namespace

extern constinit const TransformTable table{kSpecs};

} // namespace hd::transform::digest
