// SPDX-License-Identifier: Apache-2.0
// fragbits, fragoffset, ipopts: fragmentation and options of IPv4.
#include "sensor/keywords/number.hpp"

namespace hd::keyword::fragment {
namespace {

constexpr std::uint16_t kReserved = 0x8000, kDontFragment = 0x4000, kMoreFragments = 0x2000;
enum class Mode : std::uint64_t { exact, all, any, none };

// number: mode, bits
bool check_bits(const Inspection& at, const CheckData& data) noexcept {
  if (!at.packet.is_ip4()) return false;
  const std::uint64_t bits = load_be16(at.packet.ip() + 6) & (kReserved | kDontFragment | kMoreFragments);
  const std::uint64_t wanted = data.number[1];
  switch (static_cast<Mode>(data.number[0])) {
  case Mode::exact:
    return bits == wanted;
  case Mode::all:
    return (bits & wanted) == wanted;
  case Mode::any:
    return (bits & wanted) != 0;
  case Mode::none:
    return (bits & wanted) == 0;
  }
  return false;
}

Result<void> compile_bits(const Args& args, RuleBuilder& rule) {
  CheckData data;
  for (const char c : args.text()) {
    switch (c) {
    case '+':
      data.number[0] = static_cast<std::uint64_t>(Mode::all);
      break;
    case '*':
      data.number[0] = static_cast<std::uint64_t>(Mode::any);
      break;
    case '!':
      data.number[0] = static_cast<std::uint64_t>(Mode::none);
      break;
    case 'M':
      data.number[1] |= kMoreFragments;
      break;
    case 'D':
      data.number[1] |= kDontFragment;
      break;
    case 'R':
      data.number[1] |= kReserved;
      break;
    case ' ':
      break;
    default:
      return args.wrong(std::string("\"") + c + "\" is not a fragment bit", {},
                        "M, D and R, with +, * or ! before them.");
    }
  }
  if (data.number[1] == 0) return args.wrong("\"fragbits\" needs at least one bit", {}, "M, D or R.");
  rule.condition(check_bits, std::move(data));
  return {};
}

constexpr unsigned kHeadersMax = 16;

// In units of 8 bytes; of IPv6 from the fragment header, when the packet has one.
Number load_offset(const Inspection& at) noexcept {
  if (at.packet.is_ip4()) return load_be16(at.packet.ip() + 6) & 0x1fffu;
  if (!at.packet.is_ip6()) return std::nullopt;
  std::uint8_t next = at.packet.ip()[6];
  std::size_t place = std::size_t{at.packet.l3} + 40;
  for (unsigned i = 0; i < kHeadersMax && place + 8 <= at.packet.caplen; ++i) {
    const std::uint8_t* header = at.packet.data + place;
    if (next == 44) return load_be16(header + 2) >> 3;
    if (next != 0 && next != 43 && next != 60) return std::nullopt;
    next = header[0];
    place += (std::size_t{header[1]} + 1) * 8;
  }
  return std::nullopt;
}

constexpr NamedValue kOptions[] = {{"eol", 0},     {"nop", 1},     {"rr", 7},      {"ts", 68},
                                   {"sec", 130},   {"lsrr", 131},  {"lsrre", 131}, {"esec", 133},
                                   {"cipso", 134}, {"satid", 136}, {"ssrr", 137},  {"rtralt", 148},
                                   {"any", 256}};

bool check_option(const Inspection& at, const CheckData& data) noexcept {
  if (!at.packet.is_ip4()) return false;
  const std::size_t length = (at.packet.ip()[0] & 15u) * 4u;
  if (length <= 20) return false;
  if (data.number[0] == 256) return true;
  for (std::size_t i = 20; i < length;) {
    const std::uint8_t kind = at.packet.ip()[i];
    if (kind == data.number[0]) return true;
    if (kind == 0) return false;
    if (kind == 1) {
      ++i;
      continue;
    }
    if (i + 1 >= length || at.packet.ip()[i + 1] < 2) return false;
    i += at.packet.ip()[i + 1];
  }
  return false;
}

Result<void> compile_option(const Args& args, RuleBuilder& rule) {
  for (const NamedValue& known : kOptions) {
    if (known.name != args.text()) continue;
    rule.condition(check_option, {.number = {known.value}});
    return {};
  }
  return args.wrong("\"" + std::string(args.text()) + "\" is not an IP option", {},
                    "rr, lsrr, ssrr, ts, sec, esec, satid, eol, nop, cipso, rtralt or any.");
}

constexpr KeywordSpec kSpecs[] = {
    {.name = "fragbits",
     .summary = "IPv4 fragment bits: just these, with + all of these, with * any, with ! none",
     .syntax = "fragbits:[+|*|!]M|D|R…",
     .example = "fragbits:MD;",
     .source = "RFC 791 3.1",
     .compile = compile_bits},
    {.name = "fragoffset",
     .summary = "fragment offset in units of 8 bytes",
     .syntax = "fragoffset:[!|<|>]N",
     .example = "fragoffset:>0;",
     .source = "RFC 791 3.1; RFC 8200 4.5",
     .compile = compile_number<load_offset, 8191>},
    {.name = "ipopts",
     .summary = "the IPv4 header has an option",
     .syntax = "ipopts:rr|lsrr|ssrr|ts|sec|esec|satid|eol|nop|cipso|rtralt|any",
     .example = "ipopts:lsrr;",
     .source = "RFC 791 3.1",
     .compile = compile_option},
};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::fragment
