// SPDX-License-Identifier: Apache-2.0
// The running sensor put together: sources and workers, writer, spool and link, rules that change while packets flow.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sensor/base/log.hpp"
#include "sensor/control/reading.hpp"
#include "sensor/control/sensor_config.hpp"
#include "sensor/output/writer.hpp"
#include "sensor/verbs/engine.hpp"
#include "sensor/verbs/run/tap.hpp"

namespace hd {

/// What a reload did, for people and scripts.
struct ReloadReport {
  std::uint64_t version = 0;
  std::uint64_t loaded = 0, refused = 0;
  double seconds = 0;
};

class Sensor {
 public:
  /// Loads the rules, opens every source and output, recovers the spool. Nothing is read yet. Errors name what cannot be had.
  /// `clock` is borrowed.
  [[nodiscard]] static Result<std::unique_ptr<Sensor>> open(SensorConfig config, Clock& clock, Logger log);
  ~Sensor();
  Sensor(const Sensor&) = delete;
  Sensor& operator=(const Sensor&) = delete;

  [[nodiscard]] Result<void> start();
  /// Every source was a file, and all are read.
  [[nodiscard]] bool has_ended() const noexcept;
  /// Ends the workers and their flows.
  void stop_capture();
  /// After stop_capture(): writes all that was raised and posted.
  void stop_writer();
  /// Everything that was raised is acknowledged by the collector, or there is none.
  [[nodiscard]] bool drain(Nanos patience);
  /// After stop_capture(). `is_complete`: the captures were read to their ends and delivered.
  void stop(bool is_complete);

  /// Any thread. Reads the rule files anew and hands them to the workers between two batches; on an error the old rules stay.
  [[nodiscard]] Result<ReloadReport> reload(const SensorConfig& config);
  /// Any thread.
  void reopen_files() { writer_->reopen(); }
  void post(std::string type, std::string line) { writer_->post(std::move(type), std::move(line)); }
  /// Any thread. An entry in the journal that the collector keeps; nothing without a collector.
  void journal(std::string json) {
    if (spool_) spool_->journal(std::move(json));
  }
  [[nodiscard]] SensorReading reading();
  [[nodiscard]] const SensorConfig& config() const noexcept { return config_; }

 private:
  Sensor(SensorConfig config, Clock& clock, Logger log);
  [[nodiscard]] Result<void> load();
  [[nodiscard]] Result<void> open_spool();
  [[nodiscard]] Result<void> open_taps();
  [[nodiscard]] Result<void> open_tap(std::size_t capture, std::uint32_t index, std::uint32_t count, const EngineSizes& sizes);
  [[nodiscard]] Result<void> open_outputs();
  [[nodiscard]] Result<void> wait_for_workers(std::uint64_t version);
  void note_refused(const LoadedEngine& engine);

  SensorConfig config_;
  Clock& clock_;
  Logger log_;
  StateTable shared_;
  std::uint32_t fanout_seed_;
  EventChoice events_ = {};  // what any output wants besides alerts
  std::unique_ptr<SpoolThread> spool_ = {};
  std::unique_ptr<LedgerPage> own_page_ = {};  // without a spool
  std::vector<std::unique_ptr<AlertRing>> rings_ = {};
  std::vector<std::unique_ptr<Tap>> taps_ = {};
  std::unique_ptr<Writer> writer_ = {};
  WallTime started_ = {};
  Ticks opened_ = {};

  std::mutex rules_lock_;   // one reload at a time
  NameTable names_ = {};
  std::shared_ptr<const Ruleset> rules_ = {};
  mutable std::mutex reading_lock_;
  RulesReading rules_reading_ = {};
  Ticks link_seen_ = {};
};

/// The whole of haidang.yaml's engine section as the engine's options, for `workers` workers in all.
[[nodiscard]] EngineSizes sizes_of(const SensorConfig& config, std::size_t workers);
/// Counters of all workers, by their names in EVE stats ("tcp.sessions").
[[nodiscard]] std::vector<CounterReading> counters_of(const std::vector<TapMeters>& meters);

}  // namespace hd
