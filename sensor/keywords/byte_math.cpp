// SPDX-License-Identifier: Apache-2.0
// byte_math: computes with a number of the buffer and keeps the result under a name.
#include "sensor/keywords/modifier.hpp"

namespace hd::keyword::byte_math {
namespace {

struct OperatorName {
  std::string_view text;
  ByteMathStep::Operator op;
};
constexpr OperatorName kOperators[] = {
    {"+", ByteMathStep::Operator::add},         {"-", ByteMathStep::Operator::subtract},
    {"*", ByteMathStep::Operator::multiply},    {"/", ByteMathStep::Operator::divide},
    {"<<", ByteMathStep::Operator::shift_left}, {">>", ByteMathStep::Operator::shift_right}};

// What was given so far, as text: the numbers' bounds depend on the form.
struct Values {
  std::string_view bytes, offset, oper, rvalue, result;
};

Result<void> take_value(const Args& args, std::string_view part, Values& values, NumberForm& form) {
  const std::size_t blank = std::min(part.find_first_of(" \t"), part.size());
  const std::string_view name = part.substr(0, blank);
  const std::string_view value = trim(part.substr(blank));
  std::string_view* where = nullptr;
  if (name == "bytes")
    where = &values.bytes;
  else if (name == "offset")
    where = &values.offset;
  else if (name == "oper")
    where = &values.oper;
  else if (name == "rvalue")
    where = &values.rvalue;
  else if (name == "result")
    where = &values.result;
  if (where != nullptr) {
    if (!where->empty()) return args.wrong("\"" + std::string(name) + "\" is given twice");
    if (value.empty()) return args.wrong("\"" + std::string(name) + "\" has no value");
    *where = value;
    return {};
  }
  // "endian little" and "string hex" are two words here.
  if (name == "endian" || name == "string") {
    auto taken = form.take(args, value);
    if (!taken) return fail(std::move(taken.error()));
    if (!*taken)
      return args.wrong("\"" + std::string(value) + "\" does not belong to \"" + std::string(name) + "\"");
    if (name == "string") form.has_string = true;
    return {};
  }
  auto taken = form.take(args, part);
  if (!taken) return fail(std::move(taken.error()));
  if (!*taken) return args.wrong("\"" + std::string(name) + "\" does not belong into \"byte_math\"");
  return {};
}

Result<void> compile(const Args& args, RuleBuilder& rule) {
  Values values;
  NumberForm form;
  for (const std::string_view part : args.parts()) {
    if (auto done = take_value(args, part, values, form); !done) return done;
  }
  if (auto done = form.check(args); !done) return done;
  for (const auto& [name, value] : {std::pair{"bytes", values.bytes},
                                    {"offset", values.offset},
                                    {"oper", values.oper},
                                    {"rvalue", values.rvalue},
                                    {"result", values.result}}) {
    if (value.empty()) return args.wrong(std::string("\"byte_math\" needs \"") + name + "\"");
  }
  ByteMathStep step;
  const OperatorName* oper = nullptr;
  for (const OperatorName& one : kOperators) {
    if (one.text == values.oper) oper = &one;
  }
  if (oper == nullptr)
    return args.wrong("\"" + std::string(values.oper) + "\" is not an operator", {}, "+, -, *, /, << or >>.");
  auto count = parse_operand(args, rule, values.bytes, 1, form.has_string ? 10 : 4);
  if (!count) return fail(std::move(count.error()));
  auto offset = parse_operand(args, rule, values.offset, -65535, 65535);
  if (!offset) return fail(std::move(offset.error()));
  auto right = parse_operand(args, rule, values.rvalue, 0, UINT32_MAX);
  if (!right) return fail(std::move(right.error()));
  if (oper->op == ByteMathStep::Operator::divide && !right->variable && right->value == 0)
    return args.wrong("a division by 0");
  auto slot = rule.define_variable(values.result);
  if (!slot) return fail(std::move(slot.error()));
  step.op = oper->op;
  step.count = *count;
  step.offset = *offset;
  step.right = *right;
  step.slot = *slot;
  step.mask = form.mask;
  step.is_relative = form.is_relative;
  step.order = form.order;
  step.text = form.number_text();
  rule.add(step);
  return {};
}

constexpr KeywordSpec kSpecs[] = {{
    .name = "byte_math",
    .summary =
        "computes with a number of the buffer and keeps the result under a name that later keywords may use",
    .syntax = "byte_math:bytes N, offset N, oper +|-|*|/|<<|>>, rvalue N, result NAME[, relative][, endian "
              "big|little][, string hex|dec|oct][, bitmask N]",
    .example = "byte_math:bytes 1, offset 0, oper *, rvalue 4, result length; isdataat:length;",
    .scope = Scope::payload,
    .compile = compile,
}};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::byte_math
