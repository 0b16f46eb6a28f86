// SPDX-License-Identifier: Apache-2.0
#include "sensor/lang/catalogue.hpp"

#include "sensor/base/text.hpp"

namespace hd {
namespace {

// Calls f(line's rest behind `head`, error) for each line that is neither empty nor a comment.
template <class F>
void for_each_entry(std::string_view text, const std::string& file, std::string_view head,
                    std::vector<Error>& errors, F&& read) {
  std::uint32_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    line = trim(line);
    if (line.empty() || line.starts_with('#')) continue;
    Error error{.code = ErrorCode::E2001,
                .place = {.file = file,
                          .line = number,
                          .column = 1,
                          .length = static_cast<std::uint32_t>(line.size())},
                .excerpt = std::string(line)};
    std::string_view rest = line;
    bool is_entry = rest.starts_with("config");
    if (is_entry) {
      rest = trim(rest.substr(6));
      is_entry = rest.starts_with(head);
    }
    if (is_entry) {
      rest = trim(rest.substr(head.size()));
      is_entry = rest.starts_with(':');
    }
    if (!is_entry) {
      error.what = "the line does not begin with \"config " + std::string(head) + ":\"";
      errors.push_back(std::move(error));
      continue;
    }
    error.what = read(trim(rest.substr(1)));
    if (!error.what.empty()) errors.push_back(std::move(error));
  }
}

} // namespace

void read_classification(std::string_view text, const std::string& file, RuleCatalogue& catalogue,
                         std::vector<Error>& errors) {
  for_each_entry(text, file, "classification", errors, [&](std::string_view entry) -> std::string {
    const std::size_t first = entry.find(',');
    const std::size_t last = entry.rfind(',');
    if (first == std::string_view::npos || last == first)
      return "a class needs a name, a text and a priority, with commas between";
    const auto priority = parse_integer(trim(entry.substr(last + 1)));
    if (!priority || *priority < 1 || *priority > 255) return "the priority is not a number from 1 to 255";
    const std::string_view name = trim(entry.substr(0, first));
    if (name.empty()) return "the class has no name";
    if (catalogue.find_class(name) != nullptr) return {};
    catalogue.classes.push_back({std::string(name),
                                 std::string(trim(entry.substr(first + 1, last - first - 1))),
                                 static_cast<std::uint8_t>(*priority)});
    return {};
  });
}

void read_references(std::string_view text, const std::string& file, RuleCatalogue& catalogue,
                     std::vector<Error>& errors) {
  for_each_entry(text, file, "reference", errors, [&](std::string_view entry) -> std::string {
    const std::size_t blank = entry.find_first_of(" \t");
    const std::string_view scheme = entry.substr(0, blank);
    const std::string_view prefix =
        blank == std::string_view::npos ? std::string_view() : trim(entry.substr(blank));
    if (scheme.empty()) return "the reference has no scheme";
    if (catalogue.find_reference(scheme) != nullptr) return {};
    catalogue.reference_prefixes.push_back({std::string(scheme), std::string(prefix)});
    return {};
  });
}

} // namespace hd
