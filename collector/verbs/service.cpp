// SPDX-License-Identifier: Apache-2.0
#include "collector/verbs/service.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "collector/verbs/command.hpp"
#include "sensor/serve/certificate.hpp"

namespace hd {
namespace {

constexpr Nanos kTick = 250 * kMillisecond;
constexpr Nanos kTouchEvery = 10 * kSecond;
// A thread that says nothing for so long hangs.
constexpr Nanos kAliveWithin = 15 * kSecond;

std::string in_brackets(const std::string& host) { return host.find(':') == std::string::npos ? host : "[" + host + "]"; }

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

bool is_wildcard(const std::string& host) { return host == "0.0.0.0" || host == "::" || host == "*"; }

/// The endpoint as it is bound, with the real port.
std::string with_port(const std::string& endpoint, std::uint16_t port) { return endpoint.substr(0, endpoint.rfind(':') + 1) + std::to_string(port); }

}  // namespace

// --- ledger ---

LedgerWatch::LedgerWatch(std::unique_ptr<Store> store, Nanos every, Clock& clock, Logger log) : store_(std::move(store)), every_(every), clock_(clock), log_(std::move(log)) {}

Result<std::unique_ptr<LedgerWatch>> LedgerWatch::start(const CollectorSettings& settings, Clock& clock, Logger log) {
  auto store = open_store(settings, clock);
  if (!store) return fail(std::move(store.error()));
  std::unique_ptr<LedgerWatch> watch(new LedgerWatch(std::move(*store), settings.ledger_every, clock, std::move(log)));
  watch->thread_ = std::thread([raw = watch.get()] { raw->run(); });
  return watch;
}

LedgerWatch::~LedgerWatch() { stop(); }

void LedgerWatch::stop() {
  {
    const std::lock_guard guard(lock_);
    is_stopping_ = true;
    woken_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

std::optional<LedgerMeter> LedgerWatch::last() const {
  const std::lock_guard guard(lock_);
  return last_;
}

void LedgerWatch::run() {
  for (;;) {
    check();
    std::unique_lock guard(lock_);
    woken_.wait_for(guard, std::chrono::nanoseconds(every_), [this] { return is_stopping_; });
    if (is_stopping_) return;
  }
}

void LedgerWatch::check() {
  const Ticks begin = clock_.ticks();
  const auto report = store_->check_ledger({}, false);
  if (!report) return log_.error("the ledger cannot be checked: {}", report.error().what);
  if (!report->violations.empty()) log_.error("the ledger does not hold: {} (and {} more); see haidang-collector ledger check", report->violations.front(), report->violations.size() - 1);
  const std::lock_guard guard(lock_);
  last_ = LedgerMeter{.violations = report->violations.size(), .missing = report->pending, .at = clock_.wall(), .took = clock_.ticks() - begin};
}

// --- start and end ---

Result<std::unique_ptr<CollectorService>> CollectorService::start(const CollectorSettings& settings, Clock& clock, Logger log) {
  std::unique_ptr<CollectorService> service(new CollectorService(settings, clock, std::move(log)));
  if (auto opened = service->open(); !opened) return fail(std::move(opened.error()));
  return service;
}

Result<void> CollectorService::open() {
  auto store = open_store(settings_, clock_);
  if (!store) return fail(std::move(store.error()));
  store_ = std::move(*store);
  if (auto locked = lock_store(); !locked) return locked;
  if (store_->options().packs.packs.empty()) log_.warning("there is no file of clock packs: incidents get no legal clocks");
  const auto keys = collector_keys(settings_);
  if (!keys) return fail(keys.error());
  if (auto started = start_ingest(*keys); !started) return started;
  if (settings_.ledger_every > 0) {
    auto ledger = LedgerWatch::start(settings_, clock_, log_);
    if (!ledger) return fail(std::move(ledger.error()));
    ledger_ = std::move(*ledger);
  }
  if (auto started = start_web(); !started) return started;
  listening_.key = to_z85(keys->public_key);
  if (auto kept = keep_listening(settings_, listening_); !kept) return kept;
  ticked_ = clock_.ticks().ns;
  ticking_ = std::thread([this] { tick_until_stopped(); });
  return {};
}

// Verbs share the store with the service; two services would take each other's sensors.
Result<void> CollectorService::lock_store() {
  const std::string path = settings_.store + "/run.lock";
  store_lock_.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!store_lock_) return fail(system_error("open", path, errno));
  if (::flock(store_lock_.get(), LOCK_EX | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return fail(system_error("lock", path, errno));
  return fail({.code = ErrorCode::E7003, .what = "a collector runs on this store already: " + settings_.store, .hint = "End it first, or give this one another --store."});
}

Result<void> CollectorService::start_ingest(const CurveKeys& keys) {
  registry_ = std::make_unique<SensorRegistry>(*store_, clock_);
  if (auto read = registry_->reload(); !read) return read;
  change_seen_ = store_->last_change().value_or(0);
  adapter_ = std::make_unique<StoreAdapter>(*store_);
  guarded_ = std::make_unique<GuardedStore>(*adapter_, clock_, [folder = settings_.store] { return room_of(folder); }, settings_.stop_below);
  IngestServerOptions options{.link_endpoint = settings_.link, .enrol_endpoint = settings_.enrol, .keys = keys, .link_host = settings_.address.empty() ? "" : in_brackets(settings_.address)};
  auto started = IngestServer::start(std::move(options), *guarded_, *registry_, clock_, log_);
  if (!started) return fail(std::move(started.error()));
  ingest_ = std::move(*started);
  listening_.link = with_port(settings_.link, ingest_->link_port());
  if (!settings_.enrol.empty()) listening_.enrol = with_port(settings_.enrol, ingest_->enrol_port());
  return {};
}

Result<void> CollectorService::start_web() {
  watch_ = std::make_unique<Watch>(*store_, log_);
  ApiOptions options{.console = settings_.console, .metrics = [this] { return meters(); }, .opens_metrics = settings_.opens_metrics, .has_real_name = !settings_.certificate.empty()};
  options.report = [this](ReportParts parts, ReportForm form) {
    parts.organisation = settings_.organisation;
    if (const ProtectedSystem* system = store_->options().systems.find(parts.incident.victim)) parts.system_owner = system->owner;
    return make_report(parts, form);
  };
  if (options.console.empty()) options.console = installed_path("console", "build/console");
  if (options.console.empty()) log_.warning("there is no built console: the API alone is served");
  auto api = Api::make(*store_, clock_, log_, std::move(options));
  if (!api) return fail(std::move(api.error()));
  api_ = std::move(*api);
  ServerOptions web{.address = settings_.http.host, .port = settings_.http.port, .certificate_file = settings_.certificate, .key_file = settings_.certificate_key};
  if (!settings_.is_plain_http && web.certificate_file.empty()) {
    std::vector<std::string> names;
    for (const std::string& name : {settings_.address, host_name(), is_wildcard(settings_.http.host) ? std::string() : settings_.http.host}) {
      if (!name.empty()) names.push_back(name);
    }
    const auto own = own_certificate(settings_.store + "/tls", names, clock_.wall());
    if (!own) return fail(own.error());
    if (own->is_new) log_.info("made a certificate for the console; its fingerprint is {}", own->fingerprint);
    web.certificate_file = own->certificate;
    web.key_file = own->key;
  }
  certificate_ = web.certificate_file;
  auto server = Server::start(std::move(web), [this](const Request& request) { return api_->handle(request); }, log_);
  if (!server) return fail(std::move(server.error()));
  server_ = std::move(*server);
  const std::string host = is_wildcard(settings_.http.host) ? (settings_.address.empty() ? host_name() : settings_.address) : settings_.http.host;
  listening_.http = (certificate_.empty() ? "http://" : "https://") + in_brackets(host) + ":" + std::to_string(server_->port());
  return {};
}

CollectorService::~CollectorService() { stop(); }

void CollectorService::stop() {
  {
    const std::lock_guard guard(lock_);
    if (std::exchange(is_stopping_, true)) return;
    woken_.notify_all();
  }
  if (ticking_.joinable()) ticking_.join();
  if (api_) api_->stop();
  if (server_) server_->stop();
  if (ledger_) ledger_->stop();
  if (ingest_) ingest_->stop();
  if (!listening_.key.empty()) forget_listening(settings_);
}

// --- what ticks ---

void CollectorService::tick_until_stopped() {
  Ticks touch_at = clock_.ticks();
  std::unique_lock guard(lock_);
  while (!woken_.wait_for(guard, std::chrono::nanoseconds(kTick), [this] { return is_stopping_; })) {
    guard.unlock();
    ticked_ = clock_.ticks().ns;
    notice_sensors();
    watch_clocks();
    if (clock_.ticks() >= touch_at) {
      touch_at = clock_.ticks() + kTouchEvery;
      touch_sensors();
    }
    guard.lock();
  }
}

// Duties by the wall clock; a store that is busy or full is asked again a second later.
void CollectorService::watch_clocks() {
  if (clock_.ticks() - watched_ < kSecond) return;
  watched_ = clock_.ticks();
  const auto count = watch_->tick(clock_.wall());
  if (count) clocks_.write(*count);
  else if (watch_trouble_.allow(watched_)) log_.error("the clocks cannot be looked at: {}", count.error().what);
}

// Sensors are confirmed and revoked by the console and by other processes: the store's counter of changes tells of both.
void CollectorService::notice_sensors() {
  const auto last = store_->last_change();
  if (!last || *last == change_seen_) return;
  if (auto read = registry_->reload(); !read) return log_.error("sensors cannot be read: {}", read.error().what);
  change_seen_ = *last;
  ingest_->registry_changed();
}

// Whoever was heard since the last time, also when the connection is over by now.
void CollectorService::touch_sensors() {
  const Ticks now = clock_.ticks();
  for (const SensorLiveness& sensor : ingest_->status().sensors) {
    Ticks& touched = touched_[sensor.sensor];
    if (sensor.heard == touched) continue;
    const WallTime heard = clock_.wall() - (now - sensor.heard);
    if (auto done = store_->touch_sensor(sensor.sensor, sensor.software, heard); done) touched = sensor.heard;
    else log_.debug("a sensor's last sign cannot be noted: {}", done.error().what);
  }
}

bool CollectorService::is_alive() const {
  const Ticks now = clock_.ticks();
  return now - ingest_->status().at < kAliveWithin && now - Ticks{ticked_.load()} < kAliveWithin;
}

std::string CollectorService::status_line() const {
  const IngestStatus status = ingest_->status();
  const auto connected = std::ranges::count_if(status.sensors, &SensorLiveness::is_connected);
  return std::to_string(connected) + " sensors connected, " + std::to_string(status.counters.stored_items) + " items stored" + (status.is_store_working ? "" : ", THE STORE REFUSES");
}

std::vector<MetricFamily> CollectorService::meters() {
  const auto sensors = store_->sensors();
  return meter_families({.ingest = ingest_->status(),
                         .guard = guarded_->meters(),
                         .web = server_ ? server_->counters() : ServerCounters{},
                         .ledger = ledger_ ? ledger_->last() : std::nullopt,
                         .clocks = clocks_.read(),
                         .sensors = sensors ? *sensors : std::vector<SensorRow>{},
                         .store = settings_.store,
                         .started = started_,
                         .now = clock_.ticks()});
}

}  // namespace hd
