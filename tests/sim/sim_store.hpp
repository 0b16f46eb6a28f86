// SPDX-License-Identifier: Apache-2.0
// A store that keeps what an honest database keeps, checks the ledger at every commit, and fails as databases do.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "collector/ingest/ingest_store.hpp"

namespace hd::sim {

struct StoreFaults {
  double full = 0;
  double io_error = 0;
  double unknown = 0;  ///< applied or not, the answer is lost
  // Built in on purpose, to be caught.
  bool two_commits = false;  ///< rows and cursor apart, with a crash between
  bool no_cas = false;       ///< the cursor is not compared
};

/// Shared by all collectors; what a power loss of a collector leaves is all that was committed.
struct StoreContents {
  struct Lane {
    std::uint64_t cursor = 0;
    Chain chain{};
    std::uint64_t head = 0;
    bool is_closed = false;
    std::map<std::uint64_t, Chain> chains = {};            // after each item and note
    std::map<std::uint64_t, std::uint64_t> items = {};     // number → identity
    std::map<std::uint64_t, std::uint64_t> shed = {};      // first → last
    std::map<std::uint64_t, ShedReason> reasons = {};
  };
  std::map<std::pair<SensorId, LaneKey>, Lane> lanes = {};
  std::map<std::uint64_t, std::uint64_t> identities = {};  // identity → how often it was entered
  std::uint64_t generation = 1;
  std::uint64_t token = 0;
  std::uint64_t holder = 0;
  Ticks lease_until{};
};

class SimStore final : public IngestStore {
 public:
  SimStore(StoreContents& contents, SeededRandom& random, std::uint64_t holder)
      : contents_(contents), random_(random), holder_(holder) {}

  StoreFaults faults = {};
  Ticks now{};
  bool crash_wanted = false;  ///< two_commits: the collector is to die now
  std::vector<std::string> violations = {};

  Uuid store_id() override { return {1}; }
  std::uint64_t store_generation() override { return contents_.generation; }
  std::optional<SensorSession> open_session(const SensorId& sensor) override;
  void close_session(const SensorId& sensor, std::uint64_t token) override;
  CommitResult commit(const std::vector<const IngestBatch*>& batches) override;
  std::optional<std::vector<LaneCursor>> cursors(const SensorId& sensor) override;
  ChainPoint chain_at(const SensorId& sensor, LaneKey lane, std::uint64_t number) override;
  void observe_heads(const SensorId& sensor, const std::vector<LaneHead>& heads, bool are_final) override;

 private:
  [[nodiscard]] bool chance(double probability);
  void enter(const IngestBatch& batch, bool moves_cursor);
  StoreContents& contents_;
  SeededRandom& random_;
  std::uint64_t holder_;
};

/// Identity that the workload wrote into a body: the digits after {"id":
[[nodiscard]] std::uint64_t identity_of(Bytes body);

/// Stored and shed are exactly 1..cursor in each lane, without overlap; answers what is not so.
[[nodiscard]] std::vector<std::string> check_contents(const StoreContents& contents);

}  // namespace hd::sim
