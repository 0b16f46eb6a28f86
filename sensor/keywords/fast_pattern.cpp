// SPDX-License-Identifier: Apache-2.0
// fast_pattern: which content the author would look for first.
#include "sensor/keywords/modifier.hpp"

namespace hd::keyword::fast_pattern {
namespace {

Result<void> compile_only(const Args& args, ContentStep& step) {
  if (step.is_negated || step.is_relative() || step.offset || step.depth || step.starts) {
    return args.wrong(ErrorCode::E2105,
                      "fast_pattern:only; cannot stand at a content that is negated or bound to a place");
  }
  step.is_fast_pattern_only = true;
  return {};
}

Result<void> compile_part(const Args& args, ContentStep& step) {
  const std::vector<std::string_view> parts = args.parts();
  if (parts.size() != 2)
    return args.wrong("\"fast_pattern\" takes nothing, \"only\", or an offset and a length", {},
                      "For example fast_pattern:0,20;");
  auto offset = parse_unsigned(args, parts[0], 0, UINT16_MAX);
  if (!offset) return fail(std::move(offset.error()));
  auto length = parse_unsigned(args, parts[1], 1, UINT16_MAX);
  if (!length) return fail(std::move(length.error()));
  if (*offset + *length > step.bytes.size()) {
    return args.wrong(ErrorCode::E2105,
                      "the part lies beyond the content's " + std::to_string(step.bytes.size()) + " bytes");
  }
  step.chop_offset = static_cast<std::uint16_t>(*offset);
  step.chop_length = static_cast<std::uint16_t>(*length);
  return {};
}

Result<void> compile(const Args& args, RuleBuilder& rule) {
  auto found = need_content(args, rule);
  if (!found) return fail(std::move(found.error()));
  ContentStep& step = **found;
  if (rule.current().kind == BufferRef::Kind::base64) {
    return args.wrong(ErrorCode::E2104, "\"fast_pattern\" cannot stand at a content of base64_data",
                      "What is decoded exists only once the rest of the rule was found.");
  }
  if (step.is_fast_pattern)
    return args.wrong(ErrorCode::E2104, "\"fast_pattern\" stands twice at one content");
  step.is_fast_pattern = true;
  if (args.is_empty()) return {};
  return args.text() == "only" ? compile_only(args, step) : compile_part(args, step);
}

constexpr KeywordSpec kSpecs[] = {{
    .name = "fast_pattern",
    .summary = "marks the content, or a part of it, that is to be looked for first",
    .syntax = "fast_pattern[:only|:OFFSET,LENGTH]",
    .example = "content:\"/gate.php\"; fast_pattern;",
    .scope = Scope::payload,
    .compile = compile,
}};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::fast_pattern
