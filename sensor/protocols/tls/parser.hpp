// SPDX-License-Identifier: Apache-2.0
// TLS and SSL records and the handshake inside (RFC 8446, RFC 5246, SSL 3.0, the ClientHello of SSL 2.0), until it is
// encrypted.
#pragma once

#include <array>
#include <cstdint>

#include "sensor/app/parser_out.hpp"
#include "sensor/app/protocol.hpp"
#include "sensor/protocols/tls/tx.hpp"

namespace hd::protocol::tls {

inline constexpr std::size_t kMessageMax = 65'536;      ///< of one handshake message
inline constexpr std::size_t kRecordMax = 16'384 + 2'048;
inline constexpr std::size_t kCertificateMax = 16'384;
inline constexpr unsigned kRecordsMax = 4'096;          ///< looked at in one call

/// One direction.
struct Side {
  Growing message = {};          ///< handshake bytes not read yet; in the transaction's arena
  std::uint32_t left = 0;        ///< of the record being read
  std::uint8_t type = 0;         ///< of that record
  std::uint8_t small[8] = {};    ///< first bytes of a record that is not a handshake's
  std::uint8_t small_count = 0;
  bool is_encrypted = false;     ///< behind ChangeCipherSpec
  bool has_records = false;
  std::uint32_t record_length = 0;
  std::uint32_t heartbeat = 0;   ///< length of the record that asked, 0 none
};

struct State {
  bool wants_ja3 = true;
  bool wants_ja4 = true;
  bool has_transaction = false;
  bool is_over = false;
  std::array<Side, 2> sides = {};
};

/// One call of take().
class Run {
 public:
  Run(State& state, Direction direction, Bytes bytes, ParserOut& out) noexcept
      : state_(state), side_(state.sides[index_of(direction)]), direction_(direction), bytes_(bytes), out_(out) {}
  [[nodiscard]] Progress take() noexcept;

 private:
  enum class Next : std::uint8_t { again, more, failed };

  Next record_head() noexcept;
  Next old_record() noexcept;
  void record_body(Bytes body, bool is_end) noexcept;
  void handshake(Bytes body) noexcept;
  void messages() noexcept;
  void message(std::uint8_t type, Bytes body) noexcept;
  void small_record() noexcept;
  void client_hello(Bytes body) noexcept;
  void server_hello(Bytes body) noexcept;
  void certificates(Bytes body) noexcept;
  void old_client_hello(Bytes body) noexcept;
  bool extensions(Bytes list, Hello& hello) noexcept;
  void extension(std::uint16_t type, Bytes body, Hello& hello) noexcept;
  void server_name(Bytes body) noexcept;
  [[nodiscard]] Bytes keep(Bytes bytes) noexcept;

  [[nodiscard]] bool is_client() const noexcept { return direction_ == Direction::to_server; }
  [[nodiscard]] TlsTx& tx() noexcept { return tx_->part<TlsTx>(); }
  void event(Event which) noexcept { out_.event(*tx_, static_cast<unsigned>(which)); }
  void advance(std::uint8_t to) noexcept { out_.advance(*tx_, direction_, to); }

  State& state_;
  Side& side_;
  Direction direction_;
  Bytes bytes_;
  ParserOut& out_;
  Transaction* tx_ = nullptr;
  std::size_t at_ = 0;
  bool has_failed_ = false;  ///< a message was broken beyond use
};

}  // namespace hd::protocol::tls
