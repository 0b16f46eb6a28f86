// SPDX-License-Identifier: Apache-2.0
// A filled form as a file: JSON for machines, Markdown for mail, PDF for paper.
#pragma once

#include <string>

#include "collector/domain/form.hpp"
#include "sensor/base/result.hpp"

namespace hd {

enum class ReportForm : std::uint8_t { json, markdown, pdf };

/// The initial report of an incident. Strings that came from the wire are shown as text, never as markup; control bytes as \xNN.
/// Errors: E4001 the PDF could not be made.
[[nodiscard]] Result<std::string> make_report(const ReportParts& parts, ReportForm form);

/// {"schema":"haidang.report/1", …}
[[nodiscard]] std::string report_json(const FilledForm& form);
[[nodiscard]] std::string report_markdown(const FilledForm& form);
/// A4, fonts embedded.
[[nodiscard]] Result<std::string> report_pdf(const FilledForm& form);

/// Control bytes and characters that reorder or hide text as \xNN and \u{NNNN}; at most `length_max` bytes, then "…".
[[nodiscard]] std::string shown(std::string_view text, std::size_t length_max = 2000);

}  // namespace hd
