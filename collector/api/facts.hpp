// SPDX-License-Identifier: Apache-2.0
// What a list shows of a group beside its row: hours of the last day, how many sources and targets. Counted from its newest
// alerts, and kept until the group changes.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>

#include "collector/store/store.hpp"

namespace hd::api {

inline constexpr std::uint32_t kFactSamples = 200;  ///< newest alerts of a group that are looked at

struct GroupFacts {
  std::array<std::uint32_t, 24> hours = {};  ///< alerts in each of the last 24 hours, oldest first
  std::uint32_t sources = 0, targets = 0;
  bool is_partial = false;  ///< the group has more alerts than were looked at
};

class GroupFactsCache {
 public:
  [[nodiscard]] GroupFacts of(Store& store, const AlertGroup& group, WallTime now);

 private:
  struct Entry {
    std::uint64_t version = 0;
    std::int64_t hour = 0;
    GroupFacts facts = {};
  };
  std::mutex mutex_ = {};
  std::map<std::uint64_t, Entry> entries_ = {};
};

}  // namespace hd::api
