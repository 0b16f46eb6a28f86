// SPDX-License-Identifier: Apache-2.0
#define PCRE2_CODE_UNIT_WIDTH 8
#include "sensor/match/regex.hpp"

#include <pcre2.h>

#include <array>

#include "sensor/base/assert.hpp"

namespace hd {
namespace {

// Suricata's limits: an expression that needs more is a miss, counted, in both (docs: conformance, settings).
constexpr std::uint32_t kMatchLimit = 3'500;
constexpr std::uint32_t kDepthLimit = 1'500;
constexpr std::size_t kJitStackBytes = 64 * 1024;
constexpr std::uint32_t kGroupsMax = 64;  // the match data of a worker has room for these

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct FreeMatchData {
  void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
};
struct FreeMatchContext {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};
struct FreeJitStack {
  void operator()(pcre2_jit_stack* stack) const { pcre2_jit_stack_free(stack); }
};

std::uint32_t flags_of(const Regex::Options& options) {
  std::uint32_t flags = 0;
  if (options.caseless) flags |= PCRE2_CASELESS;
  if (options.dotall) flags |= PCRE2_DOTALL;
  if (options.multiline) flags |= PCRE2_MULTILINE;
  if (options.extended) flags |= PCRE2_EXTENDED;
  if (options.anchored) flags |= PCRE2_ANCHORED;
  if (options.dollar_endonly) flags |= PCRE2_DOLLAR_ENDONLY;
  if (options.ungreedy) flags |= PCRE2_UNGREEDY;
  return flags;
}

std::string word_of(int error) {
  std::array<PCRE2_UCHAR, 256> text = {};
  const int length = pcre2_get_error_message(error, text.data(), text.size());
  return length < 0 ? "error " + std::to_string(error)
                    : std::string(as_chars(Bytes(text.data(), static_cast<std::size_t>(length))));
}

}  // namespace

struct RegexScratch::Impl {
  std::unique_ptr<pcre2_match_data, FreeMatchData> match = {};
  std::unique_ptr<pcre2_match_context, FreeMatchContext> context = {};
  std::unique_ptr<pcre2_jit_stack, FreeJitStack> stack = {};
  int groups = 0;  ///< of the last search: highest group that took part, plus one
};

RegexScratch::RegexScratch() : impl_(std::make_unique<Impl>()) {
  impl_->match.reset(pcre2_match_data_create(kGroupsMax, nullptr));
  impl_->context.reset(pcre2_match_context_create(nullptr));
  impl_->stack.reset(pcre2_jit_stack_create(kJitStackBytes, kJitStackBytes, nullptr));
  HD_ASSERT(impl_->match != nullptr && impl_->context != nullptr && impl_->stack != nullptr);
  pcre2_set_match_limit(impl_->context.get(), kMatchLimit);
  pcre2_set_depth_limit(impl_->context.get(), kDepthLimit);
  pcre2_jit_stack_assign(impl_->context.get(), nullptr, impl_->stack.get());
}
RegexScratch::~RegexScratch() = default;

struct Regex::Impl {
  std::unique_ptr<pcre2_code, FreeCode> code = {};
};
Regex::~Regex() = default;

Result<std::shared_ptr<const Regex>> Regex::compile(std::string_view pattern, const Options& options) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  const Bytes text = as_bytes(pattern);
  std::unique_ptr<pcre2_code, FreeCode> code(
      pcre2_compile(text.data(), text.size(), flags_of(options), &error, &offset, nullptr));
  if (code == nullptr) {
    return fail({.code = ErrorCode::E2201,
                 .what = "the expression cannot be compiled: " + word_of(error) + ", at its character " +
                         std::to_string(offset + 1)});
  }
  std::uint32_t groups = 0;
  pcre2_pattern_info(code.get(), PCRE2_INFO_CAPTURECOUNT, &groups);
  // Without JIT (not built in, or the system forbids it) PCRE2 interprets: slower, same answers.
  (void)pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);

  std::shared_ptr<Regex> result(new Regex());
  result->impl_ = std::make_unique<Impl>();
  result->impl_->code = std::move(code);
  result->pattern_ = pattern;
  result->options_ = options;
  result->groups_ = groups;
  return result;
}

RegexMatch Regex::search(Bytes subject, std::size_t from, RegexScratch& scratch) const noexcept {
  RegexScratch::Impl& work = *scratch.impl_;
  work.groups = 0;
  if (from > subject.size()) return {};
  // PCRE2 wants a valid pointer even for nothing.
  static constexpr std::uint8_t kNothing = 0;
  const std::uint8_t* bytes = subject.data() == nullptr ? &kNothing : subject.data();
  const int status =
      pcre2_match(impl_->code.get(), bytes, subject.size(), from, 0, work.match.get(), work.context.get());
  if (status < 0) {
    if (status != PCRE2_ERROR_NOMATCH) ++scratch.limit_hits;
    return {};
  }
  work.groups = status == 0 ? static_cast<int>(kGroupsMax) : status;
  const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(work.match.get());
  // \K may place the beginning behind the end; the match then is empty at its end.
  return {.matched = true, .begin = ends[0] <= ends[1] ? ends[0] : ends[1], .end = ends[1]};
}

Bytes Regex::group(unsigned number, Bytes subject, const RegexScratch& scratch) const noexcept {
  const RegexScratch::Impl& work = *scratch.impl_;
  if (number >= static_cast<unsigned>(work.groups)) return {};
  const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(work.match.get());
  const std::size_t begin = ends[2 * number], end = ends[2 * number + 1];
  if (begin == PCRE2_UNSET || begin > end || end > subject.size()) return {};
  return subject.subspan(begin, end - begin);
}

}  // namespace hd
