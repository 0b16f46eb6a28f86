// SPDX-License-Identifier: Apache-2.0
// asn1: oddities of BER (X.690) in the payload that have broken readers: lengths beyond all measure, bit
// strings with more unused bits than bits, real numbers as long texts.
#include "sensor/keywords/modifier.hpp"

#include <algorithm>

namespace hd::keyword::asn1 {
namespace {

constexpr unsigned kFramesMax = 256;
constexpr std::size_t kDoubleMax = 256;
enum Wanted : std::uint64_t { kBitstring = 1, kDouble = 2, kOversize = 4, kRelative = 8 };

struct Object {
  std::uint8_t tag = 0;
  std::uint64_t length = 0;
  Bytes content = {}; // what of it is there
  std::size_t header = 0;
};

// Identifier and length octets (X.690 8.1.2, 8.1.3). False: not BER.
bool read_object(Bytes bytes, Object& out) noexcept {
  Cursor cursor(bytes);
  out.tag = cursor.u8();
  if ((out.tag & 0x1f) == 0x1f) {
    std::uint8_t more = 0x80;
    for (unsigned i = 0; i < 4 && (more & 0x80) != 0; ++i)
      more = cursor.u8();
  }
  const std::uint8_t first = cursor.u8();
  out.length = first & 0x7f;
  if ((first & 0x80) != 0) {
    const unsigned count = first & 0x7fu;
    if (count > 8) return false;
    out.length = 0;
    for (unsigned i = 0; i < count; ++i)
      out.length = out.length << 8 | cursor.u8();
    if (count == 0) out.length = cursor.left(); // indefinite
  }
  if (cursor.short_read()) return false;
  out.header = cursor.position();
  out.content = cursor.rest().first(std::min<std::uint64_t>(cursor.left(), out.length));
  return true;
}

bool is_odd(const Object& object, const CheckData& data) noexcept {
  const std::uint64_t wanted = data.number[0];
  if ((wanted & kOversize) != 0 && object.length > data.number[1]) return true;
  const bool is_universal = (object.tag & 0xc0) == 0 && (object.tag & 0x20) == 0;
  if (!is_universal || object.content.empty()) return false;
  const std::uint8_t first = object.content[0];
  if ((wanted & kBitstring) != 0 && object.tag == 3) return first > (object.length - 1) * 8;
  if ((wanted & kDouble) != 0 && object.tag == 9) return (first & 0xc0) == 0 && object.length > kDoubleMax;
  return false;
}

// number: what is wanted, length for oversize_length, offset (two's complement)
bool check(const Inspection&, Bytes buffer, std::size_t cursor, const CheckData& data) noexcept {
  const auto offset = static_cast<std::int64_t>(data.number[2]) +
                      ((data.number[0] & kRelative) != 0 ? static_cast<std::int64_t>(cursor) : 0);
  if (offset < 0 || static_cast<std::uint64_t>(offset) >= buffer.size()) return false;
  Bytes rest = buffer.subspan(static_cast<std::size_t>(offset));
  // Constructed objects are entered by going on behind their header: depth-first without a stack.
  for (unsigned frame = 0; frame < kFramesMax && !rest.empty(); ++frame) {
    Object object;
    if (!read_object(rest, object)) return false;
    if (is_odd(object, data)) return true;
    const bool is_constructed = (object.tag & 0x20) != 0;
    rest = rest.subspan(object.header + (is_constructed ? 0 : object.content.size()));
  }
  return false;
}

Result<void> compile(const Args& args, RuleBuilder& rule) {
  CallStep step{.check = check};
  std::string words(args.text());
  std::replace(words.begin(), words.end(), ',', ' ');
  std::vector<std::string_view> parts;
  for (const std::string_view word : split(words, ' ')) {
    if (!trim(word).empty()) parts.push_back(trim(word));
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] == "bitstring_overflow") {
      step.data.number[0] |= kBitstring;
    } else if (parts[i] == "double_overflow") {
      step.data.number[0] |= kDouble;
    } else if (parts[i] == "oversize_length" || parts[i] == "absolute_offset" ||
               parts[i] == "relative_offset") {
      if (i + 1 == parts.size()) return args.wrong("\"" + std::string(parts[i]) + "\" needs a number");
      auto value = parse_signed(args, parts[i + 1], parts[i] == "relative_offset" ? -65535 : 0, UINT32_MAX);
      if (!value) return fail(std::move(value.error()));
      if (parts[i] == "oversize_length") step.data.number[0] |= kOversize;
      if (parts[i] == "relative_offset") step.data.number[0] |= kRelative;
      step.data.number[parts[i] == "oversize_length" ? 1 : 2] = static_cast<std::uint64_t>(*value);
      ++i;
    } else {
      return args.wrong(
          "\"" + std::string(parts[i]) + "\" does not belong into \"asn1\"", {},
          "bitstring_overflow, double_overflow, oversize_length N, absolute_offset N or relative_offset N.");
    }
  }
  if ((step.data.number[0] & (kBitstring | kDouble | kOversize)) == 0)
    return args.wrong("\"asn1\" asks for nothing", {},
                      "For example asn1:oversize_length 2048, relative_offset 0;");
  rule.add(std::move(step));
  return {};
}

constexpr KeywordSpec kSpecs[] = {{
    .name = "asn1",
    .summary = "oddity of BER encoded data: oversize lengths, bit strings and numbers that overflow",
    .syntax = "asn1:[bitstring_overflow][,double_overflow][,oversize_length N][,absolute_offset "
              "N|relative_offset N]",
    .example = "asn1:oversize_length 2048, relative_offset 1;",
    .source = "ITU-T X.690",
    .scope = Scope::payload,
    .compile = compile,
}};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::asn1
