// SPDX-License-Identifier: Apache-2.0
// One flow: both directions of one 5-tuple with its VLAN tags, until its timeout. Two cache lines; what only some
// flows need (TCP, parser, variables, detection state) hangs behind 32-bit slab indices.
#pragma once

#include <array>
#include <cstdint>

#include "sensor/base/slab.hpp"
#include "sensor/base/time.hpp"
#include "sensor/packet/view.hpp"

namespace hd {

struct TcpSession;   // sensor/stream
struct AppFlow;      // sensor/app
class FlowVars;      // sensor/flow/vars.hpp
struct DetectFlow;   // sensor/detect

/// What is known of a flow's life; names as Suricata's flow.state.
enum class FlowState : std::uint8_t { fresh, established, closed, bypassed };

namespace flow_flag {
inline constexpr std::uint16_t seen_to_server = 1 << 0;
inline constexpr std::uint16_t seen_to_client = 1 << 1;
inline constexpr std::uint16_t ip_rules_to_server = 1 << 2;  ///< address-only rules were run for this direction
inline constexpr std::uint16_t ip_rules_to_client = 1 << 3;
inline constexpr std::uint16_t reversed = 1 << 4;            ///< client and server were exchanged by recognition
inline constexpr std::uint16_t pass = 1 << 5;                ///< a pass rule matched: no more rules
inline constexpr std::uint16_t no_payload = 1 << 6;          ///< payload is not inspected any more (encrypted)
inline constexpr std::uint16_t midstream = 1 << 7;           ///< TCP taken up without a handshake
inline constexpr std::uint16_t alerted = 1 << 8;
inline constexpr std::uint16_t app_failed = 1 << 9;          ///< protocol given up, or the parser gave up
inline constexpr std::uint16_t ending = 1 << 10;             ///< its pseudo packets are being inspected
}  // namespace flow_flag

struct alignas(64) FlowRecord {
  // line 0: identity and links
  Address client = {};
  Address server = {};
  std::uint16_t client_port = 0;  ///< of ICMP: type << 8 | code of the client's message
  std::uint16_t server_port = 0;  ///< of ICMP: the identifier
  std::array<std::uint16_t, 2> vlan = {};
  std::uint8_t protocol = 0;      ///< IP protocol
  FlowState state = FlowState::fresh;
  std::uint16_t flags = 0;        ///< flow_flag
  std::uint8_t app_protocol = 0;  ///< AppProtocol, copied from AppFlow for the prefilter
  std::uint8_t timer_class = 0;
  std::uint16_t table_reserved = 0;
  Index<TcpSession> tcp = {};
  Index<AppFlow> app = {};
  Index<FlowVars> vars = {};
  Index<DetectFlow> detect = {};
  // line 1: counters and times
  PacketTime start = {};
  PacketTime last_seen = {};
  std::array<std::uint64_t, 2> bytes = {};    ///< by direction; length of the packets as EVE counts them
  std::array<std::uint32_t, 2> packets = {};
  std::uint32_t timer_next = 0;               ///< links of the timer wheel and the free list
  std::uint32_t hash = 0;
  std::array<std::uint16_t, 2> address_class = {};  ///< of client and server, set by detect when the flow begins
  std::uint32_t serial = 0;                   ///< rises with each new flow; part of flow_id

  [[nodiscard]] bool has(std::uint16_t flag) const noexcept { return (flags & flag) != 0; }
  void set(std::uint16_t flag) noexcept { flags = static_cast<std::uint16_t>(flags | flag); }
  [[nodiscard]] bool seen_both() const noexcept {
    return (flags & (flow_flag::seen_to_server | flow_flag::seen_to_client)) ==
           (flow_flag::seen_to_server | flow_flag::seen_to_client);
  }
};
static_assert(sizeof(FlowRecord) == 128);

}  // namespace hd
