// SPDX-License-Identifier: Apache-2.0
// What a transaction of DCE/RPC keeps: one call with its answer (C706 12), in its arena.
#pragma once

#include <array>
#include <cstdint>

#include "sensor/app/transaction.hpp"
#include "sensor/base/bytes.hpp"
#include "sensor/files/growing.hpp"

namespace hd::protocol::dcerpc {

using Uuid = std::array<std::uint8_t, 16>;  ///< in the order of its text

/// An interface that a bind asked for.
struct Interface {
  Uuid uuid = {};
  std::uint16_t version = 0;
  std::uint16_t context = 0;
  bool is_answered = false;
  bool is_accepted = false;
  bool is_first_fragment = false;  ///< the bind was in a first fragment
};

struct Call {
  std::uint32_t id = 0;
  std::uint16_t operation = 0;
  bool has_request = false, has_response = false;
  bool has_interface = false;
  bool is_little = false;
  Interface interface = {};
  std::array<Growing, 2> stubs = {};   ///< by direction
};

}  // namespace hd::protocol::dcerpc
