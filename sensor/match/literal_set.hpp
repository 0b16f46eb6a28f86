// SPDX-License-Identifier: Apache-2.0
// The literals of one prefilter database, gathered at load; equal ones get one number.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sensor/match/fold.hpp"

namespace hd {

/// Literals to look for anywhere in a buffer. Value type, built at load.
class LiteralSet {
 public:
  struct Literal {
    std::string bytes = {};  ///< with LetterCase::folded in small letters
    LetterCase letters = LetterCase::exact;
  };

  /// Number of the literal, dense from 0 in the order of first mention; the same literal again gets the same number.
  /// `bytes` may hold any byte and must not be empty. Bytes without letters are the same literal in either case.
  std::uint32_t add(std::string_view bytes, LetterCase letters);

  [[nodiscard]] std::size_t size() const noexcept { return literals_.size(); }
  [[nodiscard]] bool is_empty() const noexcept { return literals_.empty(); }
  [[nodiscard]] const Literal& at(std::uint32_t number) const { return literals_.at(number); }
  /// Length of the shortest literal; 0 for an empty set.
  [[nodiscard]] std::size_t length_min() const noexcept { return length_min_; }
  /// Numbers of the literals by (bytes, letters): the order in which a database is built, so that it does not depend
  /// on the order of the rules.
  [[nodiscard]] std::vector<std::uint32_t> sorted() const;

 private:
  std::vector<Literal> literals_ = {};
  std::map<std::pair<std::string, LetterCase>, std::uint32_t> numbers_ = {};
  std::size_t length_min_ = 0;
};

}  // namespace hd
