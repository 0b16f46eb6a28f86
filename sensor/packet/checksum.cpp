// SPDX-License-Identifier: Apache-2.0
#include "sensor/packet/checksum.hpp"

namespace hd {
namespace {

std::uint64_t sum_of(Bytes bytes, std::uint64_t sum) noexcept {
  std::size_t at = 0;
  for (; at + 2 <= bytes.size(); at += 2) sum += load_be16(bytes.data() + at);
  if (at < bytes.size()) sum += std::uint64_t{bytes[at]} << 8;
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
  const std::size_t header = view.payload - std::size_t{view.l4};
  const Bytes segment{view.transport(), header + view.payload_length};
  std::uint64_t sum = 0;
  switch (view.protocol) {
    case ip_protocol::icmp: return is_zero(sum_of(segment, 0)) ? ChecksumState::right : ChecksumState::wrong;
    case ip_protocol::udp:
      if (load_be16(segment.data() + 6) == 0 && view.is_ip4()) return ChecksumState::right;
      break;
    case ip_protocol::tcp:
    case ip_protocol::icmp6: break;
    default: return ChecksumState::absent;
  }
  // Pseudo header (RFC 793 section 3.1, RFC 8200 section 8.1).
  sum = view.is_ip4() ? sum_of({view.ip() + 12, 8}, 0) : sum_of({view.ip() + 8, 32}, 0);
  sum += view.protocol;
  sum += segment.size();
  return is_zero(sum_of(segment, sum)) ? ChecksumState::right : ChecksumState::wrong;
}

bool checksums_hold(const PacketView& view) noexcept {
  return ip4_checksum(view) != ChecksumState::wrong && transport_checksum(view) != ChecksumState::wrong;
}

}  // namespace hd
