// SPDX-License-Identifier: Apache-2.0
// Bytes that grow in an arena, and bodies of which rules see windows.
#pragma once

#include <array>
#include <cstdint>

#include "sensor/base/arena.hpp"
#include "sensor/base/bytes.hpp"

namespace hd {

/// One contiguous run of bytes. Growing doubles its place in the arena; at most twice the bytes are used.
struct Growing {
  std::uint8_t* begin = nullptr;
  std::uint32_t size = 0;
  std::uint32_t capacity = 0;

  [[nodiscard]] Bytes bytes() const noexcept { return {begin, size}; }
  /// False: no memory, or more than 16 MiB; nothing was added.
  [[nodiscard]] bool append(Bytes more, Arena& arena) noexcept;
  void clear() noexcept { size = 0; }
};

/// How a growing body is shown to rules (settings of the protocol).
struct WindowRule {
  std::uint64_t limit = 0;      ///< bytes kept of a body; 0: all
  std::uint32_t minimum = 0;    ///< nothing is shown before so many bytes are there, unless the body is over
  std::uint32_t window = 0;     ///< new bytes are shown with those before them, together at least so many
};

/// A body as far as it has come. Bytes that no window will show again are given up.
class GrowingBody {
 public:
  /// Adds what fits under the limit. False: no memory; the body is cut there.
  bool append(Bytes more, Arena& arena, const WindowRule& rule) noexcept;
  void end() noexcept { is_over_ = true; }

  /// The next window of one of two readers: false when there is nothing new for it, or it is too early. Moves on: a second
  /// call shows what follows.
  enum class Reader : std::uint8_t { body, file };
  bool window(Reader reader, const WindowRule& rule, bool is_flow_end, Bytes& bytes, std::uint64_t& offset) noexcept;
  /// All that is kept from `offset` on.
  [[nodiscard]] Bytes from(std::uint64_t offset) const noexcept;

  /// Bytes that came and were under the limit.
  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
  [[nodiscard]] bool is_over() const noexcept { return is_over_; }
  /// Nothing is added any more: over, at its limit, or out of memory.
  [[nodiscard]] bool is_full(const WindowRule& rule) const noexcept { return is_cut_ || (rule.limit > 0 && total_ >= rule.limit); }
  /// All bytes must stay (files in it are looked at by position).
  void keep_all() noexcept { keeps_all_ = true; }

 private:
  Growing kept_ = {};
  std::uint64_t begin_ = 0;      // offset of kept_.begin
  std::uint64_t total_ = 0;
  std::array<std::uint64_t, 2> inspected_ = {};  // by reader
  bool is_over_ = false;
  bool is_cut_ = false;
  bool keeps_all_ = false;
};

}  // namespace hd
