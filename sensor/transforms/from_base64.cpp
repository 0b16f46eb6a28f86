// SPDX-License-Identifier: Apache-2.0
// from_base64: decodes base64 (RFC 4648 section 4; RFC 2045 section 6.8 skips what is not of the alphabet).
// A buffer of which nothing can be decoded stays as it is.
#include "sensor/lang/transform.hpp"

#include <algorithm>

namespace hd::transform::from_base64 {
namespace {

enum class Mode : std::uint64_t { rfc4648, rfc2045, strict };

Result<CheckData> compile(const Args& args) {
  CheckData data; // number: bytes (0: all), offset, mode
  for (const std::string_view part : args.parts()) {
    const std::size_t blank = std::min(part.find_first_of(" \t"), part.size());
    const std::string_view name = part.substr(0, blank);
    const std::string_view value = trim(part.substr(blank));
    if (name == "bytes" || name == "offset") {
      auto number = parse_unsigned(args, value, name == "bytes" ? 1 : 0, 65535);
      if (!number) return fail(std::move(number.error()));
      data.number[name == "bytes" ? 0 : 1] = *number;
    } else if (name == "mode") {
      if (value == "rfc4648")
        data.number[2] = static_cast<std::uint64_t>(Mode::rfc4648);
      else if (value == "rfc2045")
        data.number[2] = static_cast<std::uint64_t>(Mode::rfc2045);
      else if (value == "strict")
        data.number[2] = static_cast<std::uint64_t>(Mode::strict);
      else
        return args.wrong("\"" + std::string(value) + "\" is not a mode", {}, "rfc4648, rfc2045 or strict.");
    } else {
      return args.wrong("\"" + std::string(name) + "\" does not belong into \"from_base64\"", {},
                        "bytes N, offset N, mode M.");
    }
  }
  return data;
}

int value_of(std::uint8_t c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

// Whole groups of four with the padding where it belongs.
bool is_strict(Bytes in) noexcept {
  if (in.size() % 4 != 0) return false;
  std::size_t digits = in.size();
  while (digits > 0 && in.size() - digits < 2 && in[digits - 1] == '=')
    --digits;
  return std::all_of(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(digits),
                     [](std::uint8_t c) { return value_of(c) >= 0; });
}

Bytes apply(Bytes in, const CheckData& data, Arena& scratch) noexcept {
  if (data.number[1] > in.size()) return in;
  Bytes part = in.subspan(data.number[1]);
  if (data.number[0] > part.size()) return in;
  if (data.number[0] != 0) part = part.first(data.number[0]);
  const auto mode = static_cast<Mode>(data.number[2]);
  if (mode == Mode::strict && !is_strict(part)) return in;
  std::uint8_t* out = scratch.allocate(part.size() / 4 * 3 + 3);
  if (out == nullptr) return {};
  std::size_t length = 0;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const std::uint8_t c : part) {
    const int value = value_of(c);
    if (value < 0) {
      if (mode == Mode::rfc2045 && c != '=') continue;
      break;
    }
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out[length++] = static_cast<std::uint8_t>(bits >> count);
  }
  return length == 0 ? in : Bytes{out, length};
}

constexpr TransformSpec kSpecs[] = {{
    .name = "from_base64",
    .summary = "decodes base64; what cannot be decoded stays as it is",
    .syntax = "from_base64[:bytes N][, offset N][, mode rfc4648|rfc2045|strict]",
    .example = "http.cookie; from_base64:offset 6; content:\"admin\";",
    .compile = compile,
    .apply = apply,
}};

} // namespace

extern constinit const TransformTable table{kSpecs};

} // namespace hd::transform::from_base64
