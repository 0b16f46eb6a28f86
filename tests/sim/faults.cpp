// SPDX-License-Identifier: Apache-2.0
// What goes wrong in a run, how it becomes calm again, and the verdict.
#include <algorithm>

#include "tests/sim/world.hpp"

namespace hd::sim {

void World::fault() {
  if (is_calm_) return;
  std::vector<std::function<void()>> kinds;
  const auto add = [&](bool is_on, const char* name, std::function<void()> act) {
    if (!is_on) return;
    kinds.push_back([this, name, act = std::move(act)] {
      outcome_.covered[std::string("fault ") + name] += 1;
      if (traces_) tell(std::string("before ") + name);
      act();
    });
  };
  const auto restart = [this](Nanos high) {
    after(between(kMillisecond, high), [this, life = life_] {
      if (life == life_ && spool_ == nullptr) start_sensor();
    });
  };
  add(plan_.kills_sensor, "kill sensor", [=, this] {
    if (spool_ == nullptr) return;
    end_sensor();
    restart(kSecond);
  });
  add(plan_.loses_power, "power loss", [=, this] {
    power_loss(false);
    restart(3 * kSecond);
  });
  add(plan_.rolls_back && !is_stopping_, "snapshot or rollback", [=, this] {
    if (spool_ == nullptr) return;
    if (image_ != nullptr) {
      power_loss(true);
      return restart(kSecond);
    }
    is_stopping_ = true;
    when_stopped_ = [=, this] {
      end_sensor();
      image_ = disk_.image();
      restart(kSecond);
    };
    post(spool_event::Stop{});
  });
  add(plan_.kills_collector, "kill collector", [this] {
    const std::size_t index = random_.below(collectors_.size());
    if (!collectors_[index].is_up) return;
    end_collector(index);
    after(between(kMillisecond, 3 * kSecond), [this, index] { start_collector(index); });
  });
  add(plan_.cuts_link, "cut", [this] { cut(chance(2)); });
  add(plan_.fails_writes, "write error", [this] { disk_.faults.write_error = chance(2) ? 0.3 : 1; });
  add(plan_.fails_syncs, "sync error", [this] { disk_.faults.sync_error = chance(2) ? 0.3 : 1; });
  add(plan_.fails_meta, "folder error", [this] { disk_.faults.meta_error = chance(2) ? 0.2 : 1; });
  add(plan_.fills_disk, "disk full", [this] { disk_.faults.capacity = disk_.used() + random_.below(5000); });
  add(plan_.fails_writes || plan_.fails_syncs || plan_.fails_meta || plan_.fills_disk, "disk heals", [this] {
    const bool lies = disk_.faults.lies;
    disk_.faults = {.lies = lies};
  });
  add(plan_.fails_store, "store refuses", [this] {
    SimStore& store = *collectors_[random_.below(collectors_.size())].store;
    store.faults.full = chance(2) ? 0.5 : 1;
    store.faults.io_error = chance(3) ? 0.3 : 0;
  });
  add(plan_.fails_store, "store heals", [this] {
    for (Collector& one : collectors_) one.store->faults.full = one.store->faults.io_error = 0;
  });
  add(plan_.loses_answers, "answers lost", [this] {
    for (Collector& one : collectors_) one.store->faults.unknown = chance(2) ? 0.3 : 0;
  });
  add(plan_.rewinds_store, "backup or restore", [this] {
    if (!backup_) {
      backup_ = contents_;
      return;
    }
    const std::uint64_t generation = contents_.generation + 1;
    for (std::size_t n = 0; n < collectors_.size(); ++n) {
      if (collectors_[n].is_up) end_collector(n);
    }
    contents_ = *std::exchange(backup_, std::nullopt);
    contents_.generation = generation;
    contents_.holder = 0;
    // What had been delivered out of memory, or from epochs that were retired since, cannot come again.
    if (spool_ != nullptr) {
      for (const CoreEpoch& epoch : spool_->core().epochs()) {
        if (epoch.is_volatile) outcome_.covered["rewound over a volatile epoch"] += 1;
      }
    }
    plan_.rewinds_store = false;
    for (std::size_t n = 0; n < collectors_.size(); ++n) {
      after(between(kMillisecond, kSecond), [this, n] { start_collector(n); });
    }
  });
  add(plan_.steps_clock, "clock step", [this] {
    wall_offset_ns_ += between(-3600 * kSecond, 3600 * kSecond) * (chance(4) ? 24 * 365 : 1);
  });
  if (!kinds.empty()) kinds[random_.below(kinds.size())]();
  after(between(plan_.fault_every / 2, plan_.fault_every * 3 / 2), [this] { fault(); });
}

// Everything in memory goes, the page of the workers too; what was not synced may or may not be there.
void World::power_loss(bool with_rollback) {
  if (spool_ != nullptr) {
    for (const CoreEpoch& epoch : spool_->core().epochs()) {
      for (const CoreLane& lane : epoch.lanes) {
        if (lane.key.lane == 0) continue;
        // With an old disk all that was not delivered is gone; else what was not synced.
        const std::uint64_t safe = with_rollback ? lane.acked : std::max(lane.synced, lane.acked);
        if (variant_ == Variant::lying_sync || !epoch.is_volatile) unknown_max_ += lane.head - std::min(lane.head, safe);
      }
    }
  }
  if (spool_ != nullptr) {
    end_sensor();
  } else {
    unknown_max_ += unsynced_;
    ++life_;
  }
  unsynced_ = 0;
  disk_.lose_power();
  if (with_rollback) {
    disk_.restore(*image_);
    image_.reset();
    plan_.rolls_back = false;
    // Whatever was on the lost disk and not delivered, also of ended lives, is gone with it.
    unknown_max_ = UINT64_MAX / 2;
  }
  marks_ = {};
  boot_[1] = static_cast<std::uint8_t>(boot_[1] + 1);
  // The page that knew what had been raised without a number is gone.
  for (std::size_t lane = 1; lane < kLaneCount; ++lane) {
    unknown_max_ += raised_[lane] - std::min(raised_[lane], numbered_[lane]);
    numbered_[lane] = std::max(numbered_[lane], raised_[lane]);
  }
}

void World::calm() {
  is_calm_ = true;
  if (traces_) tell("calm");
  const bool lies = disk_.faults.lies;
  disk_.faults = {.lies = lies};
  for (std::size_t n = 0; n < collectors_.size(); ++n) {
    collectors_[n].store->faults.full = collectors_[n].store->faults.io_error = collectors_[n].store->faults.unknown = 0;
    collectors_[n].store->faults.two_commits = false;
    if (!collectors_[n].is_up) {
      after(between(kMillisecond, kSecond), [this, n] {
        if (!collectors_[n].is_up) start_collector(n);
      });
    }
  }
  if (spool_ == nullptr) {
    after(between(kMillisecond, kSecond), [this] {
      if (spool_ == nullptr) start_sensor();
    });
  }
}

void World::judge(Outcome* outcome) {
  const bool was_rewound = contents_.generation > 1;
  if (traces_) tell("end");
  if (spool_ != nullptr) end_sensor();
  for (std::size_t n = 0; n < collectors_.size(); ++n) {
    for (const std::string& what : collectors_[n].store->violations) outcome->problems.push_back(what);
    if (collectors_[n].is_up) end_collector(n);
  }
  for (const std::string& what : check_contents(contents_)) outcome->problems.push_back(what);
  for (std::size_t lane = 1; lane < kLaneCount; ++lane) outcome->raised += raised_[lane];
  for (const auto& [key, lane] : contents_.lanes) {
    if (key.second.lane == 0) continue;
    outcome->stored += lane.items.size();
    for (const auto& [first, last] : lane.shed) outcome->shed += last - first + 1;
  }
  outcome->unknown = outcome->raised - std::min(outcome->raised, outcome->stored + outcome->shed);
  if (outcome->stored + outcome->shed > outcome->raised) {
    outcome->problems.push_back("A1: stored " + std::to_string(outcome->stored) + " + shed " + std::to_string(outcome->shed) +
                                " > raised " + std::to_string(outcome->raised));
  }
  // A restored store may lack what retired epochs had delivered; what is left must still be consistent.
  if (!was_rewound && outcome->unknown > unknown_max_) {
    outcome->problems.push_back("A2: raised " + std::to_string(outcome->raised) + ", stored " + std::to_string(outcome->stored) +
                                ", shed " + std::to_string(outcome->shed) + ": " + std::to_string(outcome->unknown) +
                                " missing, of which at most " + std::to_string(unknown_max_) + " may be unknown");
  }
}

}  // namespace hd::sim
