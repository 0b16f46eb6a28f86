// SPDX-License-Identifier: Apache-2.0
// byte_test: a number in the buffer, compared.
#include "sensor/keywords/modifier.hpp"

namespace hd::keyword::byte_test {
namespace {

Result<void> read_operator(const Args& args, std::string_view text, ByteTestStep& step) {
  if (text.starts_with('!')) {
    step.is_negated = true;
    text = trim(text.substr(1));
    if (text.empty()) text = "=";
  }
  if (text == "<")
    step.compare = Compare::less;
  else if (text == ">")
    step.compare = Compare::greater;
  else if (text == "<=")
    step.compare = Compare::less_equal;
  else if (text == ">=")
    step.compare = Compare::greater_equal;
  else if (text == "=")
    step.compare = Compare::equal;
  else if (text == "&")
    step.compare = Compare::mask_set;
  else if (text == "^")
    step.is_xor = true;
  else
    return args.wrong("\"" + std::string(text) + "\" is not a comparison", {},
                      "<, >, =, <=, >=, & or ^, with ! before it to negate.");
  return {};
}

Result<void> compile(const Args& args, RuleBuilder& rule) {
  const std::vector<std::string_view> parts = args.parts();
  if (parts.size() < 4)
    return args.wrong("\"byte_test\" needs count, comparison, value and offset", {},
                      "For example byte_test:4,>,1000,20;");
  ByteTestStep step;
  NumberForm form;
  for (std::size_t i = 4; i < parts.size(); ++i) {
    auto taken = form.take(args, parts[i]);
    if (!taken) return fail(std::move(taken.error()));
    if (!*taken) return args.wrong("\"" + std::string(parts[i]) + "\" does not belong into \"byte_test\"");
  }
  if (auto done = form.check(args); !done) return done;
  // Old rules have text of 0 characters: it never is a number, so they never match.
  auto count = parse_operand(args, rule, parts[0], form.has_string ? 0 : 1, digits_max(form.number_text()));
  if (!count) return fail(std::move(count.error()));
  if (auto done = read_operator(args, parts[1], step); !done) return done;
  auto value = parse_operand(args, rule, parts[2], INT64_MIN, INT64_MAX);
  if (!value) return fail(std::move(value.error()));
  auto offset = parse_operand(args, rule, parts[3], -kOffsetMax, kOffsetMax);
  if (!offset) return fail(std::move(offset.error()));
  step.count = *count;
  step.value = *value;
  step.offset = *offset;
  step.is_relative = form.is_relative;
  step.order = form.order;
  step.text = form.number_text();
  step.mask = form.mask;
  rule.add(step);
  return {};
}

constexpr KeywordSpec kSpecs[] = {{
    .name = "byte_test",
    .summary = "number in the buffer, compared with a value",
    .syntax = "byte_test:COUNT,[!]<|>|=|<=|>=|&|^,VALUE,OFFSET[,relative][,big|little][,string,hex|dec|oct][,"
              "bitmask N]",
    .example = "byte_test:2,>,1024,0,relative;",
    .scope = Scope::payload,
    .compile = compile,
}};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::byte_test
