// SPDX-License-Identifier: Apache-2.0
#include "collector/ingest/committer.hpp"

#include <algorithm>

namespace hd {

void Committer::add(std::uint64_t ticket, IngestBatch batch) {
  queue_.push_back({.ticket = ticket, .batch = std::move(batch)});
}

void Committer::stall(Ticks now, std::vector<IngestEvent>* events) {
  counters_.refused += 1;
  retry_ = std::clamp(retry_ * 2, options_.retry_min, options_.retry_max);
  retry_at_ = now + retry_;
  if (std::exchange(is_working_, false)) events->push_back(ingest_event::StoreState{.is_working = false});
}

void Committer::run(Ticks now, std::vector<IngestEvent>* events) {
  if (queue_.empty() || now < retry_at_) return;
  std::vector<const IngestBatch*> group;
  std::size_t items = 0;
  for (const Waiting& waiting : queue_) {
    if (!group.empty() && items + waiting.batch.records.size() > options_.items_max) break;
    group.push_back(&waiting.batch);
    items += waiting.batch.records.size();
  }
  const CommitResult result = store_.commit(group);
  ingest_event::Committed done;
  switch (result.outcome) {
    case CommitOutcome::committed:
      counters_.commits += 1;
      for (std::size_t n = 0; n < group.size(); ++n) {
        done.results.push_back({.ticket = queue_.front().ticket, .is_stored = true});
        queue_.pop_front();
      }
      break;
    case CommitOutcome::cursor_moved: resolve_moved(result, &done); break;
    case CommitOutcome::full:
    case CommitOutcome::io_error: refusal_ = result.text; return stall(now, events);
    case CommitOutcome::unknown:
      refusal_ = result.text;
      resolve_unknown(group.size(), now, &done, events);
      if (done.results.empty()) return;
      break;
  }
  retry_ = 0;
  retry_at_ = now;
  if (!std::exchange(is_working_, true)) events->push_back(ingest_event::StoreState{.is_working = true});
  events->push_back(std::move(done));
}

// The batch whose lane moved, and those behind it in the same lane, are given back; the others are tried again.
void Committer::resolve_moved(const CommitResult& result, ingest_event::Committed* done) {
  counters_.cursor_moved += 1;
  const std::size_t at = std::min(result.batch, queue_.size() - 1);
  const SensorId sensor = queue_[at].batch.sensor;
  const LaneKey lane = queue_[at].batch.lane;
  for (auto waiting = queue_.begin(); waiting != queue_.end();) {
    const bool is_meant = waiting->batch.sensor == sensor && (result.lease_lost || waiting->batch.lane == lane);
    if (!is_meant) {
      ++waiting;
      continue;
    }
    const bool is_stored = !result.lease_lost && waiting->batch.last <= result.actual.cursor;
    done->results.push_back({.ticket = waiting->ticket, .is_stored = is_stored, .lease_lost = result.lease_lost,
                             .actual = result.actual});
    waiting = queue_.erase(waiting);
  }
}

// The answer to COMMIT was lost: the cursors say what happened.
void Committer::resolve_unknown(std::size_t count, Ticks now, ingest_event::Committed* done,
                                std::vector<IngestEvent>* events) {
  counters_.unknown += 1;
  std::vector<bool> is_stored(count, false);
  for (std::size_t n = 0; n < count; ++n) {
    const IngestBatch& batch = queue_[n].batch;
    const auto cursors = store_.cursors(batch.sensor);
    if (!cursors) return stall(now, events);  // nothing can be decided yet; the queue stays
    for (const LaneCursor& at : *cursors) {
      if (at.lane == batch.lane && at.cursor >= batch.last) is_stored[n] = true;
    }
  }
  for (std::size_t n = count; n > 0; --n) {
    if (!is_stored[n - 1]) continue;
    done->results.insert(done->results.begin(), {.ticket = queue_[n - 1].ticket, .is_stored = true});
    queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(n - 1));
  }
}

}  // namespace hd
