// SPDX-License-Identifier: Apache-2.0
// What an SSH transaction keeps: one a flow, banners and key exchange of both sides (RFC 4253).
#pragma once

#include <array>
#include <cstdint>

#include "sensor/app/transaction.hpp"
#include "sensor/base/bytes.hpp"

namespace hd::protocol::ssh {

/// Progress of either direction.
namespace progress {
inline constexpr std::uint8_t in_progress = 0, banner_wait_eol = 1, banner_done = 2, key_exchange = 3, finished = 4;
}

enum class Event : std::uint8_t {
#define HD_SSH_EVENT(name, summary) name,
#include "sensor/protocols/ssh/events.def"
#undef HD_SSH_EVENT
  count_,
};

/// What one side said.
struct Party {
  Bytes version = {};    ///< "2.0"
  Bytes software = {};   ///< "OpenSSH_9.2p1"
  Bytes hassh = {};      ///< 32 hexadecimal digits
  Bytes hassh_text = {}; ///< key exchanges;ciphers;MACs;compressions
};

struct SshTx {
  std::array<Party, 2> parties = {};  ///< by direction
};

}  // namespace hd::protocol::ssh
