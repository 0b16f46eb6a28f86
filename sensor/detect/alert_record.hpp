// SPDX-License-Identifier: Apache-2.0
// What a worker hands to the writer at a match: fixed part and a tail of bytes. No JSON, no allocation.
#pragma once

#include <array>
#include <cstdint>

#include "sensor/app/protocol_id.hpp"
#include "sensor/base/bytes.hpp"
#include "sensor/packet/view.hpp"
#include "sensor/ruleset/ruleset.hpp"

namespace hd {

/// Parts of a record's tail, one after another in this order.
struct TailLengths {
  std::uint32_t app = 0;      ///< tagged bytes of RecordSink: the transaction's EVE object
  std::uint32_t payload = 0;  ///< payload of the packet, or the inspected window
  std::uint32_t packet = 0;   ///< the packet itself, from the link header
};

struct AlertRecord {
  std::uint64_t wseq = 0;               ///< number of the alert in its worker (delivery.md 1)
  PacketTime time = {};
  std::uint64_t flow_id = 0;            ///< 0: no flow
  std::uint64_t tx_id = 0;
  std::uint64_t ruleset_version = 0;
  Address source = {}, target = {};     ///< of the packet that bears the alert
  Address tunnel_source = {}, tunnel_target = {};
  PacketTime flow_start = {};
  std::array<std::uint64_t, 2> flow_bytes = {};
  std::array<std::uint32_t, 2> flow_packets = {};
  RuleNumber rule = 0;
  std::uint32_t packet_number = 0;      ///< in the capture, from 1; 0: pseudo packet or live
  std::uint16_t source_port = 0, target_port = 0;
  std::uint16_t icmp_type_code = 0;
  std::array<std::uint16_t, 3> vlan = {};
  std::uint8_t vlan_count = 0;
  std::uint8_t protocol = 0;
  std::uint8_t ip_version = 4;
  Direction direction = Direction::to_server;
  AppProtocol app_protocol = AppProtocol::unknown;
  Tunnel tunnel = Tunnel::none;
  std::uint8_t tunnel_depth = 0;
  std::uint8_t worker = 0;
  bool has_flow = false, has_tx = false, has_ports = false, is_stream_match = false, is_pseudo = false;
  TailLengths tail = {};
};

/// Takes finished alerts: a ring to the writer thread, or the renderer at once (replay). Called after a match only.
class AlertSink {
 public:
  virtual ~AlertSink() = default;
  /// `tail` is valid during the call. False: no room, the alert is lost (its wseq stays taken; the caller counts).
  virtual bool raise(const AlertRecord& record, Bytes tail) noexcept = 0;
};

}  // namespace hd
