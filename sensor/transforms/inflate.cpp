// SPDX-License-Identifier: Apache-2.0
// gunzip, zlib_deflate: undo compression inside a buffer, up to a size.
#include "sensor/files/inflater.hpp"
#include "sensor/lang/transform.hpp"

#include <algorithm>
#include <cstring>

namespace hd::transform::inflate {
namespace {

constexpr std::uint64_t kSizeDefault = 1024;
constexpr std::uint64_t kSizeMost = 1u << 20;

// number: the most bytes that come out
Result<CheckData> compile(const Args& args) {
  CheckData data;
  data.number[0] = kSizeDefault;
  if (args.is_empty()) return data;
  for (const std::string_view part : args.parts()) {
    const std::size_t blank = std::min(part.find_first_of(" \t"), part.size());
    if (part.substr(0, blank) != "max-size")
      return args.wrong("\"" + std::string(part) + "\" does not belong into \"" + std::string(args.keyword()) + "\"", {},
                        "max-size N");
    auto size = parse_unsigned(args, trim(part.substr(blank)), 1, kSizeMost);
    if (!size) return fail(std::move(size.error()));
    data.number[0] = *size;
  }
  return data;
}

// What is broken behind its begin gives what came out before.
Bytes run(Bytes in, Coding coding, std::uint64_t size_max, Arena& scratch) noexcept {
  Inflater inflater;
  std::uint8_t* out = scratch.allocate(size_max);
  if (out == nullptr || !inflater.begin(coding, scratch.pool())) return {};
  std::size_t length = 0;
  bool is_last = false;
  while (length < size_max) {
    const Inflater::Status status = inflater.step(in);
    if (status == Inflater::Status::pass || status == Inflater::Status::failed || status == Inflater::Status::no_memory) break;
    const Bytes part = inflater.output().first(std::min<std::size_t>(inflater.output().size(), size_max - length));
    if (!part.empty()) std::memcpy(out + length, part.data(), part.size());
    length += part.size();
    if (status == Inflater::Status::ended) break;
    if (status == Inflater::Status::output) continue;
    if (is_last) break;
    inflater.end_input();
    is_last = true;
  }
  return {out, length};
}

Bytes apply_gunzip(Bytes in, const CheckData& data, Arena& scratch) noexcept {
  if (in.size() < 2 || in[0] != 0x1f || in[1] != 0x8b) return {};
  return run(in, Coding::gzip, data.number[0], scratch);
}

// RFC 1950 2.2: method 8, and the first two bytes are a multiple of 31.
Bytes apply_zlib(Bytes in, const CheckData& data, Arena& scratch) noexcept {
  if (in.size() < 2 || (in[0] & 0x0f) != 8 || (in[0] * 256u + in[1]) % 31 != 0) return {};
  return run(in, Coding::deflate, data.number[0], scratch);
}

constexpr TransformSpec kSpecs[] = {
    {.name = "gunzip",
     .summary = "undoes gzip; empty where the buffer is no gzip",
     .syntax = "gunzip[:max-size N]",
     .example = "http.uri; from_base64:offset 5; gunzip; content:\"cmd\";",
     .compile = compile,
     .apply = apply_gunzip},
    {.name = "zlib_deflate",
     .summary = "undoes zlib compression; empty where the buffer is no zlib stream",
     .syntax = "zlib_deflate[:max-size N]",
     .example = "http.uri; from_base64:offset 5; zlib_deflate:max-size 4096; content:\"cmd\";",
     .compile = compile,
     .apply = apply_zlib},
};

} // namespace

extern constinit const TransformTable table{kSpecs};

} // namespace hd::transform::inflate
