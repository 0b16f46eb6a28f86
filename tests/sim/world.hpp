// SPDX-License-Identifier: Apache-2.0
// One seed of the delivery simulation: a sensor, one or two collectors, a store, a link and a disk in virtual time,
// with a random choice of faults; and the ghost ledger that the outcome is compared with.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "collector/ingest/collector_core.hpp"
#include "collector/ingest/committer.hpp"
#include "sensor/link/codec/payload.hpp"
#include "sensor/spool/spool.hpp"
#include "tests/sim/sim_disk.hpp"
#include "tests/sim/sim_store.hpp"

namespace hd::sim {

/// What is broken on purpose, and must be found.
enum class Variant : std::uint8_t {
  none,
  no_trim,
  reuse_epoch,
  epoch_counter,
  ack_early,
  two_commits,
  no_cas,
  shed_unnoted,
  lying_sync,
};
[[nodiscard]] const char* name_of(Variant variant);

/// Which faults this seed has (a random subset), and how large things are.
struct Plan {
  bool kills_sensor = false;
  bool loses_power = false;
  bool kills_collector = false;
  bool cuts_link = false;
  bool corrupts = false;
  bool duplicates = false;
  bool fails_writes = false;
  bool fails_syncs = false;
  bool fails_meta = false;
  bool fills_disk = false;
  bool fails_store = false;
  bool loses_answers = false;
  bool two_collectors = false;
  bool rewinds_store = false;
  bool rolls_back = false;
  bool steps_clock = false;
  bool small_spool = false;
  std::uint64_t alerts = 0;
  Nanos duration = 0;
  Nanos fault_every = 0;
  SensorOptions sensor = {};
  SegmentOptions segments = {};
  CollectorOptions collector = {};
};
[[nodiscard]] Plan make_plan(SeededRandom& random, Variant variant);

struct Outcome {
  std::vector<std::string> problems = {};
  std::uint64_t raised = 0;
  std::uint64_t stored = 0;
  std::uint64_t shed = 0;
  std::uint64_t unknown = 0;    ///< lost by power loss or with memory, within what such a fault may take
  std::map<std::string, std::uint64_t> covered = {};  ///< what happened, for the table of coverage
};

class World final : public SpoolPort {
 public:
  /// `traces`: says on stdout what happens, for a seed that is looked into.
  World(std::uint64_t seed, Variant variant, bool traces = false);
  ~World() override;
  Outcome run();

 private:
  struct Collector {
    std::unique_ptr<SimStore> store;
    std::unique_ptr<CollectorCore> core;
    std::unique_ptr<Committer> committer;
    std::uint64_t life = 0;  // of the process; events of an earlier one are dropped
    bool is_up = false;
    bool is_run_planned = false;
  };
  struct Link {
    std::size_t collector = 0;
    bool is_up = true;
    std::int64_t last_up_ns = 0;
    std::int64_t last_down_ns = 0;
  };
  struct Planned {
    std::int64_t at = 0;
    std::uint64_t order = 0;
    std::function<void()> act;
    bool operator>(const Planned& other) const { return std::pair(at, order) > std::pair(other.at, other.order); }
  };

  // SpoolPort
  void connect(std::size_t endpoint) override;
  void disconnect() override;
  void send(Message message) override;
  void sync(std::vector<std::shared_ptr<DiskFile>> files, std::uint64_t token) override;
  void mark_heads(const spool_action::MarkHeads& marks) override;
  void control(const Payload&) override {}
  void alarm(const std::string& kind, const std::string& text) override;
  void stopped() override;

  [[nodiscard]] Now now() const;
  void after(Nanos delay, std::function<void()> act);
  [[nodiscard]] bool chance(std::uint64_t one_in) { return random_.below(one_in) == 0; }
  [[nodiscard]] Nanos between(Nanos low, Nanos high);

  void start_sensor();
  void end_sensor();  // the process is gone; what it had in memory is accounted for
  void post(SensorEvent event);
  void plan_tick();
  void raise_some();
  void repay();

  void start_collector(std::size_t index);
  void end_collector(std::size_t index);
  void post(std::size_t index, IngestEvent event);
  void act(std::size_t index, IngestAction& action);
  void plan_commit(std::size_t index);
  void collector_tick(std::size_t index, std::uint64_t life);

  void deliver_up(std::uint64_t link, WireMessage wire);
  void deliver_down(std::uint64_t link, WireMessage wire);
  void cut(bool is_noticed);
  void fault();
  void power_loss(bool with_rollback);
  void calm();
  [[nodiscard]] bool is_settled() const;
  void judge(Outcome* outcome);
  void tell(const std::string& what);
  void tell_lanes();

  Variant variant_;
  SeededRandom random_;
  Plan plan_;
  Outcome outcome_ = {};
  std::int64_t time_ns_ = 0;
  std::int64_t wall_offset_ns_ = 0;
  std::uint64_t order_ = 0;
  std::priority_queue<Planned, std::vector<Planned>, std::greater<>> agenda_ = {};

  SimDisk disk_;
  HeadMarks marks_ = {};
  Uuid boot_{};
  std::unique_ptr<SegmentStore> segments_;
  std::unique_ptr<Spool> spool_;
  std::uint64_t life_ = 0;
  std::int64_t tick_planned_ = INT64_MAX;
  bool is_stopping_ = false;
  std::function<void()> when_stopped_ = {};
  std::shared_ptr<const SimDisk::Image> image_ = {};

  StoreContents contents_ = {};
  std::optional<StoreContents> backup_ = {};
  std::vector<Collector> collectors_ = {};
  std::map<std::uint64_t, Link> links_ = {};
  std::uint64_t link_ = 0;  // the sensor's current one; 0: none
  std::uint64_t next_link_ = 1;
  PayloadCodec codec_;
  bool is_calm_ = false;
  bool traces_ = false;

  // Ghost: counts of alerts by lane over all lives of the sensor.
  std::uint64_t next_identity_ = 1;
  std::array<std::uint64_t, kLaneCount> raised_{};
  std::array<std::uint64_t, kLaneCount> numbered_{};  // of ended lives, as items or as crash notes
  std::uint64_t unknown_max_ = 0;
  std::uint64_t unsynced_ = 0;  // of the life that ended, should the power go before the next one syncs
};

}  // namespace hd::sim
