// SPDX-License-Identifier: Apache-2.0
// Oddities of TCP, as bits of one packet.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hd {

enum class StreamEvent : std::uint8_t {
#define HD_STREAM_EVENT(enumerator, name, summary) enumerator,
#include "sensor/stream/events.def"
#undef HD_STREAM_EVENT
  count
};
inline constexpr std::size_t kStreamEvents = static_cast<std::size_t>(StreamEvent::count);

/// Name in the rule language, `reassembly_seq_gap`.
[[nodiscard]] std::string_view name_of(StreamEvent event) noexcept;
/// One sentence for the reference page.
[[nodiscard]] std::string_view summary_of(StreamEvent event) noexcept;
/// The event of a name; nothing when there is none.
[[nodiscard]] std::optional<StreamEvent> stream_event(std::string_view name) noexcept;

/// Events of one packet. Trivially copyable; empty for nearly all packets.
class StreamEventSet {
 public:
  void add(StreamEvent event) noexcept { words_[at(event) / 64] |= std::uint64_t{1} << (at(event) % 64); }
  [[nodiscard]] bool has(StreamEvent event) const noexcept {
    return (words_[at(event) / 64] >> (at(event) % 64) & 1) != 0;
  }
  [[nodiscard]] bool empty() const noexcept { return (words_[0] | words_[1]) == 0; }
  void clear() noexcept { words_ = {}; }
  /// Calls f(event) for each event, in the order of the table.
  template <class F>
  void for_each(F&& f) const {
    for (std::size_t word = 0; word < words_.size(); ++word) {
      for (std::uint64_t left = words_[word]; left != 0; left &= left - 1) {
        f(static_cast<StreamEvent>(word * 64 + static_cast<std::size_t>(__builtin_ctzll(left))));
      }
    }
  }

 private:
  static constexpr std::size_t at(StreamEvent event) noexcept { return static_cast<std::size_t>(event); }
  std::array<std::uint64_t, 2> words_ = {};
};
static_assert(kStreamEvents <= 128);

}  // namespace hd
