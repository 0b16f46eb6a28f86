// SPDX-License-Identifier: Apache-2.0
// Oddities of headers, as bits of one packet.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hd {

enum class DecodeEvent : std::uint16_t {
#define HD_DECODE_EVENT(enumerator, name, invalid) enumerator,
#include "sensor/packet/events.def"
#undef HD_DECODE_EVENT
  count
};
inline constexpr std::size_t kDecodeEvents = static_cast<std::size_t>(DecodeEvent::count);

/// Name in the rule language, `ipv4.trunc_pkt`.
[[nodiscard]] std::string_view name_of(DecodeEvent event) noexcept;
/// The event of a name; nothing when there is none.
[[nodiscard]] std::optional<DecodeEvent> decode_event(std::string_view name) noexcept;
/// Whether a packet with this event cannot be used any further.
[[nodiscard]] bool makes_invalid(DecodeEvent event) noexcept;

/// Events of one packet. Trivially copyable; empty for nearly all packets.
class DecodeEventSet {
 public:
  void add(DecodeEvent event) noexcept { words_[at(event) / 64] |= std::uint64_t{1} << (at(event) % 64); }
  [[nodiscard]] bool has(DecodeEvent event) const noexcept {
    return (words_[at(event) / 64] >> (at(event) % 64) & 1) != 0;
  }
  [[nodiscard]] bool empty() const noexcept { return (words_[0] | words_[1] | words_[2]) == 0; }
  void clear() noexcept { words_ = {}; }
  /// Calls f(event) for each event, in the order of the table.
  template <class F>
  void for_each(F&& f) const {
    for (std::size_t word = 0; word < words_.size(); ++word) {
      for (std::uint64_t left = words_[word]; left != 0; left &= left - 1) {
        f(static_cast<DecodeEvent>(word * 64 + static_cast<std::size_t>(__builtin_ctzll(left))));
      }
    }
  }

 private:
  static constexpr std::size_t at(DecodeEvent event) noexcept { return static_cast<std::size_t>(event); }
  std::array<std::uint64_t, 3> words_ = {};
};
static_assert(kDecodeEvents <= 192);

}  // namespace hd
