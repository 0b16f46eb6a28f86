// SPDX-License-Identifier: Apache-2.0
// One SNMP message of version 1, 2c or 3 (RFC 1157, RFC 3416, RFC 3412, RFC 3414), BER.
#pragma once

#include <cstdint>

#include "sensor/base/bytes.hpp"
#include "sensor/packet/view.hpp"

namespace hd::protocol::snmp {

enum class Event : std::uint8_t {
#define HD_SNMP_EVENT(name, summary) name,
#include "sensor/protocols/snmp/events.def"
#undef HD_SNMP_EVENT
  count_,
};

struct Message {
  Direction direction = Direction::to_server;
  std::uint8_t version = 0;        ///< 1, 2, 3
  Bytes community = {};            ///< versions 1 and 2c
  Bytes user = {};                 ///< version 3
  std::uint32_t security_model = 0;
  bool has_kind = false;           ///< false: encrypted
  std::uint8_t kind = 0;           ///< of the PDU: 0 get-request … 8 report
  bool has_trap = false;
  std::uint32_t trap = 0;          ///< generic trap of version 1
};

/// Fields point into `bytes`. False: no SNMP.
[[nodiscard]] bool read(Bytes bytes, Message& message) noexcept;

}  // namespace hd::protocol::snmp
