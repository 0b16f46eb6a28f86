// SPDX-License-Identifier: Apache-2.0
// One worker: everything that happens to a packet between the capture and the alert record, on one thread, sharing
// nothing but the ruleset and the table of thresholds. life.cpp is the packet's life as a list of calls.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "sensor/app/app_layer.hpp"
#include "sensor/capture/source.hpp"
#include "sensor/detect/detector.hpp"
#include "sensor/detect/why.hpp"
#include "sensor/flow/table.hpp"
#include "sensor/packet/decoder.hpp"
#include "sensor/packet/defrag.hpp"
#include "sensor/stream/tracker.hpp"
#include "sensor/worker/events.hpp"

namespace hd {

/// What is done with flows in an exceptional state (conformance kit: exception_policy).
enum class ExceptionPolicy : std::uint8_t { ignore, pass_flow, bypass };

struct WorkerOptions {
  DecoderOptions decoder = {};
  DefragOptions defrag = {};
  FlowOptions flow = {};
  TcpOptions tcp = {};
  AppOptions app = {};
  DetectOptions detect = {};
  std::shared_ptr<const HostPolicies> host_policies = {};  ///< what defrag.context points to
  ExceptionPolicy midstream = ExceptionPolicy::ignore;
  ExceptionPolicy app_layer_error = ExceptionPolicy::ignore;
  EventChoice events = {};                                   ///< what is recorded besides alerts
};

/// The ledger of packets: packets == inspected + shunted, after every batch. Losses in card and ring are the source's,
/// and added where the ledger is shown.
struct WorkerCounters {
  std::uint64_t packets = 0;         ///< taken from the source
  std::uint64_t bytes = 0;
  std::uint64_t inspected = 0;
  std::uint64_t shunted = 0;         ///< of flows that a rule or a policy passed on
  std::uint64_t views = 0;           ///< packets and what came out of their tunnels
  std::uint64_t batches = 0;
  std::uint64_t flow_ends = 0;       ///< flows that were inspected once more at their end
  std::uint64_t time_stepped_back = 0;
};

class Worker {
 public:
  Worker(const WorkerOptions& options, std::span<const ProtocolSpec* const> protocols, StateTable& shared, AlertSink& sink,
         EventSink* events = nullptr);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// The rules from the next batch on. Between batches only.
  [[nodiscard]] Result<void> use(std::shared_ptr<const Ruleset> rules) { return detector_.use(std::move(rules)); }
  /// From now on tells `trace` about its rule (--why); nullptr: no longer.
  void trace(WhyTrace* trace) { why_ = trace; }

  /// A whole batch, from bytes to alert records.
  void take(const RawBatch& raw) noexcept;
  /// Live: lets flows end although no packet comes.
  void idle(PacketTime now) noexcept;
  /// The capture is over: every flow ends as if it had timed out.
  void finish() noexcept;

  [[nodiscard]] const WorkerCounters& counters() const { return counters_; }
  [[nodiscard]] const DecodeCounters& decode_counters() const { return decoder_.counters(); }
  [[nodiscard]] const DefragCounters& defrag_counters() const { return defragmenter_.counters(); }
  [[nodiscard]] const FlowCounters& flow_counters() const { return flows_.counters(); }
  [[nodiscard]] const StreamCounters& stream_counters() const { return tcp_.counters(); }
  [[nodiscard]] const AppCounters& app_counters() const { return app_.counters(); }
  [[nodiscard]] const DetectCounters& detect_counters() const { return detector_.counters(); }
  [[nodiscard]] std::uint64_t raised() const { return detector_.raised(); }
  [[nodiscard]] std::uint32_t flows_active() const { return flows_.active(); }

 private:
  void packet(PacketView& view) noexcept;
  void without_flow(PacketView& view) noexcept;
  bool follow_stream(FlowRecord& flow, PacketView& view, TakeResult& taken) noexcept;
  void inspect(PacketView& view, FlowRecord* flow, bool is_in_stream, bool is_established) noexcept;
  void run_rules(const PacketInput& in) noexcept;
  [[gnu::cold]] void record_packet(const FlowRecord* flow, const PacketView& view, bool is_through) noexcept;
  [[gnu::cold]] void record_end(FlowRecord& flow, FlowEnd reason) noexcept;
  void end_flow(FlowRecord& flow, FlowEnd reason) noexcept;
  void inspect_end(FlowRecord& flow, Direction direction) noexcept;
  PacketView end_view(const FlowRecord& flow, Direction direction) noexcept;
  void advance(PacketTime now) noexcept;
  [[nodiscard]] static std::uint64_t flow_id(const FlowRecord& flow) noexcept {
    return mix(flow.hash ^ 0x9e3779b97f4a7c15u, (std::uint64_t{flow.serial} << 20) + 1) & ((std::uint64_t{1} << 53) - 1);
  }
  [[nodiscard]] Directions recognised(const FlowRecord& flow) const noexcept;
  void apply(FlowRecord& flow, ExceptionPolicy policy) noexcept;

  WorkerOptions options_;
  Defragmenter defragmenter_;
  Decoder decoder_;
  FlowTable flows_;
  TcpTracker tcp_;
  AppLayer app_;
  Detector detector_;
  EventLog events_;
  WhyTrace* why_ = nullptr;
  std::unique_ptr<Batch> batch_;
  PacketTime now_ = {};
  StreamEventSet stream_events_ = {};
  Directions recognised_before_ = Directions::none;  // of the packet's flow
  const PacketView* outer_ = nullptr;        // of the inner packet at hand
  std::array<std::uint8_t, 80> end_bytes_ = {};  // headers of the packets at a flow's end
  WorkerCounters counters_ = {};
};

}  // namespace hd
