// SPDX-License-Identifier: Apache-2.0
// Settings of people: YAML as a tree that knows its places, checked against declared rows, read through typed questions.
//
//   constexpr Setting kSettings[] = {{.key = "http.bind", .fallback = "0.0.0.0:8443", .summary = "…"}, …};
//   ConfigErrors errors;
//   ConfigTree tree = read_config(path, process_environment(), errors);
//   const Section root = check_config(tree, kSettings, errors);
//   if (!errors.empty()) …every one with file, line, column…
//   root.text("http.bind"), root.duration("http.session.idle"), root.sections("notify")
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sensor/base/error.hpp"
#include "sensor/base/time.hpp"

namespace hd {

// --- the text ---

/// A value of a configuration file with its place. A plain value: copy it freely.
struct ConfigNode {
  enum class Kind : std::uint8_t { null, scalar, list, map };
  struct Member;

  Kind kind = Kind::null;
  Place place = {};                    ///< of a list or map: of the key that it belongs to, or of its first element
  std::string text = {};               ///< of a scalar, ${NAME} replaced
  std::vector<ConfigNode> items = {};  ///< of a list
  std::vector<Member> members;         ///< of a map, in the order of the file; "= {}" would need Member whole

  /// Member of a map, or null when it is none or has none of that name.
  [[nodiscard]] const ConfigNode* find(std::string_view name) const;
};
struct ConfigNode::Member {
  std::string name = {};
  Place place = {};
  ConfigNode value = {};
};

using ConfigErrors = std::vector<Error>;
/// Value of a variable of the environment, or nothing.
using Environment = std::function<std::optional<std::string>(std::string_view)>;
[[nodiscard]] Environment process_environment();

/// A file with its lines, for messages.
struct ConfigTree {
  ConfigNode root = {};
  std::map<std::string, std::vector<std::string>> lines = {};  ///< by file

  /// An error at a place of the tree, with the line of the text.
  [[nodiscard]] Error error_at(const Place& place, ErrorCode code, std::string what) const;
};

/// The file and, when it has `include: FOLDER`, the *.yaml of that folder in order of their names laid over it: maps are
/// merged, anything else is replaced. Errors (E3001: cannot be read; E3102: ${NAME} without a value) are appended.
/// `keep_dollar`: ${…} is left as it is (files of others). Limits: 4 MiB a file, 64 levels.
[[nodiscard]] ConfigTree read_config(const std::string& path, const Environment& environment, ConfigErrors& errors);
/// The same from a text; `name` stands in messages. `include` is refused.
[[nodiscard]] ConfigTree parse_config(std::string_view text, const std::string& name, const Environment& environment,
                                      ConfigErrors& errors);
/// YAML of another program: ${…} stays as it is, `include` has no meaning.
[[nodiscard]] ConfigTree read_foreign_yaml(const std::string& path, ConfigErrors& errors);

/// Lays a value over the tree as if it had been written: "http.bind" = "127.0.0.1:8443" (command line, environment).
void set_config(ConfigTree& tree, std::string_view key, std::string value, const std::string& origin);

// --- what is declared ---

enum class Unit : std::uint8_t {
  text,      ///< any scalar; with choices, one of them
  flag,      ///< true, false, yes, no, on, off
  number,    ///< whole number
  count,     ///< 250, 1k, 4M
  bytes,     ///< 64MiB
  duration,  ///< 30s; low and high in nanoseconds
  rate,      ///< 1k/s; low and high in events a second
  texts,     ///< list of scalars; one scalar is a list of one
  numbers,   ///< list of whole numbers; one scalar is a list of one
  any,       ///< whatever stands there: the owner reads the node
};

/// One declared setting (docs/architecture.md 10). Rows of a program stand in one or several constexpr tables.
struct Setting {
  /// Names joined by points. `[]` stands for each element of a list, `*` for any name: "capture[].ring", "vars.address.*".
  std::string_view key = {};
  Unit unit = Unit::text;
  std::string_view fallback = {};  ///< as it would be written; a list's elements joined by ", "
  std::int64_t low = 0;
  std::int64_t high = std::numeric_limits<std::int64_t>::max();
  std::span<const std::string_view> choices = {};  ///< words allowed beside values of the unit; of text(s): the only ones
  bool live = false;                               ///< taken over by reload
  std::string_view summary = {};
  std::string_view counter = {};                   ///< of a limit: what counts when it is reached
};

/// A checked map of the tree. Refers to the tree and the rows; both live longer.
class Section {
 public:
  /// Whether the key was written.
  [[nodiscard]] bool has(std::string_view key) const;
  /// The value as written, else the row's fallback. The key is relative to the section and must be declared with
  /// that unit (asserted). Values were checked; a section of a tree with errors must not be read.
  [[nodiscard]] std::string text(std::string_view key) const;
  [[nodiscard]] bool flag(std::string_view key) const;
  [[nodiscard]] std::int64_t number(std::string_view key) const;
  [[nodiscard]] std::uint64_t count(std::string_view key) const;
  [[nodiscard]] std::uint64_t bytes(std::string_view key) const;
  [[nodiscard]] Nanos duration(std::string_view key) const;
  [[nodiscard]] double rate(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view key) const;
  [[nodiscard]] std::vector<std::int64_t> numbers(std::string_view key) const;
  /// Whether the value is this one of the row's choices ("auto", "forever"): ask before duration() and the like.
  [[nodiscard]] bool is(std::string_view key, std::string_view choice) const;
  /// Elements of a list of maps ("capture" for rows "capture[].…"); empty when it was not written.
  [[nodiscard]] std::vector<Section> sections(std::string_view key) const;
  /// Names and values below "vars.address" for rows "vars.address.*".
  [[nodiscard]] std::vector<std::pair<std::string, Section>> entries(std::string_view key) const;
  /// The node itself, null when it was not written; for Unit::any.
  [[nodiscard]] const ConfigNode* node(std::string_view key = {}) const;
  /// Of the value or of the section, for messages about how settings fit together.
  [[nodiscard]] Place place(std::string_view key = {}) const;

 private:
  friend Section check_config(const ConfigTree& tree, std::span<const Setting> rows, ConfigErrors& errors);
  [[nodiscard]] const Setting& row(std::string_view key) const;
  [[nodiscard]] std::string value(std::string_view key, Unit unit) const;
  [[nodiscard]] std::vector<std::string> values(std::string_view key, Unit unit) const;

  const ConfigNode* node_ = nullptr;
  std::string prefix_ = {};  ///< of its keys in the rows, with the point
  std::span<const Setting> rows_ = {};
};

/// Checks every key and value of the tree against the rows: an unknown key (E3101, with the nearest), a wrong kind, unit or
/// range (E3102). All errors are appended, each with its place.
[[nodiscard]] Section check_config(const ConfigTree& tree, std::span<const Setting> rows, ConfigErrors& errors);

/// The effective settings as YAML: each row's value, written or fallback, with its summary as a comment.
[[nodiscard]] std::string show_config(const Section& root, std::span<const Setting> rows);

}  // namespace hd
