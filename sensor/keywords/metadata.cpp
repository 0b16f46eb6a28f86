// SPDX-License-Identifier: Apache-2.0
// metadata: free keys and values that are carried into the alert.
#include "sensor/lang/keyword.hpp"

namespace hd::keyword::metadata {
namespace {

Result<void> compile(const Args& args, RuleBuilder& rule) {
  if (args.is_empty()) return args.wrong("\"metadata\" needs at least one key and value");
  std::string_view rest = args.text();
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view pair = trim(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    if (pair.empty()) continue;
    const std::size_t blank = pair.find_first_of(" \t");
    const std::string_view value =
        blank == std::string_view::npos ? std::string_view() : trim(pair.substr(blank));
    rule.rule().metadata.push_back({std::string(pair.substr(0, blank)), std::string(value)});
  }
  return {};
}

constexpr KeywordSpec kSpecs[] = {{
    .name = "metadata",
    .summary = "free keys and values, carried into the alert",
    .syntax = "metadata:KEY VALUE[, KEY VALUE]…",
    .example = "metadata:attack_target Web_Server, signature_severity Major;",
    .scope = Scope::output,
    .compile = compile,
}};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::metadata
