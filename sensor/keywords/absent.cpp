// SPDX-License-Identifier: Apache-2.0
// absent: the buffer is missing; with or_else, what follows may look into it when it is not.
#include "sensor/keywords/modifier.hpp"

namespace hd::keyword::absent {
namespace {

Result<void> compile(const Args& args, RuleBuilder& rule) {
  if (!rule.is_sticky() || rule.current().kind == BufferRef::Kind::base64) {
    return args.wrong(ErrorCode::E2104, "\"absent\" needs a sticky buffer before it", {},
                      "For example http.referer; absent;");
  }
  if (!args.is_empty() && args.text() != "or_else")
    return args.wrong("\"absent\" takes nothing or \"or_else\"");
  rule.add(AbsentStep{.or_else = !args.is_empty()});
  return {};
}

constexpr KeywordSpec kSpecs[] = {{
    .name = "absent",
    .summary = "the selected buffer is missing; with or_else: it is missing, or what follows holds in it",
    .syntax = "absent[:or_else]",
    .example = "http.user_agent; absent;",
    .scope = Scope::transaction,
    .compile = compile,
}};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::absent
