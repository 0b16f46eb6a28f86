// SPDX-License-Identifier: Apache-2.0
// vlan.id, vlan.layers: tags of IEEE 802.1Q.
#include "sensor/keywords/number.hpp"

namespace hd::keyword::vlan {
namespace {

enum class Layers : std::uint64_t { any, all, one };

// number: comparison, low, high; the fourth: which layers in the low byte, the layer (two's complement) in
// the next
bool check_id(const Inspection& at, const CheckData& data) noexcept {
  const int count = at.packet.vlan_count;
  const auto which = static_cast<Layers>(data.number[3] & 0xff);
  if (which == Layers::one) {
    const int layer = static_cast<std::int8_t>(data.number[3] >> 8 & 0xff);
    const int index = layer < 0 ? count + layer : layer;
    return index >= 0 && index < count &&
           range_holds(data.number, at.packet.vlan[static_cast<std::size_t>(index)]);
  }
  for (int i = 0; i < count; ++i) {
    const bool holds = range_holds(data.number, at.packet.vlan[static_cast<std::size_t>(i)]);
    if (holds != (which == Layers::all)) return holds;
  }
  return which == Layers::all && count > 0;
}

Result<void> compile_id(const Args& args, RuleBuilder& rule) {
  const std::vector<std::string_view> parts = args.parts();
  if (parts.empty() || parts.size() > 2)
    return args.wrong("\"vlan.id\" needs an identifier", {}, "For example vlan.id:100; or vlan.id:100,0;");
  auto range = parse_integer_range(args, parts[0], 4095);
  if (!range) return fail(std::move(range.error()));
  CheckData data;
  store_range(*range, data.number);
  if (parts.size() == 2 && parts[1] == "all") {
    data.number[3] = static_cast<std::uint64_t>(Layers::all);
  } else if (parts.size() == 2 && parts[1] != "any") {
    auto layer = parse_signed(args, parts[1], -3, 2);
    if (!layer) return fail(std::move(layer.error()));
    data.number[3] =
        static_cast<std::uint64_t>(Layers::one) | std::uint64_t{static_cast<std::uint8_t>(*layer)} << 8;
  }
  rule.condition(check_id, std::move(data));
  return {};
}

Number load_layers(const Inspection& at) noexcept {
  return at.packet.vlan_count;
}

constexpr KeywordSpec kSpecs[] = {
    {.name = "vlan.id",
     .summary = "VLAN identifier of any tag, of all, or of the Nth from outside (from 0) or inside (from -1)",
     .syntax = "vlan.id:[!|<|>]N | N-M [,any|all|LAYER]",
     .example = "vlan.id:200,1;",
     .source = "IEEE 802.1Q 9",
     .compile = compile_id},
    {.name = "vlan.layers",
     .summary = "number of VLAN tags",
     .syntax = "vlan.layers:[!|<|>]N",
     .example = "vlan.layers:>1;",
     .source = "IEEE 802.1Q 9",
     .compile = compile_number<load_layers, 3>},
};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::vlan
