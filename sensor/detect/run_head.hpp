// SPDX-License-Identifier: Apache-2.0
// Conditions of a rule's head and of its state, and what a match does at once.
#pragma once

#include "sensor/detect/inspect_run.hpp"

namespace hd {

template <class Trace>
bool InspectRun<Trace>::addresses_hold(const RuleHead& head) noexcept {
  constexpr std::uint32_t kAny = rule_flag::any_addresses | rule_flag::any_ports;
  if ((head.flags & kAny) == kAny) return true;
  if (!has_classes_) {
    has_classes_ = true;
    source_class_ = rules_.addresses.class_of(source_address(in_.view).bytes);
    target_class_ = rules_.addresses.class_of(target_address(in_.view).bytes);
    source_ports_ = rules_.ports.class_of(in_.view.source_port());
    target_ports_ = rules_.ports.class_of(in_.view.target_port());
  }
  const auto holds = [&](std::uint32_t from, std::uint32_t to, std::uint16_t from_port, std::uint16_t to_port) {
    if ((head.flags & rule_flag::any_addresses) == 0) {
      if (!rules_.addresses.contains(from, head.source_set) || !rules_.addresses.contains(to, head.target_set)) return false;
    }
    if ((head.flags & rule_flag::any_ports) != 0) return true;
    if (!in_.view.has_ports()) return true;  // ports of a rule say nothing about protocols without
    return rules_.ports.contains(from_port, head.source_ports) && rules_.ports.contains(to_port, head.target_ports);
  };
  if (holds(source_class_, target_class_, source_ports_, target_ports_)) return true;
  return (head.flags & rule_flag::bidirectional) != 0 && holds(target_class_, source_class_, target_ports_, source_ports_);
}

template <class Trace>
bool InspectRun<Trace>::head_holds(RuleNumber rule) noexcept {
  const RuleHead& head = rules_.heads[rule];
  const auto refuse = [&](HeadReason reason) {
    trace_.head(reason, false);
    return false;
  };
  if ((head.groups >> static_cast<unsigned>(group_) & 1) == 0) return refuse(HeadReason::protocol);
  if (head.ip_protocol != 0 && head.ip_protocol != in_.view.protocol) return refuse(HeadReason::protocol);
  if ((head.flags & rule_flag::ip4_only) != 0 && !in_.view.is_ip4()) return refuse(HeadReason::protocol);
  if ((head.flags & rule_flag::ip6_only) != 0 && !in_.view.is_ip6()) return refuse(HeadReason::protocol);
  if ((head.flags & (rule_flag::to_server << index_of(at_.direction))) == 0) return refuse(HeadReason::direction);
  if ((head.flags & rule_flag::needs_flow) != 0 && in_.flow == nullptr) return refuse(HeadReason::flow_state);
  if ((head.flags & rule_flag::established) != 0 && !in_.is_established) return refuse(HeadReason::flow_state);
  if ((head.flags & rule_flag::not_established) != 0 && in_.is_established) return refuse(HeadReason::flow_state);
  if ((head.flags & rule_flag::only_frag) != 0 && !in_.view.has(packet_flag::fragment | packet_flag::reassembled)) return refuse(HeadReason::fragment);
  if ((head.flags & rule_flag::no_frag) != 0 && in_.view.has(packet_flag::fragment | packet_flag::reassembled)) return refuse(HeadReason::fragment);
  if ((head.flags & rule_flag::needs_packet) != 0 && in_.is_flow_end) return refuse(HeadReason::packet);
  if (head.app_protocol != AppProtocol::unknown && (in_.app == nullptr || in_.app->protocol != head.app_protocol)) return refuse(HeadReason::app_protocol);
  if (!addresses_hold(head)) return refuse(HeadReason::addresses);
  return true;
}

template <class Trace>
bool InspectRun<Trace>::state_op_holds(const StateOp& op) noexcept {
  using Kind = StateOp::Kind;
  const FlowVars* vars = at_.vars;
  const auto any_bit = [&] {
    for (const std::uint32_t name : op.names) {
      if (vars != nullptr && vars->bit(name)) return true;
    }
    return false;
  };
  const auto any_bit_missing = [&] {
    for (const std::uint32_t name : op.names) {
      if (vars == nullptr || !vars->bit(name)) return true;
    }
    return false;
  };
  const auto any_shared = [&](std::uint64_t kind) {
    for (const std::uint32_t name : op.names) {
      if (d_.shared_.bit(op.track, kind << 32 | name, in_.view, at_.now)) return true;
    }
    return false;
  };
  const auto integer = [&](std::uint32_t name) -> std::optional<std::uint32_t> {
    if (vars == nullptr || !vars->has_integer(name)) return std::nullopt;
    return vars->integer(name);
  };
  switch (op.kind) {
    case Kind::flowbit_isset: return any_bit();
    case Kind::flowbit_isnotset:  // of several names one that is not set is enough
      return in_.flow != nullptr && (op.names.size() == 1 ? !any_bit() : any_bit_missing());
    case Kind::xbit_isset: return any_shared(1);
    case Kind::xbit_isnotset: return !any_shared(1);
    case Kind::hostbit_isset: return any_shared(2);
    case Kind::hostbit_isnotset: return !any_shared(2);
    case Kind::flowint_isset: return integer(op.names[0]).has_value();
    case Kind::flowint_isnotset: return !integer(op.names[0]).has_value();
    case Kind::flowint_compare: {
      const auto left = integer(op.names[0]);
      const auto right = op.value_name ? integer(*op.value_name) : std::optional(static_cast<std::uint32_t>(op.value));
      if (!left || !right) return false;
      switch (op.compare) {
        case Compare::equal: return *left == *right;
        case Compare::not_equal: return *left != *right;
        case Compare::less: return *left < *right;
        case Compare::less_equal: return *left <= *right;
        case Compare::greater: return *left > *right;
        case Compare::greater_equal: return *left >= *right;
        case Compare::range:
        case Compare::range_negated:
        case Compare::mask_set:
        case Compare::mask_unset: return false;
      }
      return false;
    }
    case Kind::flowvar_compare: return vars != nullptr && find(vars->capture(op.names[0]), as_bytes(op.text)) != kNotFound;
    case Kind::pktvar_compare: {
      for (std::size_t i = 0; i < ctx_.captures.count; ++i) {
        const Captures::One& one = ctx_.captures.items[i];
        if (one.kind == PcreStep::Capture::Kind::packet_variable && one.number == op.names[0] && find(one.bytes, as_bytes(op.text)) != kNotFound) return true;
      }
      return false;
    }
    case Kind::flowbit_set:
    case Kind::flowbit_unset:
    case Kind::flowbit_toggle:
    case Kind::flowint_assign:
    case Kind::flowint_add:
    case Kind::flowint_subtract:
    case Kind::xbit_set:
    case Kind::xbit_unset:
    case Kind::xbit_toggle:
    case Kind::hostbit_set:
    case Kind::hostbit_unset:
    case Kind::hostbit_toggle: return true;
  }
  return false;
}

template <class Trace>
bool InspectRun<Trace>::state_holds(const RuleHead& head) noexcept {
  for (std::uint32_t i = 0; i < head.state_conditions; ++i) {
    const StateOp& op = rules_.state_conditions[head.first_state_condition + i];
    const bool holds = state_op_holds(op);
    trace_.condition(op.option, holds);
    if (!holds) return false;
  }
  return true;
}

template <class Trace>
bool InspectRun<Trace>::conditions_hold(const RuleHead& head) noexcept {
  for (std::uint32_t i = 0; i < head.packet_conditions; ++i) {
    const PacketCondition& condition = rules_.packet_conditions[head.first_packet_condition + i];
    const bool holds = condition.check(at_, condition.data);
    trace_.condition(condition.option, holds);
    if (!holds) return false;
  }
  return true;
}

// Flow bits, integers and shared bits change at once, so that rules behind see it; thresholds come at the end.
template <class Trace>
void InspectRun<Trace>::apply(const StateOp& op) noexcept {
  using Kind = StateOp::Kind;
  const auto shared_bits = [&](std::uint64_t kind, bool set) {
    for (const std::uint32_t name : op.names) {
      if (set) d_.shared_.set_bit(op.track, kind << 32 | name, in_.view, at_.now, op.expire_s);
      else d_.shared_.clear_bit(op.track, kind << 32 | name, in_.view);
    }
  };
  switch (op.kind) {
    case Kind::xbit_set: return shared_bits(1, true);
    case Kind::xbit_unset: return shared_bits(1, false);
    case Kind::hostbit_set: return shared_bits(2, true);
    case Kind::hostbit_unset: return shared_bits(2, false);
    case Kind::xbit_toggle: return shared_bits(1, !d_.shared_.bit(op.track, std::uint64_t{1} << 32 | op.names[0], in_.view, at_.now));
    case Kind::hostbit_toggle: return shared_bits(2, !d_.shared_.bit(op.track, std::uint64_t{2} << 32 | op.names[0], in_.view, at_.now));
    default: break;
  }
  if (in_.flow == nullptr) return;
  FlowVars* vars = d_.flows_.make_vars(*in_.flow);
  if (vars == nullptr) return;
  at_.vars = vars;
  const auto right = [&]() -> std::uint32_t {
    return op.value_name ? vars->integer(*op.value_name) : static_cast<std::uint32_t>(op.value);
  };
  bool is_kept = true;
  for (const std::uint32_t name : op.names) {
    switch (op.kind) {
      case Kind::flowbit_set: is_kept &= vars->set_bit(name); break;
      case Kind::flowbit_unset: vars->clear_bit(name); break;
      case Kind::flowbit_toggle:
        if (vars->bit(name)) vars->clear_bit(name);
        else is_kept &= vars->set_bit(name);
        break;
      case Kind::flowint_assign: is_kept &= vars->set_integer(name, right()); break;
      case Kind::flowint_add: is_kept &= vars->set_integer(name, vars->integer(name) + right()); break;
      case Kind::flowint_subtract: is_kept &= vars->set_integer(name, vars->integer(name) - right()); break;
      default: break;
    }
  }
  if (!is_kept) d_.flows_.count_vars_full();
}

template <class Trace>
void InspectRun<Trace>::keep_captures() noexcept {
  for (std::size_t i = 0; i < ctx_.captures.count; ++i) {
    const Captures::One& one = ctx_.captures.items[i];
    if (one.kind != PcreStep::Capture::Kind::flow_variable || in_.flow == nullptr) continue;
    if (FlowVars* vars = d_.flows_.make_vars(*in_.flow); vars != nullptr) {
      if (!vars->set_capture(one.number, one.bytes, d_.flows_.capture_pool())) d_.flows_.count_vars_full();
      at_.vars = vars;
    }
  }
}

template <class Trace>
void InspectRun<Trace>::matched(RuleNumber rule, Transaction* tx, bool is_stream_match) noexcept {
  const RuleHead& head = rules_.heads[rule];
  ++d_.counters_.matches;
  trace_.matched();
  for (std::uint32_t i = 0; i < head.state_effects; ++i) apply(rules_.state_effects[head.first_state_effect + i]);
  if ((head.flags & rule_flag::has_captures) != 0) keep_captures();
  if (d_.queued_ == Detector::kAlertsQueued) {
    ++d_.counters_.alert_limit;
    return;
  }
  d_.queue_[d_.queued_++] = {.rule = rule, .tx_id = tx == nullptr ? 0 : tx->id, .tx = tx, .is_stream_match = is_stream_match};
}

}  // namespace hd
