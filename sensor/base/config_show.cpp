// SPDX-License-Identifier: Apache-2.0
// The effective settings as YAML that can be read again.
#include <algorithm>
#include <set>

#include "sensor/base/config.hpp"
#include "sensor/base/text.hpp"

namespace hd {
namespace {

using Kind = ConfigNode::Kind;

/// A scalar as YAML: plain where that is unmistakable, else in double quotes.
std::string quoted(std::string_view text) {
  const bool is_plain =
      !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_./-+%").find(c) != std::string_view::npos;
      }) && text.front() != '-' && text.front() != '%' && text != "null";
  if (is_plain) return std::string(text);
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      constexpr char kDigits[] = "0123456789abcdef";
      result.append({'\\', 'x', kDigits[static_cast<unsigned char>(c) >> 4], kDigits[static_cast<unsigned char>(c) & 15]});
    } else {
      result += c;
    }
  }
  return result + "\"";
}

std::string inline_text(const ConfigNode& node) {
  std::string result;
  switch (node.kind) {
    case Kind::null: return "";
    case Kind::scalar: return quoted(node.text);
    case Kind::list:
      for (const ConfigNode& item : node.items) result += (result.empty() ? "" : ", ") + inline_text(item);
      return "[" + result + "]";
    case Kind::map:
      for (const ConfigNode::Member& member : node.members) {
        result += (result.empty() ? "" : ", ") + quoted(member.name) + ": " + inline_text(member.value);
      }
      return "{" + result + "}";
  }
  return result;
}

std::string fallback_text(const Setting& row) {
  if (row.unit != Unit::texts && row.unit != Unit::numbers) return row.fallback.empty() && row.unit != Unit::text ? "" : quoted(row.fallback);
  std::string result;
  for (const std::string_view piece : split(row.fallback, ',')) {
    if (!trim(piece).empty()) result += (result.empty() ? "" : ", ") + quoted(trim(piece));
  }
  return "[" + result + "]";
}

/// Writes the rows below one prefix, each name once, in the order of the rows.
class Show {
 public:
  Show(std::span<const Setting> rows, std::string& out) : rows_(rows), out_(out) {}

  void map(const ConfigNode* node, const std::string& prefix, std::string indent, std::string first_indent) {
    std::set<std::string_view> done;
    for (const Setting& row : rows_) {
      std::string_view rest = row.key;
      if (!prefix.empty()) {
        if (!rest.starts_with(prefix + ".")) continue;
        rest.remove_prefix(prefix.size() + 1);
      }
      const std::string_view name = rest.substr(0, rest.find_first_of(".["));
      if (!done.insert(name).second) continue;
      const std::string key = prefix.empty() ? std::string(name) : prefix + "." + std::string(name);
      if (name == "*") {
        any_names(node, prefix, key, indent);
      } else {
        value(node != nullptr ? node->find(name) : nullptr, std::string(name), key, indent, first_indent);
      }
      first_indent = indent;
    }
  }

 private:
  const Setting* row_of(std::string_view key) const {
    const auto found = std::ranges::find(rows_, key, &Setting::key);
    return found == rows_.end() ? nullptr : &*found;
  }
  bool has_below(const std::string& key) const {
    return std::ranges::any_of(rows_, [&](const Setting& row) { return row.key.starts_with(key); });
  }

  void line(const std::string& indent, const std::string& name, const std::string& text, std::string_view summary) {
    std::string written = indent + name + ":" + (text.empty() ? "" : " " + text);
    if (!summary.empty()) {
      if (written.size() < 44) written.resize(44, ' ');
      written += "  # " + std::string(summary);
    }
    out_ += written + "\n";
  }

  void value(const ConfigNode* node, const std::string& name, const std::string& key, const std::string& indent,
             const std::string& first_indent) {
    const Setting* row = row_of(key);
    const bool is_written = node != nullptr && node->kind != Kind::null;
    const bool is_map = has_below(key + ".") && (row == nullptr || (is_written && node->kind == Kind::map));
    if (has_below(key + "[]") && (row == nullptr || is_written)) {
      line(first_indent, name, is_written && !node->items.empty() ? "" : "[]", "");
      if (is_written) {
        for (const ConfigNode& item : node->items) map(&item, key + "[]", indent + "    ", indent + "  - ");
      }
    } else if (is_map) {
      line(first_indent, name, "", "");
      map(node, key, indent + "  ", indent + "  ");
    } else if (row != nullptr) {
      line(first_indent, name, is_written ? inline_text(*node) : fallback_text(*row), row->summary);
    }
  }

  void any_names(const ConfigNode* node, const std::string& prefix, const std::string& key, const std::string& indent) {
    if (node == nullptr) return;
    for (const ConfigNode::Member& member : node->members) {
      const std::string own = prefix.empty() ? member.name : prefix + "." + member.name;
      if (row_of(own) == nullptr) value(&member.value, quoted(member.name), key, indent, indent);
    }
  }

  std::span<const Setting> rows_;
  std::string& out_;
};

}  // namespace

std::string show_config(const Section& root, std::span<const Setting> rows) {
  std::string out;
  Show(rows, out).map(root.node(), "", "", "");
  return out;
}

}  // namespace hd
