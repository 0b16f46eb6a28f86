// SPDX-License-Identifier: Apache-2.0
// Days, dates and working days. Vietnam has no summer time: its zone is a fixed offset.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "sensor/base/time.hpp"

namespace hd {

inline constexpr int kVietnamZone = 7 * 60;  ///< minutes east of UTC

struct CivilDate {
  int year = 1970, month = 1, day = 1;
  auto operator<=>(const CivilDate&) const = default;
};
struct CivilTime {
  CivilDate date = {};
  int hour = 0, minute = 0, second = 0, millisecond = 0;
};

/// Days since 1970-01-01 of a date, and back.
[[nodiscard]] std::int64_t days_of(const CivilDate& date) noexcept;
[[nodiscard]] CivilDate date_of(std::int64_t days) noexcept;
[[nodiscard]] CivilTime civil_of(WallTime time, int zone_minutes) noexcept;
/// 0:00 of a date in the zone.
[[nodiscard]] WallTime midnight(std::int64_t days, int zone_minutes) noexcept;
/// 0 Sunday … 6 Saturday.
[[nodiscard]] int weekday_of(std::int64_t days) noexcept;

/// Days off of one country, as data.
struct Calendar {
  std::vector<CivilDate> holidays = {};
  std::vector<CivilDate> workdays = {};  ///< make-up days that are worked although a weekend
  bool has_weekend = true;               ///< Saturday and Sunday are off
  [[nodiscard]] bool is_off(std::int64_t days) const;
};

}  // namespace hd
