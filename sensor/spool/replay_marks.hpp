// SPDX-License-Identifier: Apache-2.0
// How far the replay of a capture is in the spool, so that one that was killed and starts again raises only what is
// not there yet: exactly once, although it reads from the beginning.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "sensor/spool/segment_store.hpp"

namespace hd {

/// The file `replay` in the spool's folder: which capture is being replayed, under which run, since when.
struct ReplayState {
  std::string identity = {};  ///< of the capture and settings, as the caller names it
  std::uint32_t run = 0;
  WallTime started{};
};
[[nodiscard]] std::optional<ReplayState> load_replay(const std::string& folder);
[[nodiscard]] Result<void> save_replay(const std::string& folder, const ReplayState& state);
/// The replay came to its end and all of it is in the spool: the next one of the same capture begins anew.
[[nodiscard]] Result<void> finish_replay(const std::string& folder);

/// For each worker and lane: the last packet that has items in the spool, and how many. A worker's items come in the
/// order of packets, and within one in a fixed order.
class ReplayMarks {
 public:
  ReplayMarks() = default;
  /// Reads back through the spool until each of `workers` was met, or the replay's start.
  ReplayMarks(SegmentStore& store, const ReplayState& state, std::size_t workers);

  /// True: this item is in the spool already. To be asked once for each item, in order.
  [[nodiscard]] bool take(std::uint8_t lane, std::uint16_t worker, std::uint64_t cursor);

 private:
  struct Mark {
    std::uint64_t cursor = 0;
    std::uint64_t count = 0;
    bool is_complete = false;  ///< an earlier packet's item was seen too: the count is whole
  };
  std::map<std::pair<std::uint8_t, std::uint16_t>, Mark> marks_ = {};
};

}  // namespace hd
