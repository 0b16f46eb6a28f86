// SPDX-License-Identifier: Apache-2.0
#include "sensor/output/writer.hpp"

#include <algorithm>
#include <chrono>

namespace hd {
namespace {

constexpr unsigned kRecordsAtOnce = 256;           // of one ring, before the next is looked at
constexpr Nanos kFlushEvery = 100 * kMillisecond;
constexpr std::chrono::milliseconds kNap{2};       // rings are polled: a worker makes no system call to wake us
constexpr std::size_t kPostsMax = 1024;

}  // namespace

Writer::Writer(std::vector<WriterIn> ins, std::vector<WriterOut> outs, SpoolThread* spool, Clock& clock, Logger log)
    : ins_(std::move(ins)), outs_(std::move(outs)), spool_(spool), clock_(clock), log_(std::move(log)) {
  for (const WriterOut& out : outs_) status_.outs.push_back({.name = out.out->name()});
  shown_ = status_;
}

Writer::~Writer() { stop(); }

void Writer::start() {
  thread_ = std::thread([this] { run(); });
}

void Writer::know(std::shared_ptr<const Ruleset> rules) {
  const std::lock_guard guard(lock_);
  known_[rules->version] = std::move(rules);
}

void Writer::post(std::string type, std::string line) {
  const std::lock_guard guard(lock_);
  if (posts_.size() < kPostsMax) posts_.emplace_back(std::move(type), std::move(line));
}

void Writer::reopen() {
  const std::lock_guard guard(lock_);
  reopen_wanted_ = true;
}

void Writer::stop() {
  is_stopping_.store(true, std::memory_order_release);
  if (thread_.joinable()) thread_.join();
}

WriterStatus Writer::status() const {
  const std::lock_guard guard(lock_);
  return shown_;
}

void Writer::run() {
  for (;;) {
    // Asked before the rings are looked at: what was raised before stop() is then seen.
    const bool is_last = is_stopping_.load(std::memory_order_acquire);
    const bool had_some = take_some();
    if (clock_.ticks() - flushed_ >= kFlushEvery) flush();
    if (had_some) continue;
    if (is_last) break;
    std::this_thread::sleep_for(kNap);
  }
  flush();
}

bool Writer::take_some() {
  bool had_some = false;
  for (std::size_t worker = 0; worker < ins_.size(); ++worker) {
    WriterIn& in = ins_[worker];
    for (unsigned n = 0; n < kRecordsAtOnce && in.ring->front(&entry_); ++n) {
      if (entry_.head.is_event) write_event(in, entry_);
      else write_alert(in, static_cast<std::uint16_t>(worker), entry_);
      in.ring->pop();
      had_some = true;
    }
  }
  return had_some;
}

const Ruleset& Writer::rules_of(std::uint64_t version) {
  auto found = rules_.find(version);
  if (found == rules_.end()) {
    const std::lock_guard guard(lock_);
    rules_ = known_;
    found = rules_.find(version);
  }
  HD_ASSERT(found != rules_.end());
  return *found->second;
}

// Rules that no record speaks of any more.
void Writer::forget_rules() {
  if (known_.size() < 2) return;
  std::uint64_t oldest = known_.rbegin()->first;
  for (const WriterIn& in : ins_) oldest = std::min(oldest, in.ring->oldest_version());
  known_.erase(known_.begin(), known_.lower_bound(oldest));
  rules_ = known_;
}

void Writer::write_alert(WriterIn& in, std::uint16_t worker, const RingEntry& entry) {
  item_.body.clear();
  render_alert(entry.alert, entry.tail, rules_of(entry.alert.ruleset_version), in.eve, item_.body);
  ++status_.alerts;
  if (spool_ != nullptr) {
    item_.kind = RecordKind::alert;
    item_.severity = entry.head.severity;
    item_.worker = worker;
    item_.time = entry.alert.time;
    item_.wseq = entry.alert.wseq;
    item_.replay_cursor = in.is_replay ? entry.head.cursor : 0;
    if (!spool_->take(item_)) ++status_.repeated;
  }
  write_out({.type = "alert", .severity = entry.head.severity, .text = item_.body});
}

void Writer::write_event(WriterIn& in, const RingEntry& entry) {
  line_.clear();
  render_event(entry.event, entry.tail, in.eve, line_);
  ++status_.events;
  write_out({.type = event_type_of(entry.event), .text = line_});
}

void Writer::write_out(const EveLine& line) {
  for (WriterOut& out : outs_) {
    if (std::find(out.types.begin(), out.types.end(), line.type) != out.types.end()) out.out->write(line);
  }
}

void Writer::take_posts() {
  std::deque<std::pair<std::string, std::string>> posts;
  bool reopens = false;
  {
    const std::lock_guard guard(lock_);
    posts.swap(posts_);
    reopens = std::exchange(reopen_wanted_, false);
    forget_rules();
  }
  for (const auto& [type, line] : posts) write_out({.type = type, .text = line});
  if (!reopens) return;
  for (WriterOut& out : outs_) out.out->reopen();
}

void Writer::flush() {
  flushed_ = clock_.ticks();
  take_posts();
  for (std::size_t i = 0; i < outs_.size(); ++i) {
    EveOut& out = *outs_[i].out;
    out.flush();
    WriterStatus::Out& shown = status_.outs[i];
    if (out.trouble() != shown.trouble) {
      if (out.trouble().empty()) log_.info("{}: written again; {} lines were lost", out.name(), out.counters().dropped);
      else log_.error("{}: {}", out.name(), out.trouble());
    }
    shown.counters = out.counters();
    shown.trouble = out.trouble();
  }
  const std::lock_guard guard(lock_);
  shown_ = status_;
}

}  // namespace hd
