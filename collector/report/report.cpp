// SPDX-License-Identifier: Apache-2.0
#include "collector/report/report.hpp"

#include <fmt/format.h>

#include "sensor/base/json_writer.hpp"

namespace hd {
namespace {

/// Code point at `at`, and its length in bytes; length 0: not UTF-8.
std::pair<char32_t, std::size_t> code_point(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
  if (length == 0 || at + length > text.size()) return {0, 0};
  char32_t value = length == 1 ? lead : lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0u) != 0x80u) return {0, 0};
    value = value << 6 | (byte(i) & 0x3fu);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kLeast[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return {0, 0};
  return {value, length};
}

/// Reorders or hides what stands around it.
bool is_deceiving(char32_t value) {
  return (value >= 0x7f && value < 0xa0) || (value >= 0x200b && value <= 0x200f) || (value >= 0x2028 && value <= 0x202e) || (value >= 0x2060 && value <= 0x2069) || value == 0xfeff ||
         (value >= 0xe0000 && value <= 0xe007f);
}

std::string markdown_text(std::string_view text) {
  std::string out;
  for (const char c : shown(text)) {
    if (std::string_view("\\`*_{}[]<>()#+-!|&~").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string_view mark_of(FieldState state) {
  switch (state) {
    case FieldState::missing: return " **(còn thiếu)**";
    case FieldState::doubtful: return " *(cần xác nhận)*";
    case FieldState::good:
    case FieldState::empty: return "";
  }
  return "";
}

}  // namespace

std::string shown(std::string_view text, std::size_t length_max) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (out.size() >= length_max) return out + "…";
    const auto [value, length] = code_point(text, at);
    if (length == 0 || value < 0x20) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[at]));
      ++at;
      continue;
    }
    if (is_deceiving(value)) out += fmt::format("\\u{{{:04x}}}", static_cast<std::uint32_t>(value));
    else out += text.substr(at, length);
    at += length;
  }
  return out;
}

std::string report_json(const FilledForm& form) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("schema", "haidang.report/1").field("form", form.id).field("title", form.title).field("instrument", form.instrument);
  json.field("incident", form.number).field("due", form.due).field("t0_note", form.t0_note);
  json.key("fields").begin_array();
  for (const FormField& field : form.fields) {
    json.begin_object().field("number", field.number).field("key", field.key).field("label", field.label).field("value", shown(field.value));
    json.field("state", name_of(field.state)).field("mandatory", field.is_mandatory).end_object();
  }
  json.end_array().key("missing").begin_array();
  for (const FormField& field : form.fields) {
    if (field.state == FieldState::missing) json.value(field.key);
  }
  json.end_array().key("evidence").begin_array();
  for (const FormEvidence& one : form.evidence) {
    json.begin_object().field("what", shown(one.what)).field("technique", shown(one.technique)).field("from", shown(one.from)).field("to", shown(one.to));
    json.field("first", one.first).field("last", one.last).field("alerts", one.alerts).field("sid", one.sid).end_object();
  }
  json.end_array().end_object();
  return out + "\n";
}

std::string report_markdown(const FilledForm& form) {
  std::string out = fmt::format("# {}\n\n{}\n\nSự cố số **{}**", form.title, form.instrument, form.number);
  if (!form.due.empty()) out += "; hạn báo cáo " + form.due;
  out += "\n\n| STT | Nội dung | |\n|---|---|---|\n";
  for (const FormField& field : form.fields) {
    out += fmt::format("| {} | {}{} | {}{} |\n", field.number, field.label, field.is_mandatory ? " \\*" : "", markdown_text(field.value), mark_of(field.state));
  }
  out += "\n" + form.t0_note + "\n";
  if (!form.evidence.empty()) {
    out += "\n## Phụ lục: chứng cứ từ cảm biến\n\n| Dấu hiệu | Kỹ thuật | Từ | Tới | Lần đầu | Lần cuối | Số cảnh báo |\n|---|---|---|---|---|---|---|\n";
    for (const FormEvidence& one : form.evidence) {
      out += fmt::format("| {} ({}) | {} | {} | {} | {} | {} | {} |\n", markdown_text(one.what), one.sid, markdown_text(one.technique), markdown_text(one.from), markdown_text(one.to), one.first,
                         one.last, one.alerts);
    }
  }
  return out;
}

Result<std::string> make_report(const ReportParts& parts, ReportForm form) {
  const FilledForm filled = fill_initial_report(parts);
  switch (form) {
    case ReportForm::json: return report_json(filled);
    case ReportForm::markdown: return report_markdown(filled);
    case ReportForm::pdf: return report_pdf(filled);
  }
  return fail(ErrorCode::E9001, "no such form of a report");
}

}  // namespace hd
