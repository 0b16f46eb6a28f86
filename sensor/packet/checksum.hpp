// SPDX-License-Identifier: Apache-2.0
// Internet checksums (RFC 1071), for `checksums: verify` and the csum keywords.
#pragma once

#include "sensor/packet/view.hpp"

namespace hd {

/// Whether a checksum is right; nothing when the packet has no such header.
enum class ChecksumState : std::uint8_t { absent, right, wrong };
[[nodiscard]] ChecksumState ip4_checksum(const PacketView& view) noexcept;
/// Of TCP, UDP, ICMPv4 or ICMPv6 at view.l4. A UDP checksum of 0 over IPv4 counts as right.
[[nodiscard]] ChecksumState transport_checksum(const PacketView& view) noexcept;
/// All of a packet's checksums hold. Fragments are judged by their IP header alone.
[[nodiscard]] bool checksums_hold(const PacketView& view) noexcept;

}  // namespace hd
