// SPDX-License-Identifier: Apache-2.0
// The incident record: states with guards, kinds, severities, timeline (incidents.md 4).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/domain/duty.hpp"
#include "sensor/base/result.hpp"
#include "sensor/base/time.hpp"

namespace hd {

enum class IncidentState : std::uint8_t { open, acknowledged, confirmed, contained, recovering, closed, rejected, merged };
[[nodiscard]] std::string_view name_of(IncidentState state) noexcept;
[[nodiscard]] std::optional<IncidentState> incident_state(std::string_view name) noexcept;

/// Kinds of incidents in the wording of the official forms.
struct IncidentKind {
  std::string_view id, title_vi, title_en;
};
[[nodiscard]] std::span<const IncidentKind> incident_kinds();
/// The kind of an alert: its rule's metadata, else its class, else other.
[[nodiscard]] std::string kind_of(std::string_view stated, std::string_view category);
[[nodiscard]] std::string_view kind_title(std::string_view kind, bool is_vietnamese);

struct Incident {
  std::uint64_t id = 0;
  std::string number = {};         ///< SC-2026-0147
  std::string title = {}, summary = {}, kind = {};
  std::uint8_t severity = 3;
  IncidentState state = IncidentState::open;
  WallTime state_since = {}, opened = {}, t0 = {};
  std::string t0_basis = {};       ///< packet_corrected, arrived, statement
  std::string owner = {};          ///< user name; empty: nobody
  std::string opened_by = {};      ///< user name, or policy:<id>
  bool is_provisional = true;      ///< opened by the machine, not confirmed by a person
  std::string system = {};         ///< name of the protected system; empty: unknown
  std::uint8_t system_level = 0;
  std::string attacker = {}, victim = {};
  std::string cause = {}, measures = {}, lessons = {};
  std::optional<WallTime> contained_at = {}, response_ended = {}, reported_at = {};
  std::string report_proof = {};
  std::uint64_t alerts = 0, groups = 0;
  std::uint64_t version = 1;       ///< optimistic lock
};

/// Events of an incident for the clocks.
[[nodiscard]] Events events_of(const Incident& incident);

/// One line of what is missing, and where it is to be given.
struct Lack {
  std::string field = {}, vi = {}, en = {};
};

/// Everything that stands in the way of a change; empty: it may be made. Who may do it is the API's business.
[[nodiscard]] std::vector<Lack> lacks_for(const Incident& incident, IncidentState to, const std::vector<Duty>& duties);

/// SC-2026-0147
[[nodiscard]] std::string incident_number(int year, std::uint64_t count);

/// An entry of the timeline; append-only, each bound to the one before.
struct TimelineEntry {
  std::uint64_t incident = 0, sequence = 0;  ///< from 1 without gaps
  WallTime at = {};
  std::string kind = {};    ///< opened, alerts, state, assigned, comment, warning, report …
  std::string body = {};    ///< text of a person, or a JSON object of the machine
  std::string author = {};  ///< user name, or "system"
  std::string previous_hash = {}, hash = {};  ///< SHA-256, hex
};

/// Hash of an entry: SHA-256 over the canonical JSON of its members, the previous hash among them. The first entry's
/// previous hash is that of the incident's number.
[[nodiscard]] std::string hash_of(const TimelineEntry& entry);
[[nodiscard]] std::string genesis_of(std::string_view number);
/// Sequence of the first entry that does not fit, 0 when the whole chain holds.
[[nodiscard]] std::uint64_t first_broken(std::string_view number, const std::vector<TimelineEntry>& entries);

}  // namespace hd
