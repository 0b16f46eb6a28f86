// SPDX-License-Identifier: Apache-2.0
// The form on paper: A4 through Cairo and Pango, which shapes Vietnamese and embeds its fonts.
#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include <fmt/format.h>

#include <memory>

#include "collector/report/report.hpp"

namespace hd {
namespace {

constexpr double kWidth = 595.28, kHeight = 841.89;  // A4, points
constexpr double kLeft = 62, kRight = 48, kTop = 52, kBottom = 60;
constexpr double kInner = kWidth - kLeft - kRight;
constexpr const char* kFamily = "Liberation Serif, Noto Serif, serif";

struct Free {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* context) const { cairo_destroy(context); }
  void operator()(PangoLayout* layout) const { g_object_unref(layout); }
  void operator()(PangoFontDescription* font) const { pango_font_description_free(font); }
};

cairo_status_t append(void* into, const unsigned char* data, unsigned length) {
  static_cast<std::string*>(into)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

struct Style {
  double size = 11;
  bool is_bold = false, is_italic = false;
  PangoAlignment align = PANGO_ALIGN_LEFT;
  double grey = 0;
};

class Paper {
 public:
  Paper(std::string& out, const FilledForm& form)
      : form_(form), surface_(cairo_pdf_surface_create_for_stream(append, &out, kWidth, kHeight)), context_(cairo_create(surface_.get())) {
    cairo_pdf_surface_set_metadata(surface_.get(), CAIRO_PDF_METADATA_TITLE, (std::string(form.title) + " " + form.number).c_str());
    cairo_pdf_surface_set_metadata(surface_.get(), CAIRO_PDF_METADATA_CREATOR, "Hải Đăng");
  }

  /// Text in a column; answers its height. With `draws` false it is only measured.
  double text(std::string_view words, double x, double y, double width, const Style& style, bool draws = true) {
    const std::unique_ptr<PangoLayout, Free> layout(pango_cairo_create_layout(context_.get()));
    const std::unique_ptr<PangoFontDescription, Free> font(pango_font_description_from_string(kFamily));
    pango_font_description_set_absolute_size(font.get(), style.size * PANGO_SCALE);
    if (style.is_bold) pango_font_description_set_weight(font.get(), PANGO_WEIGHT_BOLD);
    if (style.is_italic) pango_font_description_set_style(font.get(), PANGO_STYLE_ITALIC);
    pango_layout_set_font_description(layout.get(), font.get());
    pango_layout_set_width(layout.get(), static_cast<int>(width * PANGO_SCALE));
    pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
    pango_layout_set_alignment(layout.get(), style.align);
    // Plain text: nothing of it is taken as markup.
    pango_layout_set_text(layout.get(), words.data(), static_cast<int>(words.size()));
    int height = 0;
    pango_layout_get_size(layout.get(), nullptr, &height);
    if (draws) {
      cairo_set_source_rgb(context_.get(), style.grey, style.grey, style.grey);
      cairo_move_to(context_.get(), x, y);
      pango_cairo_show_layout(context_.get(), layout.get());
    }
    return static_cast<double>(height) / PANGO_SCALE;
  }

  void line(double x1, double y1, double x2, double y2) {
    cairo_set_source_rgb(context_.get(), 0.45, 0.45, 0.45);
    cairo_set_line_width(context_.get(), 0.5);
    cairo_move_to(context_.get(), x1, y1);
    cairo_line_to(context_.get(), x2, y2);
    cairo_stroke(context_.get());
  }

  /// Room for `height` on this page, or a new one.
  void need(double height) {
    if (y_ + height <= kHeight - kBottom) return;
    end_page();
    cairo_show_page(context_.get());
    ++page_;
    y_ = kTop;
  }

  void end_page() {
    text(fmt::format("{}  ·  {}", form_.number, form_.instrument), kLeft, kHeight - 40, kInner, {.size = 8, .grey = 0.35});
    text(fmt::format("Trang {}", page_), kLeft, kHeight - 40, kInner, {.size = 8, .align = PANGO_ALIGN_RIGHT, .grey = 0.35});
  }

  [[nodiscard]] bool finish() {
    end_page();
    cairo_show_page(context_.get());
    cairo_surface_finish(surface_.get());
    return cairo_surface_status(surface_.get()) == CAIRO_STATUS_SUCCESS && cairo_status(context_.get()) == CAIRO_STATUS_SUCCESS;
  }

  double y_ = kTop;

 private:
  const FilledForm& form_;
  std::unique_ptr<cairo_surface_t, Free> surface_;
  std::unique_ptr<cairo_t, Free> context_;
  int page_ = 1;
};

void write_head(Paper& paper, const FilledForm& form) {
  const double half = kInner / 2;
  const std::string sender = form.fields.front().value.empty() ? "(tên tổ chức)" : shown(form.fields.front().value, 200);
  const double left = paper.text(sender, kLeft, paper.y_, half - 10, {.size = 11, .is_bold = true, .align = PANGO_ALIGN_CENTER});
  double right = paper.text("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", kLeft + half, paper.y_, half, {.size = 10.5, .is_bold = true, .align = PANGO_ALIGN_CENTER});
  right += paper.text("Độc lập - Tự do - Hạnh phúc", kLeft + half, paper.y_ + right, half, {.size = 11, .is_bold = true, .align = PANGO_ALIGN_CENTER});
  paper.line(kLeft + half + 62, paper.y_ + right + 3, kLeft + kInner - 62, paper.y_ + right + 3);
  paper.y_ += std::max(left, right) + 22;
  paper.y_ += paper.text(form.title, kLeft, paper.y_, kInner, {.size = 15, .is_bold = true, .align = PANGO_ALIGN_CENTER}) + 2;
  paper.y_ += paper.text(std::string("(") + std::string(form.instrument) + ")", kLeft, paper.y_, kInner, {.size = 10, .is_italic = true, .align = PANGO_ALIGN_CENTER}) + 4;
  std::string about = "Sự cố số " + form.number;
  if (!form.due.empty()) about += "; hạn báo cáo " + form.due;
  paper.y_ += paper.text(about, kLeft, paper.y_, kInner, {.size = 10.5, .align = PANGO_ALIGN_CENTER}) + 12;
}

void write_field(Paper& paper, const FormField& field) {
  constexpr double kNumber = 24, kLabel = 176, kGap = 8, kPad = 3.5;
  const double value_x = kLeft + kNumber + kLabel + kGap, value_width = kInner - kNumber - kLabel - kGap;
  const std::string label = std::string(field.label) + (field.is_mandatory ? " *" : "");
  std::string value = shown(field.value);
  Style style{.size = 11};
  if (field.state == FieldState::missing) {
    value = "(còn thiếu)";
    style.is_bold = style.is_italic = true;
  } else if (field.state == FieldState::doubtful) {
    value += "  (cần xác nhận)";
  } else if (field.state == FieldState::empty) {
    value = "…";
    style.grey = 0.5;
  }
  const double height = std::max(paper.text(label, 0, 0, kLabel, {.size = 10.5}, false), paper.text(value, 0, 0, value_width, style, false));
  paper.need(height + 2 * kPad);
  paper.text(std::to_string(field.number), kLeft, paper.y_ + kPad, kNumber - 6, {.size = 10.5, .grey = 0.35});
  paper.text(label, kLeft + kNumber, paper.y_ + kPad, kLabel, {.size = 10.5});
  paper.text(value, value_x, paper.y_ + kPad, value_width, style);
  paper.y_ += height + 2 * kPad;
  paper.line(kLeft, paper.y_, kLeft + kInner, paper.y_);
}

void write_signature(Paper& paper, const FormField& field) {
  paper.need(120);
  paper.y_ += 14;
  const double x = kLeft + kInner / 2;
  paper.y_ += paper.text("NGƯỜI ĐẠI DIỆN", x, paper.y_, kInner / 2, {.size = 11, .is_bold = true, .align = PANGO_ALIGN_CENTER});
  paper.y_ += paper.text("(ký tên, đóng dấu)", x, paper.y_, kInner / 2, {.size = 10, .is_italic = true, .align = PANGO_ALIGN_CENTER}) + 58;
  paper.y_ += paper.text(shown(field.value, 200), x, paper.y_, kInner / 2, {.size = 11, .is_bold = true, .align = PANGO_ALIGN_CENTER}) + 10;
}

void write_evidence(Paper& paper, const FilledForm& form) {
  if (form.evidence.empty()) return;
  paper.need(80);
  paper.y_ += 10;
  paper.y_ += paper.text("PHỤ LỤC: CHỨNG CỨ TỪ CẢM BIẾN", kLeft, paper.y_, kInner, {.size = 12, .is_bold = true}) + 4;
  paper.y_ += paper.text(form.t0_note, kLeft, paper.y_, kInner, {.size = 9.5, .is_italic = true}) + 6;
  for (const FormEvidence& one : form.evidence) {
    const std::string head = fmt::format("{} (sid {}{})", shown(one.what, 300), one.sid, one.technique.empty() ? "" : ", " + shown(one.technique, 40));
    const std::string body = fmt::format("{} → {}; {} cảnh báo; từ {} đến {}", shown(one.from, 64), shown(one.to, 64), one.alerts, one.first, one.last);
    const double height = paper.text(head, 0, 0, kInner, {.size = 10.5, .is_bold = true}, false) + paper.text(body, 0, 0, kInner, {.size = 10}, false) + 8;
    paper.need(height);
    paper.y_ += paper.text(head, kLeft, paper.y_ + 3, kInner, {.size = 10.5, .is_bold = true}) + 3;
    paper.y_ += paper.text(body, kLeft, paper.y_, kInner, {.size = 10}) + 5;
    paper.line(kLeft, paper.y_, kLeft + kInner, paper.y_);
  }
}

}  // namespace

Result<std::string> report_pdf(const FilledForm& form) {
  std::string out;
  {
    Paper paper(out, form);
    write_head(paper, form);
    for (const FormField& field : form.fields) {
      if (&field != &form.fields.back()) write_field(paper, field);
    }
    write_signature(paper, form.fields.back());
    write_evidence(paper, form);
    if (!paper.finish()) return fail(ErrorCode::E4001, "the PDF could not be made");
  }
  return out;
}

}  // namespace hd
