// SPDX-License-Identifier: Apache-2.0
// What a worker records besides alerts. Off unless an output asked for a type: the worker then asks is_on() and goes on.
#pragma once

#include <vector>

#include "sensor/app/app_layer.hpp"
#include "sensor/detect/event_record.hpp"
#include "sensor/packet/events.hpp"
#include "sensor/stream/events.hpp"

namespace hd {

/// Where something happened.
struct EventScene {
  PacketTime now = {};
  const FlowRecord* flow = nullptr;     ///< nullptr: a packet without flow
  std::uint64_t flow_id = 0;
  AppFlow* app = nullptr;               ///< the flow's application layer
  const PacketView* packet = nullptr;   ///< nullptr: the flow's end
  const PacketView* outer = nullptr;    ///< of a packet out of a tunnel
};

class EventLog {
 public:
  /// `sink` is borrowed; nullptr: nobody listens.
  EventLog(const EventChoice& choice, EventSink* sink);

  [[nodiscard]] bool is_on() const noexcept { return is_on_; }
  /// Oddities of a packet's headers and of its place in the stream.
  void oddities(const EventScene& scene, const DecodeEventSet& decode, const StreamEventSet& stream) noexcept;
  /// Transactions that are through, each once; at a flow's end those that are not, too. Before they are given back.
  void transactions(const EventScene& scene) noexcept;
  /// A flow that ends. `tcp`: its session, nullptr when it has none.
  void flow(const EventScene& scene, const TcpSession* tcp, FlowEnd reason) noexcept;

 private:
  [[nodiscard]] EventRecord about(const EventScene& scene) const noexcept;
  [[nodiscard]] EventRecord about_packet(const EventScene& scene) const noexcept;
  void transaction(const EventScene& scene, const Transaction& tx) noexcept;
  void anomaly(EventRecord record, AnomalyType type, std::string_view event) noexcept;

  EventChoice choice_;
  EventSink* sink_;
  bool is_on_;
  std::vector<std::uint8_t> tail_ = {};  // room for one object
};

}  // namespace hd
