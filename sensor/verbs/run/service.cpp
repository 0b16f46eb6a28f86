// SPDX-License-Identifier: Apache-2.0
#include "sensor/verbs/run/service.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "sensor/base/json_writer.hpp"
#include "sensor/base/text.hpp"
#include "sensor/control/metrics.hpp"
#include "sensor/eve/text_forms.hpp"

namespace hd {
namespace {

constexpr Nanos kTick = kSecond;
constexpr Nanos kServeMax = 100 * kMillisecond;
constexpr Nanos kDrainStep = kSecond;
constexpr Nanos kTellDraining = 10 * kSecond;
constexpr Nanos kTellEvery = 60 * kSecond;
constexpr std::chrono::milliseconds kReloadStep{200};

std::string text_answer(const std::string& text) {
  std::string out;
  JsonWriter(out).begin_object().field("text", text).end_object();
  return out;
}

}  // namespace

Service::Service(CommandLine command, Clock& clock, Logger log)
    : command_(std::move(command)), clock_(clock), log_(std::move(log)), manager_(ServiceManager::of_environment()) {
  // Taken by sigtimedwait in the loop: no handler interrupts a thread that captures.
  sigemptyset(&signals_);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&signals_, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

Service::~Service() {
  if (metrics_server_) metrics_server_->stop();
  if (reload_.valid()) reload_.wait();
}

Exit Service::run(const std::function<Result<SensorConfig>()>& read_config) {
  read_config_ = read_config;
  auto config = read_config();
  if (!config) return command_.fail_with(config.error());
  if (auto opened = open(std::move(*config)); !opened) return command_.fail_with(opened.error());
  if (auto started = sensor_->start(); !started) return command_.fail_with(started.error());
  tick();
  manager_.ready("capturing");
  loop();
  return finish();
}

Result<void> Service::open(SensorConfig config) {
  auto sensor = Sensor::open(std::move(config), clock_, log_);
  if (!sensor) return fail(std::move(sensor.error()));
  sensor_ = std::move(*sensor);
  const SensorConfig& settings = sensor_->config();
  if (!settings.control.empty()) {
    auto control = ControlServer::open(settings.control, [this](std::string_view verb, const JsonView&) { return answer(verb); });
    if (!control) return fail(std::move(control.error()));
    control_ = std::move(*control);
  }
  if (settings.metrics_listen.empty()) return {};
  const std::size_t colon = settings.metrics_listen.rfind(':');
  const auto port = colon == std::string::npos ? std::nullopt : parse_integer(std::string_view(settings.metrics_listen).substr(colon + 1));
  if (!port || *port < 0 || *port > 65'535) return fail(ErrorCode::E3102, "metrics.listen is no address:port: " + settings.metrics_listen);
  auto server = Server::start({.address = settings.metrics_listen.substr(0, colon), .port = static_cast<std::uint16_t>(*port), .workers = 1},
                              [this](const Request& request) { return answer_http(request); }, log_);
  if (!server) return fail(std::move(server.error()));
  metrics_server_ = std::move(*server);
  log_.info("metrics on port {}", metrics_server_->port());
  return {};
}

void Service::loop() {
  while (!is_stopping_) {
    if (control_) control_->serve(kServeMax);
    else ::usleep(static_cast<useconds_t>(kServeMax / kMicrosecond));
    take_signals();
    end_reload();
    if (clock_.ticks() - ticked_ >= kTick) tick();
    if (sensor_->has_ended()) is_stopping_ = true;
  }
}

void Service::take_signals() {
  const timespec at_once = {};
  for (int signal = ::sigtimedwait(&signals_, nullptr, &at_once); signal > 0; signal = ::sigtimedwait(&signals_, nullptr, &at_once)) {
    if (signal == SIGHUP) {
      sensor_->reopen_files();
      begin_reload();
    } else if (signal == SIGUSR1) {
      sensor_->reopen_files();
    } else {
      was_interrupted_ = signal == SIGINT;
      is_stopping_ = true;
    }
  }
}

void Service::tick() {
  ticked_ = clock_.ticks();
  const SensorReading reading = sensor_->reading();
  const Health& health = judge_.take(reading);
  manager_.status(std::string(name_of(health.word)) + (health.reasons.empty() ? "" : ": " + health.reasons.front().why));
  if (const auto interval = manager_.watchdog_interval(); interval && ticked_ - alive_at_ >= std::min<Nanos>(*interval, kTick)) {
    alive_at_ = ticked_;
    manager_.alive();
  }
  if (ticked_ - stats_at_ >= sensor_->config().stats_interval) post_stats(reading);
  tell_collector(health, reading);
  const std::lock_guard guard(lock_);
  metrics_ = metrics_text(metrics_of(reading, HD_VERSION));
  health_ = status_json(health, reading);
  is_healthy_ = health.word == HealthWord::normal || health.word == HealthWord::doubtful || health.word == HealthWord::isolated;
}

void Service::post_stats(const SensorReading& reading) {
  stats_at_ = ticked_;
  std::string timestamp;
  append_timestamp(timestamp, PacketTime{reading.now.ns});
  sensor_->post("stats", stats_line(reading, sensor_->config().name, timestamp));
}

// The collector's console shows each sensor's own word. Only while the link is up: what is told later is not how it is.
void Service::tell_collector(const Health& health, const SensorReading& reading) {
  if (!reading.link || !reading.link->is_up) return;
  if (told_word_ == health.word && ticked_ - told_at_ < kTellEvery) return;
  told_word_ = health.word;
  told_at_ = ticked_;
  sensor_->journal(status_json(health, reading));
}

void Service::begin_reload() {
  if (reload_.valid()) {  // it may have read files that have changed since
    reload_again_ = true;
    return;
  }
  manager_.reloading(clock_.ticks());
  reload_ = std::async(std::launch::async, [this]() -> Result<ReloadReport> {
    auto config = read_config_();
    if (!config) return fail(std::move(config.error()));
    return sensor_->reload(*config);
  });
}

void Service::end_reload() {
  if (!reload_.valid() || reload_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
  const auto report = reload_.get();
  if (report) {
    reload_answer_ = count_text(report->loaded) + " rules loaded, " + count_text(report->refused) + " refused. Settings other than rules and variables need a restart.";
  } else {
    reload_answer_.clear();
    log_.error("the old rules stay: {}", to_text(report.error()));
  }
  manager_.ready("capturing");
  if (std::exchange(reload_again_, false)) begin_reload();
}

Result<std::string> Service::answer(std::string_view verb) {
  if (verb == "status") {
    const SensorReading reading = sensor_->reading();
    const Health& health = judge_.take(reading);
    std::string out = R"({"status":)" + status_json(health, reading) + R"(,"text":)";
    JsonWriter(out).value(status_text(health, reading));
    return out + "}";
  }
  if (verb == "reload") {
    begin_reload();
    // The asker waits for the outcome; the workers go on, and so does the watchdog. One that was under way comes first.
    while (reload_.valid()) {
      while (reload_.wait_for(kReloadStep) != std::future_status::ready) manager_.alive();
      end_reload();
    }
    if (reload_answer_.empty()) return fail({.code = ErrorCode::E3102, .what = "the rules could not be read; the old ones stay", .hint = "The log tells why."});
    return text_answer(reload_answer_);
  }
  if (verb == "drain") {
    is_stopping_ = true;
    return text_answer("capture ends; what was raised is being delivered");
  }
  return fail(ErrorCode::E1001, "the sensor knows no question \"" + std::string(verb) + "\"");
}

Response Service::answer_http(const Request& request) {
  const std::lock_guard guard(lock_);
  if (request.path == "/metrics") return {.headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, .body = metrics_};
  if (request.path == "/healthz") return {.status = is_healthy_ ? 200u : 503u, .headers = {{"Content-Type", "application/json"}}, .body = health_};
  return {.status = 404, .headers = {{"Content-Type", "text/plain; charset=utf-8"}}, .body = "There is /metrics and /healthz.\n"};
}

Exit Service::finish() {
  manager_.stopping();
  const bool is_read = sensor_->has_ended();  // files alone, and read to their ends
  sensor_->stop_capture();
  const SensorReading captured = sensor_->reading();
  post_stats(captured);
  sensor_->stop_writer();
  sensor_->journal(status_json(judge_.take(captured), captured));  // its last word of this run, also when the link comes later
  Ticks told = clock_.ticks();
  bool is_delivered = false;
  // A capture is over when its alerts are stored; a live sensor keeps the rest in the spool for the next start.
  while (!(is_delivered = sensor_->drain(is_read ? kDrainStep : 5 * kSecond)) && is_read) {
    manager_.alive();
    is_stopping_ = false;
    take_signals();
    if (control_) control_->serve(0);
    if (is_stopping_) break;
    if (clock_.ticks() - told >= kTellDraining) {
      told = clock_.ticks();
      const SensorReading reading = sensor_->reading();
      log_.info("waiting for the collector: {} alerts are not yet acknowledged", reading.link ? reading.link->unacknowledged : 0);
    }
  }
  const SensorReading last = sensor_->reading();
  sensor_->stop(is_read && is_delivered);
  std::uint64_t packets = 0, alerts = 0;
  for (const SourceReading& source : last.sources) packets += source.packets;
  for (const std::uint64_t count : last.alerts_sent) alerts += count;
  log_.info("ended: {} packets, {} alerts, {}", packets, alerts, is_delivered ? "all delivered" : "the rest waits in the spool");
  return was_interrupted_ && !is_read ? Exit::interrupted : Exit::good;
}

}  // namespace hd
