// SPDX-License-Identifier: Apache-2.0
// byte_jump: moves the place from which relative conditions count, by a number read from the buffer.
#include "sensor/keywords/modifier.hpp"

namespace hd::keyword::byte_jump {
namespace {

Result<bool> take(const Args& args, const RuleBuilder& rule, std::string_view part, ByteJumpStep& step) {
  if (part == "align")
    step.align = true;
  else if (part == "from_beginning")
    step.from_beginning = true;
  else if (part == "from_end")
    step.from_end = true;
  else if (part.starts_with("multiplier ")) {
    auto value = parse_unsigned(args, trim(part.substr(11)), 1, 65535);
    if (!value) return fail(std::move(value.error()));
    step.multiplier = static_cast<std::int64_t>(*value);
  } else if (part.starts_with("post_offset ")) {
    auto value = parse_operand(args, rule, trim(part.substr(12)), -65535, 65535);
    if (!value) return fail(std::move(value.error()));
    step.post_offset = value->value;
    step.post_offset_variable = value->variable;
  } else {
    return false;
  }
  return true;
}

Result<void> compile(const Args& args, RuleBuilder& rule) {
  const std::vector<std::string_view> parts = args.parts();
  if (parts.size() < 2)
    return args.wrong("\"byte_jump\" needs count and offset", {}, "For example byte_jump:2,0,relative;");
  ByteJumpStep step;
  NumberForm form;
  for (std::size_t i = 2; i < parts.size(); ++i) {
    auto taken = form.take(args, parts[i]);
    if (!taken) return fail(std::move(taken.error()));
    if (*taken) continue;
    taken = take(args, rule, parts[i], step);
    if (!taken) return fail(std::move(taken.error()));
    if (!*taken) return args.wrong("\"" + std::string(parts[i]) + "\" does not belong into \"byte_jump\"");
  }
  if (auto done = form.check(args); !done) return done;
  if (step.from_beginning && step.from_end)
    return args.wrong("from_beginning and from_end exclude each other");
  // No bytes: the number is 0, and post_offset alone moves the place.
  auto count = parse_operand(args, rule, parts[0], 0, digits_max(form.number_text()));
  if (!count) return fail(std::move(count.error()));
  auto offset = parse_operand(args, rule, parts[1], -65535, 65535);
  if (!offset) return fail(std::move(offset.error()));
  step.count = *count;
  step.offset = *offset;
  step.is_relative = form.is_relative;
  step.order = form.order;
  step.text = form.number_text();
  step.mask = form.mask;
  rule.add(step);
  return {};
}

constexpr KeywordSpec kSpecs[] = {{
    .name = "byte_jump",
    .summary =
        "moves the place from which the next relative condition counts by a number read from the buffer",
    .syntax =
        "byte_jump:COUNT,OFFSET[,relative][,multiplier "
        "N][,big|little][,string,hex|dec|oct][,align][,from_beginning|from_end][,post_offset N][,bitmask N]",
    .example = "byte_jump:2,0,relative,align;",
    .scope = Scope::payload,
    .compile = compile,
}};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::byte_jump
