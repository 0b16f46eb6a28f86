// SPDX-License-Identifier: Apache-2.0
// The spool's record: the same bytes on the sensor's disk, on the wire and in the collector's blocks.
//
//   0 4 CRC32C of bytes 4..end of body, seeded with epoch and lane     24 8 packet time    46 1 kind
//   4 4 body length                                                    32 8 wseq           47 1 severity
//   8 8 number (shed note: first)                                      40 4 run            48 8 replay cursor
//  16 8 last number                                                    44 2 worker         56 … body, padded to 8
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sensor/base/bytes.hpp"
#include "sensor/base/time.hpp"
#include "sensor/link/ids.hpp"

namespace hd {

enum class RecordKind : std::uint8_t { alert = 1, shed = 2, journal = 3, protocol = 4 };

inline constexpr std::size_t kRecordHeaderSize = 56;
inline constexpr std::uint32_t kRecordBodyMax = 256u << 10;
inline constexpr std::size_t kShedBodySize = 72;

struct RecordHeader {
  std::uint64_t number = 0;
  std::uint64_t last = 0;  ///< = number, except of a shed note
  PacketTime time{};
  std::uint64_t wseq = 0;
  std::uint32_t run = 0;
  std::uint16_t worker = 0;
  RecordKind kind = RecordKind::alert;
  std::uint8_t severity = 0;
  std::uint64_t replay_cursor = 0;
  bool operator==(const RecordHeader&) const = default;
};

/// A record where it lies; valid as long as the bytes.
struct RecordView {
  RecordHeader header;
  Bytes body;
  Bytes bytes;  ///< header and body without padding: what the chain runs over
};

/// Bytes that a record with such a body takes, padding included.
[[nodiscard]] constexpr std::size_t record_size(std::size_t body_length) noexcept {
  return kRecordHeaderSize + ((body_length + 7) & ~std::size_t{7});
}

/// Appends the record. The body has 1 … kRecordBodyMax bytes.
void append_record(LaneKey lane, const RecordHeader& header, Bytes body, std::vector<std::uint8_t>* out);

/// Reads the record at the start of `bytes`. False: none, cut short, or not of this lane; nothing is trusted before its
/// checksum. On true `view->bytes` starts at bytes[0] and the next record lies record_size(view->body.size()) further.
[[nodiscard]] bool read_record(LaneKey lane, Bytes bytes, RecordView* view) noexcept;

// -- Shed notes ------------------------------------------------------------------------------------------------------

enum class ShedReason : std::uint32_t {
  ring_full = 1,       ///< the workers' ring was full
  crash = 2,           ///< raised, but the process died before it was spooled
  spool_full = 3,      ///< the spool was at its bound
  damaged = 4,         ///< bytes on the disk that do not read
  recovered_gap = 5,   ///< numbers that were missing at start
  lost_by_store = 6,   ///< the collector was restored to before them and they were no longer kept
  before_store = 7,    ///< another collector's store, which never had them
  spool_replaced = 8,  ///< entered by the collector: the sensor came without a known epoch
  volatile_lost = 9,   ///< held in memory only when the process ended
  too_big = 10,        ///< one record that the collector refused
};
[[nodiscard]] std::string_view name_of(ShedReason reason) noexcept;

/// The numbers of the note never had records behind them (ring_full, crash): the chain runs over the note itself.
inline constexpr std::uint32_t kShedInPlace = 1;

struct ShedNote {
  ShedReason reason = ShedReason::spool_full;
  std::uint32_t flags = 0;
  std::array<std::uint64_t, 4> counts{};  ///< by severity 1, 2, 3, ≥ 4
  PacketTime from{};
  PacketTime to{};
  Chain chain_last{};  ///< chain at the note's last number
  // Of the record's header: which worker's numbers are gone, and how many notes it had before.
  std::uint32_t run = 0;
  std::uint16_t worker = 0;
  std::uint64_t wseq = 0;
};

[[nodiscard]] std::array<std::uint8_t, kShedBodySize> encode_shed(const ShedNote& note) noexcept;
[[nodiscard]] bool decode_shed(Bytes body, ShedNote* note) noexcept;

/// A note over first..last of a lane as a record; counts are put under the lane's severity. For a note in place the
/// chain at last is computed from `before`, else `note.chain_last` is taken as it is. Answers the chain at last.
Chain append_shed(LaneKey lane, std::uint64_t first, std::uint64_t last, const Chain& before, ShedNote note,
                  std::vector<std::uint8_t>* out);

/// Chain after `record`: BLAKE2b-128(chain ‖ record), and of a note what it states.
[[nodiscard]] Chain chain_after(const Chain& before, const RecordView& record) noexcept;

// -- Many records ----------------------------------------------------------------------------------------------------

/// What a run of consecutive records is.
struct RecordRun {
  std::vector<RecordView> records;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  Chain chain{};  ///< after the last record
};

/// Reads records that must fill `bytes` exactly and number first, first + 1, … without a hole. False: any of that does
/// not hold, or more than `items_max`. A note may stand anywhere and covers its numbers.
[[nodiscard]] bool read_run(LaneKey lane, Bytes bytes, std::uint64_t first, const Chain& before, std::size_t items_max,
                            RecordRun* run);

}  // namespace hd
