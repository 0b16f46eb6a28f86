// SPDX-License-Identifier: Apache-2.0
// Thresholds, and bits of hosts and address pairs: state that crosses flows and workers (detection.md 15, 20.13).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "sensor/base/hash.hpp"
#include "sensor/base/time.hpp"
#include "sensor/lang/ir.hpp"
#include "sensor/packet/view.hpp"

namespace hd {

/// What a threshold says to an alert.
enum class Verdict : std::uint8_t {
  raise,
  silent,      ///< no alert; effects of the rule stand
  new_action,  ///< a rate filter's rate was passed: the alert bears its action
};

/// Fixed number of entries in 64 shards, each with its own lock; entered only after a rule's conditions matched.
/// When a shard is full its oldest entry goes, and `full` counts it.
class StateTable {
 public:
  explicit StateTable(std::size_t entries, HashKey key);
  StateTable(const StateTable&) = delete;
  StateTable& operator=(const StateTable&) = delete;
  StateTable(StateTable&&) = delete;
  StateTable& operator=(StateTable&&) = delete;

  /// `rule` names the counter (sid and gid); `flow` the flow for by_flow. Counts this event.
  Verdict count(const Threshold& threshold, std::uint64_t rule, const PacketView& packet, std::uint64_t flow, PacketTime now);

  /// Bits of hosts and of address pairs (either order).
  [[nodiscard]] bool bit(StateOp::Track track, std::uint64_t name, const PacketView& packet, PacketTime now);
  void set_bit(StateOp::Track track, std::uint64_t name, const PacketView& packet, PacketTime now, std::uint32_t expire_s);
  void clear_bit(StateOp::Track track, std::uint64_t name, const PacketView& packet);

  void clear();
  [[nodiscard]] std::uint64_t full() const;

 private:
  struct Key {
    Address first = {}, second = {};
    std::uint64_t name = 0;
    std::uint64_t kind = 0;
    bool operator==(const Key&) const = default;
  };
  struct Entry {
    Key key = {};
    PacketTime begin = {};
    PacketTime until = {};
    std::uint32_t count = 0;
    std::uint32_t next = 0;       // backoff: the count that alerts next
    bool is_used = false, has_alerted = false;
  };
  struct Shard {
    std::mutex lock;
    std::vector<Entry> entries;
    std::uint64_t full = 0;
  };
  static constexpr std::size_t kShards = 64;
  static constexpr std::size_t kProbes = 16;

  static Key key_of(std::uint64_t kind, std::uint64_t name, StateOp::Track track, const PacketView& packet);
  Shard& shard_of(const Key& key, std::size_t* slot);
  Entry* find(Shard& shard, const Key& key, std::size_t slot);
  Entry& find_or_make(Shard& shard, const Key& key, std::size_t slot, bool* is_new);
  static Verdict rate(const Threshold& threshold, Entry& entry, bool is_new, PacketTime now);
  static Verdict advance(const Threshold& threshold, Entry& entry, bool is_new, PacketTime now);

  HashKey hash_key_;
  std::array<Shard, kShards> shards_;
};

}  // namespace hd
