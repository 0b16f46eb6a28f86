// SPDX-License-Identifier: Apache-2.0
#include "collector/domain/calendar.hpp"

#include <algorithm>

namespace hd {

// Days from civil dates by eras of 400 years beginning on 1 March, so that the leap day is the last of its year.
std::int64_t days_of(const CivilDate& date) noexcept {
  const std::int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
  const std::int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

CivilDate date_of(std::int64_t days) noexcept {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t day_of_era = days - era * 146'097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month = (5 * day_of_year + 2) / 153;
  CivilDate date;
  date.day = static_cast<int>(day_of_year - (153 * month + 2) / 5 + 1);
  date.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  date.year = static_cast<int>(year_of_era + era * 400 + (date.month <= 2 ? 1 : 0));
  return date;
}

CivilTime civil_of(WallTime time, int zone_minutes) noexcept {
  constexpr std::int64_t kDay = 86'400 * kSecond;
  const std::int64_t local = time.ns + zone_minutes * 60 * kSecond;
  std::int64_t days = local / kDay;
  if (local % kDay < 0) --days;
  std::int64_t rest = local - days * kDay;
  CivilTime civil{.date = date_of(days)};
  civil.millisecond = static_cast<int>(rest / kMillisecond % 1000);
  rest /= kSecond;
  civil.hour = static_cast<int>(rest / 3600);
  civil.minute = static_cast<int>(rest / 60 % 60);
  civil.second = static_cast<int>(rest % 60);
  return civil;
}

WallTime midnight(std::int64_t days, int zone_minutes) noexcept { return {(days * 86'400 - zone_minutes * 60) * kSecond}; }

int weekday_of(std::int64_t days) noexcept { return static_cast<int>(((days % 7) + 11) % 7); }  // 1970-01-01 was a Thursday

bool Calendar::is_off(std::int64_t days) const {
  const CivilDate date = date_of(days);
  if (std::find(workdays.begin(), workdays.end(), date) != workdays.end()) return false;
  if (std::find(holidays.begin(), holidays.end(), date) != holidays.end()) return true;
  const int weekday = weekday_of(days);
  return has_weekend && (weekday == 0 || weekday == 6);
}

}  // namespace hd
