// SPDX-License-Identifier: Apache-2.0
#include "sensor/stream/store.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "sensor/base/assert.hpp"

namespace hd {
namespace {

Border compare(std::uint64_t added, std::uint64_t old) noexcept {
  if (added < old) return Border::before;
  return added == old ? Border::same : Border::after;
}

}  // namespace

StreamStore::StreamStore(const TcpOptions& options, StreamCounters& counters)
    : pool_(options.memory),
      extents_(options.extents_max),
      counters_(counters),
      unread_max_(options.unread_max),
      out_of_order_max_(options.out_of_order_max) {}

bool StreamStore::append(StreamExtent& extent, Bytes bytes, std::uint64_t offset) noexcept {
  if (extent.length == 0) {
    extent.offset = offset;
    extent.start = 0;
  }
  if (std::size_t{extent.start} + extent.length + bytes.size() > extent.capacity && !grow(extent, bytes.size())) return false;
  std::memcpy(extent.block + extent.start + extent.length, bytes.data(), bytes.size());
  extent.length += static_cast<std::uint32_t>(bytes.size());
  return true;
}

bool StreamStore::grow(StreamExtent& extent, std::size_t length) noexcept {
  const std::size_t needed = extent.length + length;
  // Moving down is worth it when it makes as much room as it moves; else each small segment would move all.
  if (needed <= extent.capacity && extent.start >= extent.length) {
    std::memmove(extent.block, extent.block + extent.start, extent.length);
    extent.start = 0;
    return true;
  }
  const std::span<std::uint8_t> block = pool_.take(needed);
  if (block.empty()) return false;
  if (extent.length > 0) std::memcpy(block.data(), extent.block + extent.start, extent.length);
  if (extent.capacity > 0) pool_.give({extent.block, extent.capacity});
  extent.block = block.data();
  extent.capacity = static_cast<std::uint32_t>(block.size());
  extent.start = 0;
  return true;
}

void StreamStore::give(StreamExtent& extent) noexcept {
  if (extent.capacity > 0) pool_.give({extent.block, extent.capacity});
  extent.block = nullptr;
  extent.capacity = 0;
  extent.start = 0;
  extent.length = 0;
}

StreamStore::Placed StreamStore::place_slowly(TcpSide& side, std::uint64_t offset, Bytes bytes) noexcept {
  Placed placed;
  std::uint64_t end = offset + bytes.size();
  std::uint64_t position = std::max(offset, side.base);
  const std::uint64_t limit = side.base + unread_max_;
  if (end > limit) {
    placed.is_limited = true;
    ++counters_.stream_limit;
    if (position >= limit) return placed;
    bytes = bytes.first(static_cast<std::size_t>(limit - offset));
    end = limit;
  }
  const auto part = [&](std::uint64_t from, std::uint64_t to) {
    return bytes.subspan(static_cast<std::size_t>(from - offset), static_cast<std::size_t>(to - from));
  };
  StreamExtent* previous = nullptr;
  StreamExtent* extent = side.first.length > 0 ? &side.first : nullptr;
  bool is_new = false;
  while (position < end && extent != nullptr) {
    if (position < extent->offset) {
      const std::uint64_t hole_end = std::min(end, extent->offset);
      StreamExtent* holder = add(side, previous, position, part(position, hole_end), placed);
      if (holder == nullptr) return placed;
      // A piece put before all others now lies in side.first, and what was there behind it.
      if (extent == &side.first && previous == nullptr) extent = next(side.first);
      is_new = true;
      position = hole_end;
    }
    if (position < end && position < extent->end() && position >= extent->offset) {
      overwrite(side, *extent, offset, bytes, placed);
      position = std::min(end, extent->end());
    }
    previous = extent;
    extent = next(*extent);
  }
  if (position < end) {
    StreamExtent* holder = add(side, previous, position, part(position, end), placed);
    if (holder == nullptr) return placed;
    is_new = true;
  }
  if (!is_new) ++counters_.retransmitted;
  for (StreamExtent* at = &side.first; at != nullptr; at = next(*at)) join(side, *at);
  return placed;
}

void StreamStore::overwrite(TcpSide& side, StreamExtent& extent, std::uint64_t offset, Bytes bytes, Placed& placed) noexcept {
  ++counters_.overlaps;
  const std::uint64_t end = offset + bytes.size();
  // The piece is made of segments: those of the first piece are known by their last borders.
  std::array<std::uint64_t, TcpSide::kBorders + 2> borders;
  std::size_t count = 0;
  borders[count++] = extent.offset;
  if (&extent == &side.first) {
    for (std::size_t i = 0; i < TcpSide::kBorders; ++i) {
      const std::uint32_t low = side.borders[i];
      const std::uint64_t border = extent.offset + static_cast<std::uint32_t>(low - static_cast<std::uint32_t>(extent.offset));
      if (border > extent.offset && border < extent.end()) borders[count++] = border;
    }
  }
  borders[count++] = extent.end();
  std::sort(borders.begin(), borders.begin() + count);
  for (std::size_t i = 0; i + 1 < count; ++i) {
    if (borders[i] < end && borders[i + 1] > offset) settle_overlap(side, extent, borders[i], borders[i + 1], offset, bytes, placed);
  }
}

void StreamStore::settle_overlap(const TcpSide& side, StreamExtent& extent, std::uint64_t begin, std::uint64_t end,
                                 std::uint64_t offset, Bytes bytes, Placed& placed) noexcept {
  const std::uint64_t from = std::max(begin, offset);
  const std::uint64_t to = std::min(end, offset + bytes.size());
  if (from >= to) return;
  std::uint8_t* old = extent.block + extent.start + (from - extent.offset);
  const std::uint8_t* added = bytes.data() + (from - offset);
  const auto length = static_cast<std::size_t>(to - from);
  if (std::memcmp(old, added, length) == 0) return;
  placed.is_different = true;
  ++counters_.overlaps_different;
  if (new_data_wins(side.policy, compare(offset, begin), compare(offset + bytes.size(), end))) std::memcpy(old, added, length);
}

StreamExtent* StreamStore::add(TcpSide& side, StreamExtent* previous, std::uint64_t offset, Bytes bytes, Placed& placed) noexcept {
  const auto length = static_cast<std::uint32_t>(bytes.size());
  StreamExtent* holder = nullptr;
  if (previous != nullptr && previous->end() == offset) {
    if (append(*previous, bytes, offset)) holder = previous;
  } else if (previous == nullptr && side.first.length == 0) {
    if (append(side.first, bytes, offset)) holder = &side.first;
    if (offset != side.base) ++counters_.out_of_order;
  } else if (side.extents >= out_of_order_max_) {
    placed.is_limited = true;
    ++counters_.stream_ooo;
    return nullptr;
  } else {
    StreamExtent made;
    const Index<StreamExtent> index = append(made, bytes, offset) ? extents_.acquire() : Index<StreamExtent>{};
    if (index) {
      StreamExtent& place = extents_[index];
      if (previous != nullptr) {
        made.next = previous->next;
        place = made;
        previous->next = index;
        holder = &place;
      } else {
        place = side.first;
        made.next = index;
        side.first = made;
        holder = &side.first;
      }
      ++side.extents;
      ++counters_.out_of_order;
    } else {
      give(made);
    }
  }
  if (holder == nullptr) {
    placed.is_memory_out = true;
    ++counters_.stream_limit;
    return nullptr;
  }
  if (holder == &side.first) note_border(side, offset);
  side.kept += length;
  return holder;
}

void StreamStore::join(TcpSide& side, StreamExtent& extent) noexcept {
  while (extent.next) {
    const Index<StreamExtent> index = extent.next;
    StreamExtent& behind = extents_[index];
    if (extent.length == 0 || extent.end() != behind.offset || !append(extent, behind.bytes(), behind.offset)) return;
    if (&extent == &side.first) note_border(side, behind.offset);
    extent.next = behind.next;
    give(behind);
    extents_.release(index);
    --side.extents;
  }
}

void StreamStore::pop_first(TcpSide& side) noexcept {
  give(side.first);
  if (!side.first.next) return;
  const Index<StreamExtent> index = side.first.next;
  side.first = extents_[index];
  extents_.release(index);
  --side.extents;
}

void StreamStore::advance(TcpSide& side, std::uint64_t offset) noexcept {
  if (offset <= side.base) return;
  side.base = offset;
  while (side.first.length > 0 && side.first.offset < offset) {
    StreamExtent& first = side.first;
    const auto length = static_cast<std::uint32_t>(std::min<std::uint64_t>(offset - first.offset, first.length));
    side.kept -= length;
    if (length == first.length) {
      pop_first(side);
      continue;
    }
    first.offset += length;
    first.start += length;
    first.length -= length;
  }
}

void StreamStore::drop(TcpSide& side) noexcept {
  while (side.first.length > 0) pop_first(side);
  side.kept = 0;
}

void StreamStore::reset(TcpSide& side) noexcept {
  drop(side);
  side.base = 0;
  side.app = 0;
  side.raw = 0;
  side.base_seq = side.isn + 1;
}

const StreamExtent* StreamStore::at_or_after(const TcpSide& side, std::uint64_t offset) const noexcept {
  if (side.first.length == 0) return nullptr;
  const StreamExtent* extent = &side.first;
  while (extent->end() <= offset) {
    if (!extent->next) return nullptr;
    extent = &extents_[extent->next];
  }
  return extent;
}

std::uint64_t StreamStore::right_edge(const TcpSide& side) const noexcept {
  if (side.first.length == 0) return side.base;
  const StreamExtent* extent = &side.first;
  while (extent->next) extent = &extents_[extent->next];
  return extent->end();
}

}  // namespace hd
