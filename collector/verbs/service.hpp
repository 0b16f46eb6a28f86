// SPDX-License-Identifier: Apache-2.0
// The running collector: store, ingest, web side and what ticks, started and ended in the right order.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "collector/api/api.hpp"
#include "collector/ingest/guarded_store.hpp"
#include "collector/ingest/ingest_server.hpp"
#include "collector/ingest/store_adapter.hpp"
#include "collector/verbs/collector_config.hpp"
#include "collector/verbs/listening.hpp"
#include "collector/verbs/meters.hpp"
#include "collector/watch/watch.hpp"
#include "sensor/base/file.hpp"
#include "sensor/base/published.hpp"
#include "sensor/serve/server.hpp"

namespace hd {

/// Checks the whole ledger now and then, over connections of its own, so that nobody waits for it.
class LedgerWatch {
 public:
  /// The thread runs until stop(). `clock` is borrowed. E7001 when the store cannot be opened again.
  [[nodiscard]] static Result<std::unique_ptr<LedgerWatch>> start(const CollectorSettings& settings, Clock& clock, Logger log);
  ~LedgerWatch();
  void stop();
  [[nodiscard]] std::optional<LedgerMeter> last() const;

 private:
  LedgerWatch(std::unique_ptr<Store> store, Nanos every, Clock& clock, Logger log);
  void run();
  void check();
  std::unique_ptr<Store> store_;
  Nanos every_;
  Clock& clock_;
  Logger log_;
  mutable std::mutex lock_ = {};
  std::condition_variable woken_ = {};
  bool is_stopping_ = false;
  std::optional<LedgerMeter> last_ = {};
  std::thread thread_ = {};
};

class CollectorService {
 public:
  /// Everything listens when it answers. `clock` is borrowed. Errors: E3xxx, E4xxx, E6xxx, E7xxx, with what to do.
  [[nodiscard]] static Result<std::unique_ptr<CollectorService>> start(const CollectorSettings& settings, Clock& clock, Logger log);
  /// stop().
  ~CollectorService();
  /// Ends pages, takes what sensors have sent, commits it, closes the store.
  void stop();

  [[nodiscard]] const Listening& listening() const noexcept { return listening_; }
  /// Its own threads have moved lately: what the service manager's watchdog is told.
  [[nodiscard]] bool is_alive() const;
  /// One line for the service manager.
  [[nodiscard]] std::string status_line() const;

 private:
  CollectorService(const CollectorSettings& settings, Clock& clock, Logger log) : settings_(settings), clock_(clock), log_(std::move(log)), started_(clock.wall()) {}
  [[nodiscard]] Result<void> open();
  [[nodiscard]] Result<void> lock_store();
  [[nodiscard]] Result<void> start_ingest(const CurveKeys& keys);
  [[nodiscard]] Result<void> start_web();
  [[nodiscard]] std::vector<MetricFamily> meters();
  // The ticking thread.
  void tick_until_stopped();
  void notice_sensors();
  void watch_clocks();
  void touch_sensors();

  CollectorSettings settings_;
  Clock& clock_;
  Logger log_;
  WallTime started_;
  Listening listening_ = {};
  std::string certificate_ = {};  ///< file in use; empty: plain
  UniqueFd store_lock_ = {};      ///< one collector a store
  std::unique_ptr<Store> store_ = {};
  std::unique_ptr<SensorRegistry> registry_ = {};
  std::unique_ptr<StoreAdapter> adapter_ = {};
  std::unique_ptr<GuardedStore> guarded_ = {};
  std::unique_ptr<IngestServer> ingest_ = {};
  std::unique_ptr<LedgerWatch> ledger_ = {};
  std::unique_ptr<Watch> watch_ = {};
  std::unique_ptr<Api> api_ = {};
  std::unique_ptr<Server> server_ = {};

  std::mutex lock_ = {};
  std::condition_variable woken_ = {};
  bool is_stopping_ = false;
  std::atomic<std::int64_t> ticked_{0};  ///< Ticks of the ticking thread's last round
  std::uint64_t change_seen_ = 0;
  Ticks watched_ = {};
  LogLimiter watch_trouble_{1};
  Published<WatchCount> clocks_ = {};  ///< what the last look at the duties found
  std::map<SensorId, Ticks> touched_ = {};  ///< when a sensor was heard last, as noted in the store
  std::thread ticking_ = {};
};

}  // namespace hd
