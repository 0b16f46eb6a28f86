// SPDX-License-Identifier: Apache-2.0
#include "sensor/packet/checksum.hpp"

namespace hd {
namespace {

// Sum of 16-bit words in the machine's order (RFC 1071 section 2 (B)); 32 bits at a time with room for the
// carries.
std::uint64_t sum_of(Bytes bytes, std::uint64_t sum) noexcept {
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 4; at += 4, left -= 4) sum += load<std::uint32_t>(at);
  if (left >= 2) {
    sum += load<std::uint16_t>(at);
    at += 2;
    left -= 2;
  }
  if (left != 0) sum += *at;  // as if a zero followed
  return sum;
}

bool is_zero(std::uint64_t sum) noexcept {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return sum == 0xffff;
}

}  // namespace

ChecksumState ip4_checksum(const PacketView& view) noexcept {
  if (!view.is_ip4()) return ChecksumState::absent;
  const std::size_t length = (view.ip()[0] & 15u) * 4u;
  return is_zero(sum_of({view.ip(), length}, 0)) ? ChecksumState::right : ChecksumState::wrong;
}

ChecksumState transport_checksum(const PacketView& view) noexcept {
  if (!view.has(packet_flag::l4) || view.has(packet_flag::fragment)) return ChecksumState::absent;
  const std::uint8_t* at = view.transport();
  std::size_t length = std::size_t{view.payload} - view.l4 + view.payload_length;
  switch (view.protocol) {
    case ip_protocol::icmp:
      return is_zero(sum_of({at, length}, 0)) ? ChecksumState::right : ChecksumState::wrong;
    case ip_protocol::udp:
      if (load<std::uint16_t>(at + 6) == 0 && view.is_ip4()) return ChecksumState::right;
      length = load_be16(at + 4);  // the payload may be a packet of its own by now
      break;
    case ip_protocol::tcp:
    case ip_protocol::icmp6:
      break;
    default:
      return ChecksumState::absent;
  }
  // Pseudo header (RFC 9293 section 3.1, RFC 8200 section 8.1).
  std::uint64_t sum = view.is_ip4() ? sum_of({view.ip() + 12, 8}, 0) : sum_of({view.ip() + 8, 32}, 0);
  sum += __builtin_bswap16(view.protocol);
  sum += __builtin_bswap16(static_cast<std::uint16_t>(length));
  return is_zero(sum_of({at, length}, sum)) ? ChecksumState::right : ChecksumState::wrong;
}

bool checksums_hold(const PacketView& view) noexcept {
  return ip4_checksum(view) != ChecksumState::wrong && transport_checksum(view) != ChecksumState::wrong;
}

}  // namespace hd
