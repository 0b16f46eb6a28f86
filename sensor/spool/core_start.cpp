// SPDX-License-Identifier: Apache-2.0
// SensorCore: start, epochs, clean stop.
#include <algorithm>

#include "sensor/base/json_writer.hpp"
#include "sensor/spool/sensor_core.hpp"

namespace hd {
namespace {

constexpr std::size_t kGoneKept = kHelloEpochsMax - kEpochsMax;

}  // namespace

SensorCore::SensorCore(SensorOptions options, const Recovered& recovered, std::uint64_t seed)
    : options_(std::move(options)), random_(seed) {
  recover(recovered);
}

void SensorCore::recover(const Recovered& recovered) {
  store_ = recovered.store;
  store_generation_ = recovered.store_generation;
  finals_ = recovered.state.finals;
  gone_ = recovered.state.gone;
  migrate_to_ = recovered.state.migrating_to;
  const bool is_same_boot = recovered.state.boot == options_.boot;
  for (const RecoveredEpoch& found : recovered.epochs) {
    CoreEpoch epoch{.epoch = found.epoch, .reason = "recovered", .is_closed = true};
    for (std::uint8_t n = 0; n < kLaneCount; ++n) {
      const RecoveredLane& from = found.lanes[n];
      CoreLane& lane = epoch.lanes[n];
      lane.key = {.epoch = found.epoch, .lane = n};
      lane.head = from.head;
      lane.chain_head = from.chain_head;
      lane.time_head = from.time_head;
      lane.disk_head = lane.synced = from.head;
      lane.acked = from.acked;
      lane.chain_acked = from.chain_acked;
      lane.segments.assign(from.segments.begin(), from.segments.end());
      lane.notes.assign(from.notes.begin(), from.notes.end());
      lane.holes = from.holes;
      lane.is_unverifiable = !from.holes.empty();  // the chain behind damage is not known
      // The collector holds more than the disk still shows: the tail was lost after it was acknowledged.
      if (lane.acked > lane.head) {
        lane.head = lane.acked;
        lane.chain_head = lane.chain_acked;
      }
      lane.sent_ever = lane.acked;
    }
    const bool is_whole = found.is_whole || HD_BROKEN(options_, reuse_epoch);
    if (found.epoch == recovered.state.current && is_whole &&
        (recovered.state.clean || is_same_boot || HD_BROKEN(options_, reuse_epoch))) {
      epoch.is_closed = false;
    }
    epochs_.push_back(std::move(epoch));
  }
  if (epochs_.empty()) opening_.reason = "empty";
  else opening_.reason = !recovered.state.clean && !is_same_boot ? "power_loss" : "damaged";
}

void SensorCore::on(spool_event::Start&) {
  next_ping_ = session_timer_ = cursors_saved_at_ = now_.ticks;
  if (migrate_to_ != 0) {
    // The carrying over of a fork was interrupted: nothing of it was sent, so it begins again at the next WELCOME.
    act(spool_action::RemoveEpoch{migrate_to_});
    std::erase_if(epochs_, [this](const CoreEpoch& epoch) { return epoch.epoch == migrate_to_; });
    migrate_to_ = 0;
  }
  for (CoreEpoch& epoch : epochs_) {
    if (epoch.is_closed) continue;
    current_ = epoch.epoch;
    for (CoreLane& lane : epoch.lanes) lane.synced = 0;
    has_unsynced_ = true;  // what a killed process had written may still lie in the page cache only
    unsynced_since_ = now_.ticks;
    sync_epoch_ = current_;
    save_state(false);
    journal("start", [](JsonWriter&) {});
    return;
  }
  request_epoch(opening_.reason);
}

void SensorCore::request_epoch(std::string reason) {
  opening_ = CoreEpoch{.epoch = 0, .reason = std::move(reason)};
  while (opening_.epoch == 0 || find(opening_.epoch) != nullptr) opening_.epoch = random_.next();
  if (HD_BROKEN(options_, epoch_counter)) {
    opening_.epoch = 1;
    for (const CoreEpoch& epoch : epochs_) {
      if (!epoch.is_volatile) opening_.epoch = std::max(opening_.epoch, epoch.epoch + 1);
    }
  }
  for (std::uint8_t n = 0; n < kLaneCount; ++n) opening_.lanes[n].key = {.epoch = opening_.epoch, .lane = n};
  is_opening_ = true;
  act(spool_action::OpenEpoch{opening_.epoch});
}

void SensorCore::on(spool_event::EpochOpened& event) {
  if (migration_ == Migration::opening && event.epoch == migrate_to_) return advance_migration(event.ok);
  if (!is_opening_ || event.epoch != opening_.epoch) return;
  if (event.ok) {
    is_saving_ = true;
    act(spool_action::SaveState{state_now(false)});
    return;
  }
  is_opening_ = false;
  disk_retry_at_ = now_.ticks + options_.disk_retry;
  if (current_ == 0 || !is_volatile()) open_volatile();
}

void SensorCore::on(spool_event::StateSaved& event) {
  is_saving_ = false;
  if (is_stopping_ && !is_opening_) {
    is_stopped_ = true;
    act(spool_action::Stopped{});
    return;
  }
  if (migration_ == Migration::marking || migration_ == Migration::unmarking) return advance_migration(event.ok);
  if (is_opening_) {
    is_opening_ = false;
    if (event.ok) {
      become_current(std::move(opening_));
    } else {
      disk_retry_at_ = now_.ticks + options_.disk_retry;
      if (current_ == 0 || !is_volatile()) open_volatile();
    }
  } else if (!event.ok) {
    fail_disk("its state cannot be saved");
  }
  if (migration_ == Migration::new_epoch) return advance_migration(event.ok);
  flush();
}

void SensorCore::close(CoreEpoch& epoch) {
  epoch.is_closed = true;
  std::erase_if(finals_, [&](const SpoolState::Final& final) { return final.epoch == epoch.epoch; });
  if (epoch.is_volatile) return;
  SpoolState::Final final{.epoch = epoch.epoch};
  for (std::size_t n = 0; n < kLaneCount; ++n) final.heads[n] = epoch.lanes[n].head;
  finals_.push_back(final);
}

void SensorCore::become_current(CoreEpoch epoch) {
  const bool was_volatile = current_ != 0 && is_volatile();
  if (CoreEpoch* before = find(current_)) close(*before);
  const std::uint64_t previous = current_;
  const std::string reason = epoch.reason;
  current_ = epoch.epoch;
  if (!epoch.is_volatile) {
    has_unsynced_ = is_syncing_ = false;
    sync_failures_ = 0;
    sync_epoch_ = current_;
  }
  epochs_.push_back(std::move(epoch));
  journal("epoch_open", [&](JsonWriter& json) {
    json.field("epoch", hex64(current_)).field("previous", hex64(previous)).field("reason", reason);
  });
  if (was_volatile && !is_volatile()) alarm("spool_healed", "the spool can be written again");
}

void SensorCore::open_volatile() {
  CoreEpoch epoch{.epoch = 0, .reason = "volatile", .is_volatile = true};
  while (epoch.epoch == 0 || find(epoch.epoch) != nullptr) epoch.epoch = random_.next();
  for (std::uint8_t n = 0; n < kLaneCount; ++n) epoch.lanes[n].key = {.epoch = epoch.epoch, .lane = n};
  disk_retry_at_ = now_.ticks + options_.disk_retry;
  become_current(std::move(epoch));
  alarm("spool_volatile", "the spool cannot be written; alerts are kept in memory and sent from there");
}

SpoolState SensorCore::state_now(bool clean) const {
  SpoolState state{.current = is_opening_ ? opening_.epoch : current_, .clean = clean, .boot = options_.boot};
  state.migrating_from = migrate_from_;
  state.migrating_to = migrate_to_;
  state.gone = gone_;
  for (const SpoolState::Final& final : finals_) {
    if (final.epoch != current_) state.finals.push_back(final);
  }
  for (const CoreEpoch& epoch : epochs_) {
    // The heads of the epoch that ends with this state: at a clean stop, or because another one follows.
    if (epoch.epoch != current_ || epoch.is_volatile || (!clean && !is_opening_)) continue;
    SpoolState::Final final{.epoch = epoch.epoch};
    for (std::size_t n = 0; n < kLaneCount; ++n) final.heads[n] = epoch.lanes[n].head;
    state.finals.push_back(final);
  }
  return state;
}

void SensorCore::save_state(bool clean) {
  is_saving_ = true;
  act(spool_action::SaveState{state_now(clean)});
}

void SensorCore::on(spool_event::Stop&) {
  if (is_stopping_) return;
  journal("stop", [](JsonWriter&) {});
  flush();
  is_stopping_ = true;
  if (!is_appending_) finish_stop();
}

// Remembered for HELLO, the latest few: a collector that was restored can then still tell delivered from lost.
void SensorCore::remember_gone(const CoreEpoch& epoch, bool is_carried) {
  SpoolState::Gone gone{.epoch = epoch.epoch, .is_carried = is_carried};
  for (std::size_t n = 0; n < kLaneCount; ++n) gone.heads[n] = epoch.lanes[n].head;
  if (gone_.size() == kGoneKept) gone_.erase(gone_.begin());
  gone_.push_back(gone);
}

void SensorCore::finish_stop() {
  if (session_ == SessionState::open || session_ == SessionState::stalled) {
    send(FrameType::bye, encode_bye(ByeReason::stopping));
  }
  if (session_ != SessionState::idle && session_ != SessionState::backoff) end_session("stopping");
  save_cursors_if_due(true);
  if (is_volatile()) {
    is_stopped_ = true;
    act(spool_action::Stopped{});
    return;
  }
  if (!is_syncing_) begin_sync();
}

bool SensorCore::is_volatile() const noexcept {
  for (const CoreEpoch& epoch : epochs_) {
    if (epoch.epoch == current_) return epoch.is_volatile;
  }
  return false;
}

CoreEpoch* SensorCore::find(std::uint64_t epoch) noexcept {
  for (CoreEpoch& at : epochs_) {
    if (at.epoch == epoch) return &at;
  }
  return nullptr;
}

CoreLane* SensorCore::find(LaneKey lane) noexcept {
  CoreEpoch* epoch = find(lane.epoch);
  return epoch == nullptr || lane.lane >= kLaneCount ? nullptr : &epoch->lanes[lane.lane];
}

bool SensorCore::is_drained() const noexcept {
  return gathered() == 0 &&
         std::all_of(epochs_.begin(), epochs_.end(), [](const CoreEpoch& epoch) { return epoch.is_drained(); });
}

}  // namespace hd
