// SPDX-License-Identifier: Apache-2.0
// What an FTP transaction keeps: one command with its replies (RFC 959), in its arena.
#pragma once

#include <array>
#include <cstdint>

#include "sensor/app/transaction.hpp"
#include "sensor/base/bytes.hpp"

namespace hd::protocol::ftp {

/// Progress of either direction.
namespace progress {
inline constexpr std::uint8_t started = 0, command = 1, complete = 2;
}

enum class Event : std::uint8_t {
#define HD_FTP_EVENT(name, summary) name,
#include "sensor/protocols/ftp/events.def"
#undef HD_FTP_EVENT
  count_,
};

struct Reply {
  Bytes code = {};  ///< three digits; empty on lines inside a long reply
  Bytes text = {};
};

struct FtpTx {
  static constexpr std::size_t kRepliesMax = 64;  ///< further lines are not kept
  Bytes command = {};
  Bytes argument = {};
  std::array<Reply, kRepliesMax> replies = {};
  std::uint16_t reply_count = 0;
  std::uint16_t dynamic_port = 0;   ///< agreed by this command or used by it; 0 none
  std::uint32_t port_address = 0;   ///< IPv4 address that PORT names
  bool is_active = false;           ///< the server opens the data connection
  bool is_port = false;             ///< PORT with an address that could be read
  bool has_reply = false;
};

}  // namespace hd::protocol::ftp
