// SPDX-License-Identifier: Apache-2.0
// One worker on its thread: packets from its sources into a Worker, meters out, new rules in between two batches.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "sensor/base/log.hpp"
#include "sensor/base/published.hpp"
#include "sensor/capture/source.hpp"
#include "sensor/output/alert_ring.hpp"
#include "sensor/worker/worker.hpp"

namespace hd {

/// Everything that a worker counts, copied between two batches.
struct TapMeters {
  WorkerCounters worker = {};
  DecodeCounters decode = {};
  DefragCounters defrag = {};
  FlowCounters flow = {};
  StreamCounters stream = {};
  AppCounters app = {};
  DetectCounters detect = {};
  std::uint64_t filtered = 0, lost_ring = 0, lost_card = 0, freezes = 0;  ///< of its sources
  std::uint64_t events_lost = 0;  ///< records besides alerts that found no room
  std::uint32_t flows_active = 0;
  std::int64_t packet_at_ns = 0;  ///< Ticks of the last batch; 0: none came yet
  Nanos cpu = 0;                  ///< of the thread
  std::uint64_t rules_version = 0;
};

struct TapOptions {
  std::size_t capture = 0;     ///< index in SensorConfig::captures
  std::uint16_t worker = 0;    ///< number in the sensor
  int core = -1;               ///< CPU to run on; -1: any
  bool is_live = true;         ///< false: sources end, and the capture's clock goes
  WorkerOptions engine = {};
};

class Tap {
 public:
  /// `ring`, `shared` and `clock` are borrowed. At least one source.
  Tap(TapOptions options, std::vector<std::unique_ptr<Source>> sources, AlertRing& ring, StateTable& shared, Clock& clock, Logger log);
  ~Tap();
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

  /// Begins with these rules. Errors: E2201 no memory for them.
  [[nodiscard]] Result<void> start(std::shared_ptr<const Ruleset> rules);
  /// Any thread: these rules between the next two batches.
  void offer(std::shared_ptr<const Ruleset> rules);
  /// Any thread: what was offered last is in use, or was refused (for want of memory), or the worker has ended.
  [[nodiscard]] bool has_answered(std::uint64_t version) const noexcept { return answered_version_.load(std::memory_order_acquire) >= version || has_ended(); }
  /// Any thread: version of the rules in use.
  [[nodiscard]] std::uint64_t rules_version() const noexcept { return rules_version_.load(std::memory_order_acquire); }
  /// Any thread: no further batch; flows end, and the thread with them.
  void stop() noexcept { is_stopping_.store(true, std::memory_order_relaxed); }
  void join();

  [[nodiscard]] bool has_ended() const noexcept { return has_ended_.load(std::memory_order_acquire); }
  [[nodiscard]] TapMeters meters() const noexcept { return meters_.read(); }
  [[nodiscard]] const TapOptions& options() const noexcept { return options_; }
  [[nodiscard]] double ring_fill() const noexcept { return ring_.fill(); }

 private:
  void run();
  /// False: every source is at its end.
  bool take_batches();
  void take_rules();
  void publish();

  TapOptions options_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<bool> is_over_;
  AlertRing& ring_;
  Clock& clock_;
  Logger log_;
  std::unique_ptr<Worker> worker_;
  RawBatch batch_ = {};
  Ticks published_ = {};
  Ticks packet_at_ = {};
  std::atomic<std::uint64_t> rules_version_{0};
  std::atomic<std::uint64_t> answered_version_{0};
  Published<TapMeters> meters_;

  std::mutex lock_;
  std::shared_ptr<const Ruleset> offered_ = {};
  std::atomic<bool> has_offer_{false};
  std::atomic<bool> is_stopping_{false};
  std::atomic<bool> has_ended_{false};
  std::thread thread_;
};

}  // namespace hd
