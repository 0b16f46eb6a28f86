// SPDX-License-Identifier: Apache-2.0
// The application layer of one worker: recognition, parsers, transactions of all its flows.
//
// The worker calls, for each packet:  TCP: take_stream() for each direction that TcpTracker::take named as due, the other
// side's first; UDP: take_datagram(). Then detection looks at find(flow), and release_done() gives back what is through.
// At a flow's end: take_stream() once more for both directions (the tracker then gives the rest), finish(), detection,
// end().
#pragma once

#include <cstdint>
#include <span>

#include "sensor/app/app_flow.hpp"
#include "sensor/app/expectations.hpp"
#include "sensor/app/parser_out.hpp"
#include "sensor/app/recognizer.hpp"
#include "sensor/base/buffer_pool.hpp"
#include "sensor/base/slab.hpp"
#include "sensor/flow/record.hpp"
#include "sensor/stream/events.hpp"
#include "sensor/stream/tracker.hpp"

namespace hd {

struct AppOptions {
  ParserSettings parsers = {};
  ProtocolChoices protocols = {};
  std::uint32_t flows_max = 65'536;         ///< flows with an application layer
  std::uint32_t transactions_max = 131'072; ///< of all flows
  std::size_t memory = std::size_t{256} << 20;  ///< parsers' states and transactions' arenas
  bool try_other_side = false;              ///< stream.midstream: servers' bytes may come first
};

/// Bytes of one direction in order, or lost ones before them.
struct AppInput {
  Bytes bytes = {};
  std::uint64_t gap = 0;    ///< bytes lost before `bytes`
  bool is_end = false;      ///< nothing follows in this direction
};

/// Circumstances of the bytes.
struct AppContext {
  PacketTime now = {};
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  bool is_udp = false;
  bool is_truncated = false;  ///< datagram cut by the snap length
  bool is_midstream = false;
  bool is_one_sided = false;  ///< taken up in the middle, or one side only is seen: either side may seem to speak first
};

/// What became of the bytes.
struct AppAnswer {
  std::size_t used = 0;         ///< the rest is to be shown again together with what follows
  bool is_stopped = false;      ///< no parser for this direction (any more): nothing is to be kept for one
  bool is_reversed = false;     ///< nothing used yet: exchange client and server, then show the bytes as the other direction's
  bool other_first = false;     ///< nothing used yet: show the other direction's bytes first, then these again
  bool has_failed = false;      ///< the parser gave up at these bytes (exception policy app_layer_error)
  ParserRequests requests = {};

  void add(const AppAnswer& later) noexcept;
};

class AppLayer {
 public:
  AppLayer(const AppOptions& options, std::span<const ProtocolSpec* const> specs);
  AppLayer(const AppLayer&) = delete;
  AppLayer& operator=(const AppLayer&) = delete;

  /// The flow's application layer; nullptr when it has none (no data yet, or no room: counted).
  [[nodiscard]] AppFlow* find(const FlowRecord& flow) noexcept { return flow.app ? &flows_[flow.app] : nullptr; }
  [[nodiscard]] const AppFlow* find(const FlowRecord& flow) const noexcept { return flow.app ? &flows_[flow.app] : nullptr; }

  /// TCP: shows what is due in `direction` to the parser, as often as there is something, with recognition, gaps, end of
  /// the direction, and protocol changes. Exchanges client and server in flow, tracker and view when recognition finds
  /// them swapped. Sets flow_flag::app_failed and no_payload, FlowRecord::app_protocol, and calls the tracker's
  /// flush_raw, stop_raw and app_stop as the parser asks.
  AppAnswer take_stream(FlowRecord& flow, PacketView& view, Direction direction, TcpTracker& tracker,
                        StreamEventSet& events) noexcept;

  /// UDP: one datagram of view.direction. May exchange client and server in flow and view.
  AppAnswer take_datagram(FlowRecord& flow, PacketView& view) noexcept;

  /// The flow ends: both directions of the parser end. Transactions stay for the last inspection.
  void finish(FlowRecord& flow, PacketTime now) noexcept;

  /// Gives back everything that the flow holds here. Does nothing without an application layer.
  void end(FlowRecord& flow) noexcept;

  /// Detection is through with this packet: gives back transactions of which both directions are complete and inspected, and
  /// notes that the flow's events were seen.
  void release_done(FlowRecord& flow) noexcept;
  /// Gives back one transaction.
  void release(AppFlow& app, Transaction* tx) noexcept;
  /// Whether a transaction may be given back.
  [[nodiscard]] static bool is_done(const AppFlow& app, const Transaction& tx) noexcept;

  [[nodiscard]] const AppCounters& counters() const noexcept { return counters_; }
  [[nodiscard]] std::size_t memory_used() const noexcept { return pool_.used(); }
  [[nodiscard]] std::uint32_t transactions() const noexcept { return transactions_.used(); }

  // The same with plain bytes instead of a tracker: what take_stream and take_datagram are made of, for tests and fuzzing.
  [[nodiscard]] AppFlow* begin(FlowRecord& flow) noexcept;
  AppAnswer take(AppFlow& app, Direction direction, const AppInput& input, const AppContext& context) noexcept;

 private:
  struct Step;  // app_layer.cpp: one call of take()

  AppAnswer take_udp(AppFlow& app, Direction direction, const AppInput& input, const AppContext& context) noexcept;
  void finish_direction(AppFlow& app, Direction direction, const AppContext& context, AppAnswer& answer) noexcept;
  void drop_parser(AppFlow& app) noexcept;
  void apply(FlowRecord& flow, AppFlow& app, Direction direction, const AppAnswer& answer, TcpTracker& tracker) noexcept;

  AppOptions options_;
  Recognizer recognizer_;
  BufferPool pool_;
  Slab<AppFlow> flows_;
  Slab<Transaction> transactions_;
  Expectations expectations_;
  AppCounters counters_;
};

/// Exchanges the sides in everything that is kept by direction. Goes with FlowTable::swap_directions.
void swap_directions(AppFlow& app) noexcept;

}  // namespace hd
