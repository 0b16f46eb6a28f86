// SPDX-License-Identifier: Apache-2.0
// run: the service, in the foreground. One line on stdout when everything listens; the log goes to stderr or the journal.
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "collector/verbs/command.hpp"
#include "collector/verbs/service.hpp"
#include "sensor/base/systemd.hpp"

namespace hd {
namespace {

constexpr const char* kExamples =
    "  haidang-collector run\n"
    "  haidang-collector run --store ./store --http 127.0.0.1:0 --plain-http\n"
    "  haidang-collector run --config /etc/haidang/haidang-collector.yaml --log-level debug";
constexpr Nanos kStatusEvery = 5 * kSecond;
constexpr Nanos kLongestWait = kSecond;

sigset_t stop_signals() {
  sigset_t set{};
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

// Each sensor and each page is a descriptor: as many as the machine grants.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

// Until SIGTERM or SIGINT. Meanwhile the service manager hears that the threads move.
void wait_for_stop(const CollectorService& service, const ServiceManager& manager, Clock& clock, const Logger& log) {
  const sigset_t signals = stop_signals();
  const Nanos wait = std::min(kLongestWait, manager.watchdog_interval().value_or(kLongestWait));
  const timespec pause{.tv_sec = wait / kSecond, .tv_nsec = wait % kSecond};
  Ticks status_at = clock.ticks();
  bool was_alive = true;
  for (;;) {
    const int got = ::sigtimedwait(&signals, nullptr, &pause);
    if (got == SIGTERM || got == SIGINT) return log.info("stopping: {}", got == SIGTERM ? "SIGTERM" : "SIGINT");
    const bool is_alive = service.is_alive();
    if (is_alive) manager.alive();
    else if (was_alive) log.error("a thread of the collector does not move");
    was_alive = is_alive;
    if (clock.ticks() < status_at) continue;
    status_at = clock.ticks() + kStatusEvery;
    manager.status(service.status_line());
  }
}

CollectorExit run(const CollectorCommand& command) {
  ConfigErrors errors;
  const CollectorConfigFile file = read_collector_config(command.config_path(), command.overrides, process_environment(), errors);
  if (!errors.empty()) return command.fail_with(errors);
  const ServiceManager manager = ServiceManager::of_environment();
  // Before any thread, so that all of them leave these to the main one. A reader of ours that goes away is no reason to end.
  const sigset_t signals = stop_signals();
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  LogLevel level = LogLevel::info;
  (void)log_level_of(file.settings.log_level, &level);
  const Logger log = Logger::for_program("haidang-collector", level);
  SystemClock clock;
  auto service = CollectorService::start(file.settings, clock, log);
  if (!service) return command.fail_with(service.error());
  const Listening& listening = (*service)->listening();
  say(to_json(listening) + "\n");
  manager.ready("listening on " + listening.link + " and " + listening.http);
  log.info("listening: link {}, enrolment {}, console {}", listening.link, listening.enrol.empty() ? "closed" : listening.enrol, listening.http);
  wait_for_stop(**service, manager, clock, log);
  manager.stopping();
  // A second Ctrl-C ends at once.
  ::sigprocmask(SIG_UNBLOCK, &signals, nullptr);
  (*service)->stop();
  log.info("stopped; what sensors had delivered is in the store");
  return CollectorExit::good;
}

}  // namespace

void add_run(CLI::App& app, CollectorCommand& command) {
  CLI::App& verb = add_collector_verb(app, "run", "the service, in the foreground", kExamples);
  add_override(verb, command, "--link", "ingest.bind", "tcp://HOST:PORT", "where sensors deliver; port 0: a free one");
  add_override(verb, command, "--enrol", "ingest.enrol", "tcp://HOST:PORT", "where sensors with an invitation come in, or closed");
  add_override(verb, command, "--address", "ingest.address", "HOST", "host that sensors are told");
  add_override(verb, command, "--http", "http.bind", "HOST:PORT", "console and API; port 0: a free one");
  add_override(verb, command, "--tls-cert", "http.tls.certificate", "FILE", "PEM certificate; default: made in the store");
  add_override(verb, command, "--tls-key", "http.tls.key", "FILE", "PEM key that belongs to it");
  add_override(verb, command, "--console", "http.console", "FOLDER", "the built console; default: the installed one");
  add_override(verb, command, "--log-level", "log.level", "LEVEL", "error, warning, info, debug");
  verb.add_flag_callback("--plain-http", [&command] { command.overrides.emplace_back("http.plain", "true"); }, "no TLS; only on this machine's own address");
  verb.callback([&command] { command.chosen = [&command] { return run(command); }; });
}

}  // namespace hd
