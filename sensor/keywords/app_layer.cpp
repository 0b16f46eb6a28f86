// SPDX-License-Identifier: Apache-2.0
// app-layer-protocol, app-layer-state: what the flow speaks, and how far a transaction has come.
#include "sensor/lang/keyword.hpp"

namespace hd::keyword::app_layer {
namespace {

enum class Side : std::uint64_t { direction, final, original, either, to_server, to_client };
struct SideName {
  std::string_view name;
  Side side;
};
constexpr SideName kSides[] = {{"direction", Side::direction}, {"final", Side::final},
                               {"original", Side::original},   {"either", Side::either},
                               {"to_server", Side::to_server}, {"to_client", Side::to_client}};

// number: protocol, side, negated, only on the packet at which the recognition of a direction ended
bool check_protocol(const Inspection& at, const CheckData& data) noexcept {
  if (at.app == nullptr || (data.number[3] != 0 && at.recognised_now == Directions::none)) return false;
  const auto wanted = static_cast<AppProtocol>(data.number[0]);
  const auto is = [&](AppProtocol seen) { return seen == wanted; };
  const auto& seen = at.app->seen;
  AppProtocol one = AppProtocol::unknown;
  switch (static_cast<Side>(data.number[1])) {
  case Side::direction:
    one = seen[index_of(at.direction)];
    break;
  case Side::final:
    one = at.app->protocol;
    break;
  case Side::original:
    one = at.app->before_change == AppProtocol::unknown ? at.app->protocol : at.app->before_change;
    break;
  case Side::to_server:
    one = seen[0];
    break;
  case Side::to_client:
    one = seen[1];
    break;
  case Side::either:
    if (seen[0] == AppProtocol::unknown && seen[1] == AppProtocol::unknown) return false;
    return (is(seen[0]) || is(seen[1])) != (data.number[2] != 0);
  }
  // Nothing is known yet: neither this protocol nor another.
  return one != AppProtocol::unknown && is(one) != (data.number[2] != 0);
}

Result<void> compile_protocol(const Args& args, RuleBuilder& rule) {
  const std::vector<std::string_view> parts = args.parts();
  if (parts.empty() || parts.size() > 2)
    return args.wrong("\"app-layer-protocol\" needs a protocol", {}, "For example app-layer-protocol:!tls;");
  if (rule.rule().app_protocol != AppProtocol::unknown) {
    return args.wrong(ErrorCode::E2105, "the rule is about one protocol already",
                      "Its header or a buffer names it.", "Use tcp, udp or ip in the header.");
  }
  std::string_view name = parts[0];
  CheckData data;
  if (name.starts_with('!')) {
    data.number[2] = 1;
    name = trim(name.substr(1));
  }
  if (name == "http1") name = "http";
  if (name == "failed") {
    data.number[0] = static_cast<std::uint64_t>(AppProtocol::failed);
  } else {
    const ProtocolSpec* protocol = nullptr;
    for (const ProtocolSpec* one : rule.context().protocols) {
      if (one->name == name) protocol = one;
    }
    // Not even negated: "not ssh" would hold for SSH.
    if (protocol == nullptr)
      return args.wrong(ErrorCode::E2102, "protocol not supported: " + std::string(name));
    data.number[0] = static_cast<std::uint64_t>(protocol->id);
  }
  if (parts.size() == 2) {
    const SideName* side = nullptr;
    for (const SideName& one : kSides) {
      if (one.name == parts[1]) side = &one;
    }
    if (side == nullptr)
      return args.wrong("\"" + std::string(parts[1]) + "\" is not a side", {},
                        "final, original, either, to_server, to_client or direction.");
    data.number[1] = static_cast<std::uint64_t>(side->side);
  }
  rule.recognition_condition(check_protocol, std::move(data));
  return {};
}

// number: direction, progress, comparison
bool check_state(const Inspection& at, const CheckData& data) noexcept {
  if (at.tx == nullptr) return false;
  return IntegerRange{static_cast<Compare>(data.number[2]), data.number[1], data.number[1]}.holds(
      at.tx->progress[data.number[0]]);
}

Result<void> compile_state(const Args& args, RuleBuilder& rule) {
  const ProtocolSpec* protocol = nullptr;
  for (const ProtocolSpec* one : rule.context().protocols) {
    if (one->id == rule.rule().app_protocol) protocol = one;
  }
  if (protocol == nullptr)
    return args.wrong(ErrorCode::E2104, "\"app-layer-state\" needs a rule about one protocol", {},
                      "Name it in the header: alert http …");
  std::string_view text = args.text();
  Compare compare = Compare::equal;
  for (const auto& [op, meaning] : {std::pair{std::string_view(">="), Compare::greater_equal},
                                    {std::string_view("<="), Compare::less_equal},
                                    {std::string_view(">"), Compare::greater},
                                    {std::string_view("<"), Compare::less},
                                    {std::string_view("="), Compare::equal}}) {
    if (!text.starts_with(op)) continue;
    compare = meaning;
    text = trim(text.substr(op.size()));
    break;
  }
  for (const Direction direction : {Direction::to_server, Direction::to_client}) {
    const unsigned at = index_of(direction);
    for (std::size_t i = 0; i < protocol->progress_names[at].size(); ++i) {
      if (protocol->progress_names[at][i] != text) continue;
      rule.transaction_condition({.protocol = protocol->id,
                                  .directions = static_cast<Directions>(1u << at),
                                  .check = check_state,
                                  .data = {.number = {at, i, static_cast<std::uint64_t>(compare)}}});
      return {};
    }
  }
  return args.wrong("\"" + std::string(text) + "\" is not a state of " + std::string(protocol->name));
}

constexpr KeywordSpec kSpecs[] = {
    {.name = "app-layer-protocol",
     .summary = "protocol that was recognised, by direction or for the flow; also failed; may be negated",
     .syntax = "app-layer-protocol:[!]NAME|failed[,final|original|either|to_server|to_client|direction]",
     .example = "app-layer-protocol:!tls;",
     .scope = Scope::flow,
     .compile = compile_protocol},
    {.name = "app-layer-state",
     .summary = "how far a direction of the transaction is parsed",
     .syntax = "app-layer-state:[<|<=|>|>=]STATE",
     .example = "app-layer-state:>request_headers;",
     .scope = Scope::transaction,
     .compile = compile_state},
};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::app_layer
