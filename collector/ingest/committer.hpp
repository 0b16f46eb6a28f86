// SPDX-License-Identifier: Apache-2.0
// Group commit: batches of all sensors in one transaction, and what to do when the store refuses or does not answer.
// One thread in the product; the simulation calls it step by step.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "collector/ingest/collector_core.hpp"

namespace hd {

struct CommitterOptions {
  std::size_t items_max = 4096;  ///< of one transaction
  Nanos retry_min = kSecond;
  Nanos retry_max = 30 * kSecond;
};

class Committer {
 public:
  Committer(IngestStore& store, CommitterOptions options) : store_(store), options_(options) {}

  void add(std::uint64_t ticket, IngestBatch batch);
  [[nodiscard]] bool is_idle() const noexcept { return queue_.empty(); }
  /// When run() has something to do: now, or after the store refused. Only when not idle.
  [[nodiscard]] Ticks next_run() const noexcept { return retry_at_; }

  /// One transaction at most. Events for CollectorCore are appended.
  void run(Ticks now, std::vector<IngestEvent>* events);

  struct Counters {
    std::uint64_t commits = 0;
    std::uint64_t refused = 0;
    std::uint64_t unknown = 0;
    std::uint64_t cursor_moved = 0;
  };
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }
  /// What the store said when it refused last.
  [[nodiscard]] const std::string& refusal() const noexcept { return refusal_; }

 private:
  struct Waiting {
    std::uint64_t ticket = 0;
    IngestBatch batch = {};
  };
  void resolve_moved(const CommitResult& result, ingest_event::Committed* done);
  void resolve_unknown(std::size_t count, Ticks now, ingest_event::Committed* done, std::vector<IngestEvent>* events);
  void stall(Ticks now, std::vector<IngestEvent>* events);

  IngestStore& store_;
  CommitterOptions options_;
  std::deque<Waiting> queue_ = {};
  Ticks retry_at_{};
  Nanos retry_ = 0;
  bool is_working_ = true;
  Counters counters_ = {};
  std::string refusal_ = {};
};

}  // namespace hd
