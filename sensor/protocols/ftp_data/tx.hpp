// SPDX-License-Identifier: Apache-2.0
// One file over one data connection of FTP.
#pragma once

#include "sensor/app/transaction.hpp"
#include "sensor/files/file_feed.hpp"

namespace hd::protocol::ftp_data {

/// Progress of either direction.
namespace progress {
inline constexpr std::uint8_t started = 0, complete = 1;
}

/// What the control connection said.
enum class Command : std::uint8_t { none, retrieve, store };

struct FtpDataTx {
  FileFeed file = {};
  Direction direction = Direction::to_server;  ///< in which the file goes
  Command command = Command::none;
};

}  // namespace hd::protocol::ftp_data
