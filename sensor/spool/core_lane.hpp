// SPDX-License-Identifier: Apache-2.0
// What SensorCore knows of one epoch and its five lanes.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "sensor/spool/core_words.hpp"

namespace hd {

/// One numbered stream: which numbers were given, which of them lie where, and how far the collector is.
struct CoreLane {
  LaneKey key{};
  std::uint64_t head = 0;  ///< highest number given
  Chain chain_head{};
  PacketTime time_head{};
  std::uint64_t synced = 0;     ///< what is on the disk for good
  std::uint64_t disk_head = 0;  ///< what was written to segments
  std::uint64_t acked = 0;
  Chain chain_acked{};
  std::deque<SegmentStart> segments = {};
  std::deque<Note> notes = {};     ///< sorted, apart from each other
  std::vector<NumberRange> holes = {};
  std::deque<Piece> memory = {};   ///< sorted; gaps between pieces are possible
  bool is_unverifiable = false;  ///< chain_head is not known, because of damage

  // Of the session.
  std::uint64_t next = 1;
  Chain chain_next{};      ///< before `next`
  std::uint64_t sent = 0;  ///< highest number sent or known by the collector
  std::uint64_t sent_ever = 0;
  bool is_reading = false;

  [[nodiscard]] const Note* note_at(std::uint64_t number) const noexcept;
  /// The piece in memory that holds `number`, or null.
  [[nodiscard]] const Piece* piece_at(std::uint64_t number) const noexcept;
  /// `number` can be read from a segment.
  [[nodiscard]] bool is_on_disk(std::uint64_t number) const noexcept;
  /// The first range from `from` on, up to head, that neither note, memory nor segment holds.
  [[nodiscard]] std::optional<NumberRange> missing_from(std::uint64_t from) const noexcept;
  /// The first number that is held anywhere; head + 1: none.
  [[nodiscard]] std::uint64_t lowest() const noexcept;
  /// Last number of segment `index`.
  [[nodiscard]] std::uint64_t segment_last(std::size_t index) const noexcept;
  /// Chain at `number`, where it is known without reading the disk.
  [[nodiscard]] std::optional<Chain> known_chain(std::uint64_t number) const noexcept;

  /// Puts the note in its place; what it covers is forgotten.
  void put(Note note);
  /// Drops pieces of memory that are acknowledged; answers their bytes.
  std::size_t forget_acked();
};

struct CoreEpoch {
  std::uint64_t epoch = 0;
  std::string reason = {};
  bool is_closed = false;    ///< gives no more numbers
  bool is_volatile = false;  ///< only in memory
  bool is_pinned = false;    ///< given up while parts were not synced: memory is not dropped before its ack
  bool is_held_back = false; ///< a fork is being carried into it; not sent, not named
  bool is_named = true;      ///< in the HELLO of this session (not more than kEpochsMax are), or opened since
  std::array<CoreLane, kLaneCount> lanes{};

  [[nodiscard]] bool is_drained() const noexcept;
};

/// Chain after `number`, which lies in the piece.
[[nodiscard]] Chain chain_in(const Piece& piece, std::uint64_t number);

/// Records of a piece from `from` on: at most `bytes_max` and `items_max`, at least one if `bytes_max` allows it.
struct Slice {
  std::uint64_t last = 0;
  std::uint32_t items = 0;
  std::size_t begin = 0;
  std::size_t length = 0;
  Chain after{};
};
[[nodiscard]] std::optional<Slice> slice_of(const Piece& piece, std::uint64_t from, const Chain& before,
                                            std::size_t bytes_max, std::size_t items_max);

}  // namespace hd
