// SPDX-License-Identifier: Apache-2.0
// The interpreter itself, instantiated in confirm.cpp (NoTrace) and why.cpp (WhyTrace) only.
#pragma once

#include <algorithm>
#include <optional>

#include "sensor/detect/byte_ops.hpp"
#include "sensor/detect/confirm.hpp"
#include "sensor/match/byte_search.hpp"
#include "sensor/match/fold.hpp"

namespace hd::confirm_detail {

/// Where a content may lie: [begin, end). Nothing: it cannot match.
struct Bounds {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

inline std::int64_t value_of(const Operand& operand, const ConfirmContext& ctx) noexcept {
  return operand.variable ? static_cast<std::int64_t>(ctx.variables[*operand.variable]) : operand.value;
}

/// The arithmetic of offset, depth, distance and within (detection.md 20.17): depth counts from offset, within from the
/// end of the previous match and covers distance.
inline Bounds bounds_of(const Instruction& at, Bytes buffer, std::size_t cursor, const ConfirmContext& ctx) noexcept {
  const auto size = static_cast<std::int64_t>(buffer.size());
  Bounds result{0, size};
  if ((at.flags & op_flag::has_variables) != 0) {
    const ContentStep& step = ctx.rules.contents[at.side];
    if (step.is_relative()) {
      const std::int64_t distance = step.distance ? value_of(*step.distance, ctx) : 0;
      result.begin = static_cast<std::int64_t>(cursor) + distance;
      if (step.within) result.end = static_cast<std::int64_t>(cursor) + distance + value_of(*step.within, ctx);
    } else {
      if (step.offset) result.begin = value_of(*step.offset, ctx);
      if (step.depth) result.end = result.begin + value_of(*step.depth, ctx);
    }
  } else if ((at.flags & op_flag::relative) != 0) {
    result.begin = static_cast<std::int64_t>(cursor) + at.low;
    if ((at.flags & op_flag::has_within) != 0) result.end = result.begin + at.high;
  } else {
    result.begin = at.low;
    if ((at.flags & op_flag::has_depth) != 0) result.end = at.high;
  }
  result.begin = std::max<std::int64_t>(result.begin, 0);
  result.end = std::min(result.end, size);
  return result;
}

/// Whether `literal` (small letters when is_nocase) stands at `place`; it must fit.
inline bool equal_at(Bytes buffer, std::size_t place, Bytes literal, bool is_nocase) noexcept {
  const Bytes there = buffer.subspan(place, literal.size());
  if (is_nocase) return equals_folded(there.data(), literal.data(), literal.size());
  return std::memcmp(there.data(), literal.data(), literal.size()) == 0;
}

/// Position of the literal in [begin, end), or nothing.
inline std::optional<std::size_t> find_literal(const Instruction& at, Bytes literal, Bytes buffer, Bounds bounds) noexcept {
  if (bounds.end - bounds.begin < static_cast<std::int64_t>(literal.size())) return std::nullopt;
  const bool is_nocase = (at.flags & op_flag::nocase) != 0;
  const auto begin = static_cast<std::size_t>(bounds.begin);
  const auto end = static_cast<std::size_t>(bounds.end);
  if ((at.flags & op_flag::ends) != 0) {
    if (end < buffer.size()) return std::nullopt;
    const std::size_t place = buffer.size() - literal.size();
    return equal_at(buffer, place, literal, is_nocase) ? std::optional(place) : std::nullopt;
  }
  const std::size_t place = is_nocase ? find_folded(buffer.first(end), literal, begin) : find(buffer.first(end), literal, begin);
  if (place == kNotFound) return std::nullopt;
  return place;
}

template <class Trace>
class Run {
 public:
  Run(const ConfirmProgram& program, Bytes buffer, ConfirmContext& ctx, Trace& trace) noexcept
      : code_(ctx.rules.code.data() + program.first), count_(program.count), buffer_(buffer), ctx_(ctx), trace_(trace) {}

  /// Steps from `index` on, with the previous match ending at `cursor`.
  bool from(unsigned index, std::size_t cursor) noexcept {
    while (index < count_) {
      if (ctx_.steps_left == 0) {
        ++ctx_.limit_hits;
        give_up_ = true;
        return false;
      }
      --ctx_.steps_left;
      const Instruction& at = code_[index];
      bool holds = false;
      switch (at.op) {
        case Op::find:
          if ((at.flags & op_flag::negated) == 0) return content(at, index, cursor);
          holds = !find_literal(at, ctx_.rules.literal(at), buffer_, bounds_of(at, buffer_, cursor, ctx_));
          break;
        case Op::pcre:
          if ((at.flags & op_flag::negated) == 0) return pcre(at, index, cursor);
          holds = !ctx_.rules.pcres[at.side].regex->search(pcre_subject(at, cursor), 0, ctx_.regex).matched;
          break;
        case Op::byte_test: holds = byte_test(ctx_.rules.byte_tests[at.side], cursor); break;
        case Op::byte_jump: holds = byte_jump(ctx_.rules.byte_jumps[at.side], &cursor); break;
        case Op::byte_extract: holds = byte_extract(ctx_.rules.byte_extracts[at.side], &cursor); break;
        case Op::byte_math: holds = byte_math(ctx_.rules.byte_maths[at.side], &cursor); break;
        case Op::is_data_at: holds = is_data_at(ctx_.rules.data_ats[at.side], cursor); break;
        case Op::size: holds = size_holds(ctx_.rules.sizes[at.side]); break;
        case Op::base64_decode: holds = base64(ctx_.rules.base64s[at.side], cursor); break;
        case Op::absent: holds = ctx_.rules.absents[at.side].or_else; break;
        case Op::call: {
          const CallStep& call = ctx_.rules.calls[at.side];
          holds = call.check(*ctx_.at, buffer_, cursor, call.data);
          break;
        }
      }
      trace_.step(at, holds, buffer_, cursor);
      if (!holds) {
        // Steps that do not count from a match would answer the same at each retry.
        if (at.op == Op::size || at.op == Op::absent || !depends_on_place(at)) give_up_ = true;
        return false;
      }
      ++index;
    }
    return true;
  }

 private:
  // Whether another place of an earlier match could change this step's answer.
  [[nodiscard]] static bool depends_on_place(const Instruction& at) noexcept {
    if ((at.flags & (op_flag::relative | op_flag::has_variables)) != 0) return true;
    return at.op != Op::find && at.op != Op::pcre;
  }
  // A relative expression begins at the last match as if the buffer did: "^" holds there, and nowhere else.
  [[nodiscard]] Bytes pcre_subject(const Instruction& at, std::size_t cursor) const noexcept {
    return (at.flags & op_flag::relative) != 0 ? buffer_.subspan(std::min(cursor, buffer_.size())) : buffer_;
  }

  // Tries each place of the content until the rest of the steps holds; only once when nothing counts from it.
  bool content(const Instruction& at, unsigned index, std::size_t cursor) noexcept {
    const Bytes literal = ctx_.rules.literal(at);
    Bounds bounds = bounds_of(at, buffer_, cursor, ctx_);
    for (;;) {
      const auto place = find_literal(at, literal, buffer_, bounds);
      trace_.step(at, place.has_value(), buffer_, place ? *place + literal.size() : cursor);
      if (!place) {
        if (!depends_on_place(at)) give_up_ = true;
        return false;
      }
      if (from(index + 1, *place + literal.size())) return true;
      if (give_up_ || (at.flags & op_flag::next_relative) == 0) return false;
      if (ctx_.steps_left == 0) return false;
      --ctx_.steps_left;
      bounds.begin = static_cast<std::int64_t>(*place) + 1;
    }
  }

  bool pcre(const Instruction& at, unsigned index, std::size_t cursor) noexcept {
    const PcreStep& step = ctx_.rules.pcres[at.side];
    const Bytes subject = pcre_subject(at, cursor);
    const std::size_t origin = buffer_.size() - subject.size();
    std::size_t from_offset = 0;
    for (;;) {
      const RegexMatch match = step.regex->search(subject, from_offset, ctx_.regex);
      trace_.step(at, match.matched, buffer_, match.matched ? origin + match.end : cursor);
      if (!match.matched) {
        if (!depends_on_place(at)) give_up_ = true;
        return false;
      }
      const std::size_t kept = ctx_.captures.count;
      capture(step, subject);
      if (from(index + 1, origin + match.end)) return true;
      ctx_.captures.count = kept;
      if (give_up_ || (at.flags & op_flag::next_relative) == 0 || match.begin >= subject.size()) return false;
      if (ctx_.steps_left == 0) return false;
      --ctx_.steps_left;
      from_offset = match.begin + 1;
    }
  }

  void capture(const PcreStep& step, Bytes subject) noexcept {
    for (const PcreStep::Capture& one : step.captures) {
      const Bytes bytes = step.regex->group(one.group, subject, ctx_.regex);
      if (one.kind == PcreStep::Capture::Kind::slot) {
        const auto number = read_number(bytes, 0, bytes.size(), ByteOrder::big, NumberText::decimal);
        if (number) ctx_.variables[one.number] = number->value;
      } else if (ctx_.captures.count < Captures::kMax) {
        ctx_.captures.items[ctx_.captures.count++] = {one.kind, one.number, bytes};
      }
    }
  }

  bool byte_test(const ByteTestStep& step, std::size_t cursor) noexcept {
    const std::int64_t place = value_of(step.offset, ctx_) + (step.is_relative ? static_cast<std::int64_t>(cursor) : 0);
    const auto number = read_number(buffer_, place, static_cast<std::size_t>(value_of(step.count, ctx_)), step.order, step.text);
    if (!number) return false;
    return byte_test_holds(step, apply_mask(number->value, step.mask), static_cast<std::uint64_t>(value_of(step.value, ctx_)));
  }

  bool byte_jump(const ByteJumpStep& step, std::size_t* cursor) noexcept {
    const std::int64_t place = value_of(step.offset, ctx_) + (step.is_relative ? static_cast<std::int64_t>(*cursor) : 0);
    const auto number = read_number(buffer_, place, static_cast<std::size_t>(value_of(step.count, ctx_)), step.order, step.text);
    if (!number) return false;
    auto jump = static_cast<std::int64_t>(apply_mask(number->value, step.mask));
    if (__builtin_mul_overflow(jump, step.multiplier, &jump)) return false;
    if (step.align && jump % 4 != 0) jump += 4 - jump % 4;
    const std::int64_t post = step.post_offset_variable ? static_cast<std::int64_t>(ctx_.variables[*step.post_offset_variable]) : step.post_offset;
    if (__builtin_add_overflow(jump, post, &jump)) return false;
    std::int64_t base = place + static_cast<std::int64_t>(number->used);
    if (step.from_beginning) base = 0;
    if (step.from_end) base = static_cast<std::int64_t>(buffer_.size());
    std::int64_t target = 0;
    if (__builtin_add_overflow(base, jump, &target)) return false;
    if (target < 0 || target > static_cast<std::int64_t>(buffer_.size())) return false;
    *cursor = static_cast<std::size_t>(target);
    return true;
  }

  bool byte_extract(const ByteExtractStep& step, std::size_t* cursor) noexcept {
    const std::int64_t place = step.offset + (step.is_relative ? static_cast<std::int64_t>(*cursor) : 0);
    const auto number = read_number(buffer_, place, step.count, step.order, step.text);
    if (!number) return false;
    std::uint64_t value = apply_mask(number->value, step.mask) * static_cast<std::uint64_t>(step.multiplier);
    if (step.align != 0 && value % step.align != 0) value += step.align - value % step.align;
    ctx_.variables[step.slot] = value;
    *cursor = static_cast<std::size_t>(place) + number->used;
    return true;
  }

  bool byte_math(const ByteMathStep& step, std::size_t* cursor) noexcept {
    const std::int64_t place = value_of(step.offset, ctx_) + (step.is_relative ? static_cast<std::int64_t>(*cursor) : 0);
    const auto number = read_number(buffer_, place, static_cast<std::size_t>(value_of(step.count, ctx_)), step.order, step.text);
    if (!number) return false;
    const auto result = byte_math_result(step.op, number->value, static_cast<std::uint64_t>(value_of(step.right, ctx_)));
    if (!result) return false;
    ctx_.variables[step.slot] = apply_mask(*result, step.mask);
    *cursor = static_cast<std::size_t>(place) + number->used;
    return true;
  }

  bool is_data_at(const IsDataAtStep& step, std::size_t cursor) const noexcept {
    const std::int64_t at = value_of(step.at, ctx_);
    const auto size = static_cast<std::int64_t>(buffer_.size());
    // Relative: that many bytes follow. Absolute: there is a byte at that position.
    const bool is_there = step.is_relative ? static_cast<std::int64_t>(cursor) + at <= size : at < size;
    return is_there != step.is_negated;
  }

  bool size_holds(const SizeStep& step) const noexcept {
    const std::uint64_t size = buffer_.size();
    switch (step.compare) {
      case Compare::equal: return size == step.low;
      case Compare::not_equal: return size != step.low;
      case Compare::less: return size < step.low;
      case Compare::less_equal: return size <= step.low;
      case Compare::greater: return size > step.low;
      case Compare::greater_equal: return size >= step.low;
      case Compare::range: return size >= step.low && size <= step.high;
      case Compare::range_negated: return size < step.low || size > step.high;
      case Compare::mask_set: return (size & step.low) != 0;
      case Compare::mask_unset: return (size & step.low) == 0;
    }
    return false;
  }

  // Decodes, and looks at the result with the rule's base64_data list at once: there is no other moment at which it exists.
  bool base64(const Base64DecodeStep& step, std::size_t cursor) noexcept {
    const std::size_t begin = (step.is_relative ? cursor : 0) + step.offset;
    if (begin >= buffer_.size()) return false;
    Bytes in = buffer_.subspan(begin);
    if (step.bytes_max > 0 && in.size() > step.bytes_max) in = in.first(step.bytes_max);
    constexpr std::size_t kDecodedMax = 65536;
    const std::size_t room = std::min(in.size() / 4 * 3 + 3, kDecodedMax);
    std::uint8_t* out = ctx_.scratch.allocate(room);
    if (out == nullptr) return false;
    const std::size_t length = decode_base64(in, {out, room});
    if (length == 0) return false;
    if (ctx_.base64 == nullptr) return true;
    Run inner(*ctx_.base64, {out, length}, ctx_, trace_);
    return inner.from(0, 0);
  }

  const Instruction* code_;
  unsigned count_;
  Bytes buffer_;
  ConfirmContext& ctx_;
  Trace& trace_;
  bool give_up_ = false;  // no retry can help
};

}  // namespace hd::confirm_detail

namespace hd {

template <class Trace>
bool confirm(const ConfirmProgram& program, Bytes buffer, ConfirmContext& ctx, Trace& trace) noexcept {
  ctx.steps_left = ConfirmContext::kStepsMax;
  ++ctx.runs;
  confirm_detail::Run<Trace> run(program, buffer, ctx, trace);
  return run.from(0, 0);
}

}  // namespace hd
