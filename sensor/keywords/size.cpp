// SPDX-License-Identifier: Apache-2.0
// bsize, urilen, dsize: lengths of buffers and of the packet's payload.
#include "sensor/keywords/modifier.hpp"

namespace hd::keyword::size {
namespace {

SizeStep step_of(const IntegerRange& range) {
  return {.compare = range.compare, .low = range.low, .high = range.high};
}

Result<void> compile_bsize(const Args& args, RuleBuilder& rule) {
  if (!rule.is_sticky())
    return args.wrong(ErrorCode::E2104, "\"bsize\" needs a sticky buffer before it", {},
                      "For the packet's payload there is dsize.");
  auto range = parse_integer_range(args, args.text(), UINT64_MAX);
  if (!range) return fail(std::move(range.error()));
  if (range->compare == Compare::mask_set || range->compare == Compare::mask_unset)
    return args.wrong("a length has no bits to ask for");
  rule.add(step_of(*range));
  return {};
}

Result<void> compile_urilen(const Args& args, RuleBuilder& rule) {
  const std::vector<std::string_view> parts = args.parts();
  if (parts.empty() || parts.size() > 2)
    return args.wrong("\"urilen\" needs a length", {}, "For example urilen:<20;");
  if (parts.size() == 2 && parts[1] != "norm" && parts[1] != "raw")
    return args.wrong("\"" + std::string(parts[1]) + "\" is not a URI", {}, "norm or raw.");
  auto range = parse_integer_range(args, parts[0], UINT16_MAX);
  if (!range) return fail(std::move(range.error()));
  if (range->compare == Compare::mask_set || range->compare == Compare::mask_unset)
    return args.wrong("a length has no bits to ask for");
  SizeStep step = step_of(*range);
  step.is_urilen = true;
  return rule.add_to_app(parts.size() == 2 && parts[1] == "raw" ? "http.uri.raw" : "http.uri", step);
}

// Pseudo packets at a flow's end have no payload of their own.
bool check_dsize(const Inspection& at, const CheckData& data) noexcept {
  return !at.is_flow_end && range_holds(data.number, at.packet.payload_length);
}

Result<void> compile_dsize(const Args& args, RuleBuilder& rule) {
  if (auto first = rule.once(args, "dsize"); !first) return first;
  auto range = parse_integer_range(args, args.text(), UINT16_MAX);
  if (!range) return fail(std::move(range.error()));
  switch (range->compare) {
  case Compare::equal:
  case Compare::less_equal:
    rule.limit_payload(range->low);
    break;
  case Compare::less:
    rule.limit_payload(range->low - 1);
    break;
  case Compare::range:
    rule.limit_payload(range->high);
    break;
  case Compare::not_equal:
  case Compare::greater:
  case Compare::greater_equal:
  case Compare::range_negated:
  case Compare::mask_set:
  case Compare::mask_unset:
    break;
  }
  CheckData data;
  store_range(*range, data.number);
  rule.condition(check_dsize, std::move(data));
  return {};
}

constexpr KeywordSpec kSpecs[] = {
    {.name = "bsize",
     .summary = "length of the selected buffer",
     .syntax = "bsize:[!]N | <N | <=N | >N | >=N | N<>M",
     .example = "http.method; content:\"GET\"; bsize:3;",
     .scope = Scope::payload,
     .compile = compile_bsize},
    {.name = "urilen",
     .summary = "length of the normalised or raw URI",
     .syntax = "urilen:[!]N | <N | >N | N<>M [,norm|raw]",
     .example = "urilen:>500;",
     .scope = Scope::transaction,
     .compile = compile_urilen},
    {.name = "dsize",
     .summary = "length of the packet's payload",
     .syntax = "dsize:[!]N | <N | <=N | >N | >=N | N<>M",
     .example = "dsize:>1000;",
     .scope = Scope::packet,
     .compile = compile_dsize},
};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::size
