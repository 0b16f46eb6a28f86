// SPDX-License-Identifier: Apache-2.0
// What a worker hands to the writer besides alerts, when an output asks for it: flows that ended, transactions that are
// complete, anomalies.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sensor/app/protocol_id.hpp"
#include "sensor/base/bytes.hpp"
#include "sensor/detect/alert_record.hpp"
#include "sensor/flow/record.hpp"
#include "sensor/flow/table.hpp"
#include "sensor/stream/session.hpp"

namespace hd {

enum class EventKind : std::uint8_t { flow, transaction, anomaly };
/// `app_recognition` and `app_parser` are EVE's type applayer, of layer proto_detect and proto_parser.
enum class AnomalyType : std::uint8_t { decode, stream, app_recognition, app_parser };

/// event_type of a protocol's records: its name, which for two of them has a hyphen in app_proto alone.
constexpr std::string_view event_name(AppProtocol protocol) noexcept {
  const std::string_view name = name_of(protocol);
  return name == "ftp-data" ? "ftp_data" : name == "bittorrent-dht" ? "bittorrent_dht" : name;
}

/// The event types that are wanted. None at the start: then nothing is recorded, and nothing is spent.
struct EventChoice {
  bool has_flow = false;
  bool has_anomaly = false;
  std::uint64_t protocols = 0;  ///< bits of AppProtocol

  [[nodiscard]] bool any() const noexcept { return has_flow || has_anomaly || protocols != 0; }
  [[nodiscard]] bool wants(AppProtocol protocol) const noexcept { return (protocols >> static_cast<unsigned>(protocol) & 1) != 0; }
  /// By the name in EVE: "flow", "anomaly", "dns" … False: there are no records of this name ("alert", "stats").
  bool add(std::string_view type) noexcept {
    if (type == "flow") return has_flow = true;
    if (type == "anomaly") return has_anomaly = true;
    for (std::size_t i = static_cast<std::size_t>(AppProtocol::failed) + 1; i < kAppProtocols; ++i) {
      if (event_name(static_cast<AppProtocol>(i)) != type) continue;
      protocols |= std::uint64_t{1} << i;
      return true;
    }
    return false;
  }
};
static_assert(kAppProtocols <= 64);

struct EventRecord {
  AlertRecord at = {};  ///< time, flow, addresses from client to server, counts; nothing of a rule
  EventKind kind = EventKind::flow;
  // Of a flow.
  FlowState state = FlowState::fresh;
  FlowEnd reason = FlowEnd::timeout;
  bool was_alerted = false;
  bool has_tcp = false;
  TcpState tcp_state = TcpState::none;
  std::array<std::uint8_t, 2> tcp_flags = {};  ///< of all packets, by direction
  PacketTime last_seen = {};
  std::uint64_t transactions = 0;
  // Of an anomaly.
  AnomalyType anomaly = AnomalyType::decode;
  std::string_view event = {};                 ///< lives as long as the program
};

/// Takes finished records: a ring to the writer thread, or the renderer at once (replay).
class EventSink {
 public:
  virtual ~EventSink() = default;
  /// `tail`: of a transaction the tagged bytes of its object; valid during the call. False: no room, the record is lost
  /// (the sink counts).
  virtual bool emit(const EventRecord& record, Bytes tail) noexcept = 0;
};

}  // namespace hd
