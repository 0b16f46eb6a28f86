// SPDX-License-Identifier: Apache-2.0
// Words about DCE/RPC with a syntax of their own: the interface of a call, and its operation.
#include <algorithm>
#include <optional>

#include "sensor/lang/keyword.hpp"
#include "sensor/protocols/dcerpc/tx.hpp"

namespace hd::protocol::dcerpc {
extern const ProtocolSpec table;
}

namespace hd::keyword::dcerpc_words {
namespace {

using protocol::dcerpc::Call;
using protocol::dcerpc::Uuid;

Result<void> add(RuleBuilder& rule, const Args& args, TransactionCondition condition) {
  if (auto fits = rule.imply_protocol(protocol::dcerpc::table, args.keyword()); !fits) return fits;
  condition.protocol = AppProtocol::dcerpc;
  rule.transaction_condition(std::move(condition));
  return {};
}

struct Wanted {
  Uuid uuid = {};
  std::optional<IntegerRange> version = {};
  bool any_fragment = false;
};

bool is_interface(const Inspection& at, const CheckData& data) noexcept {
  const Call& call = at.tx->part<Call>();
  const Wanted& wanted = *static_cast<const Wanted*>(data.object.get());
  if (!call.has_interface || call.interface.uuid != wanted.uuid) return false;
  if (!wanted.any_fragment && !call.interface.is_first_fragment) return false;
  return !wanted.version || wanted.version->holds(call.interface.version);
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() != kForm.size()) return std::nullopt;
  Uuid uuid = {};
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (kForm[i] == '-') {
      if (c != '-') return std::nullopt;
      continue;
    }
    const int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (value < 0) return std::nullopt;
    uuid[digits / 2] = static_cast<std::uint8_t>(uuid[digits / 2] << 4 | value);
    ++digits;
  }
  return uuid;
}

Result<void> compile_interface(const Args& args, RuleBuilder& rule) {
  const std::vector<std::string_view> parts = args.parts();
  const auto uuid = parts.empty() ? std::nullopt : parse_uuid(parts[0]);
  if (!uuid) return args.wrong("\"" + std::string(args.text()) + "\" is no interface", {}, "For example dcerpc.iface:367abb81-9844-35f1-ad32-98f038001003");
  auto wanted = std::make_shared<Wanted>();
  wanted->uuid = *uuid;
  for (const std::string_view part : std::span(parts).subspan(1)) {
    if (part == "any_frag") {
      wanted->any_fragment = true;
      continue;
    }
    auto range = parse_integer_range(args, part, 0xffff);
    if (!range) return fail(std::move(range.error()));
    wanted->version = *range;
  }
  return add(rule, args, {.check = is_interface, .data = {.object = std::move(wanted)}});
}

using Ranges = std::vector<IntegerRange>;

bool is_operation(const Inspection& at, const CheckData& data) noexcept {
  const Call& call = at.tx->part<Call>();
  const Ranges& ranges = *static_cast<const Ranges*>(data.object.get());
  return call.has_request && std::any_of(ranges.begin(), ranges.end(), [&](const IntegerRange& one) { return one.holds(call.operation); });
}

/// Numbers and spans of them, ends included: 15,20-23. One alone may be compared: >10.
Result<void> compile_operation(const Args& args, RuleBuilder& rule) {
  if (args.is_empty()) return args.wrong("\"dcerpc.opnum\" needs a number");
  auto ranges = std::make_shared<Ranges>();
  for (const std::string_view part : args.parts()) {
    auto range = parse_integer_range(args, part, 0xffff);
    if (!range) return fail(std::move(range.error()));
    const std::size_t dash = part.find('-');
    if (dash != std::string_view::npos && dash > 0) {
      const auto low = parse_unsigned(args, trim(part.substr(0, dash)), 0, 0xffff), high = parse_unsigned(args, trim(part.substr(dash + 1)), 0, 0xffff);
      if (low && high) {
        range->low = *low;
        range->high = *high;
      }
    }
    ranges->push_back(*range);
  }
  return add(rule, args, {.check = is_operation, .data = {.object = std::move(ranges)}});
}

constexpr std::string_view kInterface[] = {"dce_iface"}, kOperation[] = {"dce_opnum"};

constexpr KeywordSpec kSpecs[] = {
    {.name = "dcerpc.iface", .aliases = kInterface, .summary = "interface that the call is for", .syntax = "UUID[,[=!<>]VERSION][,any_frag]",
     .example = "dcerpc.iface:367abb81-9844-35f1-ad32-98f038001003", .source = "C706 12.6.3", .scope = Scope::transaction,
     .compile = compile_interface},
    {.name = "dcerpc.opnum", .aliases = kOperation, .summary = "operation that is called", .syntax = "N[-N][,…]", .example = "dcerpc.opnum:15,20-23",
     .source = "C706 12.6.4.9", .scope = Scope::transaction, .compile = compile_operation},
};

}  // namespace

extern const KeywordTable table;
constinit const KeywordTable table = {.keywords = kSpecs};

}  // namespace hd::keyword::dcerpc_words
