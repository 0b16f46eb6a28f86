// SPDX-License-Identifier: Apache-2.0
#include "collector/api/body.hpp"

#include <algorithm>

#include "collector/domain/alert.hpp"

namespace hd::api {
namespace {

bool is_choice(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find('|'), words.size());
    if (words.substr(0, end) == word) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

bool fits(JsonView value, std::string_view type) {
  if (type == "integer") return value.is(JsonKind::integer);
  if (type == "number") return value.is(JsonKind::integer) || value.is(JsonKind::number);
  if (type == "boolean") return value.is(JsonKind::boolean);
  if (!value.is(JsonKind::string) || value.as_string().size() > kTextMax) return false;
  if (value.as_string().find('\0') != std::string_view::npos) return false;
  WallTime time;
  if (type == "time") return parse_time(value.as_string(), &time);
  return type == "string" || is_choice(type, value.as_string());
}

}  // namespace

std::optional<BodyFault> check_body(JsonView body, std::span<const FieldRow> fields) {
  if (!body.is(JsonKind::object)) return BodyFault{"", "Nội dung phải là một đối tượng JSON.", "The body must be a JSON object."};
  for (const JsonMember& member : body.members()) {
    const auto row = std::ranges::find(fields, member.key, &FieldRow::name);
    const std::string name(member.key);
    if (row == fields.end()) return BodyFault{name, "Không có trường «" + name + "».", "There is no field \"" + name + "\"."};
    if (!fits(member.value, row->type)) {
      const std::string type(row->type);
      return BodyFault{name, "Trường «" + name + "» không đúng kiểu " + type + ".", "The field \"" + name + "\" is not " + type + ", or too long."};
    }
  }
  for (const FieldRow& row : fields) {
    if (row.is_required && !body.get(row.name)) {
      const std::string name(row.name);
      return BodyFault{name, "Thiếu trường «" + name + "».", "The field \"" + name + "\" is missing."};
    }
  }
  return std::nullopt;
}

}  // namespace hd::api
