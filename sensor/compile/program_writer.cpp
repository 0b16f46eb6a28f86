// SPDX-License-Identifier: Apache-2.0
#include "sensor/compile/program_writer.hpp"

#include "sensor/match/fold.hpp"

#include <algorithm>

namespace hd {
namespace {

bool counts_from_match(const Step& step) {
  if (const auto* content = std::get_if<ContentStep>(&step.kind)) return content->is_relative();
  if (const auto* pcre = std::get_if<PcreStep>(&step.kind)) return pcre->is_relative;
  if (const auto* test = std::get_if<ByteTestStep>(&step.kind)) return test->is_relative;
  if (const auto* jump = std::get_if<ByteJumpStep>(&step.kind)) return jump->is_relative;
  if (const auto* extract = std::get_if<ByteExtractStep>(&step.kind)) return extract->is_relative;
  if (const auto* math = std::get_if<ByteMathStep>(&step.kind)) return math->is_relative;
  if (const auto* at = std::get_if<IsDataAtStep>(&step.kind)) return at->is_relative;
  if (const auto* base64 = std::get_if<Base64DecodeStep>(&step.kind)) return base64->is_relative;
  return false;
}

template <class T>
std::uint32_t push(std::vector<T>& array, const T& value) {
  array.push_back(value);
  return static_cast<std::uint32_t>(array.size() - 1);
}

std::int32_t clamp(std::int64_t value) {
  return static_cast<std::int32_t>(std::max<std::int64_t>(std::min<std::int64_t>(value, INT32_MAX), INT32_MIN));
}

class Writer {
 public:
  Writer(Instruction& out, Ruleset& ruleset) : out_(out), ruleset_(ruleset) {}

  void operator()(const ContentStep& step) {
    out_.op = Op::find;
    const std::string bytes = step.is_nocase ? folded(step.bytes) : step.bytes;
    out_.literal = literal(bytes);
    out_.length = static_cast<std::uint32_t>(bytes.size());
    flag(step.is_nocase, op_flag::nocase);
    flag(step.is_negated, op_flag::negated);
    flag(step.ends, op_flag::ends);
    for (const auto& operand : {step.offset, step.depth, step.distance, step.within}) {
      if (operand && operand->variable) flag(true, op_flag::has_variables);
    }
    if ((out_.flags & op_flag::has_variables) != 0) {
      flag(step.is_relative(), op_flag::relative);
      out_.side = push(ruleset_.contents, step);
      return;
    }
    if (step.is_relative()) {
      flag(true, op_flag::relative);
      out_.low = clamp(step.distance ? step.distance->value : 0);
      if (step.within) {
        flag(true, op_flag::has_within);
        out_.high = clamp(step.within->value);
      }
      return;
    }
    const std::int64_t offset = step.offset && !step.starts ? step.offset->value : 0;
    out_.low = clamp(offset);
    if (step.starts || step.depth) {
      flag(true, op_flag::has_depth);
      out_.high = clamp(offset + (step.starts ? static_cast<std::int64_t>(bytes.size()) : step.depth->value));
    }
  }
  void operator()(const PcreStep& step) {
    out_.op = Op::pcre;
    flag(step.is_negated, op_flag::negated);
    flag(step.is_relative, op_flag::relative);
    out_.side = push(ruleset_.pcres, step);
  }
  void operator()(const ByteTestStep& step) { side(Op::byte_test, ruleset_.byte_tests, step); }
  void operator()(const ByteJumpStep& step) { side(Op::byte_jump, ruleset_.byte_jumps, step); }
  void operator()(const ByteExtractStep& step) { side(Op::byte_extract, ruleset_.byte_extracts, step); }
  void operator()(const ByteMathStep& step) { side(Op::byte_math, ruleset_.byte_maths, step); }
  void operator()(const IsDataAtStep& step) { side(Op::is_data_at, ruleset_.data_ats, step); }
  void operator()(const SizeStep& step) { side(Op::size, ruleset_.sizes, step); }
  void operator()(const Base64DecodeStep& step) { side(Op::base64_decode, ruleset_.base64s, step); }
  void operator()(const AbsentStep& step) { side(Op::absent, ruleset_.absents, step); }
  void operator()(const CallStep& step) { side(Op::call, ruleset_.calls, step); }

 private:
  void flag(bool on, std::uint8_t bit) {
    if (on) out_.flags = static_cast<std::uint8_t>(out_.flags | bit);
  }
  template <class T>
  void side(Op op, std::vector<T>& array, const T& step) {
    out_.op = op;
    out_.side = push(array, step);
  }
  // Equal literals of neighbouring rules share their place when the newest pool bytes happen to be the same.
  std::uint32_t literal(const std::string& bytes) {
    std::string& pool = ruleset_.literal_pool;
    if (pool.size() >= bytes.size() && pool.compare(pool.size() - bytes.size(), bytes.size(), bytes) == 0) {
      return static_cast<std::uint32_t>(pool.size() - bytes.size());
    }
    pool += bytes;
    return static_cast<std::uint32_t>(pool.size() - bytes.size());
  }

  Instruction& out_;
  Ruleset& ruleset_;
};

}  // namespace

ConfirmProgram write_program(const StepList& list, Ruleset& ruleset) {
  ConfirmProgram program{static_cast<std::uint32_t>(ruleset.code.size()), static_cast<std::uint16_t>(list.steps.size())};
  for (std::size_t i = 0; i < list.steps.size(); ++i) {
    Instruction instruction{.option = list.steps[i].option};
    std::visit(Writer(instruction, ruleset), list.steps[i].kind);
    const bool next_counts = i + 1 < list.steps.size() && counts_from_match(list.steps[i + 1]);
    if (next_counts) instruction.flags = static_cast<std::uint8_t>(instruction.flags | op_flag::next_relative);
    ruleset.code.push_back(instruction);
  }
  return program;
}

}  // namespace hd
