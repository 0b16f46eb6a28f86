// SPDX-License-Identifier: Apache-2.0
// The first words of the query language (docs: console 7) for lists of groups: terms that must all hold.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/domain/group.hpp"
#include "collector/domain/system.hpp"

namespace hd::api {

inline constexpr std::size_t kQueryMax = 1024, kTermsMax = 64;

struct QueryFault {
  std::size_t position = 0, length = 0;  ///< bytes
  std::string vi = {}, en = {};
};

/// One term: field, how it compares, what with. An empty field is free text.
struct QueryTerm {
  enum class Compare : std::uint8_t { is, is_not, less, less_equal, more, more_equal };
  std::string field = {};
  Compare compare = Compare::is;
  std::vector<std::string> values = {};  ///< any of them
  bool is_negated = false;
};

struct GroupQuery {
  std::vector<QueryTerm> terms = {};
  std::optional<GroupState> state = {};  ///< of a single state: term, for the store
};

/// sev:1,2 sev<=2 state:undecided sensor:x* owner:me,none src: dst: ip: (address, network) sid: host: attack: system: level>=3
/// count>100 incident:none; -term and NOT negate; bare words and "quoted text" are searched for.
[[nodiscard]] std::optional<QueryFault> parse_group_query(std::string_view text, GroupQuery* query);

/// Does a group fulfil it? `me` stands for owner:me.
[[nodiscard]] bool matches(const GroupQuery& query, const AlertGroup& group, std::string_view me);

}  // namespace hd::api
