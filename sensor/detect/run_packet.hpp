// SPDX-License-Identifier: Apache-2.0
// Rules on packets and stream windows.
#pragma once

#include "sensor/detect/run_head.hpp"

namespace hd {

template <class Trace>
void InspectRun<Trace>::begin_candidates() noexcept {
  d_.candidates_.clear();
  if (++d_.seen_stamp_ == 0) {
    std::fill(d_.seen_.begin(), d_.seen_.end(), 0u);
    d_.seen_stamp_ = 1;
  }
}

// A rule that a prefilter named: kept when its head holds. Each rule once.
template <class Trace>
void InspectRun<Trace>::candidate(RuleNumber rule) noexcept {
  if (d_.seen_[rule] == d_.seen_stamp_) return;
  d_.seen_[rule] = d_.seen_stamp_;
  if constexpr (Trace::kOn) trace_.begin(rule, at_);
  const bool holds = head_holds(rule);
  if constexpr (Trace::kOn) trace_.end();
  if (!holds) return;
  d_.candidates_.push_back(rule);  // reserved for every rule
}

template <class Trace>
void InspectRun<Trace>::candidates(std::span<const RuleNumber> rules) noexcept {
  for (const RuleNumber rule : rules) candidate(rule);
}

// Once per flow and direction, before all other rules; packets without a flow each time (detection.md 20).
template <class Trace>
void InspectRun<Trace>::address_only_rules() noexcept {
  const AddressOnlyIndex& index = rules_.address_only;
  if (index.by_source.empty() && index.everywhere.empty()) return;
  if (in_.is_flow_end || group_ == PacketGroup::no_ip) return;
  if (in_.flow != nullptr) {
    const std::uint16_t done = at_.direction == Direction::to_server ? flow_flag::ip_rules_to_server : flow_flag::ip_rules_to_client;
    if (in_.flow->has(done)) return;
    in_.flow->set(done);
  }
  begin_candidates();
  candidates(index.everywhere);
  if (!index.by_source.empty()) {
    candidates(index.by_source[rules_.addresses.class_of(source_address(in_.view).bytes)]);
    candidates(index.by_target[rules_.addresses.class_of(target_address(in_.view).bytes)]);
  }
  std::sort(d_.candidates_.begin(), d_.candidates_.end());
  for (const RuleNumber rule : d_.candidates_) {
    if (state_holds(rules_.heads[rule]) && conditions_hold(rules_.heads[rule])) matched(rule, nullptr, false);
  }
}

template <class Trace>
void InspectRun<Trace>::gather_payload(const PayloadMatchers& matchers, Bytes payload) noexcept {
  if (!matchers.heads.is_empty()) {
    matchers.heads.find(payload, [&](std::uint32_t id) noexcept {
      ++d_.counters_.hits;
      candidates(matchers.head_lists.of(id));
    });
  }
  if (matchers.literals != nullptr) {
    matchers.literals->scan(payload, d_.literal_scratch_, [&](std::uint32_t id, std::size_t) noexcept {
      ++d_.counters_.hits;
      candidates(matchers.literal_lists.of(id));
    });
  }
  if (matchers.early != nullptr) {
    matchers.early->scan(payload, d_.literal_scratch_, [&](std::uint32_t id, std::size_t) noexcept {
      ++d_.counters_.hits;
      candidates(matchers.early_lists.of(id));
    });
  }
}

// --why asks about its rule even where no literal of it was seen, to be able to say which one is missing.
template <class Trace>
void InspectRun<Trace>::traced_candidates(RuleKind kind) noexcept {
  if constexpr (Trace::kOn) {
    for (const RuleNumber rule : trace_.targets()) {
      if (rules_.heads[rule].kind == kind) candidate(rule);
    }
  }
}

template <class Trace>
void InspectRun<Trace>::gather_packet_candidates() noexcept {
  begin_candidates();
  traced_candidates(RuleKind::packet);
  const unsigned direction = index_of(at_.direction);
  const AlwaysLists& always = rules_.always[static_cast<std::size_t>(group_)][direction];
  if (!in_.is_window_only) {
    candidates(always.every_packet);
    if (in_.view.events != 0) candidates(always.decode_events);
    if (in_.stream_events != nullptr && !in_.stream_events->empty()) candidates(always.stream_events);
  }
  const Bytes payload = in_.view.payload_bytes();
  const bool skips_payload = in_.flow != nullptr && in_.flow->has(flow_flag::no_payload);
  const bool has_packet_payload = !payload.empty() && !in_.is_flow_end && !in_.is_window_only && !skips_payload;
  if (!has_packet_payload && !in_.has_window) return;
  candidates(always.with_payload);
  const PayloadGroup& group = rules_.payload[static_cast<std::size_t>(group_)][direction];
  if (has_packet_payload) {
    gather_payload(group.packet, payload);
    if (!in_.is_in_stream) gather_payload(group.stream, payload);
  }
  if (in_.has_window) {
    ++d_.counters_.windows;
    gather_payload(group.stream, in_.window);
  }
}

// The window first, then the packet, at most one match (detection.md 20.2).
template <class Trace>
bool InspectRun<Trace>::payload_holds(const RuleHead& head, const ConfirmProgram& program, bool* is_stream_match) noexcept {
  if ((head.flags & rule_flag::on_stream) != 0 && in_.has_window) {
    trace_.buffer(0, in_.window, true);
    if (confirm(program, in_.window, ctx_, trace_)) {
      *is_stream_match = true;
      return true;
    }
  }
  if (in_.is_flow_end || in_.is_window_only) return false;
  if ((head.flags & rule_flag::on_stream) != 0 && (head.flags & rule_flag::on_packet) == 0 && in_.is_in_stream) return false;
  if ((head.flags & rule_flag::only_stream) != 0 && !in_.is_in_stream && in_.view.protocol == ip_protocol::tcp) return false;
  const Bytes payload = in_.view.payload_bytes();
  if (in_.flow != nullptr && in_.flow->has(flow_flag::no_payload)) return false;
  if (payload.empty() && (head.flags & rule_flag::needs_payload) != 0) return false;
  trace_.buffer(0, payload, true);
  return confirm(program, payload, ctx_, trace_);
}

template <class Trace>
bool InspectRun<Trace>::packet_rule_holds(const RuleHead& head, bool* is_stream_match) noexcept {
  if (!state_holds(head) || !conditions_hold(head)) return false;
  ctx_.captures.count = 0;
  ctx_.base64 = nullptr;
  if ((head.flags & rule_flag::has_base64) != 0) {
    for (std::uint32_t i = 0; i < head.list_count; ++i) {
      const CompiledList& list = rules_.lists[head.first_list + i];
      if (rules_.buffers[list.buffer].kind == BufferRef::Kind::base64) ctx_.base64 = &list.program;
    }
  }
  for (std::uint32_t i = 0; i < head.list_count; ++i) {
    const CompiledList& list = rules_.lists[head.first_list + i];
    const CompiledBuffer& buffer = rules_.buffers[list.buffer];
    if (buffer.kind == BufferRef::Kind::base64) continue;
    if (buffer.kind == BufferRef::Kind::payload) {
      if (!payload_holds(head, list.program, is_stream_match)) return false;
      continue;
    }
    Bytes bytes;
    const bool is_there = buffer.packet->get(at_, bytes);
    for (const TransformUse& use : buffer.transforms) bytes = apply_transform(use, bytes, d_.scratch_, d_.regex_scratch_);
    trace_.buffer(list.buffer, bytes, is_there);
    if (is_there ? !confirm(list.program, bytes, ctx_, trace_) : !list.accepts_missing) return false;
  }
  return true;
}

template <class Trace>
void InspectRun<Trace>::packet_rules() noexcept {
  d_.counters_.candidates += d_.candidates_.size();
  std::sort(d_.candidates_.begin(), d_.candidates_.end());
  for (const RuleNumber rule : d_.candidates_) {
    const RuleHead& head = rules_.heads[rule];
    if (head.kind != RuleKind::packet) continue;
    bool is_stream_match = false;
    if constexpr (Trace::kOn) trace_.begin(rule, at_);
    if (packet_rule_holds(head, &is_stream_match)) matched(rule, nullptr, is_stream_match);
    if constexpr (Trace::kOn) trace_.end();
  }
}

}  // namespace hd
