// SPDX-License-Identifier: Apache-2.0
// flow.age, flow.pkts, flow.bytes, stream_size, tcp.session: how long and how large the flow is, and where
// its session stands.
#include "sensor/keywords/number.hpp"
#include "sensor/stream/session.hpp"

#include <algorithm>

namespace hd::keyword::flow_facts {
namespace {

// Whole seconds of both times, as Suricata counts.
Number load_age(const Inspection& at) noexcept {
  if (at.flow == nullptr) return std::nullopt;
  const std::int64_t first = at.flow->start.ns / kSecond;
  const std::int64_t last = at.flow->last_seen.ns / kSecond;
  return last > first ? static_cast<std::uint64_t>(last - first) : 0;
}

enum class Side : std::uint64_t { to_server, to_client, both, either };
enum class What : std::uint64_t { packets, bytes };

// number: the comparison; the fourth: side, and what is counted in the next byte
bool check_amount(const Inspection& at, const CheckData& data) noexcept {
  if (at.flow == nullptr) return false;
  const auto side = static_cast<Side>(data.number[3] & 0xff);
  const auto what = static_cast<What>(data.number[3] >> 8);
  const auto amount = [&](std::size_t direction) -> std::uint64_t {
    return what == What::packets ? at.flow->packets[direction] : at.flow->bytes[direction];
  };
  switch (side) {
  case Side::to_server:
    return range_holds(data.number, amount(0));
  case Side::to_client:
    return range_holds(data.number, amount(1));
  case Side::both:
    return range_holds(data.number, amount(0)) && range_holds(data.number, amount(1));
  case Side::either:
    return range_holds(data.number, amount(0)) || range_holds(data.number, amount(1));
  }
  return false;
}

Result<void> add_amount(const Args& args, RuleBuilder& rule, std::string_view text, Side side, What what) {
  auto range = parse_integer_range(args, text, what == What::packets ? UINT32_MAX : UINT64_MAX);
  if (!range) return fail(std::move(range.error()));
  CheckData data;
  store_range(*range, data.number);
  data.number[3] = static_cast<std::uint64_t>(side) | static_cast<std::uint64_t>(what) << 8;
  rule.condition(check_amount, std::move(data), false);
  return {};
}

template <What Counted> Result<void> compile_amount(const Args& args, RuleBuilder& rule) {
  const std::size_t comma = args.text().find(',');
  const std::string_view side = trim(args.text().substr(0, comma));
  constexpr std::pair<std::string_view, Side> kSides[] = {{"toserver", Side::to_server},
                                                          {"toclient", Side::to_client},
                                                          {"both", Side::both},
                                                          {"either", Side::either}};
  for (const auto& [name, value] : kSides) {
    if (name == side && comma != std::string_view::npos)
      return add_amount(args, rule, args.text().substr(comma + 1), value, Counted);
  }
  return args.wrong("\"" + std::string(args.keyword()) + "\" needs a side and an amount", {},
                    "toserver, toclient, both or either: " + std::string(args.keyword()) + ":toserver,>100;");
}

template <What Counted, Side Of> Result<void> compile_side(const Args& args, RuleBuilder& rule) {
  return add_amount(args, rule, args.text(), Of, Counted);
}

// number: the comparison; the fourth: side. Bytes that a side has sent, by its sequence numbers.
bool check_stream_size(const Inspection& at, const CheckData& data) noexcept {
  if (at.tcp == nullptr || !at.packet.is_tcp()) return false;
  const auto sent = [&](std::size_t side) {
    return std::uint64_t{at.tcp->sides[side].next_seq - at.tcp->sides[side].isn};
  };
  switch (static_cast<Side>(data.number[3])) {
  case Side::to_server:
    return range_holds(data.number, sent(0));
  case Side::to_client:
    return range_holds(data.number, sent(1));
  case Side::both:
    return range_holds(data.number, sent(0)) && range_holds(data.number, sent(1));
  case Side::either:
    return range_holds(data.number, sent(0)) || range_holds(data.number, sent(1));
  }
  return false;
}

Result<void> compile_stream_size(const Args& args, RuleBuilder& rule) {
  const std::vector<std::string_view> parts = args.parts();
  if (parts.size() != 3)
    return args.wrong("\"stream_size\" needs a side, a comparison and a size", {},
                      "For example stream_size:client,>,100;");
  // What the client sends goes to the server.
  constexpr std::pair<std::string_view, Side> kSides[] = {{"client", Side::to_server},
                                                          {"server", Side::to_client},
                                                          {"both", Side::both},
                                                          {"either", Side::either}};
  CheckData data;
  bool is_known = false;
  for (const auto& [name, value] : kSides) {
    if (name != parts[0]) continue;
    data.number[3] = static_cast<std::uint64_t>(value);
    is_known = true;
  }
  if (!is_known)
    return args.wrong("\"" + std::string(parts[0]) + "\" is not a side", {},
                      "client, server, both or either.");
  constexpr std::string_view kComparisons[] = {"<", ">", "=", "!=", "<=", ">="};
  if (std::find(std::begin(kComparisons), std::end(kComparisons), parts[1]) == std::end(kComparisons)) {
    return args.wrong("\"" + std::string(parts[1]) + "\" is not a comparison", {}, "<, >, =, !=, <= or >=.");
  }
  auto range = parse_integer_range(args, std::string(parts[1]) + std::string(parts[2]), UINT32_MAX);
  if (!range) return fail(std::move(range.error()));
  store_range(*range, data.number);
  rule.rule().wants_packets_too = true;
  rule.condition(check_stream_size, std::move(data), false);
  return {};
}

enum class Phase : std::uint64_t { setup, established, closing };

// The last packet of the handshake still belongs to the set-up, the last one of the closing no more to the
// session.
bool check_session(const Inspection& at, const CheckData& data) noexcept {
  if (at.tcp == nullptr) return false;
  const TcpState state = at.tcp->state;
  switch (static_cast<Phase>(data.number[0])) {
  case Phase::setup:
    return !at.is_established && state >= TcpState::syn_sent && state <= TcpState::established;
  case Phase::established:
    return at.is_established && state == TcpState::established;
  case Phase::closing:
    return state > TcpState::established && state < TcpState::closed;
  }
  return false;
}

Result<void> compile_session(const Args& args, RuleBuilder& rule) {
  constexpr std::pair<std::string_view, Phase> kPhases[] = {
      {"setup", Phase::setup}, {"established", Phase::established}, {"closing", Phase::closing}};
  for (const auto& [name, phase] : kPhases) {
    if (name != args.text()) continue;
    rule.condition(check_session, {.number = {static_cast<std::uint64_t>(phase)}});
    return {};
  }
  return args.wrong("\"" + std::string(args.text()) + "\" is not a phase of a session", {},
                    "setup, established or closing.");
}

constexpr KeywordSpec kSpecs[] = {
    {.name = "flow.age",
     .summary = "age of the flow in seconds",
     .syntax = "flow.age:[!|<|>]N | N-M",
     .example = "flow.age:>3600;",
     .scope = Scope::flow,
     .compile = compile_number<load_age, UINT32_MAX, About::flow>},
    {.name = "flow.pkts",
     .summary = "packets of the flow so far, by side",
     .syntax = "flow.pkts:toserver|toclient|both|either,[!|<|>]N",
     .example = "flow.pkts:toserver,>100;",
     .scope = Scope::flow,
     .compile = compile_amount<What::packets>},
    {.name = "flow.pkts_toserver",
     .summary = "packets to the server so far",
     .syntax = "flow.pkts_toserver:[!|<|>]N",
     .example = "flow.pkts_toserver:>10;",
     .scope = Scope::flow,
     .compile = compile_side<What::packets, Side::to_server>},
    {.name = "flow.pkts_toclient",
     .summary = "packets to the client so far",
     .syntax = "flow.pkts_toclient:[!|<|>]N",
     .example = "flow.pkts_toclient:>10;",
     .scope = Scope::flow,
     .compile = compile_side<What::packets, Side::to_client>},
    {.name = "flow.bytes",
     .summary = "bytes of the flow so far, by side",
     .syntax = "flow.bytes:toserver|toclient|both|either,[!|<|>]N",
     .example = "flow.bytes:toclient,>1000000;",
     .scope = Scope::flow,
     .compile = compile_amount<What::bytes>},
    {.name = "flow.bytes_toserver",
     .summary = "bytes to the server so far",
     .syntax = "flow.bytes_toserver:[!|<|>]N",
     .example = "flow.bytes_toserver:>1mb;",
     .scope = Scope::flow,
     .compile = compile_side<What::bytes, Side::to_server>},
    {.name = "flow.bytes_toclient",
     .summary = "bytes to the client so far",
     .syntax = "flow.bytes_toclient:[!|<|>]N",
     .example = "flow.bytes_toclient:>1mb;",
     .scope = Scope::flow,
     .compile = compile_side<What::bytes, Side::to_client>},
    {.name = "stream_size",
     .summary = "bytes that a side of the TCP session has sent, by its sequence numbers",
     .syntax = "stream_size:client|server|both|either,<|>|=|!=|<=|>=,N",
     .example = "stream_size:server,<,5;",
     .scope = Scope::flow,
     .compile = compile_stream_size},
    {.name = "tcp.session",
     .summary = "phase of the TCP session",
     .syntax = "tcp.session:setup|established|closing",
     .example = "tcp.session:setup;",
     .scope = Scope::flow,
     .compile = compile_session},
};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::flow_facts
