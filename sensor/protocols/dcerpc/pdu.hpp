// SPDX-License-Identifier: Apache-2.0
// Messages of DCE/RPC over connections (C706 12.6) and datagrams (12.5).
#pragma once

#include "sensor/protocols/dcerpc/tx.hpp"

namespace hd::protocol::dcerpc {

inline constexpr std::size_t kHeader = 16, kDatagramHeader = 80;
inline constexpr std::size_t kStubMax = 1u << 20;

enum class Kind : std::uint8_t {
  request = 0, ping = 1, response = 2, fault = 3, bind = 11, bind_ack = 12, bind_nak = 13, alter = 14, alter_answer = 15, auth3 = 16,
};

/// Header of a message over a connection.
struct Header {
  Kind kind = Kind::request;
  std::uint8_t flags = 0;         ///< 1 first fragment, 2 last fragment, 0x80 an object's UUID follows
  bool is_little = false;
  std::uint16_t length = 0;       ///< of the fragment, header included
  std::uint32_t call = 0;
};

/// False: no such header. `bytes` has kHeader bytes.
[[nodiscard]] bool read_header(Bytes bytes, Header& header) noexcept;
[[nodiscard]] bool is_of_client(Kind kind) noexcept;
/// A UUID of the wire in the order of its text.
[[nodiscard]] Uuid read_uuid(Bytes bytes, bool is_little) noexcept;

/// The interfaces of one connection: what was asked for, and what was accepted.
class Bindings {
 public:
  static constexpr std::size_t kMax = 64;  ///< further ones are not known
  void ask(Bytes body, const Header& header) noexcept;
  void answer(Bytes body, bool is_little) noexcept;
  /// The accepted interface of a context; nullptr: none.
  [[nodiscard]] const Interface* find(std::uint16_t context) const noexcept;

 private:
  std::array<Interface, kMax> list_ = {};
  std::uint8_t count_ = 0;
  std::uint8_t unanswered_ = 0;  // first that no answer was seen for
};

/// A request's or response's part that is not the stub.
struct Piece {
  std::uint16_t context = 0;
  std::uint16_t operation = 0;
  Bytes stub = {};
};
/// `body` is what follows the header. False: too short.
[[nodiscard]] bool read_piece(Bytes body, const Header& header, Piece& piece) noexcept;

}  // namespace hd::protocol::dcerpc
