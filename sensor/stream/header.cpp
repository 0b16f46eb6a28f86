// SPDX-License-Identifier: Apache-2.0
#include "sensor/stream/header.hpp"

#include <algorithm>

#include "sensor/base/bytes.hpp"

namespace hd {
namespace {

constexpr std::size_t kBareHeader = 20;
constexpr std::uint8_t kWscaleMax = 14;  // RFC 7323 section 2.3

void read_option(TcpHeader& header, std::uint8_t kind, Bytes value) noexcept {
  switch (kind) {
    case 2:
      if (value.size() == 2) header.mss = load_be16(value.data());
      break;
    case 3:
      if (value.size() != 1) break;
      header.has_wscale = true;
      header.wscale = std::min(value[0], kWscaleMax);
      break;
    case 4:
      header.has_sack_permitted = value.empty();
      break;
    case 8:
      if (value.size() != 8) break;
      header.has_timestamp = true;
      header.timestamp = load_be32(value.data());
      header.timestamp_echo = load_be32(value.data() + 4);
      break;
    case 19:
    case 29:
      header.is_signed = true;
      break;
    case 34:
      header.has_fast_open = true;
      break;
    case 254:  // RFC 7413 appendix A: the experimental form
      if (value.size() >= 2 && load_be16(value.data()) == 0xf989) header.has_fast_open = true;
      break;
    default:
      break;
  }
}

void read_options(TcpHeader& header, Bytes options) noexcept {
  // What nearly all data segments bear: two NOPs and a timestamp.
  if (options.size() == 12 && load_be32(options.data()) == 0x0101080a) {
    read_option(header, 8, options.subspan(4));
    return;
  }
  Cursor cursor(options);
  while (!cursor.at_end()) {
    const std::uint8_t kind = cursor.u8();
    if (kind == 0) return;
    if (kind == 1) continue;
    const std::uint8_t length = cursor.u8();
    if (length < 2) return;
    const Bytes value = cursor.bytes(std::size_t{length} - 2u);
    if (cursor.short_read()) return;
    read_option(header, kind, value);
  }
}

}  // namespace

TcpHeader TcpHeader::read(const PacketView& view) noexcept {
  const std::uint8_t* at = view.transport();
  TcpHeader header;
  header.seq = load_be32(at + 4);
  header.ack = load_be32(at + 8);
  header.flags = at[13];
  header.window = load_be16(at + 14);
  header.urgent = load_be16(at + 18);
  header.length = view.payload_length;
  const std::size_t length = std::size_t{at[12]} >> 4 << 2;
  if (length > kBareHeader && view.l4 + length <= view.caplen) {
    read_options(header, Bytes(at, length).subspan(kBareHeader));
  }
  return header;
}

}  // namespace hd
