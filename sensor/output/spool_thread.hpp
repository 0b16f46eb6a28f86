// SPDX-License-Identifier: Apache-2.0
// The thread that owns the spool and the link to the collector, and its helper that waits for fdatasync. Items come
// through one ring from one writing thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "sensor/base/log.hpp"
#include "sensor/base/ring.hpp"
#include "sensor/link/zmq/socket.hpp"
#include "sensor/spool/ledger_page.hpp"
#include "sensor/spool/replay_marks.hpp"
#include "sensor/spool/spool.hpp"

namespace hd {

struct CollectorEndpoint {
  std::string address = {};  ///< tcp://host:port
  PublicKey key{};           ///< of the collector
};

struct SpoolOptions {
  SensorOptions core = {};  ///< sensor, instance, boot and endpoints are filled in
  SegmentOptions segments = {};  ///< folder, sensor, boot are filled in
  std::string folder = "/var/lib/haidang-sensor/spool";
  std::string ledger_page = "/run/haidang/ledger.page";  ///< empty: none, crashes are not counted
  SensorId sensor{};
  CurveKeys keys = {};
  std::vector<CollectorEndpoint> collectors = {};  ///< in this order; empty: only spooled
  std::string replay = {};         ///< identity of the capture that is replayed; empty: live
  std::size_t workers = 1;
  std::size_t ring_bytes = 16u << 20;
};

/// A lane for people and tests.
struct SpoolLaneStatus {
  LaneKey lane{};
  std::string reason = {};
  bool is_volatile = false;
  bool is_current = false;
  std::uint64_t head = 0;
  std::uint64_t synced = 0;
  std::uint64_t acked = 0;
};

struct SpoolStatus {
  SensorId sensor{};
  SessionState session = SessionState::idle;
  std::vector<SpoolLaneStatus> lanes = {};
  SensorCounters counters = {};
  std::array<std::uint64_t, 4> raised{};
  std::array<std::uint64_t, 4> lost{};
  std::uint64_t used_bytes = 0;
  bool is_volatile = false;
  bool is_drained = false;
  Nanos clock_offset = 0;
  Nanos clock_error = -1;
  std::uint64_t quarantined = 0;
};

class SpoolThread final : SpoolPort {
 public:
  /// Recovers the spool and starts. One process a folder (E4001 when another holds it). `clock` is borrowed.
  [[nodiscard]] static Result<std::unique_ptr<SpoolThread>> start(SpoolOptions options, Clock& clock, Logger log);
  ~SpoolThread() override;

  /// The writing thread: hands an item over; waits when the ring is full (its own ring fills, and the ledger says so).
  /// False: this item of a replay is in the spool already, or the thread has ended.
  [[nodiscard]] bool take(const SpoolItem& item);
  /// Random for each start; of a continued replay, that of its beginning.
  [[nodiscard]] std::uint32_t run() const noexcept { return run_; }
  /// For whoever raises: counts of one worker, in the page that outlives a crash. The first `workers` are valid.
  [[nodiscard]] RaiseCounters& raise_counters(std::size_t worker) noexcept { return page_->worker(worker); }

  /// Waits until all that was taken is acknowledged by the collector; false when the time is over.
  [[nodiscard]] bool drain(Nanos patience);
  /// Syncs, says goodbye, marks the stop as clean. `replay_is_over`: the capture was read to its end.
  void stop(bool replay_is_over);
  [[nodiscard]] SpoolStatus status() const;
  /// Signed envelopes that came, in order.
  [[nodiscard]] std::vector<Payload> take_controls();
  void send_result(std::string json);
  /// An entry for the journal lane.
  void journal(std::string json);

 private:
  SpoolThread(SpoolOptions options, Clock& clock, Logger log);
  [[nodiscard]] Result<void> open();
  [[nodiscard]] Result<void> begin_replay();
  void account_for_crash(const SpoolMarks& before, const Recovered& recovered, const std::array<std::uint64_t, 4>& raised);
  [[nodiscard]] Now now() const;

  void run_spool();
  void run_syncer();
  [[nodiscard]] bool read_ring(std::size_t items_max);
  void read_link();
  void flush_outgoing();
  void note_lost();
  void post(SensorEvent event);
  void publish();
  void mark();

  // SpoolPort, on the spool thread.
  void connect(std::size_t endpoint) override;
  void disconnect() override;
  void send(Message message) override;
  void sync(std::vector<std::shared_ptr<DiskFile>> files, std::uint64_t token) override;
  void mark_heads(const spool_action::MarkHeads& marks) override;
  void control(const Payload& envelope) override;
  void alarm(const std::string& kind, const std::string& text) override;
  void stopped() override;

  SpoolOptions options_;
  Clock& clock_;
  Logger log_;
  int folder_lock_ = -1;
  std::uint32_t run_ = 0;
  PosixDisk disk_;
  std::optional<LedgerPage> page_;
  std::unique_ptr<SegmentStore> store_;
  std::unique_ptr<Spool> spool_;
  ReplayMarks replay_marks_;  // of the writing thread
  SpscRing ring_;
  WakeUp wake_;
  std::atomic<bool> is_asleep_{false};
  std::atomic<bool> has_ended_{false};

  // Of the spool thread.
  std::optional<ZmqContext> context_;
  ZmqSocket link_;
  bool is_connected_ = false;
  std::deque<WireMessage> outgoing_ = {};
  PayloadCodec codec_;
  HeadMarks heads_{};
  std::array<std::uint64_t, kLaneCount> accounted_{};
  std::array<std::uint64_t, 4> noted_lost_{};
  std::uint64_t loss_notes_ = 0;
  Ticks published_at_{};
  Ticks lost_at_{};
  bool is_stopping_ = false;
  bool is_stopped_ = false;

  // Shared under the lock.
  mutable std::mutex lock_;
  std::condition_variable changed_;
  SpoolStatus status_ = {};
  std::vector<Payload> controls_ = {};
  std::deque<SensorEvent> posted_ = {};
  std::uint64_t taken_ = 0;      // items given to the ring
  std::uint64_t published_ = 0;  // items that the status knows of
  std::uint64_t read_ = 0;
  bool stop_wanted_ = false;

  // The syncer's.
  std::mutex sync_lock_;
  std::condition_variable sync_wanted_;
  std::deque<std::pair<std::vector<std::shared_ptr<DiskFile>>, std::uint64_t>> syncs_ = {};
  bool syncer_ends_ = false;

  std::thread thread_;
  std::thread syncer_;
};

}  // namespace hd
