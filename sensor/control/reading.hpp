// SPDX-License-Identifier: Apache-2.0
// One reading of all meters of a running sensor, taken once and shown many ways: status, stats, metrics. Plain values.
#pragma once

#include <array>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sensor/base/time.hpp"

namespace hd {

/// What became of a packet: each has exactly one (docs: operations 6).
enum class Fate : std::uint8_t { inspected, shunted, filtered, lost_card, lost_ring, lost_sensor };
inline constexpr std::size_t kFates = 6;
inline constexpr std::array<std::string_view, kFates> kFateNames = {"inspected", "shunted",   "filtered",
                                                                    "lost_card", "lost_ring", "lost_sensor"};

/// The ledger of one source since the start.
struct SourceReading {
  std::string name = {};
  std::uint64_t packets = 0;  ///< on the wire, as far as the card tells
  std::uint64_t bytes = 0;
  std::array<std::uint64_t, kFates> fates = {};
  bool is_up = true;          ///< the interface has its link
  bool is_live = true;        ///< false: a file
  double one_way_ratio = 0, missed_bytes_ratio = 0;

  [[nodiscard]] std::uint64_t fate(Fate which) const { return fates[static_cast<std::size_t>(which)]; }
  [[nodiscard]] std::uint64_t lost() const {
    return fate(Fate::lost_card) + fate(Fate::lost_ring) + fate(Fate::lost_sensor);
  }
  /// The identity that holds at every reading.
  [[nodiscard]] bool sums() const { return std::accumulate(fates.begin(), fates.end(), std::uint64_t{0}) == packets; }
};

struct WorkerReading {
  double busy_ratio = 0, ring_fill_ratio = 0;
  std::uint64_t packets = 0, bytes = 0;
  std::uint64_t flows = 0, flows_limit = 0;
};

/// Any other counter, by its name in counters' table ("tcp.reassembly_gap"), summed over the workers.
struct CounterReading {
  std::string name = {};
  std::uint64_t value = 0;
};

struct LinkReading {
  bool is_up = false;
  Nanos down_for = 0;
  Nanos rtt = 0;
  std::uint64_t unacknowledged = 0;
  std::uint64_t spool_bytes = 0, spool_limit_bytes = 0;
  Nanos spool_oldest = 0;
  std::uint64_t shed = 0;
};

struct RulesReading {
  std::uint64_t loaded = 0, refused = 0, suppressed = 0;
  WallTime loaded_at = {};
  Nanos load_time = 0;
};

struct SensorReading {
  WallTime now = {};
  WallTime started = {};
  bool is_stopping = false;
  Nanos since_packet = 0;     ///< since any source saw one
  std::vector<SourceReading> sources = {};
  std::vector<WorkerReading> workers = {};
  std::vector<CounterReading> counters = {};
  std::array<std::uint64_t, 4> alerts_sent = {};  ///< by severity 1-4
  std::uint64_t alerts_suppressed = 0, alerts_limited = 0;
  RulesReading rules = {};
  std::optional<LinkReading> link = {};           ///< nothing: no collector is set
  std::optional<Nanos> clock_offset = {};
};

}  // namespace hd
