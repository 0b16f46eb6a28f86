// SPDX-License-Identifier: Apache-2.0
// offset, depth, distance, within, startswith, endswith: where the content before it may lie.
#include "sensor/keywords/modifier.hpp"

namespace hd::keyword::position {
namespace {

constexpr const char* kMixed = "a content is bound either to the buffer (offset, depth, startswith) or to "
                               "the match before it (distance, within)";

Result<void> refuse_twice(const Args& args, bool is_there) {
  if (!is_there) return {};
  return args.wrong(ErrorCode::E2104, "\"" + std::string(args.keyword()) + "\" stands twice at one content");
}

Result<void> refuse_relative(const Args& args, const ContentStep& step) {
  if (step.is_relative()) return args.wrong(ErrorCode::E2105, kMixed);
  if (step.is_fast_pattern_only)
    return args.wrong(ErrorCode::E2105, "fast_pattern:only; leaves no place to bind the content to");
  return {};
}

Result<void> refuse_absolute(const Args& args, const ContentStep& step) {
  if (step.offset || step.depth || step.starts) return args.wrong(ErrorCode::E2105, kMixed);
  if (step.is_fast_pattern_only)
    return args.wrong(ErrorCode::E2105, "fast_pattern:only; leaves no place to bind the content to");
  return {};
}

// Lengths that must hold the content.
Result<Operand> length_for(const Args& args, const RuleBuilder& rule, const ContentStep& step) {
  auto value = parse_operand(args, rule, args.text(), 0, kOffsetMax);
  if (!value) return value;
  if (!value->variable && value->value < static_cast<std::int64_t>(step.bytes.size())) {
    return args.wrong(ErrorCode::E2105, "\"" + std::string(args.keyword()) + "\" is " +
                                            std::to_string(value->value) + ", shorter than its content of " +
                                            std::to_string(step.bytes.size()) + " bytes");
  }
  return value;
}

Result<void> offset(const Args& args, RuleBuilder& rule) {
  auto found = need_content(args, rule);
  if (!found) return fail(std::move(found.error()));
  ContentStep& step = **found;
  if (auto done = refuse_twice(args, step.offset.has_value()); !done) return done;
  if (auto done = refuse_relative(args, step); !done) return done;
  if (step.starts) return args.wrong(ErrorCode::E2105, "\"offset\" and \"startswith\" at one content");
  auto value = parse_operand(args, rule, args.text(), 0, kOffsetMax);
  if (!value) return fail(std::move(value.error()));
  step.offset = *value;
  return {};
}

Result<void> depth(const Args& args, RuleBuilder& rule) {
  auto found = need_content(args, rule);
  if (!found) return fail(std::move(found.error()));
  ContentStep& step = **found;
  if (auto done = refuse_twice(args, step.depth.has_value()); !done) return done;
  if (auto done = refuse_relative(args, step); !done) return done;
  if (step.starts) return args.wrong(ErrorCode::E2105, "\"depth\" and \"startswith\" at one content");
  auto value = length_for(args, rule, step);
  if (!value) return fail(std::move(value.error()));
  step.depth = *value;
  return {};
}

Result<void> distance(const Args& args, RuleBuilder& rule) {
  auto found = need_content(args, rule);
  if (!found) return fail(std::move(found.error()));
  ContentStep& step = **found;
  if (auto done = refuse_twice(args, step.distance.has_value()); !done) return done;
  if (auto done = refuse_absolute(args, step); !done) return done;
  auto value = parse_operand(args, rule, args.text(), -kOffsetMax, kOffsetMax);
  if (!value) return fail(std::move(value.error()));
  step.distance = *value;
  return {};
}

Result<void> within(const Args& args, RuleBuilder& rule) {
  auto found = need_content(args, rule);
  if (!found) return fail(std::move(found.error()));
  ContentStep& step = **found;
  if (auto done = refuse_twice(args, step.within.has_value()); !done) return done;
  if (auto done = refuse_absolute(args, step); !done) return done;
  auto value = length_for(args, rule, step);
  if (!value) return fail(std::move(value.error()));
  step.within = *value;
  return {};
}

Result<void> startswith(const Args& args, RuleBuilder& rule) {
  if (auto none = args.none(); !none) return none;
  auto found = need_content(args, rule);
  if (!found) return fail(std::move(found.error()));
  ContentStep& step = **found;
  if (auto done = refuse_twice(args, step.starts); !done) return done;
  if (auto done = refuse_relative(args, step); !done) return done;
  if (step.offset || step.depth)
    return args.wrong(ErrorCode::E2105,
                      "\"startswith\" says the place: offset and depth cannot stand beside it");
  step.starts = true;
  return {};
}

Result<void> endswith(const Args& args, RuleBuilder& rule) {
  if (auto none = args.none(); !none) return none;
  auto found = need_content(args, rule);
  if (!found) return fail(std::move(found.error()));
  if (auto done = refuse_twice(args, (*found)->ends); !done) return done;
  (*found)->ends = true;
  return {};
}

constexpr KeywordSpec kSpecs[] = {
    {.name = "offset",
     .summary = "the match starts at or after this byte of the buffer",
     .syntax = "offset:N|VARIABLE",
     .example = "content:\"|00 01|\"; offset:4;",
     .scope = Scope::payload,
     .compile = offset},
    {.name = "depth",
     .summary = "the match ends within so many bytes, counted from offset or the buffer's begin",
     .syntax = "depth:N|VARIABLE",
     .example = "content:\"SSH-\"; depth:4;",
     .scope = Scope::payload,
     .compile = depth},
    {.name = "distance",
     .summary = "the match starts at least so far behind the end of the match before it",
     .syntax = "distance:N|VARIABLE",
     .example = "content:\"a\"; content:\"b\"; distance:1;",
     .scope = Scope::payload,
     .compile = distance},
    {.name = "within",
     .summary = "the match ends within so many bytes behind the end of the match before it",
     .syntax = "within:N|VARIABLE",
     .example = "content:\"a\"; content:\"b\"; within:10;",
     .scope = Scope::payload,
     .compile = within},
    {.name = "startswith",
     .summary = "the match is at the begin of the buffer",
     .syntax = "startswith",
     .example = "http.uri; content:\"/api\"; startswith;",
     .scope = Scope::payload,
     .compile = startswith},
    {.name = "endswith",
     .summary = "the match is at the end of the buffer",
     .syntax = "endswith",
     .example = "dns.query; content:\".example\"; endswith;",
     .scope = Scope::payload,
     .compile = endswith},
};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::position
