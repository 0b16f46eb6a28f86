// SPDX-License-Identifier: Apache-2.0
// tcp.flags, tcp.seq, tcp.ack, tcp.window, tcp.mss, tcp.wscale: fields and options of the TCP header.
#include "sensor/keywords/number.hpp"
#include "sensor/stream/header.hpp"

namespace hd::keyword::tcp_header {
namespace {

Number load_seq(const Inspection& at) noexcept {
  if (!at.packet.is_tcp()) return std::nullopt;
  return load_be32(at.packet.transport() + 4);
}
Number load_ack(const Inspection& at) noexcept {
  if (!at.packet.is_tcp()) return std::nullopt;
  return load_be32(at.packet.transport() + 8);
}
Number load_window(const Inspection& at) noexcept {
  if (!at.packet.is_tcp()) return std::nullopt;
  return load_be16(at.packet.transport() + 14);
}
Number load_mss(const Inspection& at) noexcept {
  if (!at.packet.is_tcp()) return std::nullopt;
  const std::uint16_t mss = TcpHeader::read(at.packet).mss;
  return mss == 0 ? Number() : Number(mss);
}
Number load_wscale(const Inspection& at) noexcept {
  if (!at.packet.is_tcp()) return std::nullopt;
  const TcpHeader header = TcpHeader::read(at.packet);
  return header.has_wscale ? Number(header.wscale) : Number();
}

enum class Mode : std::uint64_t { exact, all, any, none };

std::uint8_t bit_of(char c) {
  switch (c) {
  case 'F':
    return tcp_flag::fin;
  case 'S':
    return tcp_flag::syn;
  case 'R':
    return tcp_flag::rst;
  case 'P':
    return tcp_flag::psh;
  case 'A':
    return tcp_flag::ack;
  case 'U':
    return tcp_flag::urg;
  case 'E':
  case '2':
    return tcp_flag::ece;
  case 'C':
  case '1':
    return tcp_flag::cwr;
  default:
    return 0;
  }
}

// number: mode, flags wanted, mask of the flags that are looked at
bool check_flags(const Inspection& at, const CheckData& data) noexcept {
  if (!at.packet.is_tcp()) return false;
  const std::uint64_t flags = at.packet.transport()[13] & data.number[2];
  const std::uint64_t wanted = data.number[1];
  switch (static_cast<Mode>(data.number[0])) {
  case Mode::exact:
    return flags == wanted;
  case Mode::all:
    return (flags & wanted) == wanted;
  case Mode::any:
    return (flags & wanted) != 0;
  case Mode::none:
    return (flags & wanted) != wanted;
  }
  return false;
}

Result<void> compile_flags(const Args& args, RuleBuilder& rule) {
  const std::vector<std::string_view> parts = args.parts();
  if (parts.empty() || parts.size() > 2)
    return args.wrong("\"" + std::string(args.keyword()) + "\" needs flags", {}, "For example flags:S,CE;");
  CheckData data{.number = {static_cast<std::uint64_t>(Mode::exact), 0, 0xff, 0}};
  bool has_flags = false;
  for (const char c : parts[0]) {
    if (c == ' ') continue;
    if (c == '+')
      data.number[0] = static_cast<std::uint64_t>(Mode::all);
    else if (c == '*')
      data.number[0] = static_cast<std::uint64_t>(Mode::any);
    else if (c == '!')
      data.number[0] = static_cast<std::uint64_t>(Mode::none);
    else if (c == '0')
      has_flags = true;
    else if (const std::uint8_t bit = bit_of(c); bit != 0) {
      data.number[1] |= bit;
      has_flags = true;
    } else {
      return args.wrong(std::string("\"") + c + "\" is not a TCP flag", {},
                        "F S R P A U E C or 0 (none), with +, * or ! before them.");
    }
  }
  if (!has_flags) return args.wrong("no TCP flag is named");
  for (const char c : parts.size() == 2 ? parts[1] : std::string_view()) {
    const std::uint8_t bit = bit_of(c);
    if (bit == 0) return args.wrong(std::string("\"") + c + "\" is not a TCP flag to leave out of account");
    data.number[2] &= ~std::uint64_t{bit};
  }
  const bool is_syn_only = (data.number[1] & tcp_flag::syn) != 0 && (data.number[1] & tcp_flag::ack) == 0 &&
                           data.number[0] != static_cast<std::uint64_t>(Mode::none);
  if (is_syn_only) rule.prefer_to_server();
  rule.condition(check_flags, std::move(data));
  return {};
}

constexpr std::string_view kFlagsAliases[] = {"flags"};
constexpr std::string_view kSeqAliases[] = {"seq"};
constexpr std::string_view kAckAliases[] = {"ack"};
constexpr std::string_view kWindowAliases[] = {"window"};

constexpr KeywordSpec kSpecs[] = {
    {.name = "tcp.flags",
     .aliases = kFlagsAliases,
     .summary = "TCP flags: just these, with + all of these, with * any, with ! not all; behind a comma what "
                "is left out of account",
     .syntax = "flags:[+|*|!]FSRPAUEC0[,FSRPAUEC]",
     .example = "flags:S,CE;",
     .source = "RFC 9293 3.1; RFC 3168",
     .compile = compile_flags},
    {.name = "tcp.seq",
     .aliases = kSeqAliases,
     .summary = "TCP sequence number",
     .syntax = "seq:N",
     .example = "seq:0;",
     .source = "RFC 9293 3.1",
     .compile = compile_number<load_seq, UINT32_MAX>},
    {.name = "tcp.ack",
     .aliases = kAckAliases,
     .summary = "TCP acknowledgement number",
     .syntax = "ack:N",
     .example = "ack:1;",
     .source = "RFC 9293 3.1",
     .compile = compile_number<load_ack, UINT32_MAX>},
    {.name = "tcp.window",
     .aliases = kWindowAliases,
     .summary = "TCP window as sent, not scaled",
     .syntax = "window:[!]N",
     .example = "window:55808;",
     .source = "RFC 9293 3.1",
     .compile = compile_number<load_window, 65535>},
    {.name = "tcp.mss",
     .summary = "value of the maximum segment size option",
     .syntax = "tcp.mss:[!|<|>]N | N-M",
     .example = "tcp.mss:<536;",
     .source = "RFC 9293 3.2",
     .compile = compile_number<load_mss, 65535>},
    {.name = "tcp.wscale",
     .summary = "value of the window scale option",
     .syntax = "tcp.wscale:[!|<|>]N | N-M",
     .example = "tcp.wscale:>10;",
     .source = "RFC 7323 2.2",
     .compile = compile_number<load_wscale, 255>},
};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::tcp_header
