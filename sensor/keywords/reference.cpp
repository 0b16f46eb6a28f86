// SPDX-License-Identifier: Apache-2.0
// reference: where to read more.
#include "sensor/lang/keyword.hpp"

namespace hd::keyword::reference {
namespace {

Result<void> compile(const Args& args, RuleBuilder& rule) {
  std::string_view text = args.text();
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"'))
    text = text.substr(1, text.size() - 2);
  const std::size_t comma = text.find(',');
  const std::string_view scheme = trim(text.substr(0, comma));
  const std::string_view value =
      comma == std::string_view::npos ? std::string_view() : trim(text.substr(comma + 1));
  if (scheme.empty() || value.empty())
    return args.wrong("\"reference\" needs a scheme and a value", {},
                      "For example reference:cve,2021-44228; or reference:url,example.com/page;");
  // What is shown is the address; a scheme that no catalogue knows is shown as it was written.
  const Reference* known = rule.context().catalogue.find_reference(scheme);
  rule.rule().references.push_back({known != nullptr ? known->value : std::string(scheme) + ":", std::string(value)});
  return {};
}

constexpr KeywordSpec kSpecs[] = {{
    .name = "reference",
    .summary = "pointer to outside documentation, by a scheme of reference.config",
    .syntax = "reference:SCHEME,VALUE",
    .example = "reference:cve,2021-44228;",
    .scope = Scope::output,
    .compile = compile,
}};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::reference
