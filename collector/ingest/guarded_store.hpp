// SPDX-License-Identifier: Apache-2.0
// The store's door as ingest uses it in the product: alerts stop while there is still room for what people do, and commits are
// timed.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

#include "collector/ingest/ingest_store.hpp"

namespace hd {

/// Counts by upper bound, seconds. The last count is of what lies above all bounds.
template <std::size_t Bounds>
struct Timings {
  std::array<double, Bounds> bounds{};
  std::array<std::uint64_t, Bounds + 1> counts{};
  double sum = 0;

  void add(Nanos nanos) {
    const double value = static_cast<double>(nanos) / static_cast<double>(kSecond);
    std::size_t at = 0;
    while (at < Bounds && value > bounds[at]) ++at;
    ++counts[at];
    sum += value;
  }
};

struct GuardMeters {
  /// How long the transactions of alerts took.
  Timings<9> commit{.bounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1, 5}};
  /// From the packet, by the collector's clock, to the end of its transaction; of alerts whose time is certain.
  Timings<9> delay{.bounds = {0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300, 3600}};
  std::uint64_t kept_back = 0;  ///< transactions refused for want of room
};

/// Of a file system.
struct DiskRoom {
  std::uint64_t free = 0, size = 0;
};
/// By statvfs, of the file system that a folder lies on; nothing when that cannot be known.
[[nodiscard]] std::optional<DiskRoom> room_of(const std::string& folder);

class GuardedStore final : public IngestStore {
 public:
  /// Room of the store's file system; nothing when that cannot be known, and then alerts are taken.
  using Room = std::function<std::optional<DiskRoom>()>;
  /// `store` and `clock` are borrowed. Below `stop_below` free bytes no alerts are committed; when not given, below 256 MiB, and
  /// on a small disk below a twentieth of it.
  GuardedStore(IngestStore& store, Clock& clock, Room room, std::optional<std::uint64_t> stop_below) : store_(store), clock_(clock), room_(std::move(room)), stop_below_(stop_below) {}

  [[nodiscard]] Uuid store_id() override { return store_.store_id(); }
  [[nodiscard]] std::uint64_t store_generation() override { return store_.store_generation(); }
  [[nodiscard]] std::optional<SensorSession> open_session(const SensorId& sensor) override { return store_.open_session(sensor); }
  void close_session(const SensorId& sensor, std::uint64_t token) override { store_.close_session(sensor, token); }
  [[nodiscard]] CommitResult commit(const std::vector<const IngestBatch*>& batches) override;
  [[nodiscard]] std::optional<std::vector<LaneCursor>> cursors(const SensorId& sensor) override { return store_.cursors(sensor); }
  [[nodiscard]] ChainPoint chain_at(const SensorId& sensor, LaneKey lane, std::uint64_t number) override { return store_.chain_at(sensor, lane, number); }
  void observe_heads(const SensorId& sensor, const std::vector<LaneHead>& heads, bool are_final) override { store_.observe_heads(sensor, heads, are_final); }

  /// Any thread.
  [[nodiscard]] GuardMeters meters() const;

 private:
  IngestStore& store_;
  Clock& clock_;
  Room room_;
  std::optional<std::uint64_t> stop_below_;
  mutable std::mutex lock_ = {};
  GuardMeters meters_ = {};
};

}  // namespace hd
