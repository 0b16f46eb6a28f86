// SPDX-License-Identifier: Apache-2.0
// The initial report of an incident (Mẫu số 03 of Circular 20/2017/TT-BTTTT) as content: what stands in each field, where it
// comes from, and what is missing. Pure; collector/report sets it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/domain/duty.hpp"
#include "collector/domain/group.hpp"
#include "collector/domain/incident.hpp"

namespace hd {

/// Who reports. Given once, in the collector's settings.
struct Organisation {
  std::string name = {}, address = {}, phone = {}, mail = {};
  std::string contact = {}, contact_position = {}, contact_phone = {};  ///< who answers at any hour
  std::string upstream = {};  ///< providers of the connection to the Internet
};

/// Everything that a report of an incident is made from.
struct ReportParts {
  Incident incident = {};
  std::vector<Duty> duties = {};
  std::vector<TimelineEntry> timeline = {};
  std::vector<AlertGroup> groups = {};
  std::string author = {};  ///< full name of who asks
  WallTime now = {};
  Organisation organisation = {};
  std::string system_owner = {};  ///< of the affected system, as the register has it
};

enum class FieldState : std::uint8_t {
  good,
  doubtful,  ///< a proposal that nobody has confirmed yet
  missing,   ///< mandatory and not known: listed, never invented
  empty,     ///< not known, and not needed
};

struct FormField {
  std::uint8_t number = 0;        ///< as on the paper
  std::string_view key = {};
  std::string_view label = {};    ///< Vietnamese
  std::string value = {};
  FieldState state = FieldState::empty;
  bool is_mandatory = false;
};

/// One line of the annex: a group of alerts as evidence.
struct FormEvidence {
  std::string what = {}, technique = {}, from = {}, to = {}, first = {}, last = {};
  std::uint64_t alerts = 0;
  std::uint32_t sid = 0;
};

struct FilledForm {
  std::string_view id = {}, title = {}, instrument = {};
  std::string number = {};        ///< of the incident
  std::string due = {};           ///< when the duty that it answers falls due, local time; empty: none runs
  std::vector<FormField> fields = {};
  std::vector<FormEvidence> evidence = {};
  std::string t0_note = {};       ///< basis of the time of detection
};

[[nodiscard]] FilledForm fill_initial_report(const ReportParts& parts);
[[nodiscard]] std::string_view name_of(FieldState state) noexcept;
/// 30/08/2022, and 15 giờ 04 phút, in the zone of Viet Nam (+07, no daylight saving time).
[[nodiscard]] std::string vn_date(WallTime time);
[[nodiscard]] std::string vn_clock(WallTime time);

}  // namespace hd
