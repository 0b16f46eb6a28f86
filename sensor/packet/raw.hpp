// SPDX-License-Identifier: Apache-2.0
// Packets as a capture source hands them over, before anything was decoded.
#pragma once

#include "sensor/base/time.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace hd {

/// Link types that are decoded (LINKTYPE_ numbers of tcpdump.org).
namespace link_type {
inline constexpr std::uint16_t null = 0, ethernet = 1, ppp = 9, raw_old = 12, raw_bsd = 14, ppp_hdlc = 50,
                               pppoe = 51, chdlc = 104, raw = 101, loop = 108, linux_sll = 113, ip4 = 228,
                               ip6 = 229, linux_sll2 = 276;
}

/// Whether the decoder knows a link type; packets of others are counted and nothing else.
[[nodiscard]] constexpr bool is_decoded_link(std::uint16_t type) noexcept {
  switch (type) {
    case link_type::null:
    case link_type::ethernet:
    case link_type::ppp:
    case link_type::raw_old:
    case link_type::raw_bsd:
    case link_type::ppp_hdlc:
    case link_type::pppoe:
    case link_type::chdlc:
    case link_type::raw:
    case link_type::loop:
    case link_type::linux_sll:
    case link_type::ip4:
    case link_type::ip6:
    case link_type::linux_sll2:
      return true;
    default:
      return false;
  }
}

struct RawPacket {
  const std::uint8_t* data = nullptr;  ///< valid until the batch is given back
  PacketTime time = {};
  std::uint32_t caplen = 0;
  std::uint32_t wirelen = 0;
  std::uint32_t number = 0;  ///< in the capture, from 1
  std::uint16_t link = link_type::ethernet;
  std::uint16_t vlan = 0;  ///< tag that the card took off (tag control information); has_vlan says whether
  bool has_vlan = false;
  std::uint8_t source = 0;
};

/// Up to 32 packets of one source.
struct RawBatch {
  static constexpr std::size_t kMax = 32;
  std::array<RawPacket, kMax> packets = {};
  std::uint16_t count = 0;

  [[nodiscard]] std::span<const RawPacket> all() const noexcept { return {packets.data(), count}; }
};

}  // namespace hd
