// SPDX-License-Identifier: Apache-2.0
// alert, noalert, bypass, filestore: what a match does besides, or instead of, an alert.
#include "sensor/lang/keyword.hpp"

#include <algorithm>

namespace hd::keyword::alert {
namespace {

Result<void> compile_alert(const Args& args, RuleBuilder& rule) {
  if (auto none = args.none(); !none) return none;
  if (rule.rule().is_noalert) return args.wrong(ErrorCode::E2105, "\"alert\" and \"noalert\" in one rule");
  if (rule.rule().action != Action::alert) return {};
  return rule.once(args, "alert");
}

Result<void> compile_noalert(const Args& args, RuleBuilder& rule) {
  if (auto none = args.none(); !none) return none;
  if (rule.has_seen("alert")) return args.wrong(ErrorCode::E2105, "\"alert\" and \"noalert\" in one rule");
  rule.rule().is_noalert = true;
  return {};
}

Result<void> compile_bypass(const Args& args, RuleBuilder& rule) {
  if (auto none = args.none(); !none) return none;
  if (rule.rule().is_bypass) return args.wrong(ErrorCode::E2104, "\"bypass\" stands twice in this rule");
  rule.rule().is_bypass = true;
  return {};
}

Result<void> compile_filestore(const Args& args, RuleBuilder& rule) {
  if (auto first = rule.once(args, "filestore"); !first) return first;
  const std::vector<std::string_view> parts = args.parts();
  if (parts.size() > 2) return args.wrong("\"filestore\" takes a direction and a scope at most");
  constexpr std::string_view kDirections[] = {"request", "to_server", "response", "to_client", "both"};
  constexpr std::string_view kScopes[] = {"file", "tx", "ssn", "flow"};
  if (!parts.empty() &&
      std::find(std::begin(kDirections), std::end(kDirections), parts[0]) == std::end(kDirections)) {
    return args.wrong("\"" + std::string(parts[0]) + "\" is not a direction", {},
                      "request, response or both.");
  }
  if (parts.size() == 2 && std::find(std::begin(kScopes), std::end(kScopes), parts[1]) == std::end(kScopes)) {
    return args.wrong("\"" + std::string(parts[1]) + "\" is not a scope", {}, "file, tx or flow.");
  }
  rule.rule().has_filestore = true;
  return {};
}

constexpr KeywordSpec kSpecs[] = {
    {.name = "noalert",
     .summary = "the rule works (sets bits) and raises nothing",
     .syntax = "noalert",
     .example = "noalert;",
     .scope = Scope::output,
     .compile = compile_noalert},
    {.name = "alert",
     .summary = "the rule raises its alert: the opposite of noalert",
     .syntax = "alert",
     .example = "alert;",
     .scope = Scope::output,
     .compile = compile_alert},
    {.name = "bypass",
     .summary = "nothing of the flow is inspected any more once the rule matched",
     .syntax = "bypass",
     .example = "bypass;",
     .scope = Scope::output,
     .compile = compile_bypass},
    {.name = "filestore",
     .summary = "keeps the file as evidence",
     .syntax = "filestore[:request|response|both[,file|tx|flow]]",
     .example = "filestore;",
     .scope = Scope::output,
     .compile = compile_filestore},
};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::alert
