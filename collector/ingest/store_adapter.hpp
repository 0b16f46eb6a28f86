// SPDX-License-Identifier: Apache-2.0
// What ingest asks of a store, put to the collector's store.
#pragma once

#include "collector/ingest/ingest_store.hpp"
#include "collector/store/store.hpp"

namespace hd {

/// Translates batches of records into rows. Holds nothing but the reference.
class StoreAdapter final : public IngestStore {
 public:
  explicit StoreAdapter(Store& store) : store_(store) {}

  [[nodiscard]] Uuid store_id() override { return store_.store_id(); }
  [[nodiscard]] std::uint64_t store_generation() override { return store_.generation(); }
  [[nodiscard]] std::optional<SensorSession> open_session(const SensorId& sensor) override;
  void close_session(const SensorId&, std::uint64_t) override {}
  [[nodiscard]] CommitResult commit(const std::vector<const IngestBatch*>& batches) override;
  [[nodiscard]] std::optional<std::vector<LaneCursor>> cursors(const SensorId& sensor) override;
  [[nodiscard]] ChainPoint chain_at(const SensorId& sensor, LaneKey lane, std::uint64_t number) override;
  void observe_heads(const SensorId& sensor, const std::vector<LaneHead>& heads, bool are_final) override;

 private:
  Store& store_;
};

}  // namespace hd
