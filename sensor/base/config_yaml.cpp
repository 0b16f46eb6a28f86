// SPDX-License-Identifier: Apache-2.0
// The half of config.hpp that reads text: libfyaml's document is turned into plain values with places at once, and freed.
#include <libfyaml.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "sensor/base/config.hpp"
#include "sensor/base/file.hpp"
#include "sensor/base/text.hpp"

namespace hd {
namespace {

constexpr std::size_t kFileMax = 4u << 20;
constexpr int kDepthMax = 64;
constexpr std::size_t kNodesMax = 200'000;  // aliases of aliases multiply; no real file comes near

struct FreeDocument {
  void operator()(fy_document* document) const { fy_document_destroy(document); }
};
struct FreeDiag {
  void operator()(fy_diag* diag) const {
    fy_diag_reset_error(diag);  // gathered errors outlive the object otherwise
    fy_diag_unref(diag);
  }
};

/// Turns one document into ConfigNodes.
class Reader {
 public:
  Reader(const std::string& file, const Environment& environment, ConfigTree& tree, ConfigErrors& errors)
      : file_(file), environment_(environment), tree_(tree), errors_(errors) {}

  ConfigNode read(fy_node* node, int depth) {
    ConfigNode result;
    if (node == nullptr) return result;
    if (depth > kDepthMax || ++nodes_ > kNodesMax) {
      if (!is_full_) {
        errors_.push_back(
            {.code = ErrorCode::E3001, .place = {.file = file_}, .what = "the file is nested too deep or too large"});
      }
      is_full_ = true;
      return result;
    }
    switch (fy_node_get_type(node)) {
      case FYNT_SCALAR: return scalar(node);
      case FYNT_SEQUENCE: return list(node, depth);
      case FYNT_MAPPING: return map(node, depth);
    }
    return result;
  }

 private:
  Place place_of(fy_node* node) const {
    Place place{.file = file_};
    fy_token* token = fy_node_get_scalar_token(node);
    const fy_mark* begin = token != nullptr ? fy_token_start_mark(token) : nullptr;
    if (begin == nullptr) return place;
    place.line = static_cast<std::uint32_t>(begin->line + 1);
    place.column = static_cast<std::uint32_t>(begin->column + 1);
    const fy_mark* end = fy_token_end_mark(token);
    if (end != nullptr && end->line == begin->line && end->column > begin->column) {
      place.length = static_cast<std::uint32_t>(end->column - begin->column);
    }
    return place;
  }

  std::string text_of(fy_node* node) const {
    std::size_t length = 0;
    const char* text = fy_node_get_scalar(node, &length);
    return text != nullptr ? std::string(text, length) : std::string();
  }

  ConfigNode scalar(fy_node* node) {
    ConfigNode result{.kind = ConfigNode::Kind::scalar, .place = place_of(node), .text = text_of(node), .members = {}};
    const bool is_plain = fy_node_get_style(node) == FYNS_PLAIN;
    if (is_plain && (result.text.empty() || result.text == "~" || result.text == "null")) {
      result.kind = ConfigNode::Kind::null;
      result.text.clear();
      return result;
    }
    if (environment_) replace_variables(result);
    return result;
  }

  void replace_variables(ConfigNode& node) {
    std::string text;
    std::string_view rest = node.text;
    for (;;) {
      const std::size_t begin = rest.find("${");
      text += rest.substr(0, begin);
      if (begin == std::string_view::npos) break;
      const std::size_t end = rest.find('}', begin);
      const std::string_view name =
          end == std::string_view::npos ? rest.substr(begin + 2) : rest.substr(begin + 2, end - begin - 2);
      const auto value = end == std::string_view::npos ? std::nullopt : environment_(name);
      if (!value) {
        Error error = tree_.error_at(node.place, ErrorCode::E3102,
                                     "the environment has no " + std::string(name.empty() ? "${}" : name));
        error.hint = "Set it in the unit file (Environment=), or write the value here.";
        errors_.push_back(std::move(error));
        return;
      }
      text += *value;
      rest.remove_prefix(end + 1);
    }
    node.text = std::move(text);
  }

  ConfigNode list(fy_node* node, int depth) {
    ConfigNode result{.kind = ConfigNode::Kind::list, .place = {.file = file_}, .members = {}};
    void* at = nullptr;
    while (fy_node* item = fy_node_sequence_iterate(node, &at)) result.items.push_back(read(item, depth + 1));
    if (!result.items.empty()) result.place = result.items.front().place;
    return result;
  }

  ConfigNode map(fy_node* node, int depth) {
    ConfigNode result{.kind = ConfigNode::Kind::map, .place = {.file = file_}, .members = {}};
    void* at = nullptr;
    while (fy_node_pair* pair = fy_node_mapping_iterate(node, &at)) {
      fy_node* key = fy_node_pair_key(pair);
      if (key == nullptr || fy_node_get_type(key) != FYNT_SCALAR) {
        errors_.push_back(tree_.error_at(result.place, ErrorCode::E3001, "a key is not a word"));
        continue;
      }
      ConfigNode::Member member{.name = text_of(key), .place = place_of(key), .value = read(fy_node_pair_value(pair), depth + 1)};
      using Kind = ConfigNode::Kind;
      if (member.value.kind == Kind::map || member.value.kind == Kind::list || member.value.place.line == 0) {
        member.value.place = member.place;
      }
      result.members.push_back(std::move(member));
    }
    if (!result.members.empty()) result.place = result.members.front().place;
    return result;
  }

  const std::string& file_;
  const Environment& environment_;
  ConfigTree& tree_;
  ConfigErrors& errors_;
  std::size_t nodes_ = 0;
  bool is_full_ = false;
};

void keep_lines(ConfigTree& tree, const std::string& name, std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string_view line : split(text, '\n')) {
    lines.emplace_back(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line);
  }
  tree.lines[name] = std::move(lines);
}

void report_syntax(fy_diag* diag, const std::string& name, const ConfigTree& tree, ConfigErrors& errors) {
  void* at = nullptr;
  const fy_diag_error* first = fy_diag_errors_iterate(diag, &at);
  Place place{.file = name};
  std::string what = "the text is not YAML";
  if (first != nullptr) {
    place.line = static_cast<std::uint32_t>(std::max(first->line, 0));
    place.column = static_cast<std::uint32_t>(std::max(first->column, 0));
    if (first->msg != nullptr) what += ": " + std::string(trim(first->msg));
  }
  errors.push_back(tree.error_at(place, ErrorCode::E3001, std::move(what)));
}

/// Nothing but comments and markers: an empty document, which the library takes for an error.
bool is_blank(std::string_view text) {
  return std::ranges::all_of(split(text, '\n'), [](std::string_view line) {
    const std::string_view content = trim(line);
    return content.empty() || content.starts_with('#') || content.starts_with('%') || content == "---" || content == "...";
  });
}

ConfigNode parse_document(std::string_view text, const std::string& name, const Environment& environment,
                          ConfigTree& tree, ConfigErrors& errors) {
  keep_lines(tree, name, text);
  if (is_blank(text)) return {};
  // By default the library prints errors itself: they are gathered instead.
  const std::unique_ptr<fy_diag, FreeDiag> diag(fy_diag_create(nullptr));
  if (diag == nullptr) std::abort();  // out of memory at start
  fy_diag_set_collect_errors(diag.get(), true);
  fy_parse_cfg options = {};
  options.flags = static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_RESOLVE_DOCUMENT);
  options.diag = diag.get();
  const std::unique_ptr<fy_document, FreeDocument> document(
      fy_document_build_from_string(&options, text.data(), text.size()));
  if (document == nullptr) {
    report_syntax(diag.get(), name, tree, errors);
    return {};
  }
  return Reader(name, environment, tree, errors).read(fy_document_root(document.get()), 0);
}

void merge(ConfigNode& base, ConfigNode&& over) {
  if (base.kind != ConfigNode::Kind::map || over.kind != ConfigNode::Kind::map) {
    if (over.kind != ConfigNode::Kind::null) base = std::move(over);
    return;
  }
  for (ConfigNode::Member& member : over.members) {
    const auto found = std::ranges::find(base.members, member.name, &ConfigNode::Member::name);
    if (found == base.members.end()) {
      base.members.push_back(std::move(member));
    } else {
      merge(found->value, std::move(member.value));
    }
  }
}

void require_map(const ConfigNode& node, const std::string& name, const ConfigTree& tree, ConfigErrors& errors) {
  if (node.kind == ConfigNode::Kind::map || node.kind == ConfigNode::Kind::null) return;
  Place place = node.place;
  place.file = name;
  errors.push_back(tree.error_at(place, ErrorCode::E3001, "the file must have keys and values"));
}

ConfigNode read_one(const std::string& path, const Environment& environment, ConfigTree& tree, ConfigErrors& errors) {
  const auto text = read_file(path, kFileMax);
  if (!text) {
    Error error = text.error();
    error.code = ErrorCode::E3001;
    errors.push_back(std::move(error));
    return {};
  }
  ConfigNode root = parse_document(*text, path, environment, tree, errors);
  require_map(root, path, tree, errors);
  return root;
}

void include_folder(const ConfigNode& at, const Environment& environment, ConfigTree& tree, ConfigErrors& errors) {
  const auto names = at.kind == ConfigNode::Kind::scalar ? list_folder(at.text) : Result<std::vector<std::string>>(fail({}));
  if (!names) {
    errors.push_back(tree.error_at(at.place, ErrorCode::E3001, "include needs a folder that can be read"));
    return;
  }
  for (const std::string& name : *names) {
    if (!name.ends_with(".yaml") || name.starts_with(".")) continue;
    ConfigNode over = read_one(at.text + "/" + name, environment, tree, errors);
    if (const ConfigNode* nested = over.find("include")) {
      errors.push_back(tree.error_at(nested->place, ErrorCode::E3001, "an included file may not include others"));
      continue;
    }
    merge(tree.root, std::move(over));
  }
}

}  // namespace

Environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

const ConfigNode* ConfigNode::find(std::string_view name) const {
  const auto found = std::ranges::find(members, name, &Member::name);
  return found == members.end() ? nullptr : &found->value;
}

Error ConfigTree::error_at(const Place& place, ErrorCode code, std::string what) const {
  Error error{.code = code, .place = place, .what = std::move(what)};
  const auto file = lines.find(place.file);
  if (file != lines.end() && place.line > 0 && place.line <= file->second.size()) error.excerpt = file->second[place.line - 1];
  return error;
}

ConfigTree parse_config(std::string_view text, const std::string& name, const Environment& environment,
                        ConfigErrors& errors) {
  ConfigTree tree;
  tree.root = parse_document(text, name, environment, tree, errors);
  require_map(tree.root, name, tree, errors);
  if (const ConfigNode* include = tree.root.find("include")) {
    errors.push_back(tree.error_at(include->place, ErrorCode::E3001, "include works in files only"));
  }
  return tree;
}

ConfigTree read_config(const std::string& path, const Environment& environment, ConfigErrors& errors) {
  ConfigTree tree;
  tree.root = read_one(path, environment, tree, errors);
  const auto at = std::ranges::find(tree.root.members, "include", &ConfigNode::Member::name);
  if (at == tree.root.members.end()) return tree;
  const ConfigNode folder = std::move(at->value);
  tree.root.members.erase(at);
  include_folder(folder, environment, tree, errors);
  return tree;
}

ConfigTree read_foreign_yaml(const std::string& path, ConfigErrors& errors) {
  ConfigTree tree;
  tree.root = read_one(path, nullptr, tree, errors);
  return tree;
}

void set_config(ConfigTree& tree, std::string_view key, std::string value, const std::string& origin) {
  ConfigNode* node = &tree.root;
  for (const std::string_view name : split(key, '.')) {
    node->kind = ConfigNode::Kind::map;
    auto found = std::ranges::find(node->members, name, &ConfigNode::Member::name);
    if (found == node->members.end()) {
      node->members.push_back({.name = std::string(name), .place = {.file = origin}});
      found = node->members.end() - 1;
    }
    node = &found->value;
  }
  *node = {.kind = ConfigNode::Kind::scalar, .place = {.file = origin}, .text = std::move(value), .members = {}};
}

}  // namespace hd
