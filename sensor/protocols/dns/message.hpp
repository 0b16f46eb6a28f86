// SPDX-License-Identifier: Apache-2.0
// One DNS message (RFC 1035 4): where its records lie. Names stay in the message and are written out when asked for.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "sensor/app/transaction.hpp"
#include "sensor/base/bytes.hpp"

namespace hd::protocol::dns {

enum class Event : std::uint8_t {
#define HD_DNS_EVENT(name, summary) name,
#include "sensor/protocols/dns/events.def"
#undef HD_DNS_EVENT
  count_,
};

/// Record types that have a form of their own here (IANA).
namespace rr {
inline constexpr std::uint16_t a = 1, ns = 2, cname = 5, soa = 6, null = 10, ptr = 12, mx = 15, txt = 16, aaaa = 28,
                               srv = 33, opt = 41, sshfp = 44;
}

struct Record {
  std::uint16_t name = 0;          ///< offset of its name in the message
  std::uint16_t type = 0;
  std::uint16_t kind = 0;          ///< class
  std::uint16_t data = 0;          ///< offset of its data
  std::uint16_t data_length = 0;
  std::uint32_t ttl = 0;
};

enum Section : std::size_t { queries, answers, authorities, additionals };

inline constexpr std::size_t kHeader = 12;
inline constexpr std::size_t kNameMax = 1025;    ///< as text
inline constexpr unsigned kLabelsMax = 255;      ///< labels and pointers of one name
inline constexpr std::size_t kRecordsMax = 256;  ///< of one message

/// A name as text: labels with dots between, case kept.
struct Name {
  std::array<std::uint8_t, kNameMax> text;
  std::size_t size = 0;
  std::size_t next = 0;            ///< offset behind it in the message
  bool is_read = false;
  bool is_too_long = false, is_loop = false, has_too_many_labels = false;
  [[nodiscard]] Bytes bytes() const noexcept { return {text.data(), size}; }
};
void read_name(Bytes message, std::size_t offset, Name& out) noexcept;

/// What was found in a message; on the stack of the parser.
struct Parsed {
  std::uint16_t id = 0, flags = 0;
  std::array<std::uint16_t, 4> counts = {};             ///< as the header says
  std::array<std::uint16_t, 5> begin = {};              ///< sections in `records`, the last one's end behind them
  std::array<Record, kRecordsMax> records = {};
  std::uint16_t record_count = 0;
  std::uint32_t events = 0;                             ///< bits of Event
  bool is_read = false;                                 ///< queries and answers could be read
  bool has_header = false;                              ///< … the header, and it promises no more than fits
  void set(Event event) noexcept { events |= 1u << static_cast<unsigned>(event); }
};
/// `length`: what the message has in all, when only its begin is here (TCP).
void parse(Bytes message, Parsed& out) noexcept;
/// Header only: whether `length` bytes can hold what it promises.
[[nodiscard]] bool fits(Bytes header, std::size_t length) noexcept;

/// A transaction: one message.
struct DnsTx {
  Bytes message = {};
  Direction direction = Direction::to_server;
  std::uint16_t id = 0, flags = 0;
  std::array<std::span<const Record>, 4> sections = {};

  [[nodiscard]] unsigned opcode() const noexcept { return flags >> 11 & 15u; }
  [[nodiscard]] unsigned rcode() const noexcept { return flags & 15u; }
};

/// Names of record types, operations and answers' codes, as in EVE.
[[nodiscard]] std::string_view type_name(std::uint16_t type) noexcept;
[[nodiscard]] std::string_view rcode_name(unsigned rcode) noexcept;

}  // namespace hd::protocol::dns
