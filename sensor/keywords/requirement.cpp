// SPDX-License-Identifier: Apache-2.0
// requires: the rule is for engines that have a version, feature or keyword; others leave it out without
// complaint. The file bears another name because the word is one of C++.
#include "sensor/lang/keyword.hpp"

#include <array>
#include <optional>

namespace hd::keyword::requirement {
namespace {

using Version = std::array<std::uint32_t, 3>;
// The version of Suricata whose rule language this is.
constexpr Version kLanguage = {8, 0, 7};

std::optional<Version> parse_version(std::string_view text) {
  Version result = {};
  std::size_t parts = 0;
  for (std::string_view part : split(text, '.')) {
    if (const std::size_t hyphen = part.find('-'); hyphen != std::string_view::npos)
      part = part.substr(0, hyphen); // 8.0.0-beta1
    const auto value = parse_integer(part);
    if (!value || *value < 0 || *value > 9999 || parts == 3) return std::nullopt;
    result[parts++] = static_cast<std::uint32_t>(*value);
  }
  return result;
}

bool compares(std::string_view op, const Version& wanted) {
  if (op == ">=") return kLanguage >= wanted;
  if (op == ">") return kLanguage > wanted;
  if (op == "<=") return kLanguage <= wanted;
  return kLanguage < wanted;
}

// `>= 7.0.3 < 8`: all of them.
Result<bool> all_hold(const Args& args, std::string_view text) {
  text = trim(text);
  if (text.empty()) return args.wrong("\"version\" needs a comparison", {}, "For example version >= 8.0.0");
  bool holds = true;
  while (!text.empty()) {
    const std::size_t length = text.starts_with(">=") || text.starts_with("<=") ? 2
                               : text.starts_with('>') || text.starts_with('<') ? 1
                                                                                : 0;
    if (length == 0) return args.wrong("a version is compared with >=, >, < or <=");
    const std::string_view op = text.substr(0, length);
    text = trim(text.substr(length));
    const std::size_t end = std::min(text.find_first_of(" \t<>"), text.size());
    const auto version = parse_version(text.substr(0, end));
    if (!version) return args.wrong("\"" + std::string(text.substr(0, end)) + "\" is not a version");
    holds = holds && compares(op, *version);
    text = trim(text.substr(end));
  }
  return holds;
}

Result<bool> version_holds(const Args& args, std::string_view text) {
  bool holds = false;
  for (const std::string_view alternative : split(text, '|')) {
    auto one = all_hold(args, alternative);
    if (!one) return one;
    holds = holds || *one;
  }
  return holds;
}

bool has_feature(const BuildContext& context, std::string_view name) {
  if (name == "ja3") return context.ja3_enabled != 0;
  if (name == "ja4") return context.ja4_enabled != 0;
  return name == "http1" || name == "tls" || name == "dns";
}

Result<void> compile(const Args& args, RuleBuilder& rule) {
  if (args.is_empty()) return args.wrong("\"requires\" needs a version, feature or keyword");
  for (const std::string_view part : args.parts()) {
    const std::size_t blank = std::min(part.find_first_of(" \t<>"), part.size());
    const std::string_view kind = part.substr(0, blank);
    const std::string_view value = trim(part.substr(blank));
    bool holds = false;
    if (kind == "version") {
      auto answer = version_holds(args, value);
      if (!answer) return fail(std::move(answer.error()));
      holds = *answer;
    } else if (kind == "feature") {
      holds = has_feature(rule.context(), value);
    } else if (kind == "keyword") {
      holds = rule.context().has_keyword && rule.context().has_keyword(value);
    }
    // A kind that is not known yet cannot be met.
    if (!holds && rule.rule().skip_why.empty()) rule.rule().skip_why = "requires " + std::string(part);
  }
  return {};
}

constexpr KeywordSpec kSpecs[] = {{
    .name = "requires",
    .summary = "the rule loads only where the rule language's version, a feature or a keyword is there",
    .syntax = "requires:version >= 8.0.0 [< 9] [| …], feature NAME, keyword NAME",
    .example = "requires:version >= 8.0.0, keyword ja4.hash;",
    .scope = Scope::rule,
    .compile = compile,
}};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::requirement
