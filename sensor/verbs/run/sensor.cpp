// SPDX-License-Identifier: Apache-2.0
#include "sensor/verbs/run/sensor.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "sensor/base/crypto.hpp"
#include "sensor/base/file.hpp"
#include "sensor/base/text.hpp"
#include "sensor/verbs/rules_options.hpp"

namespace hd {
namespace {

constexpr std::size_t kStateEntries = 1u << 18;
constexpr std::size_t kRingBytes = std::size_t{64} << 20;
constexpr std::size_t kRefusedShown = 20;
constexpr std::uint64_t kMiB = 1u << 20;
constexpr Nanos kTakePatience = 10 * kSecond;
constexpr std::chrono::milliseconds kTakePoll{5};

HashKey random_key() {
  HashKey key = {};
  random_bytes({reinterpret_cast<std::uint8_t*>(&key), sizeof key});
  return key;
}

bool is_live(const CaptureSettings& capture) { return capture.source != SourceKind::pcap_file; }

/// Names a replay, so that one that was interrupted is known again: the captures with their sizes, and the rules.
std::string replay_identity(const SensorConfig& config) {
  std::string identity;
  const auto add = [&identity](const std::string& path) {
    std::error_code problem;
    const auto size = std::filesystem::file_size(path, problem);
    identity += path + ":" + (problem ? "?" : std::to_string(size)) + "\n";
  };
  for (const CaptureSettings& capture : config.captures) {
    for (const std::string& file : capture.interfaces) add(file);
  }
  for (const std::string& pattern : config.rules.files) {
    for (const std::string& file : expand_pattern(pattern)) add(file);
  }
  return to_hex(blake2b_128(as_bytes(identity)));
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

RuleSource source_of(const SensorConfig& config) {
  RuleSource source{.classification = config.rules.classification, .reference = config.rules.reference, .cache = config.rules.cache};
  for (const std::string& pattern : config.rules.files) {
    for (std::string& name : expand_pattern(pattern)) source.files.push_back(std::move(name));
  }
  return source;
}

/// Workers of one capture: those that were asked for, else as many as the machine has cores for.
std::uint32_t workers_of(const CaptureSettings& capture, std::size_t captures) {
  if (!is_live(capture)) return 1;
  if (!capture.cores.empty()) return static_cast<std::uint32_t>(capture.cores.size());
  if (capture.workers != 0) return capture.workers;
  if (capture.source == SourceKind::pcap) return 1;
  const std::uint32_t cores = std::max(2u, std::thread::hardware_concurrency());
  return std::max<std::uint32_t>(1, (cores - 1) / static_cast<std::uint32_t>(captures));
}

}  // namespace

EngineSizes sizes_of(const SensorConfig& config, std::size_t workers) {
  return {.flows = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(config.flow.limit / workers, 1024, 1u << 28)),
          .stream_memory = static_cast<std::size_t>(config.stream_memory / workers),
          .app_memory = static_cast<std::size_t>(config.stream_memory / workers)};
}

Sensor::Sensor(SensorConfig config, Clock& clock, Logger log)
    : config_(std::move(config)), clock_(clock), log_(std::move(log)), shared_(kStateEntries, random_key()), fanout_seed_(static_cast<std::uint32_t>(random_key().a)) {
  names_.datasets.key = random_key();
}

Sensor::~Sensor() {
  stop_capture();
  stop_writer();
  stop(false);
}

Result<std::unique_ptr<Sensor>> Sensor::open(SensorConfig config, Clock& clock, Logger log) {
  std::unique_ptr<Sensor> sensor(new Sensor(std::move(config), clock, std::move(log)));
  sensor->started_ = clock.wall();
  sensor->opened_ = sensor->link_seen_ = clock.ticks();
  if (sensor->config_.name.empty()) {
    char name[256] = {};
    (void)::gethostname(name, sizeof name - 1);
    sensor->config_.name = name;
  }
  if (auto done = sensor->load(); !done) return fail(std::move(done.error()));
  if (auto done = sensor->open_spool(); !done) return fail(std::move(done.error()));
  if (auto done = sensor->open_taps(); !done) return fail(std::move(done.error()));
  if (auto done = sensor->open_outputs(); !done) return fail(std::move(done.error()));
  return sensor;
}

void Sensor::note_refused(const LoadedEngine& engine) {
  for (const Error& error : engine.errors) log_.error("{}", to_text(error));
  for (std::size_t i = 0; i < engine.refused.size() && i < kRefusedShown; ++i) log_.warning("{}", engine.refused[i].line());
  if (engine.refused.size() > kRefusedShown) {
    log_.warning("{} more rules refused; haidang-sensor check --rules lists them", engine.refused.size() - kRefusedShown);
  }
}

Result<void> Sensor::load() {
  const Ticks begin = clock_.ticks();
  auto engine = load_engine(source_of(config_), config_.engine, std::move(names_), 1);
  if (!engine) return fail(std::move(engine.error()));
  note_refused(*engine);
  if (config_.rules.is_strict && !(engine->refused.empty() && engine->errors.empty())) {
    return fail({.code = ErrorCode::E3102,
                 .what = count_text(engine->refused.size()) + " rules are refused, and rules.on_error is strict",
                 .hint = "haidang-sensor check --rules tells each with its place."});
  }
  names_ = std::move(engine->names);
  rules_ = std::move(engine->rules);
  rules_reading_ = {.loaded = engine->report.rules, .refused = engine->refused.size(), .suppressed = engine->skipped.size(),
                    .loaded_at = clock_.wall(), .load_time = clock_.ticks() - begin};
  log_.info("{} rules loaded, {} refused, in {}", engine->report.rules, engine->refused.size(), duration_text(rules_reading_.load_time));
  return {};
}

Result<void> Sensor::open_spool() {
  if (!config_.collector) {
    own_page_ = std::make_unique<LedgerPage>(LedgerPage::in_memory());
    return {};
  }
  const CollectorSettings& collector = *config_.collector;
  auto keys = load_curve_keys(collector.key);
  if (!keys) return fail(std::move(keys.error()));
  auto enrolment = load_enrolment(collector.key);
  if (!enrolment) return fail(std::move(enrolment.error()));
  SpoolOptions options{.keys = *keys};
  const std::string& key_text = collector.server_key.empty() ? enrolment->collector_key : collector.server_key;
  PublicKey key{};
  if (!from_z85(key_text, &key)) return fail(ErrorCode::E3102, "collector.server_key is no Z85 key of 40 characters");
  if (!uuid_of(enrolment->sensor_id, &options.sensor)) return fail(ErrorCode::E6002, enrolment_path(collector.key) + " names no sensor");
  std::vector<std::string> addresses = collector.addresses;
  if (addresses.empty()) addresses.push_back(enrolment->link);
  for (const std::string& address : addresses) {
    options.collectors.push_back({.address = address.starts_with("tcp://") ? address : "tcp://" + address, .key = key});
  }
  options.folder = collector.spool_path;
  // Files are made whole, one a lane at least: a small spool has small ones, and a few are held back, so that the bound holds
  // while a note is being written for what must go.
  options.segments.segment_bytes = std::clamp<std::uint64_t>(collector.spool_bytes / 16 & ~(kMiB - 1), kMiB, 16 * kMiB);
  options.core.spool_max = collector.spool_bytes - 4 * options.segments.segment_bytes;
  options.core.software = "haidang-sensor " HD_VERSION;
  options.ledger_page = folder_of(config_.control) + "/ledger.page";
  const bool is_replay = std::none_of(config_.captures.begin(), config_.captures.end(), is_live);
  if (is_replay) options.replay = replay_identity(config_);
  options.workers = config_.captures.size();
  auto spool = SpoolThread::start(std::move(options), clock_, log_);
  if (!spool) return fail(std::move(spool.error()));
  spool_ = std::move(*spool);
  return {};
}

Result<void> Sensor::open_taps() {
  if (config_.captures.empty()) {
    return fail({.code = ErrorCode::E3102,
                 .what = "there is nothing to capture",
                 .hint = "Write capture: in haidang.yaml, or say --source af_packet:INTERFACE."});
  }
  std::size_t workers = 0;
  for (const CaptureSettings& capture : config_.captures) workers += workers_of(capture, config_.captures.size());
  if (workers > kWorkersMax) return fail(ErrorCode::E3102, "more than " + std::to_string(kWorkersMax) + " workers");
  const EngineSizes sizes = sizes_of(config_, workers);
  std::vector<std::string> types;
  for (const EveOutput& output : config_.outputs) types.insert(types.end(), output.types.begin(), output.types.end());
  events_ = events_of(types);
  for (std::size_t capture = 0; capture < config_.captures.size(); ++capture) {
    const std::uint32_t count = workers_of(config_.captures[capture], config_.captures.size());
    for (std::uint32_t index = 0; index < count; ++index) {
      if (auto opened = open_tap(capture, index, count, sizes); !opened) return opened;
    }
  }
  return {};
}

Result<void> Sensor::open_tap(std::size_t capture, std::uint32_t index, std::uint32_t count, const EngineSizes& sizes) {
  const CaptureSettings& settings = config_.captures[capture];
  const bool live = is_live(settings);
  const std::size_t number = taps_.size();
  std::vector<std::unique_ptr<Source>> sources;
  for (std::size_t i = 0; i < settings.interfaces.size(); ++i) {
    CaptureOptions options{.filter = settings.filter, .snaplen = settings.snaplen, .is_promiscuous = settings.promiscuous,
                           .ring_bytes = static_cast<std::size_t>(settings.ring_bytes)};
    // A group an interface, drawn by lot so that no other program's is met, and never 0. The workers of each interface join
    // in the same order: a flow's two cables meet.
    const std::uint32_t group = (fanout_seed_ >> 8) + static_cast<std::uint32_t>(capture * 8 + i);
    if (count > 1) options.fanout_group = static_cast<std::uint16_t>(1 + group % 0xffff);
    options.fanout_seed = fanout_seed_;
    options.counts_card = index == 0;
    options.fanout_by_queue = settings.fanout == "qm";
    const char* kind = settings.source == SourceKind::af_packet ? "af_packet" : settings.source == SourceKind::pcap ? "pcap" : "pcap_file";
    auto source = open_source({.kind = kind, .target = settings.interfaces[i]}, options);
    if (!source) return fail(std::move(source.error()));
    sources.push_back(std::move(*source));
  }
  auto engine = worker_options(config_.engine, sizes, live ? random_key() : HashKey{});
  if (!engine) return fail(std::move(engine.error()));
  engine->detect.worker = static_cast<std::uint8_t>(number);
  engine->detect.payload_max = static_cast<std::uint32_t>(config_.alert.payload_bytes);
  engine->detect.copy_packet = config_.alert.packet;
  engine->events = events_;
  if (settings.checksum == ChecksumTrust::off) engine->decoder.verify_checksums = false;
  if (settings.checksum == ChecksumTrust::strict) engine->decoder.verify_checksums = true;
  RaiseCounters& counters = spool_ ? spool_->raise_counters(number) : own_page_->worker(number);
  rings_.push_back(std::make_unique<AlertRing>(kRingBytes, live ? AlertRing::WhenFull::lose : AlertRing::WhenFull::wait, counters));
  TapOptions options{.capture = capture, .worker = static_cast<std::uint16_t>(number), .is_live = live, .engine = std::move(*engine)};
  if (index < settings.cores.size()) options.core = static_cast<int>(settings.cores[index]);
  taps_.push_back(std::make_unique<Tap>(std::move(options), std::move(sources), *rings_.back(), shared_, clock_, log_));
  return {};
}

Result<void> Sensor::open_outputs() {
  std::vector<WriterOut> outs;
  for (const EveOutput& output : config_.outputs) {
    Result<std::unique_ptr<EveOut>> out = open_eve_stdout();
    if (output.to == EveOutput::To::file) {
      out = open_eve_file({.path = output.path, .rotate_bytes = output.rotate_bytes, .rotate_keep = output.rotate_keep});
    } else if (output.to == EveOutput::To::zmq_pub) {
      std::uint32_t run = 0;
      random_bytes({reinterpret_cast<std::uint8_t*>(&run), sizeof run});
      out = open_eve_publisher({.bind = output.bind, .sensor = config_.name, .run = spool_ ? spool_->run() : run}, clock_);
    }
    if (!out) return fail(std::move(out.error()));
    outs.push_back({.out = std::move(*out), .types = output.types});
  }
  std::vector<WriterIn> ins;
  for (std::size_t i = 0; i < taps_.size(); ++i) {
    const TapOptions& tap = taps_[i]->options();
    ins.push_back({.ring = rings_[i].get(),
                   .eve = {.interface_name = tap.is_live ? config_.captures[tap.capture].name : "",
                           .sensor_name = config_.name,
                           .has_packet_number = !tap.is_live,
                           .has_community_id = config_.alert.community_id,
                           .has_payload = config_.alert.payload_bytes > 0,
                           .has_packet = config_.alert.packet,
                           .has_metadata = config_.alert.metadata},
                   .is_replay = !tap.is_live});
  }
  writer_ = std::make_unique<Writer>(std::move(ins), std::move(outs), spool_.get(), clock_, log_);
  return {};
}

Result<void> Sensor::start() {
  writer_->know(rules_);
  writer_->start();
  for (const auto& tap : taps_) {
    if (auto started = tap->start(rules_); !started) return started;
  }
  return {};
}

bool Sensor::has_ended() const noexcept {
  return std::all_of(taps_.begin(), taps_.end(), [](const auto& tap) { return tap->has_ended(); });
}

void Sensor::stop_capture() {
  for (const auto& tap : taps_) tap->stop();
  for (const auto& tap : taps_) tap->join();
  if (auto saved = save_datasets(names_.datasets); !saved) log_.error("{}", to_text(saved.error()));
}

void Sensor::stop_writer() {
  if (writer_) writer_->stop();
}

bool Sensor::drain(Nanos patience) { return spool_ == nullptr || spool_->drain(patience); }

void Sensor::stop(bool is_complete) {
  if (spool_) spool_->stop(is_complete);
}

// Who asked for new rules relies on them from the answer on.
Result<void> Sensor::wait_for_workers(std::uint64_t version) {
  const Ticks begin = clock_.ticks();
  std::size_t behind = 0;
  do {
    behind = static_cast<std::size_t>(std::count_if(taps_.begin(), taps_.end(), [version](const auto& tap) { return !tap->has_answered(version); }));
    if (behind > 0) std::this_thread::sleep_for(kTakePoll);
  } while (behind > 0 && clock_.ticks() - begin < kTakePatience);
  if (behind > 0) return fail(ErrorCode::E6001, std::to_string(behind) + " workers have not taken the new rules yet; they will before their next packets");
  for (const auto& tap : taps_) {
    if (tap->rules_version() < version && !tap->has_ended()) return fail(ErrorCode::E2201, "not every worker had memory for the new rules; the log names those that stay with the old ones");
  }
  return {};
}

Result<ReloadReport> Sensor::reload(const SensorConfig& config) {
  const std::lock_guard one_at_a_time(rules_lock_);
  const Ticks begin = clock_.ticks();
  // Names keep their numbers, so that flow bits that are set stay what they are.
  auto engine = load_engine(source_of(config), config.engine, names_, rules_->version + 1);
  if (!engine) return fail(std::move(engine.error()));
  note_refused(*engine);
  if (config.rules.is_strict && !(engine->refused.empty() && engine->errors.empty())) {
    return fail({.code = ErrorCode::E3102,
                 .what = count_text(engine->refused.size()) + " rules are refused, and rules.on_error is strict; the old rules stay",
                 .hint = "haidang-sensor check --rules tells each with its place."});
  }
  names_ = std::move(engine->names);
  rules_ = std::move(engine->rules);
  writer_->know(rules_);
  for (const auto& tap : taps_) tap->offer(rules_);
  if (auto taken = wait_for_workers(rules_->version); !taken) return fail(std::move(taken.error()));
  const Nanos took = clock_.ticks() - begin;
  {
    const std::lock_guard guard(reading_lock_);
    rules_reading_ = {.loaded = engine->report.rules, .refused = engine->refused.size(), .suppressed = engine->skipped.size(),
                      .loaded_at = clock_.wall(), .load_time = took};
  }
  log_.info("rules reloaded: {} loaded, {} refused, in {}", engine->report.rules, engine->refused.size(), duration_text(took));
  return ReloadReport{.version = rules_->version, .loaded = engine->report.rules, .refused = engine->refused.size(), .seconds = static_cast<double>(took) / 1e9};
}

}  // namespace hd
