// SPDX-License-Identifier: Apache-2.0
#include "sensor/detect/thresholds.hpp"

#include <algorithm>

namespace hd {
namespace {

constexpr std::uint64_t kThresholdKind = 1 << 8;
constexpr std::uint64_t kBitKind = 2 << 8;

Nanos seconds(std::uint32_t s) { return static_cast<Nanos>(s) * kSecond; }

}  // namespace

StateTable::StateTable(std::size_t entries, HashKey key) : hash_key_(key) {
  for (Shard& shard : shards_) shard.entries.resize(std::max<std::size_t>(entries / kShards, kProbes));
}

StateTable::Key StateTable::key_of(std::uint64_t kind, std::uint64_t name, StateOp::Track track, const PacketView& packet) {
  Key key{.name = name, .kind = kind | static_cast<std::uint64_t>(track)};
  switch (track) {
    case StateOp::Track::source: key.first = source_address(packet); break;
    case StateOp::Track::target: key.first = target_address(packet); break;
    case StateOp::Track::pair: {
      const Address a = source_address(packet), b = target_address(packet);
      key.first = std::min(a, b);
      key.second = std::max(a, b);
      break;
    }
    case StateOp::Track::flow:
    case StateOp::Track::tx: break;
  }
  // A host's bit is the same bit whether it was met as source or as target.
  if (kind == kBitKind && track == StateOp::Track::target) key.kind = kind | static_cast<std::uint64_t>(StateOp::Track::source);
  return key;
}

StateTable::Shard& StateTable::shard_of(const Key& key, std::size_t* slot) {
  const std::uint64_t hash = hash_bytes({reinterpret_cast<const std::uint8_t*>(&key), sizeof key}, hash_key_);
  *slot = static_cast<std::size_t>(hash >> 8);
  return shards_[hash % kShards];
}

StateTable::Entry* StateTable::find(Shard& shard, const Key& key, std::size_t slot) {
  for (std::size_t i = 0; i < kProbes; ++i) {
    Entry& entry = shard.entries[(slot + i) % shard.entries.size()];
    if (entry.is_used && entry.key == key) return &entry;
  }
  return nullptr;
}

StateTable::Entry& StateTable::find_or_make(Shard& shard, const Key& key, std::size_t slot, bool* is_new) {
  *is_new = false;
  if (Entry* entry = find(shard, key, slot); entry != nullptr) return *entry;
  Entry* chosen = nullptr;
  for (std::size_t i = 0; i < kProbes; ++i) {
    Entry& entry = shard.entries[(slot + i) % shard.entries.size()];
    if (!entry.is_used) {
      chosen = &entry;
      break;
    }
    if (chosen == nullptr || entry.until < chosen->until) chosen = &entry;
  }
  if (chosen->is_used) ++shard.full;
  *chosen = Entry{.key = key, .is_used = true};
  *is_new = true;
  return *chosen;
}

namespace {

/// The time of counting is over; or it lies ahead, since the capture's clock was set back or another capture began.
bool is_outside(PacketTime begin, PacketTime now, std::uint32_t length) { return now > begin + seconds(length) || now < begin - seconds(length); }

}  // namespace

// A rate that was passed changes the action for `timeout` seconds.
Verdict StateTable::rate(const Threshold& threshold, Entry& entry, bool is_new, PacketTime now) {
  const bool is_over = !is_new && is_outside(entry.begin, now, threshold.seconds);
  if (is_new || is_over) {
    entry.begin = now;
    entry.count = 0;
  }
  if (++entry.count > threshold.count) {
    entry.has_alerted = true;
    entry.until = now + seconds(threshold.timeout);
    return Verdict::new_action;
  }
  if (entry.has_alerted && now <= entry.until) return Verdict::new_action;
  entry.has_alerted = false;
  entry.until = now + seconds(threshold.seconds);
  return Verdict::raise;
}

Verdict StateTable::advance(const Threshold& threshold, Entry& entry, bool is_new, PacketTime now) {
  if (threshold.kind == Threshold::Kind::rate_filter) return rate(threshold, entry, is_new, now);
  const bool is_over = !is_new && threshold.kind != Threshold::Kind::backoff && is_outside(entry.begin, now, threshold.seconds);
  if (is_new || is_over) {
    entry.begin = now;
    entry.count = 0;
    entry.has_alerted = false;
    entry.next = threshold.count;
  }
  entry.until = now + seconds(threshold.seconds);
  ++entry.count;
  switch (threshold.kind) {
    case Threshold::Kind::limit: return entry.count <= threshold.count ? Verdict::raise : Verdict::silent;
    case Threshold::Kind::threshold:
      if (entry.count < threshold.count) return Verdict::silent;
      entry.count = 0;
      return Verdict::raise;
    case Threshold::Kind::both:
      if (entry.has_alerted || entry.count < threshold.count) return Verdict::silent;
      entry.has_alerted = true;
      return Verdict::raise;
    case Threshold::Kind::backoff:
      if (entry.count != entry.next) return Verdict::silent;
      entry.next = entry.next > 0xffffffffu / std::max(threshold.multiplier, 1u) ? 0 : entry.next * threshold.multiplier;
      return Verdict::raise;
    case Threshold::Kind::detection_filter: return entry.count > threshold.count ? Verdict::raise : Verdict::silent;
    case Threshold::Kind::rate_filter:
    case Threshold::Kind::none: return Verdict::raise;
    case Threshold::Kind::suppress: return Verdict::silent;
  }
  return Verdict::raise;
}

Verdict StateTable::count(const Threshold& threshold, std::uint64_t rule, const PacketView& packet, std::uint64_t flow, PacketTime now) {
  if (threshold.kind == Threshold::Kind::suppress) {
    if (!threshold.addresses) return Verdict::silent;
    const Address source = source_address(packet), target = target_address(packet);
    const bool by_source = threshold.track == Threshold::Track::by_src && threshold.addresses->contains(source);
    const bool by_target = threshold.track == Threshold::Track::by_dst && threshold.addresses->contains(target);
    const bool by_either = threshold.track == Threshold::Track::by_both && (threshold.addresses->contains(source) || threshold.addresses->contains(target));
    return by_source || by_target || by_either ? Verdict::silent : Verdict::raise;
  }
  StateOp::Track track = StateOp::Track::flow;
  switch (threshold.track) {
    case Threshold::Track::by_src: track = StateOp::Track::source; break;
    case Threshold::Track::by_dst: track = StateOp::Track::target; break;
    case Threshold::Track::by_both: track = StateOp::Track::pair; break;
    case Threshold::Track::by_rule:
    case Threshold::Track::by_flow: break;
  }
  Key key = key_of(kThresholdKind | static_cast<std::uint64_t>(threshold.kind) << 16, rule, track, packet);
  if (threshold.track == Threshold::Track::by_flow) {
    key.kind |= std::uint64_t{1} << 32;
    store(key.first.bytes.data(), flow);
  }
  std::size_t slot = 0;
  Shard& shard = shard_of(key, &slot);
  const std::lock_guard guard(shard.lock);
  bool is_new = false;
  Entry& entry = find_or_make(shard, key, slot, &is_new);
  return advance(threshold, entry, is_new, now);
}

bool StateTable::bit(StateOp::Track track, std::uint64_t name, const PacketView& packet, PacketTime now) {
  const Key key = key_of(kBitKind, name, track, packet);
  std::size_t slot = 0;
  Shard& shard = shard_of(key, &slot);
  const std::lock_guard guard(shard.lock);
  const Entry* entry = find(shard, key, slot);
  return entry != nullptr && now <= entry->until;
}

void StateTable::set_bit(StateOp::Track track, std::uint64_t name, const PacketView& packet, PacketTime now, std::uint32_t expire_s) {
  const Key key = key_of(kBitKind, name, track, packet);
  std::size_t slot = 0;
  Shard& shard = shard_of(key, &slot);
  const std::lock_guard guard(shard.lock);
  bool is_new = false;
  Entry& entry = find_or_make(shard, key, slot, &is_new);
  entry.begin = now;
  entry.until = now + seconds(expire_s == 0 ? 300 : expire_s);
}

void StateTable::clear_bit(StateOp::Track track, std::uint64_t name, const PacketView& packet) {
  const Key key = key_of(kBitKind, name, track, packet);
  std::size_t slot = 0;
  Shard& shard = shard_of(key, &slot);
  const std::lock_guard guard(shard.lock);
  if (Entry* entry = find(shard, key, slot); entry != nullptr) *entry = {};
}

void StateTable::clear() {
  for (Shard& shard : shards_) {
    const std::lock_guard guard(shard.lock);
    std::fill(shard.entries.begin(), shard.entries.end(), Entry{});
  }
}

std::uint64_t StateTable::full() const {
  std::uint64_t sum = 0;
  for (const Shard& shard : shards_) sum += shard.full;
  return sum;
}

}  // namespace hd
