// SPDX-License-Identifier: Apache-2.0
// Literals that end at a buffer's end, or start at its start: names of hosts, exact values (docs: detection 4).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sensor/base/bytes.hpp"
#include "sensor/match/fold.hpp"

namespace hd {

/// One literal of an edge set.
struct EdgeLiteral {
  std::string bytes = {};                    ///< not empty
  LetterCase letters = LetterCase::exact;
  bool is_whole = false;                     ///< the buffer must have nothing else (exact)
  bool has_dot_prefix = false;               ///< compared with "." + buffer (transform dotprefix)
  std::uint32_t id = 0;                      ///< the caller's; need not be unique
};

enum class Edge : std::uint8_t { head, tail };

/// The key of a literal is its last (tail) or first (head) 8, 4, 3, 2 or 1 bytes with small letters; a bit filter stands
/// before a hash table of keys, and each candidate is compared whole. Immutable; safe to share.
class EdgeKeySet {
 public:
  EdgeKeySet();
  /// Cost: sorting. A literal that cannot match (dot prefix and whole, without a dot in front) is left out.
  EdgeKeySet(Edge edge, std::span<const EdgeLiteral> literals);

  /// Calls on_hit(id) for each literal that holds. 8 ns for a name that hits nothing, with 7,000 literals
  /// (bench/match_bench.cpp:TailKeys).
  template <class F>
    requires std::is_nothrow_invocable_v<F&, std::uint32_t>
  void find(Bytes buffer, F&& on_hit) const noexcept {
    for (const Entry& entry : always_) {
      if (holds(entry, buffer)) on_hit(entry.id);
    }
    for (const KeyTable& table : tables_) {
      if (buffer.size() < table.width) continue;
      const std::uint64_t key = key_of(buffer, table.width);
      const Slot* slot = look_up(table, key);
      if (slot != nullptr) visit(*slot, buffer, on_hit);
    }
  }
  [[nodiscard]] bool is_empty() const noexcept { return entries_.empty() && always_.empty(); }
  [[nodiscard]] std::size_t literal_count() const noexcept { return entries_.size() + always_.size(); }
  [[nodiscard]] std::size_t size_bytes() const noexcept;
  /// Length of the shortest literal: shorter buffers need not be shown.
  [[nodiscard]] std::size_t length_min() const noexcept { return length_min_; }

 private:
  struct Entry {
    std::uint64_t next_key = 0;     ///< the 8 bytes beyond the key, small letters; 0 when there are fewer
    std::uint32_t text = 0;         ///< in texts_
    std::uint32_t id = 0;
    std::uint32_t length = 0;
    std::uint8_t flags = 0;
  };
  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t first = 0;         ///< in entries_: those too short for next_key, then those with it, sorted by it
    std::uint32_t short_count = 0;
    std::uint32_t long_count = 0;
  };
  struct KeyTable {
    std::uint32_t width = 8;         ///< bytes of the key
    std::uint32_t filter_shift = 64;
    std::uint32_t slot_shift = 64;
    std::vector<std::uint64_t> filter = {};
    std::vector<Slot> slots = {};    ///< open addressing, at most half full; both counts 0: free
  };
  static constexpr std::uint8_t kFolded = 1, kWhole = 2, kLabel = 4;
  static constexpr std::uint32_t kLinearMax = 8;
  static constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15u;  ///< 2^64 / golden ratio: high bits depend on all

  void fill(KeyTable& table, std::span<const std::pair<std::uint64_t, Slot>> slots);

  [[nodiscard]] std::uint64_t key_of(Bytes buffer, std::uint32_t width) const noexcept;
  [[nodiscard]] static const Slot* look_up(const KeyTable& table, std::uint64_t key) noexcept;
  [[nodiscard]] bool holds(const Entry& entry, Bytes buffer) const noexcept;
  [[nodiscard]] std::uint64_t next_key_of(Bytes text) const noexcept;
  [[nodiscard]] std::span<const Entry> long_candidates(const Slot& slot, Bytes buffer) const noexcept;
  template <class F>
  void visit(const Slot& slot, Bytes buffer, F& on_hit) const noexcept;

  Edge edge_ = Edge::tail;
  std::size_t length_min_ = 0;
  std::vector<KeyTable> tables_ = {};
  std::vector<Entry> entries_ = {};
  std::vector<Entry> always_ = {};  ///< nothing left of the literal but its dot: no key
  std::string texts_ = {};
};

inline std::uint64_t EdgeKeySet::key_of(Bytes buffer, std::uint32_t width) const noexcept {
  const std::uint8_t* at = edge_ == Edge::head ? buffer.data() : buffer.data() + buffer.size() - width;
  switch (width) {
    case 8: return fold8(load<std::uint64_t>(at));
    case 4: return fold8(load<std::uint32_t>(at));
    case 3: return fold8(std::uint64_t{load<std::uint16_t>(at)} | std::uint64_t{at[2]} << 16);
    case 2: return fold8(load<std::uint16_t>(at));
    default: return fold1(at[0]);
  }
}

inline const EdgeKeySet::Slot* EdgeKeySet::look_up(const KeyTable& table, std::uint64_t key) noexcept {
  const std::uint64_t hash = key * kSpread;
  const std::uint64_t bit = hash >> table.filter_shift;
  if ((table.filter[bit / 64] >> (bit % 64) & 1) == 0) return nullptr;
  const std::size_t mask = table.slots.size() - 1;
  for (std::size_t at = hash >> table.slot_shift;; ++at) {
    const Slot& slot = table.slots[at & mask];
    if (slot.short_count + slot.long_count == 0) return nullptr;
    if (slot.key == key) return &slot;
  }
}

template <class F>
void EdgeKeySet::visit(const Slot& slot, Bytes buffer, F& on_hit) const noexcept {
  for (const Entry& entry : std::span(entries_).subspan(slot.first, slot.short_count)) {
    if (holds(entry, buffer)) on_hit(entry.id);
  }
  if (slot.long_count == 0) return;
  for (const Entry& entry : long_candidates(slot, buffer)) {
    if (holds(entry, buffer)) on_hit(entry.id);
  }
}

}  // namespace hd
