// SPDX-License-Identifier: Apache-2.0
#include "sensor/compile/order.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <tuple>

namespace hd {
namespace {

using Kind = StateOp::Kind;

enum class Family : std::uint8_t { flowbit, flowint, flowvar, pktvar, hostbit, xbit, count_ };

Family family_of(Kind kind) {
  switch (kind) {
    case Kind::flowbit_isset:
    case Kind::flowbit_isnotset:
    case Kind::flowbit_set:
    case Kind::flowbit_unset:
    case Kind::flowbit_toggle: return Family::flowbit;
    case Kind::flowint_compare:
    case Kind::flowint_isset:
    case Kind::flowint_isnotset:
    case Kind::flowint_assign:
    case Kind::flowint_add:
    case Kind::flowint_subtract: return Family::flowint;
    case Kind::flowvar_compare: return Family::flowvar;
    case Kind::pktvar_compare: return Family::pktvar;
    case Kind::hostbit_isset:
    case Kind::hostbit_isnotset:
    case Kind::hostbit_set:
    case Kind::hostbit_unset:
    case Kind::hostbit_toggle: return Family::hostbit;
    case Kind::xbit_isset:
    case Kind::xbit_isnotset:
    case Kind::xbit_set:
    case Kind::xbit_unset:
    case Kind::xbit_toggle: return Family::xbit;
  }
  return Family::flowbit;
}

// 0 sets, 1 sets and reads, 2 reads, 3 neither: in this order.
using Ranks = std::array<std::uint8_t, static_cast<std::size_t>(Family::count_)>;

Ranks ranks_of(const RuleIr& rule) {
  std::array<bool, static_cast<std::size_t>(Family::count_)> reads{}, sets{};
  for (const StateOp& op : rule.state_conditions) reads[static_cast<std::size_t>(family_of(op.kind))] = true;
  for (const StateOp& op : rule.state_effects) {
    // A rule that only takes a bit away must not come before those that read it.
    if (op.kind != Kind::flowbit_unset) sets[static_cast<std::size_t>(family_of(op.kind))] = true;
  }
  for (const StepList& list : rule.lists) {
    for (const Step& step : list.steps) {
      const auto* pcre = std::get_if<PcreStep>(&step.kind);
      if (pcre == nullptr) continue;
      for (const PcreStep::Capture& capture : pcre->captures) {
        if (capture.kind == PcreStep::Capture::Kind::flow_variable) sets[static_cast<std::size_t>(Family::flowvar)] = true;
        if (capture.kind == PcreStep::Capture::Kind::packet_variable) sets[static_cast<std::size_t>(Family::pktvar)] = true;
      }
    }
  }
  Ranks ranks{};
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    ranks[i] = static_cast<std::uint8_t>(sets[i] ? (reads[i] ? 1 : 0) : (reads[i] ? 2 : 3));
  }
  return ranks;
}

}  // namespace

std::vector<std::uint32_t> order_rules(std::span<const RuleIr> rules) {
  using Key = std::tuple<Action, Ranks, std::uint8_t, std::uint32_t, std::uint32_t>;
  std::vector<Key> keys;
  keys.reserve(rules.size());
  for (const RuleIr& rule : rules) keys.emplace_back(rule.action, ranks_of(rule), rule.priority, rule.gid, rule.sid);
  std::vector<std::uint32_t> order(rules.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return keys[a] < keys[b]; });
  return order;
}

}  // namespace hd
