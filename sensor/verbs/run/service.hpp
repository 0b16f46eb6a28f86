// SPDX-License-Identifier: Apache-2.0
// What surrounds the running sensor: signals, the control socket, metrics, statistics, the service manager.
#pragma once

#include <csignal>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "sensor/base/systemd.hpp"
#include "sensor/control/socket.hpp"
#include "sensor/control/status.hpp"
#include "sensor/serve/server.hpp"
#include "sensor/verbs/command_line.hpp"
#include "sensor/verbs/run/sensor.hpp"

namespace hd {

class Service {
 public:
  /// Blocks the signals that it takes (before any other thread is made). `clock` is borrowed.
  Service(CommandLine command, Clock& clock, Logger log);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// From open ports to the last goodbye. `read_config` gives the settings, at start and at each reload.
  [[nodiscard]] Exit run(const std::function<Result<SensorConfig>()>& read_config);

 private:
  [[nodiscard]] Result<void> open(SensorConfig config);
  /// Until a signal, `drain`, or the captures' end.
  void loop();
  void tick();
  void take_signals();
  void begin_reload();
  void end_reload();
  [[nodiscard]] Exit finish();
  [[nodiscard]] Result<std::string> answer(std::string_view verb);
  [[nodiscard]] Response answer_http(const Request& request);
  void post_stats(const SensorReading& reading);
  void tell_collector(const Health& health, const SensorReading& reading);

  CommandLine command_;
  Clock& clock_;
  Logger log_;
  ServiceManager manager_;
  sigset_t signals_ = {};
  std::function<Result<SensorConfig>()> read_config_ = {};
  std::unique_ptr<Sensor> sensor_ = {};
  std::unique_ptr<ControlServer> control_ = {};
  HealthJudge judge_ = {};
  Ticks ticked_ = {}, stats_at_ = {}, alive_at_ = {}, told_at_ = {};
  std::optional<HealthWord> told_word_ = {};
  std::future<Result<ReloadReport>> reload_ = {};
  bool reload_again_ = false;
  std::string reload_answer_ = {};
  bool is_stopping_ = false;
  bool was_interrupted_ = false;

  std::mutex lock_;  // of what the metrics port shows
  std::string metrics_ = {};
  std::string health_ = {};
  bool is_healthy_ = true;
  std::unique_ptr<Server> metrics_server_ = {};
};

}  // namespace hd
