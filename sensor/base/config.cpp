// SPDX-License-Identifier: Apache-2.0
// The half of config.hpp that knows rows: checks a tree against them and answers typed questions.
#include "sensor/base/config.hpp"

#include <algorithm>

#include "sensor/base/assert.hpp"
#include "sensor/base/text.hpp"

namespace hd {
namespace {

using Kind = ConfigNode::Kind;

std::string joined(std::string_view prefix, std::string_view key) {
  if (prefix.empty()) return std::string(key);
  if (key.empty()) return std::string(prefix);
  return std::string(prefix) + "." + std::string(key);
}

const Setting* row_of(std::span<const Setting> rows, std::string_view key) {
  const auto found = std::ranges::find(rows, key, &Setting::key);
  return found == rows.end() ? nullptr : &*found;
}

/// Whether rows lie below the key: "a" has "a.b", "a[]" has "a[].b" or is itself one.
bool has_below(std::span<const Setting> rows, std::string_view key, std::string_view separator) {
  return std::ranges::any_of(rows, [&](const Setting& row) {
    return row.key.starts_with(key) && row.key.substr(key.size()).starts_with(separator);
  });
}

bool is_known(std::span<const Setting> rows, std::string_view key) {
  return row_of(rows, key) != nullptr || has_below(rows, key, ".") || has_below(rows, key, "[]");
}

/// The names that may stand in the map at `prefix`.
std::vector<std::string_view> names_below(std::span<const Setting> rows, std::string_view prefix) {
  std::vector<std::string_view> names;
  for (const Setting& row : rows) {
    std::string_view rest = row.key;
    if (!prefix.empty()) {
      if (!rest.starts_with(prefix) || !rest.substr(prefix.size()).starts_with('.')) continue;
      rest.remove_prefix(prefix.size() + 1);
    }
    const std::string_view name = rest.substr(0, rest.find_first_of(".["));
    if (name != "*" && std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

bool is_choice(const Setting& row, std::string_view text) {
  return std::ranges::find(row.choices, text) != row.choices.end();
}

std::string choices_text(const Setting& row) {
  std::string result;
  for (const std::string_view choice : row.choices) result += (result.empty() ? "" : ", ") + std::string(choice);
  return result;
}

std::optional<bool> parse_flag(std::string_view text) {
  if (text == "true" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "no" || text == "off") return false;
  return std::nullopt;
}

/// What a unit wants, for people.
const char* wants(Unit unit) {
  switch (unit) {
    case Unit::text:
    case Unit::texts:
    case Unit::any: return "a text";
    case Unit::flag: return "true or false";
    case Unit::number:
    case Unit::numbers: return "a whole number";
    case Unit::count: return "a number such as 250, 10k or 4M";
    case Unit::bytes: return "a size such as 64KiB, 512MiB or 4GiB";
    case Unit::duration: return "a time such as 500ms, 30s or 1h30m";
    case Unit::rate: return "a rate such as 100/s or 1k/m";
  }
  return "a value";
}

/// The value in the unit's base, to hold against low and high; nothing when it cannot be read.
std::optional<double> measure(Unit unit, std::string_view text) {
  const auto as_double = [](const auto& value) -> std::optional<double> {
    if (!value) return std::nullopt;
    return static_cast<double>(*value);
  };
  switch (unit) {
    case Unit::number:
    case Unit::numbers: return as_double(parse_integer(text));
    case Unit::count: return as_double(parse_count(text));
    case Unit::bytes: return as_double(parse_size(text));
    case Unit::duration: return as_double(parse_duration(text));
    case Unit::rate: return parse_rate(text);
    case Unit::flag: return parse_flag(text) ? std::optional<double>(0) : std::nullopt;
    case Unit::text:
    case Unit::texts:
    case Unit::any: return 0;
  }
  return std::nullopt;
}

std::string in_unit(Unit unit, std::int64_t value) {
  if (unit == Unit::bytes) return size_text(static_cast<std::uint64_t>(value));
  if (unit == Unit::duration) return duration_text(value);
  return std::to_string(value) + (unit == Unit::rate ? "/s" : "");
}

/// One walk over a tree; every complaint is kept.
class Check {
 public:
  Check(const ConfigTree& tree, std::span<const Setting> rows, ConfigErrors& errors)
      : tree_(tree), rows_(rows), errors_(errors) {}

  void map(const ConfigNode& node, const std::string& prefix) {
    for (const ConfigNode::Member& member : node.members) {
      std::string key = joined(prefix, member.name);
      if (!is_known(rows_, key)) key = joined(prefix, "*");
      if (!is_known(rows_, key)) {
        unknown(member, prefix);
        continue;
      }
      value(member.value, key);
    }
  }

 private:
  void value(const ConfigNode& node, const std::string& key) {
    const Setting* row = row_of(rows_, key);
    if (node.kind == Kind::null || (row != nullptr && row->unit == Unit::any)) return;
    switch (node.kind) {
      case Kind::map:
        if (has_below(rows_, key, ".")) return map(node, key);
        return complain(node, row, "has no keys of its own");
      case Kind::list: return list(node, key, row);
      case Kind::scalar:
        if (row != nullptr) return scalar(node, *row);
        return complain(node, row, has_below(rows_, key, "[]") ? "is a list" : "has keys of its own");
      case Kind::null: return;
    }
  }

  void list(const ConfigNode& node, const std::string& key, const Setting* row) {
    if (row != nullptr && (row->unit == Unit::texts || row->unit == Unit::numbers)) {
      for (const ConfigNode& item : node.items) {
        if (item.kind != Kind::scalar) {
          complain(item, row, "has only plain values");
        } else {
          scalar(item, *row);
        }
      }
      return;
    }
    const std::string element = key + "[]";
    if (!has_below(rows_, element, "")) {
      complain(node, row, "is one value, not a list");
      return;
    }
    for (const ConfigNode& item : node.items) value(item, element);
  }

  void scalar(const ConfigNode& node, const Setting& row) {
    if (is_choice(row, node.text)) return;
    if ((row.unit == Unit::text || row.unit == Unit::texts) && !row.choices.empty()) {
      Error error = tree_.error_at(node.place, ErrorCode::E3102, name(row) + " cannot be \"" + node.text + "\"");
      const std::string_view near = nearest_name(node.text, row.choices);
      error.why = "One of: " + choices_text(row) + ".";
      if (!near.empty()) error.hint = "did you mean \"" + std::string(near) + "\"?";
      errors_.push_back(std::move(error));
      return;
    }
    const auto measured = measure(row.unit, node.text);
    if (!measured) {
      complain(node, &row, std::string("needs ") + wants(row.unit) + (row.choices.empty() ? "" : ", or " + choices_text(row)));
    } else if (row.unit != Unit::text && row.unit != Unit::texts && row.unit != Unit::flag) {
      if (*measured < static_cast<double>(row.low)) {
        complain(node, &row, "must be at least " + in_unit(row.unit, row.low));
      } else if (*measured > static_cast<double>(row.high)) {
        complain(node, &row, "must be at most " + in_unit(row.unit, row.high));
      }
    }
  }

  static std::string name(const Setting& row) {
    const std::size_t point = row.key.rfind('.');
    return std::string(point == std::string_view::npos || row.key.ends_with('*') ? row.key : row.key.substr(point + 1));
  }

  void complain(const ConfigNode& node, const Setting* row, const std::string& what) {
    Error error = tree_.error_at(node.place, ErrorCode::E3102, (row != nullptr ? name(*row) : "this key") + " " + what);
    if (row != nullptr && !row->summary.empty()) error.why = std::string(row->key) + ": " + std::string(row->summary);
    errors_.push_back(std::move(error));
  }

  void unknown(const ConfigNode::Member& member, const std::string& prefix) {
    Error error = tree_.error_at(member.place, ErrorCode::E3101, "unknown key \"" + member.name + "\"");
    const std::vector<std::string_view> names = names_below(rows_, prefix);
    const std::string_view near = nearest_name(member.name, names);
    if (!near.empty()) {
      error.hint = "did you mean \"" + std::string(near) + "\"?";
    } else if (!names.empty() && names.size() <= 16) {
      error.hint = "known here:";
      for (const std::string_view known : names) error.hint += " " + std::string(known);
    }
    errors_.push_back(std::move(error));
  }

  const ConfigTree& tree_;
  std::span<const Setting> rows_;
  ConfigErrors& errors_;
};

const ConfigNode* walk(const ConfigNode* node, std::string_view key) {
  if (key.empty() || node == nullptr) return node;
  for (const std::string_view name : split(key, '.')) {
    node = node->find(name);
    if (node == nullptr) return nullptr;
  }
  return node->kind == Kind::null ? nullptr : node;
}

}  // namespace

Section check_config(const ConfigTree& tree, std::span<const Setting> rows, ConfigErrors& errors) {
  Check(tree, rows, errors).map(tree.root, "");
  Section root;
  root.node_ = &tree.root;
  root.rows_ = rows;
  return root;
}

const ConfigNode* Section::node(std::string_view key) const { return walk(node_, key); }
bool Section::has(std::string_view key) const { return node(key) != nullptr; }

Place Section::place(std::string_view key) const {
  const ConfigNode* at = node(key);
  if (at != nullptr) return at->place;
  return node_ != nullptr ? node_->place : Place{};
}

const Setting& Section::row(std::string_view key) const {
  const Setting* found = row_of(rows_, joined(prefix_, key));
  HD_ASSERT(found != nullptr);
  return *found;
}

std::string Section::value(std::string_view key, Unit unit) const {
  const Setting& declared = row(key);
  HD_ASSERT(declared.unit == unit);
  const ConfigNode* at = node(key);
  return at != nullptr && at->kind == Kind::scalar ? at->text : std::string(declared.fallback);
}

std::string Section::text(std::string_view key) const { return value(key, Unit::text); }
bool Section::flag(std::string_view key) const { return parse_flag(value(key, Unit::flag)).value_or(false); }
std::int64_t Section::number(std::string_view key) const { return parse_integer(value(key, Unit::number)).value_or(0); }
std::uint64_t Section::count(std::string_view key) const { return parse_count(value(key, Unit::count)).value_or(0); }
std::uint64_t Section::bytes(std::string_view key) const { return parse_size(value(key, Unit::bytes)).value_or(0); }
Nanos Section::duration(std::string_view key) const { return parse_duration(value(key, Unit::duration)).value_or(0); }
double Section::rate(std::string_view key) const { return parse_rate(value(key, Unit::rate)).value_or(0); }

std::vector<std::string> Section::values(std::string_view key, Unit unit) const {
  const Setting& declared = row(key);
  HD_ASSERT(declared.unit == unit);
  std::vector<std::string> result;
  const ConfigNode* at = node(key);
  if (at == nullptr) {
    for (const std::string_view piece : split(declared.fallback, ',')) {
      if (!trim(piece).empty()) result.emplace_back(trim(piece));
    }
  } else if (at->kind == Kind::scalar) {
    result.push_back(at->text);
  } else {
    for (const ConfigNode& item : at->items) result.push_back(item.text);
  }
  return result;
}

std::vector<std::string> Section::texts(std::string_view key) const { return values(key, Unit::texts); }

std::vector<std::int64_t> Section::numbers(std::string_view key) const {
  std::vector<std::int64_t> result;
  for (const std::string& text : values(key, Unit::numbers)) result.push_back(parse_integer(text).value_or(0));
  return result;
}

bool Section::is(std::string_view key, std::string_view choice) const {
  const Setting& declared = row(key);
  const ConfigNode* at = node(key);
  if (at == nullptr) return declared.fallback == choice;
  return at->kind == Kind::scalar && at->text == choice;
}

std::vector<Section> Section::sections(std::string_view key) const {
  std::vector<Section> result;
  const ConfigNode* at = node(key);
  if (at == nullptr) return result;
  for (const ConfigNode& item : at->items) {
    Section section = *this;
    section.node_ = &item;
    section.prefix_ = joined(prefix_, key) + "[]";
    result.push_back(std::move(section));
  }
  return result;
}

std::vector<std::pair<std::string, Section>> Section::entries(std::string_view key) const {
  std::vector<std::pair<std::string, Section>> result;
  const ConfigNode* at = node(key);
  if (at == nullptr) return result;
  for (const ConfigNode::Member& member : at->members) {
    Section section = *this;
    section.node_ = &member.value;
    section.prefix_ = joined(joined(prefix_, key), "*");
    result.emplace_back(member.name, std::move(section));
  }
  return result;
}

}  // namespace hd
