// SPDX-License-Identifier: Apache-2.0
#include "sensor/verbs/run/tap.hpp"

#include <pthread.h>
#include <sched.h>

#include "sensor/base/cpu_time.hpp"
#include "sensor/registry/tables.hpp"

namespace hd {
namespace {

constexpr Nanos kPublishEvery = 100 * kMillisecond;
constexpr int kWaitMs = 50;

}  // namespace

Tap::Tap(TapOptions options, std::vector<std::unique_ptr<Source>> sources, AlertRing& ring, StateTable& shared, Clock& clock, Logger log)
    : options_(std::move(options)),
      sources_(std::move(sources)),
      is_over_(sources_.size(), false),
      ring_(ring),
      clock_(clock),
      log_(std::move(log)),
      worker_(std::make_unique<Worker>(options_.engine, registry::k_protocol_tables, shared, ring, &ring)) {}

Tap::~Tap() {
  stop();
  ring_.abandon();
  join();
}

Result<void> Tap::start(std::shared_ptr<const Ruleset> rules) {
  if (auto used = worker_->use(rules); !used) return used;
  rules_version_.store(rules->version, std::memory_order_release);
  answered_version_.store(rules->version, std::memory_order_release);
  ring_.use(std::move(rules));
  thread_ = std::thread([this] { run(); });
  return {};
}

void Tap::offer(std::shared_ptr<const Ruleset> rules) {
  const std::lock_guard guard(lock_);
  offered_ = std::move(rules);
  has_offer_.store(true, std::memory_order_release);
}

void Tap::join() {
  if (thread_.joinable()) thread_.join();
}

void Tap::run() {
  if (options_.core >= 0) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(static_cast<std::size_t>(options_.core), &cores);
    if (::pthread_setaffinity_np(::pthread_self(), sizeof cores, &cores) != 0) log_.warning("worker {} cannot run on core {}", options_.worker, options_.core);
  }
  while (!is_stopping_.load(std::memory_order_relaxed) && take_batches()) {
    if (has_offer_.load(std::memory_order_acquire)) take_rules();
    if (clock_.ticks() - published_ >= kPublishEvery) publish();
  }
  worker_->finish();
  publish();
  has_ended_.store(true, std::memory_order_release);
}

bool Tap::take_batches() {
  bool is_any_open = false, had_packets = false;
  // Both cables of a tap in turn; only the last one is waited for.
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (is_over_[i]) continue;
    const bool waits = i + 1 == sources_.size() && !had_packets;
    const SourceState state = sources_[i]->next_batch(batch_, waits ? kWaitMs : 0);
    if (state == SourceState::packets) {
      worker_->take(batch_);
      had_packets = true;
    } else if (state == SourceState::end) {
      is_over_[i] = true;
      if (const SourceStats stats = sources_[i]->stats(); stats.is_truncated) {
        log_.warning("{} ends in the middle of a packet, at byte {}; it was read as far as it goes", sources_[i]->name(), stats.cut_at_byte);
      } else if (!stats.remark.empty()) {
        log_.warning("{}: {}", sources_[i]->name(), stats.remark);
      }
      continue;
    }
    is_any_open = true;
  }
  if (had_packets) packet_at_ = clock_.ticks();
  else if (options_.is_live) worker_->idle(PacketTime{clock_.wall().ns});
  return is_any_open;
}

void Tap::take_rules() {
  std::shared_ptr<const Ruleset> rules;
  {
    const std::lock_guard guard(lock_);
    rules = std::move(offered_);
    has_offer_.store(false, std::memory_order_relaxed);
  }
  if (!rules) return;
  const std::uint64_t version = rules->version;
  if (auto used = worker_->use(rules)) {
    ring_.use(std::move(rules));
    rules_version_.store(version, std::memory_order_release);
  } else {
    log_.error("worker {} stays with its rules: {}", options_.worker, to_text(used.error()));
  }
  answered_version_.store(version, std::memory_order_release);
}

void Tap::publish() {
  published_ = clock_.ticks();
  TapMeters meters{.worker = worker_->counters(),
                   .decode = worker_->decode_counters(),
                   .defrag = worker_->defrag_counters(),
                   .flow = worker_->flow_counters(),
                   .stream = worker_->stream_counters(),
                   .app = worker_->app_counters(),
                   .detect = worker_->detect_counters(),
                   .flows_active = worker_->flows_active(),
                   .packet_at_ns = packet_at_.ns,
                   .cpu = thread_cpu_time(),
                   .rules_version = rules_version()};
  meters.events_lost = ring_.events_lost();
  for (const auto& source : sources_) {
    const SourceStats stats = source->stats();
    meters.filtered += stats.filtered;
    meters.lost_ring += stats.lost_ring;
    meters.lost_card += stats.lost_card;
    meters.freezes += stats.freezes;
  }
  meters_.write(meters);
}

}  // namespace hd
