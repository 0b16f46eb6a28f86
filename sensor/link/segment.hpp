// SPDX-License-Identifier: Apache-2.0
// The header of a spool segment file: 96 bytes (docs/formats/spool.md).
#pragma once

#include <array>
#include <cstdint>

#include "sensor/base/bytes.hpp"
#include "sensor/base/time.hpp"
#include "sensor/link/ids.hpp"

namespace hd {

inline constexpr std::size_t kSegmentHeaderSize = 96;

struct SegmentHeader {
  LaneKey lane{};
  std::uint64_t first = 0;  ///< number of the first item in the file
  Chain chain{};            ///< before the first item
  SensorId sensor{};
  WallTime created{};
  Uuid boot{};
  bool operator==(const SegmentHeader&) const = default;
};

[[nodiscard]] std::array<std::uint8_t, kSegmentHeaderSize> encode_segment(const SegmentHeader& header) noexcept;
/// False: not a segment, another version, damaged.
[[nodiscard]] bool decode_segment(Bytes bytes, SegmentHeader* header) noexcept;

}  // namespace hd
