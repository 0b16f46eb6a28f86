// SPDX-License-Identifier: Apache-2.0
#include "collector/domain/form.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "collector/domain/calendar.hpp"

namespace hd {
namespace {

constexpr int kZoneMinutes = 7 * 60;
constexpr std::size_t kEvidenceMax = 40;

struct Local {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0;
};

// Arithmetic on the civil calendar, as utc_text does it.
Local local_of(WallTime time) {
  const std::string text = utc_text(time + std::int64_t{kZoneMinutes} * 60 * kSecond);  // 2022-08-30T01:02:03.123Z
  const auto number = [&text](std::size_t at, std::size_t count) { return std::stoi(text.substr(at, count)); };
  return {number(0, 4), number(5, 2), number(8, 2), number(11, 2), number(14, 2)};
}

class Filler {
 public:
  explicit Filler(FilledForm& form) : form_(form) {}

  void mandatory(std::uint8_t number, std::string_view key, std::string_view label, std::string value, bool is_proposal = false) {
    const FieldState state = value.empty() ? FieldState::missing : is_proposal ? FieldState::doubtful : FieldState::good;
    form_.fields.push_back({number, key, label, std::move(value), state, true});
  }
  void optional(std::uint8_t number, std::string_view key, std::string_view label, std::string value, bool is_proposal = false) {
    const FieldState state = value.empty() ? FieldState::empty : is_proposal ? FieldState::doubtful : FieldState::good;
    form_.fields.push_back({number, key, label, std::move(value), state, false});
  }

 private:
  FilledForm& form_;
};

std::string summary_of(const ReportParts& parts) {
  const Incident& incident = parts.incident;
  if (!incident.summary.empty()) return incident.summary;
  std::string text = incident.title + ". Loại: " + std::string(kind_title(incident.kind, true)) + ".";
  if (!incident.attacker.empty() || !incident.victim.empty()) text += " Từ " + incident.attacker + " tới " + incident.victim + ".";
  std::uint64_t alerts = 0;
  for (const AlertGroup& group : parts.groups) alerts += group.count;
  text += fmt::format(" Đến {} {} ghi nhận {} cảnh báo trong {} nhóm.", vn_clock(parts.now), vn_date(parts.now), alerts, parts.groups.size());
  return text;
}

std::string state_of(const Incident& incident) {
  const bool is_handled = incident.state == IncidentState::contained || incident.state == IncidentState::recovering || incident.state == IncidentState::closed;
  return is_handled ? "☒ Đã được xử lý   ☐ Chưa được xử lý" : "☐ Đã được xử lý   ☒ Chưa được xử lý";
}

std::string told_of(const ReportParts& parts) {
  std::string text;
  for (const TimelineEntry& entry : parts.timeline) {
    if (entry.kind == "report") text += (text.empty() ? "" : "; ") + vn_clock(entry.at) + " " + vn_date(entry.at) + ": " + entry.body;
  }
  return text.empty() ? "Chưa gửi" : text;
}

void fill_sender(const ReportParts& parts, Filler& fill) {
  const Organisation& org = parts.organisation;
  fill.mandatory(1, "org.name", "Tên tổ chức/cá nhân báo cáo sự cố", org.name);
  fill.mandatory(2, "org.address", "Địa chỉ", org.address);
  fill.mandatory(3, "org.phone", "Điện thoại", org.phone);
  fill.mandatory(4, "org.mail", "Email", org.mail);
  fill.mandatory(5, "contact.name", "Người liên hệ: họ và tên", org.contact.empty() ? parts.author : org.contact, org.contact.empty());
  fill.optional(6, "contact.position", "Chức vụ", org.contact_position);
  fill.mandatory(7, "contact.phone", "Điện thoại; email của người liên hệ", org.contact_phone);
}

void fill_system(const ReportParts& parts, Filler& fill) {
  const Incident& incident = parts.incident;
  fill.mandatory(8, "system.operator", "Tên đơn vị vận hành hệ thống thông tin", parts.organisation.name, true);
  fill.mandatory(9, "system.owner", "Cơ quan chủ quản", parts.system_owner);
  fill.mandatory(10, "system.name", "Tên hệ thống bị sự cố (kèm tên miền, địa chỉ IP)",
                 incident.system.empty() ? incident.victim : incident.system + (incident.victim.empty() ? "" : " (" + incident.victim + ")"), incident.system.empty());
  fill.mandatory(11, "system.level", "Phân loại cấp độ của hệ thống thông tin",
                 incident.system_level == 0 ? "chưa phân loại" : "Cấp độ " + std::to_string(incident.system_level), incident.system_level == 0);
  fill.optional(12, "system.soc", "Tổ chức cung cấp dịch vụ an toàn thông tin (nếu có)", "");
  fill.optional(13, "system.isps", "Tên nhà cung cấp dịch vụ kết nối bên ngoài (nếu có)", parts.organisation.upstream);
}

void fill_incident(const ReportParts& parts, Filler& fill) {
  const Incident& incident = parts.incident;
  const bool is_by_person = incident.opened_by.rfind("policy:", 0) != 0;
  fill.mandatory(14, "incident.summary", "Mô tả sơ bộ về sự cố", summary_of(parts), incident.summary.empty());
  fill.mandatory(15, "incident.date", "Ngày phát hiện sự cố", vn_date(incident.t0));
  fill.mandatory(16, "incident.time", "Thời gian phát hiện", vn_clock(incident.t0), incident.t0_basis != "packet_corrected" && incident.t0_basis != "statement");
  fill.mandatory(17, "incident.state", "Hiện trạng sự cố", state_of(incident), incident.is_provisional);
  fill.mandatory(18, "incident.means", "Cách thức phát hiện",
                 is_by_person && parts.groups.empty() ? "☐ Hệ thống phát hiện xâm nhập   ☒ Nhận được thông báo" : "☒ Hệ thống phát hiện xâm nhập   ☐ Kiểm tra nhật ký   ☐ Nhận được thông báo   ☐ Khác");
  fill.mandatory(19, "incident.told", "Đã gửi thông báo sự cố cho", told_of(parts));
  fill.optional(20, "asset.os", "Hệ điều hành; phiên bản", "");
  fill.optional(21, "asset.services", "Các dịch vụ có trên hệ thống", "");
  fill.optional(22, "system.measures", "Biện pháp an toàn đã triển khai", "☒ Phát hiện xâm nhập (cảm biến " + (parts.groups.empty() ? std::string("–") : parts.groups.front().sensor) + ")");
  fill.optional(23, "system.ips", "Các địa chỉ IP của hệ thống (chỉ địa chỉ dùng trên Internet)", "");
  fill.optional(24, "system.domains", "Các tên miền của hệ thống", "");
  fill.optional(25, "system.purpose", "Mục đích chính sử dụng hệ thống", "");
}

void fill_end(const ReportParts& parts, Filler& fill) {
  fill.optional(26, "attachments", "Thông tin gửi kèm", parts.groups.empty() ? "" : fmt::format("Phụ lục: {} nhóm cảnh báo", parts.groups.size()));
  fill.mandatory(27, "confidential", "Thông tin phải giữ bí mật", "☐ Có   ☐ Không", true);
  fill.optional(28, "proposals", "Kiến nghị, đề xuất hỗ trợ", parts.incident.measures);
  fill.mandatory(29, "report.time", "Thời gian thực hiện báo cáo", vn_clock(parts.now) + ", " + vn_date(parts.now));
  fill.mandatory(30, "signature", "Người đại diện (ký tên, đóng dấu)", parts.author, true);
}

FormEvidence evidence_of(const AlertGroup& group) {
  return {.what = group.title_vi.empty() ? group.signature : group.title_vi, .technique = group.technique, .from = group.attacker, .to = group.victim,
          .first = vn_clock(group.first) + " " + vn_date(group.first), .last = vn_clock(group.last) + " " + vn_date(group.last), .alerts = group.count, .sid = group.sid};
}

}  // namespace

std::string_view name_of(FieldState state) noexcept {
  switch (state) {
    case FieldState::good: return "good";
    case FieldState::doubtful: return "doubtful";
    case FieldState::missing: return "missing";
    case FieldState::empty: return "empty";
  }
  return "";
}

std::string vn_date(WallTime time) {
  const Local local = local_of(time);
  return fmt::format("{:02}/{:02}/{:04}", local.day, local.month, local.year);
}

std::string vn_clock(WallTime time) {
  const Local local = local_of(time);
  return fmt::format("{} giờ {:02} phút", local.hour, local.minute);
}

FilledForm fill_initial_report(const ReportParts& parts) {
  FilledForm form{.id = "vn-tt20-03", .title = "BÁO CÁO BAN ĐẦU SỰ CỐ", .instrument = "Mẫu số 03, Thông tư 20/2017/TT-BTTTT", .number = parts.incident.number};
  for (const Duty& duty : parts.duties) {
    if (duty.due && !duty.satisfied_at) {
      form.due = vn_clock(*duty.due) + ", " + vn_date(*duty.due) + " (" + duty.pack + ")";
      break;
    }
  }
  Filler fill(form);
  fill_sender(parts, fill);
  fill_system(parts, fill);
  fill_incident(parts, fill);
  fill_end(parts, fill);
  for (const AlertGroup& group : parts.groups) {
    if (form.evidence.size() < kEvidenceMax) form.evidence.push_back(evidence_of(group));
  }
  form.t0_note = parts.incident.t0_basis == "packet_corrected" ? "Thời điểm phát hiện theo giờ gói tin, đã hiệu chỉnh với đồng hồ bộ thu."
                 : parts.incident.t0_basis == "statement"      ? "Thời điểm phát hiện theo lời khai của người trực."
                                                               : "Thời điểm phát hiện là lúc cảnh báo tới bộ thu.";
  return form;
}

}  // namespace hd
