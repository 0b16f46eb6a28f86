// SPDX-License-Identifier: Apache-2.0
// Run time of the rules, one for each worker: prefilter, candidates, confirm, effects, thresholds, alert records.
// What happens in which order follows detection.md 8 to 16 and 20.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "sensor/app/app_flow.hpp"
#include "sensor/base/arena.hpp"
#include "sensor/base/result.hpp"
#include "sensor/detect/alert_record.hpp"
#include "sensor/detect/confirm.hpp"
#include "sensor/detect/thresholds.hpp"
#include "sensor/flow/table.hpp"
#include "sensor/ruleset/ruleset.hpp"
#include "sensor/stream/events.hpp"

namespace hd {

struct DetectOptions {
  std::uint16_t packet_alert_max = 15;
  std::uint8_t worker = 0;
  std::uint32_t payload_max = 4096;  ///< bytes of payload copied into an alert; 0: none
  bool copy_packet = false;
};

/// What the worker knows of a packet when its rules are run. Everything is valid until inspect() returns.
struct PacketInput {
  const PacketView& view;
  const DecodeEventSet& decode_events;
  const StreamEventSet* stream_events = nullptr;
  FlowRecord* flow = nullptr;
  const TcpSession* tcp = nullptr;
  AppFlow* app = nullptr;
  Bytes window = {};            ///< stream window of the packet's direction that is due
  bool has_window = false;
  bool is_in_stream = false;    ///< the segment belongs to a session that is followed
  bool is_established = false;  ///< as flow:established means it
  bool is_flow_end = false;
  bool is_window_only = false;  ///< a further window of the same packet: nothing else is looked at again
  Directions recognised_now = Directions::none;  ///< directions whose recognition ended with this packet
  PacketTime now = {};
  std::uint64_t flow_id = 0;
  const PacketView* outer = nullptr;  ///< of a packet out of a tunnel
};

struct DetectCounters {
  std::uint64_t packets = 0;          ///< inspected
  std::uint64_t windows = 0;          ///< stream windows inspected
  std::uint64_t transactions = 0;     ///< visits to a transaction's direction
  std::uint64_t hits = 0;             ///< rules named by a literal
  std::uint64_t candidates = 0;       ///< left after the head's conditions
  std::uint64_t matches = 0;
  std::uint64_t alerts = 0;           ///< raised
  std::uint64_t suppressed = 0;       ///< by thresholds
  std::uint64_t alert_limit = 0;      ///< beyond packet_alert_max
  std::uint64_t candidate_limit = 0;  ///< rules not looked at since the list was full
  std::uint64_t lost = 0;             ///< the sink had no room
  std::uint64_t confirm_limit = 0;
  std::uint64_t state_limit = 0;      ///< no memory left for a transaction's partial matches
};

class Detector {
 public:
  Detector(const DetectOptions& options, StateTable& shared, FlowTable& flows, AlertSink& sink);

  /// From the next packet on these rules. Fits the scratch: allocates, so it is called at start and between batches only.
  [[nodiscard]] Result<void> use(std::shared_ptr<const Ruleset> rules);
  [[nodiscard]] const Ruleset& rules() const { return *rules_; }

  /// Runs all rules on a packet, its due window and its flow's transactions.
  void inspect(const PacketInput& in) noexcept;
  /// The same, telling `trace` about the rule that it wants.
  template <class Trace>
  void inspect_with(const PacketInput& in, Trace& trace) noexcept;

  [[nodiscard]] const DetectCounters& counters() const { return counters_; }
  [[nodiscard]] std::uint64_t raised() const { return wseq_; }

 private:
  template <class Trace>
  friend class InspectRun;

  static constexpr std::size_t kAlertsQueued = 256;
  static constexpr std::size_t kBufferSlots = 512;

  struct Queued {
    RuleNumber rule = 0;
    std::uint64_t tx_id = 0;
    Transaction* tx = nullptr;
    bool is_stream_match = false;
  };
  /// Buffers fetched for one packet: each getter is called once (sensor/app/protocol.hpp).
  struct CachedBuffer {
    std::uint64_t stamp = 0;
    const Transaction* tx = nullptr;
    BufferId buffer = 0;
    std::uint16_t instance = 0;
    Direction direction = Direction::to_server;
    bool is_there = false;
    Buffer value = {};
  };

  void raise(const PacketInput& in, const Queued& alert) noexcept;

  DetectOptions options_;
  StateTable& shared_;
  FlowTable& flows_;
  AlertSink& sink_;
  std::shared_ptr<const Ruleset> rules_;
  LiteralScratch literal_scratch_;
  RegexScratch regex_scratch_;
  BufferPool scratch_pool_;
  Arena scratch_;
  std::vector<RuleNumber> candidates_;       // reserved for every rule, so that it never grows on the path
  std::vector<std::uint32_t> seen_;          // stamp of the packet or transaction that has the rule in candidates_
  std::uint32_t seen_stamp_ = 0;
  std::array<Queued, kAlertsQueued> queue_ = {};
  std::size_t queued_ = 0;
  std::array<CachedBuffer, kBufferSlots> buffers_ = {};
  std::uint64_t buffer_stamp_ = 0;
  std::vector<std::uint8_t> tail_;           // room for an alert's tail
  std::uint64_t wseq_ = 0;
  DetectCounters counters_ = {};
};

}  // namespace hd
