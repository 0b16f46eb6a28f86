// SPDX-License-Identifier: Apache-2.0
// sid, gid, rev, msg: what a rule is called.
#include "sensor/lang/keyword.hpp"

namespace hd::keyword::identity {
namespace {

// Quotes around these numbers are allowed, as in old rules.
std::string_view unquoted(std::string_view text) {
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"'))
    return trim(text.substr(1, text.size() - 2));
  return text;
}

Result<std::uint32_t> number(const Args& args, RuleBuilder& rule, std::uint64_t low) {
  if (auto first = rule.once(args, args.keyword()); !first) return fail(std::move(first.error()));
  auto value = parse_unsigned(args, unquoted(args.text()), low, UINT32_MAX);
  if (!value) return fail(std::move(value.error()));
  return static_cast<std::uint32_t>(*value);
}

Result<void> sid(const Args& args, RuleBuilder& rule) {
  auto value = number(args, rule, 1);
  if (!value) return fail(std::move(value.error()));
  rule.rule().sid = *value;
  return {};
}

Result<void> gid(const Args& args, RuleBuilder& rule) {
  auto value = number(args, rule, 1);
  if (!value) return fail(std::move(value.error()));
  rule.rule().gid = *value;
  return {};
}

Result<void> rev(const Args& args, RuleBuilder& rule) {
  auto value = number(args, rule, 1);
  if (!value) return fail(std::move(value.error()));
  rule.rule().rev = *value;
  return {};
}

Result<void> msg(const Args& args, RuleBuilder& rule) {
  if (auto first = rule.once(args, "msg"); !first) return first;
  auto text = args.quoted();
  if (!text) return fail(std::move(text.error()));
  rule.rule().msg = std::move(*text);
  return {};
}

constexpr KeywordSpec kSpecs[] = {
    {.name = "sid",
     .summary = "number that names the rule, unique together with its gid",
     .syntax = "sid:N",
     .example = "sid:1000001;",
     .scope = Scope::rule,
     .compile = sid},
    {.name = "gid",
     .summary = "group of the sid, 1 unless given",
     .syntax = "gid:N",
     .example = "gid:1;",
     .scope = Scope::rule,
     .compile = gid},
    {.name = "rev",
     .summary = "revision: of two rules of one sid the higher revision counts",
     .syntax = "rev:N",
     .example = "rev:3;",
     .scope = Scope::rule,
     .compile = rev},
    {.name = "msg",
     .summary = "text of the alert",
     .syntax = "msg:\"TEXT\"",
     .example = "msg:\"Web shell answered\";",
     .scope = Scope::output,
     .compile = msg},
};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::identity
