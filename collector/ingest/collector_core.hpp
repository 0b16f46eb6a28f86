// SPDX-License-Identifier: Apache-2.0
// The collector's side of SSP/1 as a pure state machine (docs/formats/ssp1.md): sessions, what is accepted, trimmed or
// refused, credit, liveness. No clock, thread, socket or store inside.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "collector/ingest/ingest_store.hpp"
#include "sensor/link/broken.hpp"
#include "sensor/link/frame.hpp"
#include "sensor/link/hello.hpp"
#include "sensor/link/now.hpp"

namespace hd {

/// A connection, as the shell numbers them; never used again.
using PeerId = std::uint64_t;

struct CollectorOptions {
  std::string name = "haidang-collector";
  Uuid store{};
  std::uint64_t store_generation = 1;
  std::uint32_t batch_bytes_max = kBatchBytesMax;
  std::uint64_t credit_window = 4u << 20;    ///< bytes a sensor may have uncommitted
  std::uint64_t credit_total = 256u << 20;   ///< over all sensors
  std::uint64_t credit_least = 64u << 10;    ///< of a sensor, however many there are
  std::uint64_t rate_max = 100'000;          ///< items a second a sensor can raise
  std::uint64_t rate_slack = 1'000'000;      ///< and at once
  std::uint32_t welcomes_per_second = 50;
  Nanos dead_after = 5 * kSecond;
  Nanos takeover_after = 15 * kSecond;
  Nanos observe_every = 5 * kSecond;
#ifdef HD_BREAKABLE
  Broken broken = {};
#endif
};

namespace ingest_event {
struct Received {
  PeerId peer = 0;
  SensorId sensor{};  ///< from ZAP
  Message message = {};
  Payload block = {};  ///< payload as it arrived
};
/// A message that could not be read.
struct Malformed {
  PeerId peer = 0;
  SensorId sensor{};
  WireError why = WireError::frame;
};
/// Answer to OpenSession.
struct SessionOpened {
  PeerId peer = 0;
  SensorId sensor{};
  bool is_readable = false;
  SensorSession session = {};
};
/// What became of batches, in the order of their tickets.
struct Committed {
  struct One {
    std::uint64_t ticket = 0;
    bool is_stored = false;
    bool lease_lost = false;
    LaneCursor actual = {};  ///< when it is not stored
  };
  std::vector<One> results;
};
/// The committer works, or has stopped because the store refuses.
struct StoreState {
  bool is_working = true;
};
/// Answer to Prove.
struct Proved {
  PeerId peer = 0;
  SensorId sensor{};
  ProofBody proof;
};
struct Revoked {
  std::set<SensorId> sensors;  ///< the whole set
};
/// A signed envelope for a sensor.
struct Control {
  SensorId sensor{};
  Payload envelope;
};
struct Tick {};
}  // namespace ingest_event

using IngestEvent = std::variant<ingest_event::Received, ingest_event::Malformed, ingest_event::SessionOpened,
                                 ingest_event::Committed, ingest_event::StoreState, ingest_event::Proved,
                                 ingest_event::Revoked, ingest_event::Control, ingest_event::Tick>;

namespace ingest_action {
struct Send {
  PeerId peer = 0;
  Message message;
};
struct OpenSession {
  PeerId peer = 0;
  SensorId sensor{};
};
struct CloseSession {
  SensorId sensor{};
  std::uint64_t token = 0;
};
struct Commit {
  std::uint64_t ticket = 0;
  IngestBatch batch;
};
struct Prove {
  PeerId peer = 0;
  SensorId sensor{};
  ProbeBody probe;
};
struct Observe {
  SensorId sensor{};
  std::vector<LaneHead> heads;
  bool are_final = false;
};
struct Result {
  SensorId sensor{};
  std::string json;
};
struct Alarm {
  SensorId sensor{};
  std::string kind;
  std::string text;
};
}  // namespace ingest_action

using IngestAction =
    std::variant<ingest_action::Send, ingest_action::OpenSession, ingest_action::CloseSession, ingest_action::Commit,
                 ingest_action::Prove, ingest_action::Observe, ingest_action::Result, ingest_action::Alarm>;

/// What the console and metrics show of one sensor.
struct SensorLiveness {
  SensorId sensor{};
  bool is_connected = false;
  Ticks heard{};
  std::string software = {};
  Nanos clock_offset = 0;
  Nanos clock_error = -1;
  std::uint64_t pending = 0;  ///< testified heads minus cursors
};

struct IngestCounters {
  std::uint64_t stored_items = 0;
  std::uint64_t shed_items = 0;
  std::uint64_t duplicates_trimmed = 0;
  std::uint64_t batches = 0;
  std::uint64_t gaps = 0;
  std::uint64_t forks = 0;
  std::uint64_t rechained = 0;  ///< batches behind damage on a sensor's disk
  std::uint64_t revoked_frames = 0;
  std::map<std::string, std::uint64_t, std::less<>> frames_refused = {};
  std::map<std::string, std::uint64_t, std::less<>> sessions = {};  ///< ended, by why
};

class CollectorCore {
 public:
  using Actions = std::vector<IngestAction>;
  CollectorCore(CollectorOptions options, std::uint64_t seed);

  [[nodiscard]] Actions step(IngestEvent event, Now now);
  [[nodiscard]] const IngestCounters& counters() const noexcept { return counters_; }
  [[nodiscard]] std::vector<SensorLiveness> liveness() const;
  [[nodiscard]] std::uint64_t held_bytes() const noexcept { return held_total_; }

 private:
  struct Lane {
    std::uint64_t cursor = 0;  ///< committed
    Chain chain{};
    std::uint64_t tail = 0;  ///< accepted, perhaps not committed
    Chain chain_tail{};
    std::uint64_t head = 0;  ///< testified
    WallTime head_at{};
    bool is_closed = false;
    bool is_head_new = false;
    /// What the sensor of this session knows to have sent: an ACK never goes beyond it. What an earlier session sent
    /// may be committed only now.
    std::uint64_t told = 0;
    std::uint64_t repeated = 0;  ///< end of the last batch that was stored already, and the chain there
    Chain chain_repeated{};
  };
  struct Sensor {
    PeerId peer = 0;  ///< 0: no session
    std::uint64_t session = 0;
    bool is_opening = false;
    std::uint64_t token = 0;
    HelloBody hello = {};
    std::deque<Uuid> replaced = {};
    Ticks heard{};
    Ticks observed_at{};
    std::map<LaneKey, Lane> lanes = {};
    std::uint64_t received = 0;  ///< payload bytes of this session
    std::uint64_t held = 0;      ///< of them, not committed yet
    std::uint64_t credit = 0;    ///< last given
    std::set<LaneKey> to_ack = {};
    std::set<LaneKey> resumed = {};
    Nanos clock_offset = 0;
    Nanos clock_error = -1;
    bool is_revocation_told = false;
    Ticks session_error_at{};
    bool has_session_error = false;
  };
  struct Queued {
    SensorId sensor{};
    LaneKey lane{};
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    Chain after{};
    std::uint64_t bytes = 0;
    std::uint64_t session = 0;
    std::uint64_t items = 0;
    std::uint64_t shed = 0;
  };

  // collector_core.cpp
  void on(ingest_event::Received& event);
  void on(ingest_event::Malformed& event);
  void on(ingest_event::SessionOpened& event);
  void on(ingest_event::Committed& event);
  void on(ingest_event::StoreState& event);
  void on(ingest_event::Proved& event);
  void on(ingest_event::Revoked& event);
  void on(ingest_event::Control& event);
  void on(ingest_event::Tick& event);

  // collector_session.cpp
  void hello(PeerId peer, const SensorId& id, const Message& message);
  [[nodiscard]] bool may_replace(Sensor& sensor, const SensorId& id, const HelloBody& hello, PeerId peer);
  void welcome(Sensor& sensor);
  void enter_lost(const SensorId& id, Sensor& sensor, LaneKey key, ShedReason reason);
  void close_missing(const SensorId& id, Sensor& sensor);
  void end(const SensorId& id, Sensor& sensor, std::string_view why);
  void ping(const SensorId& id, Sensor& sensor, const Message& message);
  [[nodiscard]] bool testify(const SensorId& id, Sensor& sensor, LaneKey key, std::uint64_t head);
  void observe(const SensorId& id, Sensor& sensor);

  // collector_batch.cpp
  void batch(const SensorId& id, Sensor& sensor, ingest_event::Received& event);
  [[nodiscard]] Lane* lane_for(Sensor& sensor, LaneKey key);
  void queue(const SensorId& id, Sensor& sensor, Lane& lane, ingest_event::Received& event, RecordRun run,
             const Chain& at_tail);
  void committed(const ingest_event::Committed::One& result);
  void release(Sensor& sensor, const Queued& queued);
  void fork(const SensorId& id, Sensor& sensor, LaneKey key);

  void acknowledge();
  void send(PeerId peer, std::uint64_t session, FrameType type, Payload payload);
  void send_error(PeerId peer, std::uint64_t session, WireError code, std::string text, std::uint32_t retry_ms = 0);
  void refuse(std::string_view what);
  void alarm(const SensorId& id, std::string kind, std::string text);
  [[nodiscard]] std::uint64_t credit_of(Sensor& sensor);
  template <class Action>
  void act(Action action) {
    out_.emplace_back(std::move(action));
  }

  CollectorOptions options_;
  SeededRandom random_;
  Now now_{};
  Actions out_ = {};
  IngestCounters counters_ = {};
  std::map<SensorId, Sensor> sensors_ = {};
  std::map<std::uint64_t, Queued> queued_ = {};
  std::uint64_t next_ticket_ = 1;
  std::uint64_t held_total_ = 0;
  std::set<SensorId> revoked_ = {};
  bool is_working_ = true;
  Ticks state_since_{};
  std::int64_t welcome_second_ = -1;
  std::uint32_t welcomes_ = 0;
};

}  // namespace hd
