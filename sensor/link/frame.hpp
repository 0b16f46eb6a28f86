// SPDX-License-Identifier: Apache-2.0
// The header of every SSP/1 message: 96 bytes, little-endian, checked before anything is allocated.
//
//   0  4 "SSP1"        8  8 session      32 8 first          56 16 chain before first
//   4  1 major = 1    16  8 epoch        40 8 last           72  8 head of the lane
//   5  1 type         24  1 lane         48 4 length         80  8 sent, ns UTC
//   6  2 flags        25  3 zero         52 4 length sent    88  4 CRC32C of the payload
//                     28  4 items                            92  4 CRC32C of bytes 0..91
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sensor/base/bytes.hpp"
#include "sensor/link/ids.hpp"

namespace hd {

enum class FrameType : std::uint8_t {
  hello = 1,
  welcome = 2,
  batch = 3,
  ack = 4,
  ping = 5,
  pong = 6,
  probe = 7,
  proof = 8,
  control = 9,
  result = 10,
  error = 11,
  bye = 12,
  resume = 13,
  blob_get = 20,
  blob_head = 21,
  blob_part = 22,
  blob_ack = 23,
  blob_end = 24,
  enrol = 30,
  pending = 31,
  accepted = 32,
  refused = 33,
};
[[nodiscard]] bool is_known(FrameType type) noexcept;

inline constexpr std::size_t kFrameHeaderSize = 96;
inline constexpr std::uint8_t kSspMajor = 1;
inline constexpr std::uint16_t kFlagZstd = 1;
inline constexpr std::uint16_t kFlagLast = 2;
inline constexpr std::uint16_t kFlagUrgent = 4;
/// The chain before `first` is stated anew: damage on the sensor's disk lies before it, and what follows is known again.
inline constexpr std::uint16_t kFlagRechain = 8;
/// Hard bound of a payload after decompression, and of one message before it.
inline constexpr std::uint32_t kPayloadMax = 1u << 20;
/// What a sender puts into one batch by default.
inline constexpr std::uint32_t kBatchBytesMax = 256u << 10;
inline constexpr std::uint32_t kBatchItemsMax = 4096;

struct FrameHeader {
  FrameType type = FrameType::hello;
  std::uint16_t flags = 0;
  std::uint64_t session = 0;
  std::uint64_t epoch = 0;
  std::uint8_t lane = 0;
  std::uint32_t items = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint32_t length = 0;       ///< of the payload, decompressed
  std::uint32_t length_sent = 0;  ///< of the payload as it travels
  Chain chain{};                  ///< before `first`
  std::uint64_t head = 0;
  std::int64_t sent_ns = 0;
  std::uint32_t payload_crc = 0;
  bool operator==(const FrameHeader&) const = default;
};

using FrameBytes = std::array<std::uint8_t, kFrameHeaderSize>;

[[nodiscard]] FrameBytes encode_frame(const FrameHeader& header) noexcept;

/// Reads a header of another's making. Answers WireError::none, version (another major; nothing else was looked at),
/// or frame. The type may be unknown: that is for the caller, who answers E_TYPE.
[[nodiscard]] WireError decode_frame(Bytes bytes, FrameHeader* header) noexcept;

/// A message in the hands of a state machine: header and decompressed payload. Lengths, flags and checksums of the
/// header are filled in by the codec.
struct Message {
  FrameHeader header = {};
  std::vector<std::uint8_t> payload = {};
};

}  // namespace hd
