// SPDX-License-Identifier: Apache-2.0
// Legal clocks: packs of duties as data, and the pure function from events to due times (incidents.md 2).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/domain/calendar.hpp"
#include "sensor/base/result.hpp"
#include "sensor/base/time.hpp"

namespace hd {

/// One thing owed to one addressee by one moment.
struct DutyRule {
  std::string id = {}, title_vi = {}, title_en = {};
  std::string start_event = {};        ///< detected, opened, response_ended, satisfied:<duty> …
  Nanos limit = 0;                     ///< elapsed time
  std::vector<Nanos> warnings = {};    ///< elapsed since the start, rising, each below the limit
  std::map<std::string, std::vector<std::string>> escalate = {};  ///< rung -> roles
  int outer_civil_days = 0;            ///< vn-civil-days, 0 none: shown, never drives a warning
  std::string outer_calendar = {};
  std::string form = {};
  std::vector<std::string> to = {};
};

struct ClockPack {
  std::string id = {}, version = {}, title_vi = {}, title_en = {}, instrument = {}, confidence = {}, confirmed_by = {};
  int zone_minutes = kVietnamZone;
  bool is_enabled = true;
  std::vector<DutyRule> duties = {};
};

struct PackFile {
  std::vector<ClockPack> packs = {};
  std::map<std::string, Calendar> calendars = {};
  std::vector<std::string> passed_over = {};  ///< packs that need units this release does not count in, with the reason
};

/// Reads a file of packs. Errors (E3102) name pack, duty and member; a pack whose limits are in business days or months is passed
/// over and named, since a wrong clock is worse than none.
[[nodiscard]] Result<PackFile> read_packs(std::string_view json);

enum class DutyState : std::uint8_t { pending, running, satisfied, late, satisfied_late };
[[nodiscard]] std::string_view name_of(DutyState state) noexcept;

struct Duty {
  std::string pack = {}, pack_version = {}, id = {}, title_vi = {}, title_en = {}, form = {};
  DutyState state = DutyState::pending;
  std::optional<WallTime> start = {}, due = {}, outer = {}, satisfied_at = {};
  std::vector<WallTime> warnings = {};
  bool is_provisional = false;  ///< the incident was opened by the machine and nobody confirmed it yet
};

/// Moments of an incident by the name of their event.
using Events = std::map<std::string, WallTime>;

/// Duties of a pack at `now`. Pure: no timer is a source of truth. The edge is inclusive: satisfied at the due moment is on time.
[[nodiscard]] std::vector<Duty> evaluate(const ClockPack& pack, const std::map<std::string, Calendar>& calendars, const Events& events,
                                         WallTime now, bool is_provisional);

/// Highest warning rung that has passed, 0 none; warnings.size() + 1: the due moment itself.
[[nodiscard]] std::size_t rung_at(const Duty& duty, WallTime now) noexcept;

/// First day not counted, ends at 24:00 of the n-th; on a day off at the next working day's 24:00 (Civil Code 2015, Art. 147–148).
[[nodiscard]] WallTime civil_days_after(WallTime start, int days, const Calendar& calendar, int zone_minutes);

}  // namespace hd
