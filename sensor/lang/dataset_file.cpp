// SPDX-License-Identifier: Apache-2.0
// Datasets as files: one value a line (strings in base64, digests in hexadecimal, addresses as text), or JSON.
#include "sensor/base/file.hpp"
#include "sensor/base/json.hpp"
#include "sensor/base/text.hpp"
#include "sensor/lang/address_text.hpp"
#include "sensor/lang/dataset.hpp"

#include <algorithm>
#include <array>

namespace hd {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::optional<std::string> from_base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  std::size_t digits = text.size();
  while (digits > 0 && text.size() - digits < 2 && text[digits - 1] == '=') --digits;
  for (const char c : text.substr(0, digits)) {
    const std::size_t value = kDigits.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  return out;
}

std::string to_base64(Bytes bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < have ? bytes[i + k] : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += k <= have ? kDigits[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view text, std::size_t size) {
  if (text.size() != size * 2) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    unsigned byte = 0;
    for (const char c : text.substr(i, 2)) {
      const auto digit = std::string_view("0123456789abcdef").find(static_cast<char>(c >= 'A' && c <= 'F' ? c + 32 : c));
      if (digit == std::string_view::npos) return std::nullopt;
      byte = byte << 4 | static_cast<unsigned>(digit);
    }
    out += static_cast<char>(byte);
  }
  return out;
}

std::optional<std::string> value_of(DatasetType type, std::string_view text, bool is_base64) {
  switch (type) {
  case DatasetType::string:
    return is_base64 ? from_base64(text) : std::optional(std::string(text));
  case DatasetType::md5:
    return from_hex(text, 16);
  case DatasetType::sha256:
    return from_hex(text, 32);
  case DatasetType::ip4:
  case DatasetType::ip: {
    const auto address = parse_address(text);
    if (!address || (type == DatasetType::ip4 && !address->is_ip4())) return std::nullopt;
    const Bytes bytes = address->bytes;
    return std::string(as_chars(address->is_ip4() ? bytes.subspan(12) : bytes));
  }
  }
  return std::nullopt;
}

tl::unexpected<Error> bad_value(const DatasetFile& file, std::size_t line, std::string_view text) {
  return fail({.code = ErrorCode::E2103,
               .place = {.file = file.path, .line = static_cast<std::uint32_t>(line), .column = 1},
               .what = "\"" + std::string(text.substr(0, 80)) + "\" is not a value of this set",
               .hint = "Strings are base64, digests hexadecimal, one a line."});
}

Result<void> load_lines(Dataset& set, const DatasetFile& file, std::string_view text) {
  std::size_t line = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view row = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++line;
    if (row.empty() || row.front() == '#') continue;
    const std::size_t comma = std::min(row.find(','), row.size());
    std::uint16_t reputation = 0;
    if (file.has_reputation) {
      const auto number = comma < row.size() ? parse_integer(trim(row.substr(comma + 1))) : std::nullopt;
      if (!number || *number < 0 || *number > UINT16_MAX) return bad_value(file, line, row);
      reputation = static_cast<std::uint16_t>(*number);
    }
    const auto value = value_of(set.type(), trim(row.substr(0, comma)), true);
    if (!value) return bad_value(file, line, row);
    set.load(as_bytes(*value), reputation);
  }
  return {};
}

JsonView member(JsonView at, std::string_view path) {
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    at = at.get(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return at;
}

// Elements without the member are passed over, as Suricata does.
Result<void> load_element(Dataset& set, const DatasetFile& file, JsonView element, std::size_t line) {
  const JsonView at = member(element, file.value_key);
  if (!at.is(JsonKind::string)) return {};
  const auto value = value_of(set.type(), at.as_string(), false);
  if (!value) return bad_value(file, line, at.as_string());
  set.load(as_bytes(*value), 0);
  return {};
}

Result<void> load_json(Dataset& set, const DatasetFile& file, std::string_view text) {
  auto document = JsonDocument::parse(text);
  if (!document) return fail(std::move(document.error()));
  const JsonView array = member(document->root(), file.array_key);
  if (!array.is(JsonKind::array))
    return fail({.code = ErrorCode::E2103, .what = file.path + " has no array \"" + file.array_key + "\"", .hint = "array_key names the member that holds it."});
  for (const JsonView element : array.elements()) {
    if (auto done = load_element(set, file, element, 1); !done) return done;
  }
  return {};
}

Result<void> load_json_lines(Dataset& set, const DatasetFile& file, std::string_view text) {
  JsonParser parser;
  std::size_t line = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view row = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++line;
    if (row.empty()) continue;
    auto view = parser.parse(row);
    if (!view) return bad_value(file, line, row);
    if (auto done = load_element(set, file, *view, line); !done) return done;
  }
  return {};
}

std::string text_of(DatasetType type, Bytes value) {
  if (type == DatasetType::string) return to_base64(value);
  if (type == DatasetType::ip4 || (type == DatasetType::ip && value.size() == 4)) {
    std::string out;
    for (const std::uint8_t byte : value) out += (out.empty() ? "" : ".") + std::to_string(byte);
    return out;
  }
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (type == DatasetType::ip && i > 0 && i % 2 == 0) out += ':';
    out += "0123456789abcdef"[value[i] >> 4];
    out += "0123456789abcdef"[value[i] & 15];
  }
  return out;
}

} // namespace

Result<void> load_dataset(Dataset& set, const DatasetFile& file) {
  auto text = read_file(file.path);
  if (!text) return fail(std::move(text.error()));
  switch (file.format) {
  case DatasetFormat::csv:
    return load_lines(set, file, *text);
  case DatasetFormat::json:
    return load_json(set, file, *text);
  case DatasetFormat::ndjson:
    return load_json_lines(set, file, *text);
  }
  return {};
}

std::string Dataset::to_file() const {
  std::vector<std::string> lines;
  for (const Entry& entry : entries_) {
    const Bytes value = as_bytes(std::string_view(pool_).substr(entry.offset, entry.length));
    if (contains(value)) lines.push_back(text_of(type_, value));
  }
  if (changes_ != nullptr) {
    changes_->each([&](Bytes value, ChangedValues::State state) {
      if (state == ChangedValues::State::present && find(value) == nullptr) lines.push_back(text_of(type_, value));
    });
  }
  std::sort(lines.begin(), lines.end());
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

void DatasetStore::begin_reload() {
  for (auto& [name, set] : sets) {
    if (set->changes() != nullptr) kept[name] = set->changes();
  }
  sets.clear();
}

Result<void> save_datasets(const DatasetStore& store) {
  Result<void> result;
  for (const auto& [name, set] : store.sets) {
    if (set->save_path.empty() || set->changes() == nullptr) continue;
    auto written = write_file_atomic(set->save_path, set->to_file());
    if (!written && result) result = std::move(written);
  }
  return result;
}

} // namespace hd
