// SPDX-License-Identifier: Apache-2.0
// The collector's ports for sensors: link (alerts, control) and enrol. Two threads: one reads all sockets and steps
// CollectorCore, one owns the store's writing side. The reading one never waits for the store, so that heartbeats and
// revocation work during a full disk.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "collector/ingest/collector_core.hpp"
#include "collector/ingest/committer.hpp"
#include "collector/ingest/registry.hpp"
#include "sensor/base/log.hpp"
#include "sensor/link/zmq/socket.hpp"
#include "sensor/link/zmq/zap.hpp"

namespace hd {

struct IngestServerOptions {
  std::string link_endpoint = "tcp://127.0.0.1:7701";   ///< port 0: a free one
  std::string enrol_endpoint = "tcp://127.0.0.1:7704";  ///< empty: no enrolment
  CurveKeys keys = {};
  CollectorOptions core = {};  ///< store and store_generation are filled in
  CommitterOptions committer = {};
  std::string link_host = {};         ///< host of the link as sensors reach it; empty: the bound one, unless that is a wildcard
  std::uint32_t enrol_tries_max = 5;  ///< of an address in a minute
  int sockets_max = 1024;
};

struct IngestStatus {
  Ticks at{};  ///< when the link thread last said so: it lives
  IngestCounters counters = {};
  Committer::Counters commits = {};
  std::vector<SensorLiveness> sensors = {};
  std::uint64_t held_bytes = 0;
  bool is_store_working = true;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;
  std::uint64_t enrol_refused = 0;
  std::uint64_t strangers = 0;  ///< messages over connections whose key is nobody's any more
};

class IngestServer {
 public:
  /// Binds and starts. `store`, `registry` and `clock` are borrowed and outlive the server.
  [[nodiscard]] static Result<std::unique_ptr<IngestServer>> start(IngestServerOptions options, IngestStore& store,
                                                                   SensorRegistry& registry, Clock& clock, Logger log);
  ~IngestServer();

  [[nodiscard]] std::uint16_t link_port() const noexcept { return link_port_; }
  [[nodiscard]] std::uint16_t enrol_port() const noexcept { return enrol_port_; }
  /// Takes what waits, commits it, and ends. Also done by the destructor.
  void stop();

  /// Sensors were confirmed or revoked: takes effect at the next message.
  void registry_changed();
  void send_control(const SensorId& sensor, Payload envelope);
  [[nodiscard]] IngestStatus status() const;
  /// RESULT messages since the last call.
  [[nodiscard]] std::vector<std::pair<SensorId, std::string>> take_results();

 private:
  IngestServer(IngestServerOptions options, IngestStore& store, SensorRegistry& registry, Clock& clock, Logger log);
  [[nodiscard]] Result<void> open();

  struct Enrolment {
    std::string peer = {}, address = {};
    EnrolRequest request = {};
    EnrolAnswer answer = {};
  };

  // Link thread.
  void run_link();
  void read_link(Now now);
  void read_enrol(Now now);
  [[nodiscard]] Result<EnrolRequest> read_request(const Incoming& incoming);
  [[nodiscard]] bool may_guess(const std::string& address, Now now);
  void answer_enrol(Now now);
  void note_enrolment(const Enrolment& one);
  void send_enrol(const std::string& peer, FrameType type, const std::string& json, Now now);
  void refuse_enrol(const std::string& peer, std::string_view why, Now now);
  [[nodiscard]] std::string link_as_told() const;
  void refuse_stranger(PeerId peer, const FrameHeader& header, Now now);
  void step(IngestEvent event, Now now);
  void act(IngestAction& action);
  [[nodiscard]] PeerId peer_of(const Incoming& incoming);
  void forget_peers(Now now);
  void publish_status();
  [[nodiscard]] Now now() const;

  // Store thread.
  void run_store();
  void do_task(IngestAction& task, std::vector<IngestEvent>* events);
  void enrol_waiting();
  void take_answers(const Committer& committer, std::vector<IngestEvent>& events);

  IngestServerOptions options_;
  IngestStore& store_;
  SensorRegistry& registry_;
  Clock& clock_;
  Logger log_;
  std::optional<ZmqContext> context_;
  std::optional<ZapHandler> zap_;
  ZmqSocket link_;
  ZmqSocket enrol_;
  std::uint16_t link_port_ = 0;
  std::uint16_t enrol_port_ = 0;
  WakeUp wake_;
  std::atomic<bool> is_stopping_{false};

  // Owned by the link thread.
  std::unique_ptr<CollectorCore> core_;
  PayloadCodec codec_;
  struct Peer {
    std::string routing_id;
    Ticks heard{};
    bool is_refusal_told = false;
  };
  std::map<std::string, PeerId> peer_ids_ = {};
  std::map<PeerId, Peer> peers_ = {};
  PeerId next_peer_ = 1;
  Ticks status_at_{};
  LogLimiter alarms_{10};
  std::map<std::string, std::pair<std::int64_t, std::uint32_t>> enrol_tries_ = {};  // address → minute, count
  std::map<PublicKey, EnrolState> enrol_told_ = {};  // what was logged last
  std::uint64_t enrol_refused_ = 0;
  std::uint64_t strangers_ = 0;

  // Between the threads.
  mutable std::mutex lock_;
  std::condition_variable has_work_;
  std::deque<IngestAction> tasks_ = {};
  std::deque<IngestEvent> events_ = {};
  std::deque<Enrolment> enrol_asked_ = {};
  std::deque<Enrolment> enrol_answered_ = {};
  IngestStatus status_ = {};
  Committer::Counters commits_ = {};
  std::vector<std::pair<SensorId, std::string>> results_ = {};
  std::thread link_thread_;
  std::thread store_thread_;
};

}  // namespace hd
