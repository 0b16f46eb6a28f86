// SPDX-License-Identifier: Apache-2.0
// Contents that stand at fixed offsets of a payload: some compares instead of a scan (docs: detection 10.3).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sensor/base/bytes.hpp"
#include "sensor/match/edge_keys.hpp"

namespace hd {

struct HeadLiteral {
  std::uint16_t offset = 0;
  std::string bytes = {};  ///< not empty
  LetterCase letters = LetterCase::exact;
  std::uint32_t id = 0;    ///< the caller's; need not be unique
};

/// Per distinct offset a few masked compares, or a set of head keys when there are more. Immutable; safe to share.
class HeadTable {
 public:
  HeadTable() = default;
  explicit HeadTable(std::span<const HeadLiteral> literals);

  /// Calls on_hit(id) for each literal that stands at its offset in `payload`. Whole literals are compared.
  template <class F>
    requires std::is_nothrow_invocable_v<F&, std::uint32_t>
  void find(Bytes payload, F&& on_hit) const noexcept;

  [[nodiscard]] bool is_empty() const noexcept { return offsets_.empty(); }
  [[nodiscard]] std::size_t literal_count() const noexcept { return literal_count_; }
  [[nodiscard]] std::size_t offset_count() const noexcept { return offsets_.size(); }
  [[nodiscard]] std::size_t size_bytes() const noexcept;

 private:
  struct Direct {
    std::uint64_t mask = 0, value = 0;  ///< of the first 8 bytes, small letters
    std::uint32_t text = 0, length = 0, id = 0;
    LetterCase letters = LetterCase::exact;
  };
  struct Offset {
    std::uint32_t offset = 0, end_min = 0;     ///< end_min: payloads shorter than this hold none of its literals
    std::uint32_t first = 0, count = 0;        ///< in direct_
    std::int32_t keys = -1;                    ///< in keys_, or -1
    std::uint64_t first_bytes = 0;             ///< bit of each literal's first byte: most payloads end here
  };
  [[nodiscard]] static constexpr std::uint64_t bit_of(std::uint8_t byte) noexcept {
    return std::uint64_t{1} << (fold1(byte) % 64);
  }
  static constexpr std::size_t kDirectMax = 4;
  void add_direct(const HeadLiteral& literal);
  [[nodiscard]] static std::uint64_t head_of(Bytes rest) noexcept;
  [[nodiscard]] bool holds(const Direct& direct, Bytes rest) const noexcept;

  std::vector<Offset> offsets_ = {};  ///< ascending by end_min: the first that does not fit ends the search
  std::vector<Direct> direct_ = {};
  std::vector<EdgeKeySet> keys_ = {};
  std::string texts_ = {};
  std::size_t literal_count_ = 0;
};

template <class F>
  requires std::is_nothrow_invocable_v<F&, std::uint32_t>
void HeadTable::find(Bytes payload, F&& on_hit) const noexcept {
  for (const Offset& at : offsets_) {
    if (payload.size() < at.end_min) return;
    if ((at.first_bytes & bit_of(payload[at.offset])) == 0) continue;  // 198 → 70 ns, match_bench.cpp:Heads
    const Bytes rest = payload.subspan(at.offset);
    if (at.keys >= 0) {
      keys_[static_cast<std::size_t>(at.keys)].find(rest, on_hit);
      continue;
    }
    const std::uint64_t head = head_of(rest);
    for (const Direct& direct : std::span(direct_).subspan(at.first, at.count)) {
      if ((head & direct.mask) == direct.value && holds(direct, rest)) on_hit(direct.id);
    }
  }
}

}  // namespace hd
