// SPDX-License-Identifier: Apache-2.0
// The application layer of one flow: what was recognised, the parser's state, the live transactions.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "sensor/app/protocol.hpp"
#include "sensor/app/transaction.hpp"

namespace hd {

namespace app_flag {
inline constexpr std::uint8_t recognised = 1 << 0;  ///< this direction's recognition is over (found or given up)
inline constexpr std::uint8_t done = 1 << 1;        ///< parser wants no more of this direction
inline constexpr std::uint8_t finished = 1 << 2;    ///< finish() was called
inline constexpr std::uint8_t patterns_done = 1 << 3;  ///< first bytes match no pattern, whatever follows
inline constexpr std::uint8_t probes_done = 1 << 4;    ///< no probing function is left to ask
inline constexpr std::uint8_t had_data = 1 << 5;
}  // namespace app_flag

/// Events of the flow itself, as `app-layer-event:applayer_...` names them.
enum class FlowAppEvent : std::uint8_t {
  mismatch_protocol_both_directions,
  wrong_direction_first_data,
  detect_protocol_only_one_direction,
  proto_detection_skipped,
  no_tls_after_starttls,
  unexpected_protocol,
};

struct AppFlow {
  AppProtocol protocol = AppProtocol::unknown;
  std::array<AppProtocol, 2> seen = {};       ///< by direction, for app-layer-protocol
  AppProtocol before_change = AppProtocol::unknown;  ///< protocol before STARTTLS, CONNECT, Upgrade
  std::array<std::uint8_t, 2> flags = {};     ///< app_flag, by direction
  std::uint8_t events = 0;                    ///< bits of FlowAppEvent
  std::uint8_t events_seen = 0;               ///< … that detection has looked at
  bool has_first = false;                     ///< `first_data` is known
  Direction first_data = Direction::to_server;///< direction whose data came first
  bool is_parsing = false;                    ///< the parser has seen bytes
  bool is_changing = false;                   ///< what follows is to be recognised anew (CONNECT, STARTTLS, Upgrade)
  AppProtocol expected = AppProtocol::unknown;  ///< what the change was announced to be; unknown: anything
  std::uint16_t port = 0;                     ///< after CONNECT: the target's port, for probing; 0: the flow's
  std::array<std::uint64_t, 2> probes_failed = {};  ///< by direction: bits of the recogniser's protocols that said no
  std::array<std::size_t, 2> needed = {};     ///< bytes the parser waits for, by direction
  const ProtocolSpec* spec = nullptr;
  std::span<std::uint8_t> state = {};         ///< block of the pool; the parser's struct at its begin
  Transaction* first = nullptr;               ///< live transactions by rising id
  Transaction* last = nullptr;
  std::uint32_t live = 0;
  const struct Announcement* announced = nullptr;  ///< another flow announced this one (expectations.hpp)
  bool is_announcement_sought = false;
  std::uint64_t next_id = 0;
};

}  // namespace hd
