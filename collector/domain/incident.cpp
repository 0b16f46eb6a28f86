// SPDX-License-Identifier: Apache-2.0
#include "collector/domain/incident.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "collector/domain/alert.hpp"
#include "sensor/base/crypto.hpp"
#include "sensor/base/json_writer.hpp"

namespace hd {
namespace {

constexpr std::array<std::string_view, 8> kStates = {"open", "acknowledged", "confirmed", "contained", "recovering", "closed", "rejected", "merged"};

constexpr IncidentKind kKinds[] = {
    {"dos", "Tấn công từ chối dịch vụ", "Denial of service"},
    {"phishing", "Tấn công giả mạo", "Phishing or masquerade"},
    {"malware", "Tấn công sử dụng mã độc", "Malicious code"},
    {"intrusion", "Truy cập trái phép, chiếm quyền điều khiển", "Unauthorised access, loss of control"},
    {"probe", "Dò quét, thử xâm nhập", "Scanning, intrusion attempt"},
    {"deface", "Thay đổi giao diện", "Defacement"},
    {"ransom", "Mã hóa phần mềm, dữ liệu, thiết bị", "Ransomware"},
    {"sabotage", "Phá hoại thông tin, dữ liệu, phần mềm", "Destruction of data"},
    {"theft", "Nghe trộm, gián điệp, lấy cắp thông tin", "Eavesdropping, theft of information"},
    {"content", "Phát tán thông tin xấu độc, vi phạm pháp luật", "Unlawful content"},
    {"outage", "Lỗi hệ thống, thiết bị, hạ tầng", "Failure of systems or infrastructure"},
    {"other", "Các hình thức tấn công khác", "Other"},
};

struct ClassKind {
  std::string_view text, kind;
};
// Texts of classification.config to kinds; what is not here is "other".
constexpr ClassKind kClasses[] = {
    {"A Network Trojan was detected", "malware"},
    {"Malware Command and Control Activity Detected", "malware"},
    {"Domain Observed Used for C2 Detected", "malware"},
    {"Crypto Currency Mining Activity Detected", "malware"},
    {"Executable code was detected", "intrusion"},
    {"Web Application Attack", "intrusion"},
    {"Attempted Administrator Privilege Gain", "intrusion"},
    {"Attempted User Privilege Gain", "intrusion"},
    {"Successful Administrator Privilege Gain", "intrusion"},
    {"Successful User Privilege Gain", "intrusion"},
    {"Successful Credential Theft Detected", "theft"},
    {"Information Leak", "theft"},
    {"Large Scale Information Leak", "theft"},
    {"Detection of a Denial of Service Attack", "dos"},
    {"Attempted Denial of Service", "dos"},
    {"Denial of Service", "dos"},
    {"Detection of a Network Scan", "probe"},
    {"Attempted Information Leak", "probe"},
    {"Attempt to login by a default username and password", "probe"},
    {"An attempted login using a suspicious username was detected", "probe"},
    {"Possible Social Engineering Attempted", "phishing"},
    {"Inappropriate Content was Detected", "content"},
};

void need(std::vector<Lack>& lacks, bool is_there, const char* field, const char* vi, const char* en) {
  if (!is_there) lacks.push_back({field, vi, en});
}

bool may_go(IncidentState from, IncidentState to) {
  using S = IncidentState;
  switch (to) {
    case S::open: return false;
    case S::acknowledged: return from == S::open;
    case S::confirmed: return from == S::open || from == S::acknowledged || from == S::contained || from == S::closed;
    case S::contained: return from == S::confirmed;
    case S::recovering: return from == S::contained;
    case S::closed: return from == S::recovering || from == S::contained;
    case S::rejected: return from == S::open || from == S::acknowledged;
    case S::merged: return from != S::closed && from != S::merged;
  }
  return false;
}

}  // namespace

std::string_view name_of(IncidentState state) noexcept { return kStates[static_cast<std::size_t>(state)]; }

std::optional<IncidentState> incident_state(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    if (kStates[i] == name) return static_cast<IncidentState>(i);
  }
  return std::nullopt;
}

std::span<const IncidentKind> incident_kinds() { return kKinds; }

std::string kind_of(std::string_view stated, std::string_view category) {
  for (const IncidentKind& kind : incident_kinds()) {
    if (kind.id == stated) return std::string(stated);
  }
  for (const ClassKind& row : kClasses) {
    if (row.text == category) return std::string(row.kind);
  }
  return "other";
}

std::string_view kind_title(std::string_view kind, bool is_vietnamese) {
  for (const IncidentKind& one : incident_kinds()) {
    if (one.id == kind) return is_vietnamese ? one.title_vi : one.title_en;
  }
  return kind;
}

Events events_of(const Incident& incident) {
  Events events = {{"detected", incident.t0}, {"opened", incident.opened}};
  if (incident.response_ended) events["response_ended"] = *incident.response_ended;
  if (incident.reported_at) events["satisfied:initial"] = *incident.reported_at;
  if (!incident.is_provisional) events["confirmed"] = incident.state_since;
  return events;
}

std::vector<Lack> lacks_for(const Incident& incident, IncidentState to, const std::vector<Duty>& duties) {
  using S = IncidentState;
  std::vector<Lack> lacks;
  if (!may_go(incident.state, to)) {
    lacks.push_back({"state", "Không chuyển được từ trạng thái hiện tại", "not reachable from the present state"});
    return lacks;
  }
  if (to == S::acknowledged) need(lacks, !incident.owner.empty(), "owner", "Chưa có người phụ trách", "nobody is assigned");
  if (to == S::confirmed) {
    need(lacks, !incident.kind.empty(), "kind", "Chưa chọn loại sự cố", "the kind of incident is missing");
    need(lacks, incident.severity >= 1 && incident.severity <= 4, "severity", "Chưa đặt mức độ", "the severity is missing");
    need(lacks, !incident.system.empty(), "system", "Chưa chọn hệ thống bị ảnh hưởng (có thể ghi «chưa rõ»)", "the affected system is missing (\"unknown\" is allowed)");
  }
  if (to == S::contained) need(lacks, !incident.measures.empty(), "measures", "Chưa ghi biện pháp khống chế", "no containment measure is recorded");
  if (to == S::closed) {
    need(lacks, incident.response_ended.has_value(), "response_ended", "Chưa ghi thời điểm kết thúc ứng phó", "the end of the response is missing");
    need(lacks, !incident.cause.empty(), "cause", "Chưa ghi nguyên nhân", "the cause is missing");
    need(lacks, !incident.lessons.empty(), "lessons", "Chưa ghi bài học", "the lessons are missing");
    for (const Duty& duty : duties) {
      const bool is_done = duty.state == DutyState::satisfied || duty.state == DutyState::satisfied_late;
      if (!is_done) lacks.push_back({"duty:" + duty.id, duty.title_vi + ": chưa hoàn thành", duty.title_en + ": not done"});
    }
  }
  return lacks;
}

std::string incident_number(int year, std::uint64_t count) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "SC-%04d-%04llu", year, static_cast<unsigned long long>(count));
  return text.data();
}

// Members in the order of their names, as RFC 8785 asks.
std::string hash_of(const TimelineEntry& entry) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().field("at", utc_text(entry.at)).field("author", entry.author).field("body", entry.body).field("incident", entry.incident);
  json.field("kind", entry.kind).field("prev_hash", entry.previous_hash).field("seq", entry.sequence).end_object();
  return to_hex(sha256(as_bytes(text)));
}

std::string genesis_of(std::string_view number) { return to_hex(sha256(as_bytes(number))); }

std::uint64_t first_broken(std::string_view number, const std::vector<TimelineEntry>& entries) {
  std::string previous = genesis_of(number);
  std::uint64_t sequence = 0;
  for (const TimelineEntry& entry : entries) {
    ++sequence;
    if (entry.sequence != sequence || entry.previous_hash != previous || entry.hash != hash_of(entry)) return sequence;
    previous = entry.hash;
  }
  return 0;
}

}  // namespace hd
