// SPDX-License-Identifier: Apache-2.0
// Rules on transactions: each direction of each transaction, in the order of ids, buffers as they become complete.
#pragma once

#include "sensor/detect/run_packet.hpp"

namespace hd {

template <class Trace>
StoredRule* InspectRun<Trace>::stored_of(Transaction& tx, RuleNumber rule) noexcept {
  if (tx.detect == nullptr) return nullptr;
  for (StoredRule* one = tx.detect->first[index_of(at_.direction)]; one != nullptr; one = one->next) {
    if (one->rule == rule && one->ruleset_version == rules_.version) return one;
  }
  return nullptr;
}

template <class Trace>
StoredRule* InspectRun<Trace>::store(Transaction& tx, RuleNumber rule) noexcept {
  if (tx.detect == nullptr) tx.detect = tx.arena.make<DetectTx>();
  StoredRule* one = tx.detect == nullptr ? nullptr : tx.arena.make<StoredRule>();
  if (one == nullptr) {
    ++d_.counters_.state_limit;
    return nullptr;
  }
  one->rule = rule;
  one->ruleset_version = rules_.version;
  one->next = tx.detect->first[index_of(at_.direction)];
  tx.detect->first[index_of(at_.direction)] = one;
  return one;
}

// Each getter runs once a packet; what it gave is kept by (transaction, buffer, direction, instance). When the slots are
// exhausted by an odd packet the oldest of a neighbourhood gives way, and its getter runs again.
template <class Trace>
const Buffer* InspectRun<Trace>::fetch(Transaction& tx, BufferId id, const BufferSpec& spec, Direction direction, unsigned instance) noexcept {
  const std::size_t hash = (reinterpret_cast<std::uintptr_t>(&tx) >> 4) * 31 + id * 7u + instance * 131u + index_of(direction);
  Detector::CachedBuffer* slot = nullptr;
  for (std::size_t i = 0; i < 8; ++i) {
    Detector::CachedBuffer& one = d_.buffers_[(hash + i) % Detector::kBufferSlots];
    if (one.stamp == d_.buffer_stamp_) {
      if (one.tx == &tx && one.buffer == id && one.direction == direction && one.instance == instance) return one.is_there ? &one.value : nullptr;
    } else if (slot == nullptr) {
      slot = &one;
    }
  }
  if (slot == nullptr) slot = &d_.buffers_[hash % Detector::kBufferSlots];
  const CompiledBuffer& buffer = rules_.buffers[id];
  Detector::CachedBuffer made{.stamp = d_.buffer_stamp_, .tx = &tx, .buffer = id, .instance = static_cast<std::uint16_t>(instance), .direction = direction};
  if (buffer.transforms.empty()) {
    const BufferRequest request{.direction = direction, .instance = instance, .is_flow_end = in_.is_flow_end, .scratch = &d_.scratch_};
    made.is_there = spec.get(tx, request, made.value);
  } else if (const Buffer* base = fetch(tx, buffer.base, spec, direction, instance); base != nullptr) {
    made.is_there = true;
    made.value = *base;
    for (const TransformUse& use : buffer.transforms) made.value.bytes = apply_transform(use, made.value.bytes, d_.scratch_, d_.regex_scratch_);
  }
  *slot = made;
  return slot->is_there ? &slot->value : nullptr;
}

// Looks for literals in every buffer that has become complete since the last visit, and in bodies as they grow.
template <class Trace>
void InspectRun<Trace>::prefilter(Transaction& tx, const TransactionGroup& group) noexcept {
  const Direction direction = at_.direction;
  const std::uint8_t progress = tx.progress[index_of(direction)];
  std::uint64_t& done = tx.prefiltered[index_of(direction)];
  const AppProtocol protocol = in_.app->protocol;
  for (const TransactionGroup::Engine& engine : group.engines) {
    if (engine.progress > progress) break;  // sorted by progress
    const std::uint64_t bit = std::uint64_t{1} << engine.bit;
    if (engine.bit != 63 && (done & bit) != 0) continue;
    const BufferSpec& spec = *rules_.buffers[engine.buffer].by_protocol[static_cast<std::size_t>(protocol)];
    const BufferGroup& matchers = rules_.buffer_groups[engine.group];
    bool is_final = true;
    for (unsigned instance = 0; instance < 1024; ++instance) {
      const Buffer* buffer = fetch(tx, engine.buffer, spec, direction, instance);
      if (buffer == nullptr) {
        if (instance == 0 && engine.is_growing) is_final = false;
        break;
      }
      is_final = is_final && buffer->is_final;
      const auto on_edge = [&](std::uint32_t id) noexcept {
        ++d_.counters_.hits;
        candidates(matchers.edge_lists.of(id));
      };
      if (!matchers.tails.is_empty()) matchers.tails.find(buffer->bytes, on_edge);
      if (!matchers.heads.is_empty()) matchers.heads.find(buffer->bytes, on_edge);
      if (matchers.literals != nullptr) {
        matchers.literals->scan(buffer->bytes, d_.literal_scratch_, [&](std::uint32_t id, std::size_t) noexcept {
          ++d_.counters_.hits;
          candidates(matchers.literal_lists.of(id));
        });
      }
      if (!spec.is_multi) break;
    }
    if (!engine.is_growing || is_final) done |= bit;
  }
}

template <class Trace>
typename InspectRun<Trace>::Outcome InspectRun<Trace>::buffer_outcome(Transaction& tx, const CompiledList& list, const BufferSpec& spec,
                                                                      Direction direction) noexcept {
  if (tx.progress[index_of(direction)] < spec.progress[index_of(direction)]) {
    trace_.waiting(list.buffer);
    return Outcome::not_yet;
  }
  bool is_final = true;
  unsigned instance = 0;
  for (; instance < 1024; ++instance) {
    const Buffer* buffer = fetch(tx, list.buffer, spec, direction, instance);
    if (buffer == nullptr) break;
    trace_.buffer(list.buffer, buffer->bytes, true);
    if (confirm(list.program, buffer->bytes, ctx_, trace_)) return Outcome::match;
    is_final = is_final && buffer->is_final;
    if (!spec.is_multi) {
      ++instance;
      break;
    }
  }
  const bool is_over = tx.progress[index_of(direction)] >= in_.app->spec->complete[index_of(direction)] || in_.is_flow_end;
  if (instance == 0) {
    trace_.buffer(list.buffer, {}, false);
    if (list.accepts_missing && (!spec.is_growing || is_over)) return Outcome::match;
    return spec.is_growing && !is_over ? Outcome::not_yet : Outcome::never;
  }
  return spec.is_growing && (!is_final || !is_over) ? Outcome::not_yet : Outcome::never;
}

// Lists of the other direction are another visit's business, but for rules on request and response together.
template <class Trace>
bool InspectRun<Trace>::is_asked_here(const RuleHead& head, const CompiledList& list) const noexcept {
  const CompiledBuffer& buffer = rules_.buffers[list.buffer];
  if (buffer.kind == BufferRef::Kind::base64) return false;
  if (buffer.kind != BufferRef::Kind::app) return true;
  const BufferSpec* spec = buffer.by_protocol[static_cast<std::size_t>(in_.app->protocol)];
  if (spec == nullptr) return true;  // list_outcome answers never
  return contains(spec->directions, at_.direction) || (head.flags & rule_flag::both_ways) != 0;
}

template <class Trace>
typename InspectRun<Trace>::Outcome InspectRun<Trace>::list_outcome(Transaction& tx, const RuleHead& head, const CompiledList& list) noexcept {
  const CompiledBuffer& buffer = rules_.buffers[list.buffer];
  switch (buffer.kind) {
    case BufferRef::Kind::payload: {
      bool is_stream_match = false;
      return payload_holds(head, list.program, &is_stream_match) ? Outcome::match : Outcome::not_yet;
    }
    case BufferRef::Kind::packet: {
      Bytes bytes;
      const bool is_there = buffer.packet->get(at_, bytes);
      for (const TransformUse& use : buffer.transforms) bytes = apply_transform(use, bytes, d_.scratch_, d_.regex_scratch_);
      trace_.buffer(list.buffer, bytes, is_there);
      return (is_there ? confirm(list.program, bytes, ctx_, trace_) : list.accepts_missing) ? Outcome::match : Outcome::never;
    }
    case BufferRef::Kind::base64: return Outcome::match;
    case BufferRef::Kind::app: break;
  }
  const BufferSpec* spec = buffer.by_protocol[static_cast<std::size_t>(in_.app->protocol)];
  if (spec == nullptr) return Outcome::never;
  const Direction direction = contains(spec->directions, at_.direction) ? at_.direction : opposite(at_.direction);
  return buffer_outcome(tx, list, *spec, direction);
}

template <class Trace>
void InspectRun<Trace>::transaction_rule(Transaction& tx, RuleNumber rule, StoredRule* stored) noexcept {
  const RuleHead& head = rules_.heads[rule];
  if (stored == nullptr && (!state_holds(head) || !conditions_hold(head))) return;
  ctx_.captures.count = 0;
  ctx_.base64 = nullptr;
  if ((head.flags & rule_flag::has_base64) != 0) {
    for (std::uint32_t i = 0; i < head.list_count; ++i) {
      const CompiledList& list = rules_.lists[head.first_list + i];
      if (rules_.buffers[list.buffer].kind == BufferRef::Kind::base64) ctx_.base64 = &list.program;
    }
  }
  std::uint32_t bits = stored == nullptr ? 0 : stored->matched;
  unsigned asked = 0;
  bool waits = false, never = false;
  const auto note = [&](unsigned bit, Outcome outcome) {
    if (outcome == Outcome::match) bits |= 1u << bit;
    else if (outcome == Outcome::not_yet) waits = true;
    else never = true;
  };
  for (std::uint32_t i = 0; i < head.list_count && !never && !waits; ++i) {
    const CompiledList& list = rules_.lists[head.first_list + i];
    if (!is_asked_here(head, list)) continue;
    ++asked;
    if ((bits >> i & 1) == 0) note(i, list_outcome(tx, head, list));
  }
  const unsigned direction = index_of(at_.direction);
  const bool is_over = tx.progress[direction] >= in_.app->spec->complete[direction] || in_.is_flow_end;
  for (std::uint32_t i = 0; i < head.transaction_conditions && !never && !waits; ++i) {
    const TransactionCondition& condition = rules_.transaction_conditions[head.first_transaction_condition + i];
    if (condition.protocol != AppProtocol::unknown && condition.protocol != in_.app->protocol) {
      never = true;
      break;
    }
    if (!contains(condition.directions, at_.direction)) continue;
    ++asked;
    const unsigned bit = 31 - (i < 8 ? i : 8);
    if ((bits >> bit & 1) != 0) continue;
    const bool holds = tx.progress[direction] >= condition.progress[direction] && condition.check(at_, condition.data);
    trace_.condition(condition.option, holds);
    note(bit, holds ? Outcome::match : is_over ? Outcome::never : Outcome::not_yet);
  }
  if (asked == 0) return;
  if (never) {
    if (stored != nullptr) stored->is_done = true;
    return;
  }
  if (waits) {
    if (bits == 0) return;
    if (stored == nullptr) stored = store(tx, rule);
    if (stored != nullptr) stored->matched = bits;
    return;
  }
  if (stored == nullptr) stored = store(tx, rule);
  if (stored != nullptr) stored->is_done = true;
  matched(rule, &tx, false);
}

template <class Trace>
void InspectRun<Trace>::transaction(Transaction& tx, const TransactionGroup& group) noexcept {
  ++d_.counters_.transactions;
  at_.tx = &tx;
  begin_candidates();
  traced_candidates(RuleKind::transaction);
  candidates(group.always);
  prefilter(tx, group);
  if (tx.detect != nullptr) {
    for (StoredRule* one = tx.detect->first[index_of(at_.direction)]; one != nullptr; one = one->next) {
      if (!one->is_done && one->ruleset_version == rules_.version) candidate(one->rule);
    }
  }
  d_.counters_.candidates += d_.candidates_.size();
  std::sort(d_.candidates_.begin(), d_.candidates_.end());
  for (const RuleNumber rule : d_.candidates_) {
    if (rules_.heads[rule].kind != RuleKind::transaction) continue;
    StoredRule* stored = stored_of(tx, rule);
    if (stored != nullptr && stored->is_done) continue;
    if constexpr (Trace::kOn) trace_.begin(rule, at_);
    transaction_rule(tx, rule, stored);
    if constexpr (Trace::kOn) trace_.end();
  }
  at_.tx = nullptr;
}

template <class Trace>
void InspectRun<Trace>::transactions() noexcept {
  if (in_.app == nullptr || in_.app->spec == nullptr) return;
  const unsigned direction = index_of(at_.direction);
  const TransactionGroup& group = rules_.transactions[static_cast<std::size_t>(in_.app->protocol)][direction];
  const bool has_rules = Trace::kOn || !group.engines.empty() || !group.always.empty();
  for (Transaction* tx = in_.app->first; tx != nullptr; tx = tx->next) {
    if (tx->is_inspected[direction]) continue;
    const bool is_over = tx->progress[direction] >= in_.app->spec->complete[direction] || in_.is_flow_end;
    if (has_rules && !tx->is_skipped[direction]) transaction(*tx, group);
    if (is_over) tx->is_inspected[direction] = true;
  }
}

}  // namespace hd
