// SPDX-License-Identifier: Apache-2.0
#include "sensor/registry/load_rules.hpp"

#include "sensor/base/file.hpp"
#include "sensor/base/text.hpp"
#include "sensor/lang/header.hpp"
#include "sensor/lang/parser.hpp"
#include "sensor/lang/rule_text.hpp"

#include <algorithm>
#include <cctype>

namespace hd {
namespace {

// The number behind `name:` in a text that may be broken elsewhere: refused rules are named by their sid.
std::uint32_t number_behind(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const char before = at == 0 ? ';' : text[at - 1];
    if (before != ';' && before != ' ' && before != '(') continue;
    std::string_view rest = trim(text.substr(at + name.size()));
    if (!rest.starts_with(':')) continue;
    rest = trim(rest.substr(1));
    std::size_t digits = 0;
    while (digits < rest.size() && digits < 10 && std::isdigit(static_cast<unsigned char>(rest[digits])) != 0)
      ++digits;
    const auto value = parse_integer(rest.substr(0, digits));
    if (value && *value <= UINT32_MAX) return static_cast<std::uint32_t>(*value);
  }
  return 0;
}

std::string one_line(std::string text) {
  std::replace_if(text.begin(), text.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  return text;
}

bool equals(std::string_view keyword, std::string_view small) {
  return std::equal(keyword.begin(), keyword.end(), small.begin(), small.end(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == b; });
}

} // namespace

std::string RefusedRule::line() const {
  std::string out = "rule refused: sid " + std::to_string(sid);
  if (!keyword.empty()) out += " " + keyword;
  return one_line(out + ": " + error.what);
}

std::string RefusedRule::reason() const {
  if (error.code == ErrorCode::E2101) return "unknown keyword " + keyword;
  if (error.code == ErrorCode::E2002) return error.what;
  return one_line((keyword.empty() ? std::string() : keyword + ": ") + summary_of(error.code));
}

RuleLoader::RuleLoader(const registry::Registry& registry, LoadOptions options)
    : registry_(registry), options_(std::move(options)), standard_variables_(Variables::standard()),
      lists_(options_.variables == nullptr ? standard_variables_ : *options_.variables),
      context_{.names = result_.names,
               .catalogue = options_.catalogue == nullptr ? empty_catalogue_ : *options_.catalogue,
               .has_keyword = [&registry](std::string_view name) { return registry.find(name) != nullptr; },
               .ja3_enabled = options_.ja3 ? 1u : 0u,
               .ja4_enabled = options_.ja4 ? 1u : 0u,
               .protocols = registry.protocols(),
               .expressions = &expressions_,
               .reputation = options_.reputation,
               .geo = options_.geo} {
  result_.names = std::move(options_.names);
  result_.names.datasets.begin_reload();
}

void RuleLoader::add_file(const std::string& path) {
  auto text = read_file(path);
  if (!text) {
    text.error().code = ErrorCode::E2202;
    result_.errors.push_back(std::move(text.error()));
    return;
  }
  const std::size_t slash = path.rfind('/');
  add_text(*text, path, slash == std::string::npos ? std::string(".") : path.substr(0, slash));
}

void RuleLoader::add_text(std::string_view text, const std::string& name, const std::string& folder) {
  context_.folder = folder;
  RuleReader reader(text);
  RuleText rule;
  while (reader.next(rule))
    add_rule(rule, name);
  result_.disabled += reader.disabled();
}

Result<void> RuleLoader::build(const RuleText& text, const std::string& file, RuleIr& rule,
                               std::string& keyword) {
  auto parsed = parse_rule(text.text());
  if (!parsed) return fail(std::move(parsed.error()));
  RuleBuilder builder(rule, context_);
  const auto apply = [&](const ast::Option& option, std::size_t index) -> Result<void> {
    keyword = option.keyword.text;
    const Place place = text.place_of(option.keyword.offset, option.keyword.text.size(), file);
    const registry::Word* word = registry_.find(option.keyword.text);
    if (word == nullptr) {
      const std::string_view nearest = registry_.nearest(option.keyword.text);
      return fail(
          {.code = ErrorCode::E2101,
           .place = place,
           .what = "the keyword \"" + keyword + "\" is not known",
           .hint = nearest.empty() ? std::string() : "Did you mean \"" + std::string(nearest) + "\"?"});
    }
    builder.begin_option(static_cast<std::uint16_t>(index));
    Place value_place = place;
    if (option.has_value && !option.value.text.empty())
      value_place = text.place_of(option.value.offset, option.value.text.size(), file);
    return registry::compile_option(
        *word, Args(option.keyword.text, option.value.text, option.has_value, std::move(value_place)),
        builder);
  };
  // `requires` comes first: what it leaves out may hold words that this version does not know.
  for (std::size_t i = 0; i < parsed->options.size(); ++i) {
    if (!equals(parsed->options[i].keyword.text, "requires")) continue;
    if (auto done = apply(parsed->options[i], i); !done) return done;
    if (!rule.skip_why.empty()) return {};
  }
  keyword.clear();
  if (auto done = resolve_header(*parsed, lists_, context_, rule); !done) return done;
  for (std::size_t i = 0; i < parsed->options.size(); ++i) {
    if (equals(parsed->options[i].keyword.text, "requires")) continue;
    if (auto done = apply(parsed->options[i], i); !done) return done;
  }
  keyword.clear();
  if (rule.sid == 0)
    return fail({.code = ErrorCode::E2001,
                 .what = "the rule has no sid",
                 .hint = "Add sid:NUMBER; (own rules from 1000000 on)."});
  return builder.finish();
}

void RuleLoader::add_rule(const RuleText& text, const std::string& file) {
  RuleIr rule;
  std::string keyword;
  auto built = build(text, file, rule, keyword);
  if (built && rule.skip_why.empty()) {
    rule.place = text.place_of(0, 1, file);
    rule.text = text.text();
    keep(std::move(rule));
    return;
  }
  const std::uint32_t gid = number_behind(text.text(), "gid");
  const std::uint32_t sid = number_behind(text.text(), "sid");
  if (built) {
    result_.skipped.push_back({gid == 0 ? 1 : gid, sid, text.place_of(0, 1, file), std::move(rule.skip_why)});
    return;
  }
  Error error = std::move(built.error());
  std::size_t offset = 0;
  if (error.place.line == 0) { // the parser and the header know only the offset
    offset = error.place.column > 0 ? error.place.column - 1 : 0;
    error.place = text.place_of(offset, error.place.length, file);
  }
  if (error.excerpt.empty() && error.place.line >= text.line())
    error.excerpt = text.line_of(error.place.line);
  result_.refused.push_back({gid == 0 ? 1 : gid, sid, std::move(keyword), std::move(error)});
}

// Of two rules of one number the higher revision counts; an equal or lower one that comes later is an error
// of the set.
void RuleLoader::keep(RuleIr rule) {
  const std::uint64_t id = std::uint64_t{rule.gid} << 32 | rule.sid;
  const auto [at, is_new] = by_id_.emplace(id, result_.rules.size());
  if (is_new) {
    result_.rules.push_back(std::move(rule));
    return;
  }
  RuleIr& known = result_.rules[at->second];
  if (rule.rev > known.rev) {
    known = std::move(rule);
    ++result_.replaced;
    return;
  }
  result_.refused.push_back(
      {rule.gid,
       rule.sid,
       "sid",
       {.code = ErrorCode::E2106,
        .place = rule.place,
        .what = "sid " + std::to_string(rule.sid) + " stands twice",
        .why = "The first is in " + known.place.file + ", line " + std::to_string(known.place.line) + ".",
        .hint = "Give it a number of its own, or a higher rev to replace the first."}});
}

LoadedRules RuleLoader::finish() {
  if (options_.thresholds != nullptr) apply_thresholds(*options_.thresholds, result_.rules);
  by_id_.clear();
  expressions_.clear();
  return std::move(result_);
}

} // namespace hd
