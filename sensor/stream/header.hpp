// SPDX-License-Identifier: Apache-2.0
// The TCP header's fields and options (RFC 9293, 7323, 2018, 7413, 2385, 5925).
#pragma once

#include <cstdint>

#include "sensor/packet/view.hpp"
#include "sensor/stream/session.hpp"

namespace hd {

/// Comparisons of sequence numbers, which wrap (RFC 9293 section 3.4).
constexpr bool seq_before(std::uint32_t a, std::uint32_t b) noexcept { return static_cast<std::int32_t>(a - b) < 0; }
constexpr bool seq_after(std::uint32_t a, std::uint32_t b) noexcept { return static_cast<std::int32_t>(a - b) > 0; }
constexpr bool seq_at_most(std::uint32_t a, std::uint32_t b) noexcept { return !seq_after(a, b); }
constexpr bool seq_at_least(std::uint32_t a, std::uint32_t b) noexcept { return !seq_before(a, b); }

struct TcpHeader {
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t timestamp_echo = 0;
  std::uint16_t window = 0;      ///< as sent, not scaled
  std::uint16_t urgent = 0;
  std::uint16_t length = 0;      ///< of the payload
  std::uint16_t mss = 0;
  std::uint8_t flags = 0;        ///< tcp_flag
  std::uint8_t wscale = 0;       ///< at most 14
  bool has_wscale = false;
  bool has_timestamp = false;
  bool has_sack_permitted = false;
  bool has_fast_open = false;
  bool is_signed = false;        ///< MD5 or AO option

  /// Of a packet with is_tcp(). Options that are cut or nonsense end the list.
  [[nodiscard]] static TcpHeader read(const PacketView& view) noexcept;

  [[nodiscard]] bool has(std::uint8_t flag) const noexcept { return (flags & flag) != 0; }
  [[nodiscard]] bool is_syn_ack() const noexcept { return (flags & (tcp_flag::syn | tcp_flag::ack)) == (tcp_flag::syn | tcp_flag::ack); }
  [[nodiscard]] bool has_syn_fin_rst() const noexcept { return (flags & (tcp_flag::syn | tcp_flag::fin | tcp_flag::rst)) != 0; }
  /// Sequence number behind the payload.
  [[nodiscard]] std::uint32_t end() const noexcept { return seq + length; }
};

}  // namespace hd
