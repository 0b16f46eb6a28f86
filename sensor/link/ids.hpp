// SPDX-License-Identifier: Apache-2.0
// Names and small values of the spool protocol (docs/formats/ssp1.md) that both ends use.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "sensor/base/crypto.hpp"

namespace hd {

/// 16 random bytes that name a sensor, a store, a process's life: a UUID.
using Uuid = std::array<std::uint8_t, 16>;
using SensorId = Uuid;

/// "0b53b1e2-…" in lower case.
[[nodiscard]] std::string uuid_text(const Uuid& id);
/// Reads that form, either case; false for anything else.
[[nodiscard]] bool uuid_of(std::string_view text, Uuid* id) noexcept;

/// Running digest over a lane's items; all zero before the first.
using Chain = Digest128;

inline constexpr std::uint8_t kLaneCount = 5;
inline constexpr std::uint8_t kLaneJournal = 0;

/// Severity 1, 2, 3 have a lane each; everything less urgent, and protocol records, share the fourth.
[[nodiscard]] constexpr std::uint8_t lane_of_severity(std::uint8_t severity) noexcept {
  return severity == 0 || severity > 4 ? std::uint8_t{4} : severity;
}

/// One numbered stream.
struct LaneKey {
  std::uint64_t epoch = 0;
  std::uint8_t lane = 0;
  auto operator<=>(const LaneKey&) const = default;
};

/// Sixteen hex digits, the way an epoch is written for people, folders and JSON.
[[nodiscard]] std::string hex64(std::uint64_t value);
[[nodiscard]] bool hex64_of(std::string_view text, std::uint64_t* value) noexcept;

/// Codes of ERROR messages.
enum class WireError : std::uint32_t {
  none = 0,
  version = 1,
  session = 2,
  frame = 3,
  gap = 4,
  credit = 5,
  too_big = 6,
  fork = 7,
  busy = 8,
  revoked = 9,
  store = 10,
  limit = 11,
  type = 12,
};
[[nodiscard]] std::string_view name_of(WireError code) noexcept;

}  // namespace hd
