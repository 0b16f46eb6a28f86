// SPDX-License-Identifier: Apache-2.0
// content and what says how it compares: nocase, rawbytes; the old uricontent.
#include "sensor/keywords/modifier.hpp"
#include "sensor/lang/content_text.hpp"
#include "sensor/lang/keyword.hpp"

namespace hd::keyword::content {
namespace {

Result<void> compile(const Args& args, RuleBuilder& rule) {
  ContentStep step;
  auto bytes = parse_content(args, &step.is_negated);
  if (!bytes) return fail(std::move(bytes.error()));
  step.bytes = std::move(*bytes);
  rule.add(std::move(step));
  return {};
}

Result<void> compile_uricontent(const Args& args, RuleBuilder& rule) {
  if (rule.is_sticky())
    return args.wrong(ErrorCode::E2104, "\"uricontent\" cannot stand behind a sticky buffer", {},
                      "Use http.uri; content:\"…\";");
  ContentStep step;
  auto bytes = parse_content(args, &step.is_negated);
  if (!bytes) return fail(std::move(bytes.error()));
  step.bytes = std::move(*bytes);
  return rule.add_to_app("http.uri", std::move(step));
}

Result<void> compile_nocase(const Args& args, RuleBuilder& rule) {
  if (auto none = args.none(); !none) return none;
  auto step = need_content(args, rule);
  if (!step) return fail(std::move(step.error()));
  if ((*step)->is_nocase) return args.wrong(ErrorCode::E2104, "\"nocase\" stands twice at one content");
  (*step)->is_nocase = true;
  return {};
}

// Bytes are always compared raw: the word of old rules says nothing more.
Result<void> compile_rawbytes(const Args& args, RuleBuilder& rule) {
  if (auto none = args.none(); !none) return none;
  if (rule.is_sticky())
    return args.wrong(ErrorCode::E2104, "\"rawbytes\" cannot stand behind a sticky buffer");
  auto step = need_content(args, rule);
  if (!step) return fail(std::move(step.error()));
  return {};
}

constexpr KeywordSpec kSpecs[] = {
    {.name = "content",
     .summary = "bytes to find in the selected buffer, else in the payload; may be negated",
     .syntax = "content:[!]\"TEXT|HEX HEX|TEXT\"",
     .example = "content:\"GET|20 2f|cgi-bin\";",
     .scope = Scope::payload,
     .compile = compile},
    {.name = "uricontent",
     .summary = "old form of content on the normalised URI",
     .syntax = "uricontent:[!]\"TEXT\"",
     .example = "uricontent:\"/cmd.exe\";",
     .scope = Scope::payload,
     .compile = compile_uricontent},
    {.name = "nocase",
     .summary = "the content before it ignores the case of ASCII letters",
     .syntax = "nocase",
     .example = "content:\"select\"; nocase;",
     .scope = Scope::payload,
     .compile = compile_nocase},
    {.name = "rawbytes",
     .summary = "accepted for old rules, without effect",
     .syntax = "rawbytes",
     .example = "content:\"|ff|\"; rawbytes;",
     .scope = Scope::payload,
     .compile = compile_rawbytes},
};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::content
