// SPDX-License-Identifier: Apache-2.0
#include "sensor/flow/table.hpp"

#include <emmintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "sensor/base/assert.hpp"

namespace hd {
namespace {

/// Tables are at most three quarters full: 8 entries a bucket of 64 B.
std::uint32_t bucket_count(std::uint32_t flows) noexcept {
  return std::bit_ceil(std::max<std::uint32_t>(flows / 6 + 1, 16));
}

constexpr std::size_t kBytesPerFlow = sizeof(FlowRecord) + 4 /* free list */ + 6 /* wheel */ + 12 /* shares */ +
                                      4 /* order */ + 22 /* buckets, at worst */;

/// One bit for each of 8 tags that equals `tag`.
unsigned tag_mask(const std::uint32_t* tags, std::uint32_t tag) noexcept {
  const __m128i wanted = _mm_set1_epi32(static_cast<int>(tag));
  __m128i low;
  __m128i high;
  std::memcpy(&low, tags, sizeof low);
  std::memcpy(&high, tags + 4, sizeof high);
  const int low_bits = _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(low, wanted)));
  const int high_bits = _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(high, wanted)));
  return static_cast<unsigned>(low_bits | high_bits << 4);
}

TimerClass class_of(std::uint8_t protocol) noexcept {
  if (protocol == ip_protocol::tcp) return TimerClass::tcp;
  if (protocol == ip_protocol::udp) return TimerClass::udp;
  if (protocol == ip_protocol::icmp || protocol == ip_protocol::icmp6) return TimerClass::icmp;
  return TimerClass::other;
}

}  // namespace

FlowTable::FlowTable(const FlowOptions& options)
    : options_(options),
      mask_(bucket_count(options.flows_max) - 1),
      bucket_pages_(sizeof(Bucket) * (std::size_t{mask_} + 1)),
      passed_(new std::uint16_t[std::size_t{mask_} + 1]()),
      records_(options.flows_max),
      vars_(options.flow_vars_max),
      captures_(options.capture_memory),
      wheel_(records_, options.flows_max),
      share_(options.flows_max, options.hash_key),
      order_(new std::uint32_t[options.flows_max]) {
  HD_ASSERT(options.flows_max > 0);
}

std::uint32_t FlowTable::flows_for(std::size_t memory) noexcept {
  const std::size_t flows = memory / kBytesPerFlow;
  return static_cast<std::uint32_t>(std::clamp<std::size_t>(flows, 16, std::size_t{1} << 28));
}

void FlowTable::hash_batch(Batch& batch) const noexcept {
  for (PacketView& view : batch.all()) {
    FlowKey key;
    view.flow = 0;
    view.hash = key.read(view, options_.vlan_tracking) ? key.hash(options_.hash_key) : 0;
    if (view.hash != 0) __builtin_prefetch(&buckets()[view.hash & mask_]);
  }
}

void FlowTable::find_batch(Batch& batch) const noexcept {
  for (PacketView& view : batch.all()) {
    if (view.hash == 0) continue;
    const Bucket& bucket = buckets()[view.hash & mask_];
    const unsigned hits = tag_mask(bucket.tags.data(), view.hash);
    if (hits == 0) continue;
    view.flow = bucket.indices[static_cast<std::size_t>(std::countr_zero(hits))];
    const FlowRecord& record = records_[Index<FlowRecord>{view.flow}];
    __builtin_prefetch(&record, 1);
    __builtin_prefetch(&record.start, 1);
  }
}

FlowTable::Hit FlowTable::find(const FlowKey& key, std::uint32_t hash, std::uint32_t guess) const noexcept {
  // A guess is from the beginning of the batch: its flow may have ended since, so the whole key is compared.
  if (guess != 0) {
    const KeyMatch fit = match(records_[Index<FlowRecord>{guess}], key);
    if (fit != KeyMatch::none) return {guess, fit};
  }
  for (std::uint32_t i = 0; i < kProbeMax; ++i) {
    const std::uint32_t at = (hash + i) & mask_;
    const Bucket& bucket = buckets()[at];
    for (unsigned hits = tag_mask(bucket.tags.data(), hash); hits != 0; hits &= hits - 1) {
      const std::uint32_t index = bucket.indices[static_cast<std::size_t>(std::countr_zero(hits))];
      const KeyMatch fit = match(records_[Index<FlowRecord>{index}], key);
      if (fit != KeyMatch::none) return {index, fit};
    }
    if (passed_[at] == 0) break;
  }
  return {};
}

bool FlowTable::has_room(std::uint32_t hash) const noexcept {
  for (std::uint32_t i = 0; i < kProbeMax; ++i) {
    if (tag_mask(buckets()[(hash + i) & mask_].tags.data(), 0) != 0) return true;
  }
  return false;
}

bool FlowTable::insert(std::uint32_t hash, std::uint32_t index) noexcept {
  for (std::uint32_t i = 0; i < kProbeMax; ++i) {
    const std::uint32_t at = (hash + i) & mask_;
    Bucket& bucket = buckets()[at];
    const unsigned free = tag_mask(bucket.tags.data(), 0);
    if (free == 0) {
      ++passed_[at];
      continue;
    }
    const auto slot = static_cast<std::size_t>(std::countr_zero(free));
    bucket.tags[slot] = hash;
    bucket.indices[slot] = index;
    return true;
  }
  return false;
}

void FlowTable::erase(std::uint32_t hash, std::uint32_t index) noexcept {
  for (std::uint32_t i = 0; i < kProbeMax; ++i) {
    const std::uint32_t at = (hash + i) & mask_;
    Bucket& bucket = buckets()[at];
    for (unsigned hits = tag_mask(bucket.tags.data(), hash); hits != 0; hits &= hits - 1) {
      const auto slot = static_cast<std::size_t>(std::countr_zero(hits));
      if (bucket.indices[slot] != index) continue;
      bucket.tags[slot] = 0;
      bucket.indices[slot] = 0;
      return;
    }
    --passed_[at];
  }
  HD_ASSERT(false);  // a flow that is not in its own buckets
}

FlowRecord& FlowTable::create(const FlowKey& key, const PacketView& view, Index<FlowRecord> index) noexcept {
  FlowRecord& flow = records_[index];
  flow.client = key.source;
  flow.server = key.target;
  flow.client_port = key.source_port;
  flow.server_port = key.target_port;
  flow.vlan = key.vlan;
  flow.protocol = key.protocol;
  if (key.protocol == ip_protocol::icmp || key.protocol == ip_protocol::icmp6) {
    const std::uint8_t* message = view.transport();
    flow.client_port = load_be16(message);  // type and code
    const bool has_identifier = std::size_t{view.l4} + 6 <= view.caplen;
    flow.server_port = has_identifier ? load_be16(message + 4) : std::uint16_t{0};
  }
  flow.timer_class = static_cast<std::uint8_t>(class_of(key.protocol));
  flow.start = view.time;
  flow.last_seen = view.time;
  flow.hash = view.hash;
  flow.serial = ++serial_;
  const bool was_inserted = insert(view.hash, index.value);
  HD_ASSERT(was_inserted);
  wheel_.start(view.time);
  wheel_.add(index, deadline(flow));
  share_.add(index.value, share_.class_of(flow.client));
  ++counters_.created;
  ++counters_.created_class[flow.timer_class];
  counters_.active_max = std::max(counters_.active_max, records_.used());
  return flow;
}

FlowStep FlowTable::update(FlowRecord& flow, const PacketView& view) noexcept {
  FlowStep step;
  const auto direction = hd::index_of(view.direction);
  const bool is_error = view.protocol == ip_protocol::icmp && flow.protocol != ip_protocol::icmp;
  const std::uint16_t seen = view.direction == Direction::to_server ? flow_flag::seen_to_server : flow_flag::seen_to_client;
  step.was_established = flow.state == FlowState::established;
  // An ICMP error about this flow is no packet of the other side.
  if (!flow.has(seen) && !is_error) {
    step.is_first_in_direction = true;
    flow.set(seen);
  }
  ++flow.packets[direction];
  flow.bytes[direction] += view.wirelen;
  flow.last_seen = std::max(flow.last_seen, view.time);
  if (flow.protocol != ip_protocol::tcp && flow.state == FlowState::fresh && flow.seen_both()) {
    flow.state = FlowState::established;  // ends later than before: the wheel finds out by itself
  }
  return step;
}

void FlowTable::set_state(FlowRecord& flow, FlowState state) noexcept {
  if (flow.state == state) return;
  const PacketTime before = deadline(flow);
  flow.state = state;
  const PacketTime after = deadline(flow);
  if (after >= before) return;
  const Index<FlowRecord> index = records_.index_of(flow);
  if (wheel_.contains(index)) wheel_.rearm(index, after);
}

void FlowTable::swap_directions(FlowRecord& flow) noexcept {
  std::swap(flow.client, flow.server);
  std::swap(flow.client_port, flow.server_port);
  std::swap(flow.bytes[0], flow.bytes[1]);
  std::swap(flow.packets[0], flow.packets[1]);
  std::swap(flow.address_class[0], flow.address_class[1]);
  const std::uint16_t old = flow.flags;
  constexpr std::uint16_t kPairs = flow_flag::seen_to_server | flow_flag::seen_to_client |
                                   flow_flag::ip_rules_to_server | flow_flag::ip_rules_to_client;
  flow.flags = static_cast<std::uint16_t>(flow.flags & ~kPairs);
  if ((old & flow_flag::seen_to_server) != 0) flow.set(flow_flag::seen_to_client);
  if ((old & flow_flag::seen_to_client) != 0) flow.set(flow_flag::seen_to_server);
  if ((old & flow_flag::ip_rules_to_server) != 0) flow.set(flow_flag::ip_rules_to_client);
  if ((old & flow_flag::ip_rules_to_client) != 0) flow.set(flow_flag::ip_rules_to_server);
  flow.flags = static_cast<std::uint16_t>(flow.flags ^ flow_flag::reversed);
}

std::uint32_t FlowTable::victim(FlowEnd& why) noexcept {
  const std::uint16_t greedy = share_.greediest();
  const std::uint64_t allowed = std::uint64_t{records_.capacity()} * options_.share_percent / 100;
  if (share_.count(greedy) > allowed) {
    why = FlowEnd::evicted_share;
    return share_.youngest(greedy);
  }
  why = FlowEnd::evicted_oldest;
  // The wheel is lazy: a flow at its front may have lived on. A few are put where they belong, then one goes.
  constexpr int kLooks = 16;
  for (int i = 0; i < kLooks; ++i) {
    const Index<FlowRecord> index = wheel_.first();
    if (!wheel_.rearm(index, deadline(records_[index]))) break;
  }
  return wheel_.first().value;
}

std::uint32_t FlowTable::probe_victim(std::uint32_t hash) const noexcept {
  const Bucket& bucket = buckets()[hash & mask_];
  std::uint32_t oldest = bucket.indices[0];
  for (const std::uint32_t index : bucket.indices) {
    if (records_[Index<FlowRecord>{index}].last_seen < records_[Index<FlowRecord>{oldest}].last_seen) oldest = index;
  }
  return oldest;
}

void FlowTable::release(FlowRecord& flow, FlowEnd why) noexcept {
  const Index<FlowRecord> index = records_.index_of(flow);
  ++counters_.ended[static_cast<std::size_t>(why)];
  ++counters_.ended_state[static_cast<std::size_t>(flow.state)];
  if (flow.vars) {
    vars_[flow.vars].drop(captures_);
    vars_.release(flow.vars);
  }
  wheel_.remove(index);
  share_.remove(index.value);
  erase(flow.hash, index.value);
  flow.protocol = 0;  // so that a guess from before does not fit any more
  records_.release(index);
}

std::uint32_t FlowTable::collect() noexcept {
  std::uint32_t count = 0;
  for (std::uint32_t at = 0; at <= mask_; ++at) {
    for (const std::uint32_t index : buckets()[at].indices) {
      if (index != 0) order_[count++] = index;
    }
  }
  std::sort(order_.get(), order_.get() + count, [this](std::uint32_t left, std::uint32_t right) {
    return records_[Index<FlowRecord>{left}].serial < records_[Index<FlowRecord>{right}].serial;
  });
  return count;
}

FlowVars* FlowTable::make_vars(FlowRecord& flow) noexcept {
  if (!flow.vars) {
    flow.vars = vars_.acquire();
    if (!flow.vars) {
      ++counters_.vars_full;
      return nullptr;
    }
  }
  return &vars_[flow.vars];
}

}  // namespace hd
