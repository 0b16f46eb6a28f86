// SPDX-License-Identifier: Apache-2.0
#include "collector/domain/duty.hpp"

#include <algorithm>
#include <charconv>

#include "sensor/base/json.hpp"

namespace hd {
namespace {

// "24h", "30min", "1d" as elapsed time; nothing for other units.
std::optional<Nanos> elapsed(std::int64_t n, std::string_view unit) {
  if (unit == "min") return n * 60 * kSecond;
  if (unit == "h") return n * 3600 * kSecond;
  if (unit == "day") return n * 86'400 * kSecond;
  return std::nullopt;
}

std::optional<Nanos> warning_of(std::string_view text, Nanos limit) {
  std::int64_t n = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), n);
  if (read.ec != std::errc{}) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(read.ptr - text.data()));
  if (unit == "%") return n > 0 && n < 100 ? std::optional(limit / 100 * n) : std::nullopt;
  return elapsed(n, unit == "d" ? "day" : unit);
}

bool parse_date(std::string_view text, CivilDate* date) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  std::from_chars(text.data(), text.data() + 4, date->year);
  std::from_chars(text.data() + 5, text.data() + 7, date->month);
  std::from_chars(text.data() + 8, text.data() + 10, date->day);
  return date->month >= 1 && date->month <= 12 && date->day >= 1 && date->day <= 31;
}

Calendar read_calendar(JsonView view) {
  Calendar calendar;
  CivilDate date;
  for (const JsonView day : view.get("holidays").elements()) {
    if (parse_date(day.as_string(), &date)) calendar.holidays.push_back(date);
  }
  for (const JsonView day : view.get("workdays").elements()) {
    if (parse_date(day.as_string(), &date)) calendar.workdays.push_back(date);
  }
  calendar.has_weekend = view.get("weekend").size() > 0;
  return calendar;
}

// False with a reason when this release cannot count it; an error when it is wrong.
Result<bool> read_duty(JsonView view, const std::string& pack, DutyRule& duty, std::string& reason) {
  duty.id = view.get("id").as_string();
  const std::string place = pack + "/" + duty.id;
  if (duty.id.empty()) return fail(ErrorCode::E3102, pack + ": a duty has no id");
  duty.title_vi = view.get("title_vi").as_string();
  duty.title_en = view.get("title_en").as_string(duty.title_vi);
  duty.start_event = view.get("start").get("event").as_string();
  if (duty.start_event.empty()) return fail(ErrorCode::E3102, place + ": start.event is missing");
  const JsonView limit = view.get("limit");
  const auto length = elapsed(limit.get("n").as_int(), limit.get("unit").as_string());
  if (!length || *length <= 0 || view.get("cap").is(JsonKind::object)) {
    reason = place + " counts in \"" + std::string(limit.get("unit").as_string("?")) + "\"" + (view.get("cap").is(JsonKind::object) ? " with a cap" : "");
    return false;
  }
  duty.limit = *length;
  for (const JsonView one : view.get("warn").elements()) {
    const auto warning = warning_of(one.as_string(), duty.limit);
    if (!warning || *warning <= 0 || *warning >= duty.limit) return fail(ErrorCode::E3102, place + ": the warning \"" + std::string(one.as_string()) + "\" is not before the limit");
    if (!duty.warnings.empty() && duty.warnings.back() >= *warning) return fail(ErrorCode::E3102, place + ": warnings must rise");
    duty.warnings.push_back(*warning);
  }
  const JsonView outer = view.get("outer");
  if (outer.get("rule").as_string() == "vn-civil-days") {
    duty.outer_civil_days = static_cast<int>(outer.get("n").as_int());
    duty.outer_calendar = outer.get("calendar").as_string();
  }
  for (const JsonMember& rung : view.get("escalate").members()) {
    for (const JsonView role : rung.value.elements()) duty.escalate[std::string(rung.key)].emplace_back(role.as_string());
  }
  for (const JsonView to : view.get("to").elements()) duty.to.emplace_back(to.as_string());
  duty.form = view.get("form").as_string();
  return true;
}

}  // namespace

Result<PackFile> read_packs(std::string_view json) {
  auto document = JsonDocument::parse(json);
  if (!document) return fail(std::move(document.error()));
  PackFile file;
  for (const JsonMember& calendar : document->root().get("calendars").members()) file.calendars[std::string(calendar.key)] = read_calendar(calendar.value);
  for (const JsonView view : document->root().get("packs").elements()) {
    ClockPack pack;
    pack.id = view.get("id").as_string();
    if (pack.id.empty()) return fail(ErrorCode::E3102, "a pack has no id");
    pack.version = view.get("version").as_string();
    pack.title_vi = view.get("title_vi").as_string();
    pack.title_en = view.get("title_en").as_string(pack.title_vi);
    pack.instrument = view.get("instrument").as_string();
    pack.confidence = view.get("confidence").as_string("U");
    pack.confirmed_by = view.get("confirmed_by").as_string();
    pack.is_enabled = view.get("enabled").as_bool(true);
    std::string reason;
    const std::string_view zone = view.get("zone").as_string("Asia/Ho_Chi_Minh");
    if (zone == "UTC") pack.zone_minutes = 0;
    else if (zone != "Asia/Ho_Chi_Minh") reason = pack.id + " counts in the zone " + std::string(zone);
    for (const JsonView duty : view.get("duties").elements()) {
      DutyRule rule;
      auto read = read_duty(duty, pack.id, rule, reason);
      if (!read) return fail(std::move(read.error()));
      if (*read) pack.duties.push_back(std::move(rule));
    }
    if (reason.empty()) file.packs.push_back(std::move(pack));
    else file.passed_over.push_back(reason);
  }
  return file;
}

std::string_view name_of(DutyState state) noexcept {
  switch (state) {
    case DutyState::pending: return "pending";
    case DutyState::running: return "running";
    case DutyState::satisfied: return "satisfied";
    case DutyState::late: return "late";
    case DutyState::satisfied_late: return "satisfied_late";
  }
  return "";
}

WallTime civil_days_after(WallTime start, int days, const Calendar& calendar, int zone_minutes) {
  std::int64_t day = days_of(civil_of(start, zone_minutes).date) + days;
  // A year of days off in a row would be a broken calendar.
  for (int guard = 0; guard < 366 && calendar.is_off(day); ++guard) ++day;
  return midnight(day + 1, zone_minutes);
}

std::vector<Duty> evaluate(const ClockPack& pack, const std::map<std::string, Calendar>& calendars, const Events& events, WallTime now, bool is_provisional) {
  std::vector<Duty> duties;
  for (const DutyRule& rule : pack.duties) {
    Duty duty{.pack = pack.id, .pack_version = pack.version, .id = rule.id, .title_vi = rule.title_vi, .title_en = rule.title_en, .form = rule.form, .is_provisional = is_provisional};
    const auto start = events.find(rule.start_event);
    if (start != events.end()) {
      duty.start = start->second;
      duty.due = start->second + rule.limit;
      for (const Nanos warning : rule.warnings) duty.warnings.push_back(start->second + warning);
      const auto calendar = calendars.find(rule.outer_calendar);
      if (rule.outer_civil_days > 0 && calendar != calendars.end()) duty.outer = civil_days_after(start->second, rule.outer_civil_days, calendar->second, pack.zone_minutes);
      const auto satisfied = events.find("satisfied:" + rule.id);
      if (satisfied != events.end()) {
        duty.satisfied_at = satisfied->second;
        duty.state = satisfied->second <= *duty.due ? DutyState::satisfied : DutyState::satisfied_late;
      } else {
        duty.state = now <= *duty.due ? DutyState::running : DutyState::late;
      }
    }
    duties.push_back(std::move(duty));
  }
  return duties;
}

std::size_t rung_at(const Duty& duty, WallTime now) noexcept {
  if (!duty.due || duty.satisfied_at) return 0;
  if (now > *duty.due) return duty.warnings.size() + 1;
  std::size_t rung = 0;
  while (rung < duty.warnings.size() && now >= duty.warnings[rung]) ++rung;
  return rung;
}

}  // namespace hd
