// SPDX-License-Identifier: Apache-2.0
// FTP's control connection (RFC 959, RFC 2428, RFC 4217): commands, replies, and where data connections will be.
#pragma once

#include <array>
#include <cstdint>

#include "sensor/app/parser_out.hpp"
#include "sensor/app/protocol.hpp"
#include "sensor/protocols/ftp/tx.hpp"

namespace hd::protocol::ftp {

inline constexpr std::size_t kLineMax = 4'096;

/// Notes to the parser of data connections (AppFlow::announced).
namespace note {
inline constexpr std::uint8_t retrieve = 1, store = 2;
}

struct State {
  std::array<bool, 2> is_skipping = {};  ///< the rest of a line that is too long
  std::uint64_t next_reply = 0;          ///< id of the transaction whose reply comes next
  std::uint32_t transactions_max = 0;
  std::uint16_t port = 0;                ///< agreed for the next transfer
  bool is_active = false;
  std::array<std::uint8_t, 3> long_reply = {};  ///< code of a reply of several lines; 0: none
};

/// One call of take().
class Run {
 public:
  Run(State& state, Direction direction, Bytes bytes, ParserOut& out) noexcept
      : state_(state), direction_(direction), bytes_(bytes), out_(out) {}
  [[nodiscard]] Progress take() noexcept;
  void finish() noexcept;

 private:
  enum class Next : std::uint8_t { again, more, failed, handed_on };

  [[nodiscard]] Next line() noexcept;
  [[nodiscard]] Next command(Bytes line, bool is_cut) noexcept;
  void transfer(Transaction& tx, std::uint8_t note) noexcept;
  void agree(Transaction& tx, Bytes argument) noexcept;
  [[nodiscard]] Next reply(Bytes line, bool is_cut) noexcept;
  [[nodiscard]] Next complete(Transaction& tx, Bytes line) noexcept;
  [[nodiscard]] Transaction* open() noexcept;
  [[nodiscard]] Transaction* waiting() noexcept;
  void event(Transaction& tx, Event which) noexcept { out_.event(tx, static_cast<unsigned>(which)); }

  State& state_;
  Direction direction_;
  Bytes bytes_;
  ParserOut& out_;
  std::size_t at_ = 0;
};

/// Six numbers between commas: an IPv4 address and a port (RFC 959 4.1.2). False: none.
[[nodiscard]] bool read_host_port(Bytes text, std::uint32_t& address, std::uint16_t& port) noexcept;
/// The port of |family|address|port| (RFC 2428); 0: none.
[[nodiscard]] std::uint16_t read_extended_port(Bytes text) noexcept;

}  // namespace hd::protocol::ftp
