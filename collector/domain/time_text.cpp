// SPDX-License-Identifier: Apache-2.0
// Times as text, by arithmetic on the civil calendar (proleptic Gregorian); no zone data base is asked.
#include <array>
#include <cstdio>

#include "collector/domain/alert.hpp"
#include "collector/domain/calendar.hpp"

namespace hd {
namespace {

// `count` digits at `at`; false when they are not digits.
bool digits(std::string_view text, std::size_t at, std::size_t count, int* value) {
  if (at + count > text.size()) return false;
  int result = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    result = result * 10 + (text[i] - '0');
  }
  *value = result;
  return true;
}

bool zone(std::string_view text, int* minutes) {
  if (text.empty() || text == "Z" || text == "z") return *minutes = 0, true;
  int hours = 0, rest = 0;
  const bool has_colon = text.size() == 6 && text[3] == ':';
  if ((text.size() != 5 && !has_colon) || (text[0] != '+' && text[0] != '-')) return false;
  if (!digits(text, 1, 2, &hours) || !digits(text, has_colon ? 4 : 3, 2, &rest)) return false;
  *minutes = (hours * 60 + rest) * (text[0] == '-' ? -1 : 1);
  return true;
}

}  // namespace

bool parse_time(std::string_view text, WallTime* time) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (text.size() < 19 || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != ' ') || text[13] != ':' || text[16] != ':') return false;
  if (!digits(text, 0, 4, &year) || !digits(text, 5, 2, &month) || !digits(text, 8, 2, &day) || !digits(text, 11, 2, &hour) || !digits(text, 14, 2, &minute) || !digits(text, 17, 2, &second)) return false;
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return false;
  std::size_t at = 19;
  std::int64_t fraction = 0;
  if (at < text.size() && text[at] == '.') {
    std::int64_t unit = kSecond / 10;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10) fraction += (text[at] - '0') * unit;
  }
  int offset = 0;
  if (!zone(text.substr(at), &offset)) return false;
  const std::int64_t days = days_of({year, month, day});
  time->ns = ((days * 24 + hour) * 60 + minute - offset) * 60 * kSecond + second * kSecond + fraction;
  return true;
}

std::string utc_text(WallTime time) {
  const CivilTime civil = civil_of(time, 0);
  std::array<char, 40> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", civil.date.year, civil.date.month, civil.date.day, civil.hour, civil.minute, civil.second, civil.millisecond);
  return out.data();
}

std::string local_text(WallTime time, int zone_minutes) {
  const CivilTime civil = civil_of(time, zone_minutes);
  std::array<char, 40> out{};
  std::snprintf(out.data(), out.size(), "%02d/%02d/%04d %02d:%02d:%02d", civil.date.day, civil.date.month, civil.date.year, civil.hour, civil.minute, civil.second);
  return out.data();
}

}  // namespace hd
