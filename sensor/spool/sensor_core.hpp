// SPDX-License-Identifier: Apache-2.0
// The sensor's side of SSP/1 as a pure state machine (docs/formats/ssp1.md): it gives numbers, decides what is written,
// sent, shed and forgotten. No clock, thread, socket, file or chance inside; tests/sim runs it by the thousand.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sensor/base/time.hpp"
#include "sensor/link/broken.hpp"
#include "sensor/spool/core_lane.hpp"
#include "sensor/spool/core_words.hpp"

namespace hd {

enum class SyncPolicy : std::uint8_t {
  group,  ///< sync within sync_every of the first unsynced byte, beside sending
  batch,  ///< sync before sending
  none,   ///< the spool lies in memory anyway (tmpfs)
};

struct SensorOptions {
  SensorId sensor{};
  Uuid instance{};  ///< random for each start
  Uuid boot{};
  std::string machine = {};
  std::string software = {};
  std::size_t endpoints = 1;
  SyncPolicy sync = SyncPolicy::group;
  std::size_t batch_bytes_max = kBatchBytesMax;
  std::size_t batch_items_max = kBatchItemsMax;
  std::size_t in_flight_max = 16;
  std::uint64_t spool_max = 1ull << 30;
  std::uint64_t keep_free = 0;
  std::size_t memory_max = 64u << 20;   ///< of a volatile epoch
  std::size_t cache_max = 8u << 20;     ///< of what also lies on the disk
  std::size_t journal_max = 64u << 20;  ///< of unacknowledged journal entries
  std::size_t closed_epochs_kept = 4;
  Nanos gather = 2 * kMillisecond;
  Nanos sync_every = 50 * kMillisecond;
  Nanos cursor_every = kSecond;
  Nanos ping_every = kSecond;
  Nanos hello_timeout = 5 * kSecond;
  Nanos dead_after = 5 * kSecond;
  Nanos stuck_after = 15 * kSecond;
  Nanos backoff_min = 200 * kMillisecond;
  Nanos backoff_max = 10 * kSecond;
  Nanos disk_retry = 5 * kSecond;
#ifdef HD_BREAKABLE
  Broken broken = {};
#endif
};

/// States of the session (docs/formats/ssp1.md, table of the sensor).
enum class SessionState : std::uint8_t { idle, hello_sent, verifying, forked, open, stalled, backoff, refused };
[[nodiscard]] std::string_view name_of(SessionState state) noexcept;

struct SensorCounters {
  std::array<std::uint64_t, kLaneCount> spooled{};  ///< numbers given to items, by lane
  std::map<std::pair<std::uint8_t, ShedReason>, std::uint64_t> shed = {};  ///< provisional until acknowledged
  std::uint64_t sent_batches = 0;
  std::uint64_t resent_items = 0;
  std::map<std::string, std::uint64_t, std::less<>> sessions = {};        ///< ended, by why
  std::map<std::string, std::uint64_t, std::less<>> frames_refused = {};  ///< by what was wrong
  std::uint64_t disk_failures = 0;
  std::uint64_t journal_merged = 0;
};

class SensorCore {
 public:
  using Actions = std::vector<SensorAction>;

  /// `seed` makes epoch names, nonces and jitter: unguessable in the product, repeatable in tests.
  SensorCore(SensorOptions options, const Recovered& recovered, std::uint64_t seed);

  /// One event in, what is to be done out, in this order. The first event is Start. Disk actions are to be answered
  /// before the next event of another kind.
  [[nodiscard]] Actions step(SensorEvent event, Now now);

  /// When a Tick is wanted at the latest.
  [[nodiscard]] Ticks next_tick() const noexcept;
  [[nodiscard]] SessionState session() const noexcept { return session_; }
  [[nodiscard]] const std::vector<CoreEpoch>& epochs() const noexcept { return epochs_; }
  [[nodiscard]] std::uint64_t current_epoch() const noexcept { return current_; }
  [[nodiscard]] bool is_volatile() const noexcept;
  [[nodiscard]] const SensorCounters& counters() const noexcept { return counters_; }
  /// Items taken but not yet numbered (the disk is being asked).
  [[nodiscard]] std::size_t gathered() const noexcept;
  /// Everything that was given a number is acknowledged.
  [[nodiscard]] bool is_drained() const noexcept;
  [[nodiscard]] Nanos clock_offset() const noexcept { return clock_offset_; }
  [[nodiscard]] Nanos clock_error() const noexcept { return clock_error_; }

 private:
  struct Entry {
    SpoolItem item = {};
    bool is_loss = false;
    SpoolLoss loss = {};
    std::uint64_t count = 1;  ///< numbers that it takes
  };
  struct Flight {
    LaneKey lane{};
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    Chain before{};
    Chain after{};
  };
  struct Batch {
    Payload payload = {};
    std::uint32_t items = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    Chain chain{};
    Chain after{};
    bool is_rechained = false;
  };
  struct Held {  // journal entries merged while the lane is full
    std::uint64_t count = 0;
    std::string body = {};
    PacketTime from{};
  };
  enum class Next : std::uint8_t { sent, none, blocked };

  // core_start.cpp
  void on(spool_event::Start& event);
  void recover(const Recovered& recovered);
  void on(spool_event::EpochOpened& event);
  void on(spool_event::StateSaved& event);
  void on(spool_event::Stop& event);
  void request_epoch(std::string reason);
  void become_current(CoreEpoch epoch);
  void open_volatile();
  void save_state(bool clean);
  void finish_stop();
  void remember_gone(const CoreEpoch& epoch, bool is_carried);
  void close(CoreEpoch& epoch);
  [[nodiscard]] SpoolState state_now(bool clean) const;

  // core_spool.cpp
  void on(spool_event::Item& event);
  void on(spool_event::Loss& event);
  void on(spool_event::Tick& event);
  void on(spool_event::Appended& event);
  void on(spool_event::Synced& event);
  void on(spool_event::NotePut& event);
  void on(spool_event::Usage& event);
  void journal(std::string_view kind, const std::function<void(class JsonWriter&)>& fields);
  void take(std::uint8_t lane, Entry entry);
  void flush_if_due();
  void flush();
  [[nodiscard]] std::vector<Piece> number_gathered(const CoreEpoch& epoch) const;
  void accept(const Piece& piece, bool is_written);
  void forget_gathered(std::uint8_t lane, std::uint64_t items);
  void mark_heads(const CoreEpoch& epoch, bool abandoned);
  void begin_sync();
  void rewrite_unsynced();
  void fail_disk(std::string_view why);
  void trim_memory();
  void bound();
  bool drop_acked_segment();
  bool shed_oldest_segment();
  void bound_memory();
  [[nodiscard]] Note make_note(CoreLane& lane, NumberRange range, ShedReason reason, const Chain* after) const;
  void put_note(Note note);
  void apply_note(Note note);
  void retire_epochs();
  [[nodiscard]] bool may_number() const noexcept;
  [[nodiscard]] bool is_migrating() const noexcept { return migration_ != Migration::none; }

  // core_session.cpp
  void on(spool_event::Received& event);
  void on(spool_event::LinkDown& event);
  void on(spool_event::ControlResult& event);
  void on(spool_event::ChainIs& event);
  void connect();
  void end_session(std::string_view why, Nanos at_least = 0);
  void refuse(std::string_view what);
  void tick_session();
  void receive_welcome(const Message& message);
  void receive_ack(const Message& message);
  void receive_resume(const Message& message);
  void receive_pong(const Message& message);
  void receive_error(const Message& message);
  void begin_verify(const WelcomeBody& welcome);
  void verify_next();
  enum class Check : std::uint8_t { same, ask, differs };
  [[nodiscard]] Check check_lane(const CoreLane& lane, const LaneCursor& at) const;
  void adopt(CoreLane& lane, const LaneCursor& at);
  void fill_gaps();
  void open_session();
  bool learn(const LaneCursor& at);
  void take_credit(std::uint64_t credit);
  void save_cursors_if_due(bool now);

  // core_send.cpp
  void pump();
  [[nodiscard]] Next send_from(CoreLane& lane);
  [[nodiscard]] bool build(CoreLane& lane, Batch* batch, bool* blocked);
  void on(spool_event::ReadDone& event);
  void send(FrameType type, Payload payload, FrameHeader header = {});
  void send_hello();
  void send_ping();
  [[nodiscard]] std::uint64_t exposed(const CoreLane& lane) const noexcept;

  // core_fork.cpp
  void begin_fork();
  void probe_next();
  void receive_proof(const Message& message);
  void judge_proof(bool is_known, const Chain& own);
  void begin_migration();
  [[nodiscard]] bool has_to_carry(std::uint64_t epoch) noexcept;
  void absorb();
  void advance_migration(bool ok);
  void migrate_next();
  void migrate_records(LaneKey lane, std::uint64_t from, Bytes bytes);
  void migrate_note(LaneKey lane, NumberRange range, ShedReason reason);
  void migrate_write(std::uint8_t lane, Piece piece, std::uint64_t next);
  void abort_migration(std::string_view why);
  void finish_migration();

  [[nodiscard]] CoreEpoch* find(std::uint64_t epoch) noexcept;
  [[nodiscard]] CoreLane* find(LaneKey lane) noexcept;
  template <class Action>
  void act(Action action) {
    out_.emplace_back(std::move(action));
  }
  void alarm(std::string kind, std::string text) { act(spool_action::Alarm{std::move(kind), std::move(text)}); }

  SensorOptions options_;
  SeededRandom random_;
  Now now_{};
  Actions out_ = {};
  SensorCounters counters_ = {};

  // Numbering and disk.
  std::vector<CoreEpoch> epochs_ = {};  // oldest first
  std::uint64_t current_ = 0;
  CoreEpoch opening_ = {};
  bool is_opening_ = false;      // an epoch is being made durable
  bool is_saving_ = false;       // the state file is being written
  bool is_stopping_ = false;
  bool is_stopped_ = false;
  bool is_syncing_ = false;
  bool is_rewriting_ = false;
  bool is_putting_ = false;
  bool is_appending_ = false;
  int sync_failures_ = 0;
  Ticks unsynced_since_{};
  bool has_unsynced_ = false;
  std::array<std::uint64_t, kLaneCount> sync_target_{};
  std::uint64_t sync_epoch_ = 0;
  std::uint64_t sync_token_ = 0;
  Ticks disk_retry_at_{};
  std::array<std::vector<Entry>, kLaneCount> gather_{};
  std::size_t gather_bytes_ = 0;
  Ticks gather_since_{};
  std::vector<Piece> pending_ = {};
  std::size_t memory_bytes_ = 0;
  std::uint64_t used_ = 0;
  std::uint64_t free_ = UINT64_MAX;
  std::map<std::string, Held, std::less<>> held_journal_ = {};
  std::vector<SpoolState::Final> finals_ = {};
  std::vector<SpoolState::Gone> gone_ = {};
  Ticks cursors_saved_at_{};
  bool cursors_changed_ = false;

  // Session.
  SessionState session_ = SessionState::idle;
  std::size_t endpoint_ = 0;
  std::uint64_t session_id_ = 0;
  std::uint64_t nonce_ = 0;
  Ticks session_timer_{};
  Ticks last_heard_{};
  Ticks last_moved_{};
  Ticks next_ping_{};
  Nanos backoff_ = 0;
  std::uint64_t credit_ = 0;
  std::uint64_t sent_bytes_ = 0;
  std::size_t session_batch_max_ = 0;
  bool committer_works_ = true;
  std::vector<Flight> flights_ = {};
  std::vector<LaneCursor> verify_ = {};
  std::size_t verify_at_ = 0;
  std::vector<LaneCursor> forked_ = {};
  std::vector<LaneCursor> carried_ = {};  // those of the epoch that is being carried over
  Uuid store_{};
  std::uint64_t store_generation_ = 0;
  Uuid welcome_store_{};
  std::uint64_t welcome_generation_ = 0;
  bool is_new_store_ = false;
  std::uint64_t fair_turn_ = 0;
  std::size_t fair_lane_ = 0;
  struct ClockSample {
    Nanos offset = 0;
    Nanos delay = 0;
    Ticks at{};
  };
  std::vector<ClockSample> clock_samples_ = {};
  Nanos clock_offset_ = 0;
  Nanos clock_error_ = -1;

  // Fork.
  struct Probe {
    std::uint64_t low = 0;   // common up to here
    std::uint64_t high = 0;  // and not beyond here
    std::uint64_t asked = 0;
  };
  std::size_t fork_at_ = 0;
  Probe probe_ = {};
  ChainPoint proof_ = {};
  bool is_proving_ = false;
  enum class Migration : std::uint8_t { none, new_epoch, marking, opening, carrying, waiting, syncing, unmarking };
  Migration migration_ = Migration::none;
  std::uint64_t migrate_from_ = 0;
  std::uint64_t migrate_to_ = 0;
  std::array<std::uint64_t, kLaneCount> migrate_next_{};  // next number of the old epoch to carry over
  Piece migrate_piece_ = {};
};

}  // namespace hd
