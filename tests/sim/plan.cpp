// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world.hpp"

namespace hd::sim {

const char* name_of(Variant variant) {
  switch (variant) {
    case Variant::none: return "none";
    case Variant::no_trim: return "no_trim";
    case Variant::reuse_epoch: return "reuse_epoch";
    case Variant::epoch_counter: return "epoch_counter";
    case Variant::ack_early: return "ack_early";
    case Variant::two_commits: return "two_commits";
    case Variant::no_cas: return "no_cas";
    case Variant::shed_unnoted: return "shed_unnoted";
    case Variant::lying_sync: return "lying_sync";
  }
  return "?";
}

// Swarm: each kind of fault is there or not, each size is ordinary or extreme, so that rare combinations meet.
Plan make_plan(SeededRandom& random, Variant variant) {
  const auto flip = [&random](std::uint64_t one_in) { return random.below(one_in) == 0; };
  Plan plan;
  plan.kills_sensor = flip(2);
  plan.loses_power = flip(3);
  plan.kills_collector = flip(2);
  plan.cuts_link = flip(2);
  plan.corrupts = flip(5);
  plan.duplicates = flip(4);
  plan.fails_writes = flip(5);
  plan.fails_syncs = flip(5);
  plan.fails_meta = flip(6);
  plan.fills_disk = flip(6);
  plan.fails_store = flip(3);
  plan.loses_answers = flip(3);
  plan.two_collectors = flip(4);
  plan.rewinds_store = flip(8);
  plan.rolls_back = flip(8);
  plan.steps_clock = flip(6);
  plan.small_spool = flip(3);
  plan.alerts = 20 + random.below(600);
  plan.duration = (1 + static_cast<Nanos>(random.below(20))) * kSecond;
  plan.fault_every = (50 + static_cast<Nanos>(random.below(3000))) * kMillisecond;

  SensorOptions& sensor = plan.sensor;
  sensor.sensor = {7};
  sensor.machine = "m1";
  sensor.software = "sim";
  sensor.sync = flip(4) ? SyncPolicy::batch : SyncPolicy::group;
  sensor.batch_bytes_max = flip(2) ? kBatchBytesMax : 300 + random.below(3000);
  sensor.batch_items_max = flip(3) ? 1 + random.below(5) : kBatchItemsMax;
  sensor.in_flight_max = flip(3) ? 1 : 1 + random.below(16);
  sensor.gather = flip(2) ? 0 : static_cast<Nanos>(random.below(20)) * kMillisecond;
  sensor.sync_every = static_cast<Nanos>(1 + random.below(80)) * kMillisecond;
  sensor.cache_max = flip(2) ? 8u << 20 : random.below(4000);
  sensor.memory_max = flip(2) ? 64u << 20 : 3000 + random.below(20'000);
  sensor.disk_retry = static_cast<Nanos>(100 + random.below(2000)) * kMillisecond;
  sensor.closed_epochs_kept = random.below(4);
  plan.segments.folder = "spool";
  plan.segments.sensor = sensor.sensor;
  plan.segments.segment_bytes = flip(2) ? 700 + random.below(4000) : 20'000;
  plan.segments.journal_segment_bytes = 700 + random.below(4000);
  if (plan.small_spool) sensor.spool_max = 5 * plan.segments.journal_segment_bytes + 4 * plan.segments.segment_bytes + random.below(30'000);

  CollectorOptions& collector = plan.collector;
  collector.store = {1};
  collector.credit_window = flip(3) ? 2000 + random.below(5000) : 4u << 20;
  collector.credit_least = 1000;
  collector.welcomes_per_second = 50;
  collector.observe_every = static_cast<Nanos>(100 + random.below(5000)) * kMillisecond;

  // A variant is looked for where it can show.
  switch (variant) {
    case Variant::none: break;
    case Variant::no_trim:
    case Variant::shed_unnoted: plan.small_spool = plan.cuts_link = plan.kills_collector = true; break;
    case Variant::reuse_epoch:
      // Sent and stored before it was synced, lost with the power, and the number given again.
      plan.loses_power = true;
      plan.kills_collector = plan.cuts_link = plan.fails_store = false;
      sensor.sync = SyncPolicy::group;
      sensor.sync_every = 500 * kMillisecond;
      break;
    case Variant::epoch_counter:
    case Variant::lying_sync: plan.loses_power = true; break;
    case Variant::ack_early: plan.kills_collector = plan.fails_store = true; break;
    case Variant::two_commits: break;
    case Variant::no_cas: plan.two_collectors = plan.cuts_link = true; break;
  }
  if (plan.small_spool && sensor.spool_max > 1u << 20) sensor.spool_max = 40'000;
#ifdef HD_BREAKABLE
  Broken broken;
  broken.no_trim = variant == Variant::no_trim;
  broken.reuse_epoch = variant == Variant::reuse_epoch;
  broken.epoch_counter = variant == Variant::epoch_counter;
  broken.ack_early = variant == Variant::ack_early;
  broken.shed_unnoted = variant == Variant::shed_unnoted;
  sensor.broken = plan.segments.broken = collector.broken = broken;
#endif
  return plan;
}

}  // namespace hd::sim
