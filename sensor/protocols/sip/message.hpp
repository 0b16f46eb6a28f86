// SPDX-License-Identifier: Apache-2.0
// One SIP message (RFC 3261 7), with the description of a session in its body (SDP, RFC 8866).
#pragma once

#include <array>
#include <cstdint>

#include "sensor/app/transaction.hpp"
#include "sensor/base/bytes.hpp"

namespace hd::protocol::sip {

enum class Event : std::uint8_t {
#define HD_SIP_EVENT(name, summary) name,
#include "sensor/protocols/sip/events.def"
#undef HD_SIP_EVENT
  count_,
};

/// Headers that rules look at.
enum class Header : std::uint8_t { other, from, to, via, user_agent, content_type, content_length };

struct Field {
  Header header = Header::other;
  Bytes value = {};
};

/// A line of a session's description: `kind` '=' value. `medium` 0: of the session, else the number of the medium.
struct SdpLine {
  std::uint8_t kind = 0;
  std::uint8_t medium = 0;
  Bytes value = {};
};

struct Message {
  static constexpr std::size_t kFieldsMax = 64, kSdpLinesMax = 256;
  Direction direction = Direction::to_server;
  Bytes line = {};
  Bytes method = {}, uri = {};           ///< of a request
  Bytes protocol = {};
  Bytes status = {}, reason = {};        ///< of a response
  std::array<Field, kFieldsMax> fields = {};
  std::uint8_t field_count = 0;
  SdpLine* sdp = nullptr;                ///< in the transaction's arena
  std::uint16_t sdp_count = 0;

  [[nodiscard]] Bytes find(Header header, unsigned instance = 0) const noexcept;
  [[nodiscard]] Bytes find_sdp(std::uint8_t kind, bool is_medium, unsigned instance) const noexcept;
};

/// Whether a first line is a request's or a response's.
[[nodiscard]] bool is_request_line(Bytes line) noexcept;
[[nodiscard]] bool is_response_line(Bytes line) noexcept;

/// Length of the first line and the headers with the empty line; 0: not all there.
[[nodiscard]] std::size_t head_length(Bytes bytes) noexcept;
/// Reads the head (of head_length() bytes, or all of a datagram). False: no SIP.
[[nodiscard]] bool read_head(Bytes head, Direction direction, Message& message) noexcept;
/// The length that Content-Length states; 0: none.
[[nodiscard]] std::size_t body_length(const Message& message) noexcept;
/// Reads the body when it is a session's description.
void read_body(Bytes body, Message& message, Arena& arena) noexcept;

}  // namespace hd::protocol::sip
