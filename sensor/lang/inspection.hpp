// SPDX-License-Identifier: Apache-2.0
// What a keyword's check may look at. Filled by detection once for each packet, window or transaction.
#pragma once

#include "sensor/app/app_flow.hpp"
#include "sensor/app/transaction.hpp"
#include "sensor/flow/record.hpp"
#include "sensor/lang/ir.hpp"
#include "sensor/packet/view.hpp"

#include <array>
#include <cstdint>

namespace hd {

class StreamEventSet; // sensor/stream/events.hpp

struct Inspection {
  const PacketView& packet; ///< the packet at whose arrival this is inspected
  const DecodeEventSet& decode_events;
  PacketTime now = {};
  Direction direction = Direction::to_server;
  const FlowRecord* flow = nullptr; ///< nullptr: packet without a flow
  const TcpSession* tcp = nullptr;  ///< nullptr: not TCP or no session (sensor/stream/session.hpp)
  const StreamEventSet* stream_events = nullptr; ///< of this packet; nullptr: none
  const FlowVars* vars = nullptr; ///< flow bits, integers, captured values; nullptr: none were set
  const AppFlow* app = nullptr;
  Transaction* tx = nullptr;              ///< nullptr outside transactions
  const ProtocolSpec* protocol = nullptr; ///< of `app`
  bool is_flow_end = false;               ///< pseudo packet at the end of a flow
  bool is_established = false;            ///< as flow:established means it, for this packet
  Directions recognised_now =
      Directions::none; ///< directions whose protocol recognition ended (found or given up) with this packet
  std::array<std::uint64_t, kVariableSlots>* variables =
      nullptr;              ///< byte_extract and the like, of this evaluation
  Arena* scratch = nullptr; ///< lives until the packet's inspection is over
};

} // namespace hd
