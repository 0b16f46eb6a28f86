// SPDX-License-Identifier: Apache-2.0
// PCRE2 with JIT behind a narrow door: compiled once at load, matched by one worker's scratch.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sensor/base/bytes.hpp"
#include "sensor/base/result.hpp"

namespace hd {

/// Per worker: match data, JIT stack (64 KiB, fixed), match context with limits (match 3,500, depth 1,500).
class RegexScratch {
 public:
  RegexScratch();
  ~RegexScratch();
  RegexScratch(const RegexScratch&) = delete;
  RegexScratch& operator=(const RegexScratch&) = delete;
  RegexScratch(RegexScratch&&) = delete;
  RegexScratch& operator=(RegexScratch&&) = delete;

  std::uint64_t limit_hits = 0;  ///< searches ended by a limit (pcre_limit)

 private:
  friend class Regex;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct RegexMatch {
  bool matched = false;
  std::size_t begin = 0, end = 0;  ///< offsets in the subject
};

/// One expression. Immutable after compile(); shared by all workers.
class Regex {
 public:
  struct Options {
    bool caseless = false, dotall = false, multiline = false, extended = false, anchored = false, dollar_endonly = false,
         ungreedy = false;
  };
  /// Errors: PCRE2's word with the offset in the pattern (E2201).
  [[nodiscard]] static Result<std::shared_ptr<const Regex>> compile(std::string_view pattern, const Options& options);
  ~Regex();
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;
  Regex(Regex&&) = delete;
  Regex& operator=(Regex&&) = delete;

  /// First match at or after `from`. No allocation.
  [[nodiscard]] RegexMatch search(Bytes subject, std::size_t from, RegexScratch& scratch) const noexcept;
  /// Bytes of a capture group of the search just made with this scratch; empty when it took no part.
  [[nodiscard]] Bytes group(unsigned number, Bytes subject, const RegexScratch& scratch) const noexcept;
  [[nodiscard]] unsigned group_count() const noexcept { return groups_; }
  [[nodiscard]] const std::string& pattern() const noexcept { return pattern_; }
  [[nodiscard]] const Options& options() const noexcept { return options_; }

 private:
  Regex() = default;
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::string pattern_;
  Options options_;
  unsigned groups_ = 0;
};

}  // namespace hd
