// SPDX-License-Identifier: Apache-2.0
// The bytes of streams: put in their place, overlaps decided by policy, dropped when read.
#pragma once

#include <cstdint>

#include "sensor/base/buffer_pool.hpp"
#include "sensor/base/bytes.hpp"
#include "sensor/base/slab.hpp"
#include "sensor/stream/extent.hpp"
#include "sensor/stream/options.hpp"
#include "sensor/stream/session.hpp"

namespace hd {

/// Memory for the bytes of all streams of a worker. Places are stream offsets; sequence numbers are not known here.
/// A side's pieces: side.first (with length > 0), then those linked from it, rising, without overlaps.
class StreamStore {
 public:
  StreamStore(const TcpOptions& options, StreamCounters& counters);

  /// What became of a segment.
  struct Placed {
    bool is_different = false;  ///< some byte was there before with another value
    bool is_limited = false;    ///< a limit of this direction kept bytes out
    bool is_memory_out = false; ///< no memory
  };
  /// Puts bytes at [offset, ...): new ones are kept, those that were there stay or are replaced by side.policy.
  /// offset + bytes.size() must be beyond side.base; what lies before it is left out.
  Placed place(TcpSide& side, std::uint64_t offset, Bytes bytes) noexcept {
    const std::uint64_t end = side.first.length > 0 ? side.first.end() : side.base;
    if (offset == end && side.extents == 0 && side.first.length + bytes.size() <= unread_max_ && append(side.first, bytes, offset)) {
      note_border(side, offset);
      side.kept += static_cast<std::uint32_t>(bytes.size());
      ++counters_.in_order;
      return {};
    }
    return place_slowly(side, offset, bytes);
  }

  /// Gives up everything before `offset`, and moves the side's base there (not its base_seq).
  void advance(TcpSide& side, std::uint64_t offset) noexcept;
  /// Gives up everything and starts again at offset 0.
  void reset(TcpSide& side) noexcept;
  /// Gives up everything that is kept; base and progress stay.
  void drop(TcpSide& side) noexcept;

  /// The piece that holds `offset`, else the first one behind it; null when there is neither.
  [[nodiscard]] const StreamExtent* at_or_after(const TcpSide& side, std::uint64_t offset) const noexcept;
  /// End of the last piece; the base when there is none.
  [[nodiscard]] std::uint64_t right_edge(const TcpSide& side) const noexcept;

  [[nodiscard]] std::size_t memory_used() const noexcept { return pool_.used(); }

 private:
  /// Adds bytes behind a piece; false without memory. An empty piece begins at `offset`.
  bool append(StreamExtent& extent, Bytes bytes, std::uint64_t offset) noexcept;
  bool grow(StreamExtent& extent, std::size_t length) noexcept;
  void give(StreamExtent& extent) noexcept;
  static void note_border(TcpSide& side, std::uint64_t offset) noexcept {
    side.borders[side.border_next++ % TcpSide::kBorders] = static_cast<std::uint32_t>(offset);
  }
  Placed place_slowly(TcpSide& side, std::uint64_t offset, Bytes bytes) noexcept;
  void overwrite(TcpSide& side, StreamExtent& extent, std::uint64_t offset, Bytes bytes, Placed& placed) noexcept;
  void settle_overlap(const TcpSide& side, StreamExtent& extent, std::uint64_t begin, std::uint64_t end,
                      std::uint64_t offset, Bytes bytes, Placed& placed) noexcept;
  /// Keeps bytes that nobody sent before, behind `previous` (null: before all pieces).
  StreamExtent* add(TcpSide& side, StreamExtent* previous, std::uint64_t offset, Bytes bytes, Placed& placed) noexcept;
  void join(TcpSide& side, StreamExtent& extent) noexcept;
  void pop_first(TcpSide& side) noexcept;
  [[nodiscard]] StreamExtent* next(const StreamExtent& extent) noexcept {
    return extent.next ? &extents_[extent.next] : nullptr;
  }

  BufferPool pool_;
  Slab<StreamExtent> extents_;
  StreamCounters& counters_;
  std::uint32_t unread_max_;
  std::uint16_t out_of_order_max_;
};

}  // namespace hd
