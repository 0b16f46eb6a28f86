// SPDX-License-Identifier: Apache-2.0
#include "sensor/link/frame.hpp"

#include <cstring>

#include "sensor/base/hash.hpp"

namespace hd {
namespace {

constexpr std::uint32_t kMagic = 0x31505353;  // "SSP1"
constexpr std::uint16_t kKnownFlags = kFlagZstd | kFlagLast | kFlagUrgent | kFlagRechain;

}  // namespace

bool is_known(FrameType type) noexcept {
  const auto n = static_cast<std::uint8_t>(type);
  return (n >= 1 && n <= 13) || (n >= 20 && n <= 24) || (n >= 30 && n <= 33);
}

FrameBytes encode_frame(const FrameHeader& header) noexcept {
  FrameBytes out{};
  std::uint8_t* at = out.data();
  store(at, kMagic);
  at[4] = kSspMajor;
  at[5] = static_cast<std::uint8_t>(header.type);
  store(at + 6, header.flags);
  store(at + 8, header.session);
  store(at + 16, header.epoch);
  at[24] = header.lane;
  store(at + 28, header.items);
  store(at + 32, header.first);
  store(at + 40, header.last);
  store(at + 48, header.length);
  store(at + 52, header.length_sent);
  std::memcpy(at + 56, header.chain.data(), header.chain.size());
  store(at + 72, header.head);
  store(at + 80, header.sent_ns);
  store(at + 88, header.payload_crc);
  store(at + 92, crc32c({at, 92}));
  return out;
}

WireError decode_frame(Bytes bytes, FrameHeader* header) noexcept {
  if (bytes.size() != kFrameHeaderSize) return WireError::frame;
  const std::uint8_t* at = bytes.data();
  if (load_le32(at) != kMagic) return WireError::frame;
  if (at[4] != kSspMajor) return WireError::version;
  if (load_le32(at + 92) != crc32c(bytes.first(92))) return WireError::frame;
  FrameHeader read;
  read.type = static_cast<FrameType>(at[5]);
  read.flags = load_le16(at + 6);
  read.session = load_le64(at + 8);
  read.epoch = load_le64(at + 16);
  read.lane = at[24];
  read.items = load_le32(at + 28);
  read.first = load_le64(at + 32);
  read.last = load_le64(at + 40);
  read.length = load_le32(at + 48);
  read.length_sent = load_le32(at + 52);
  std::memcpy(read.chain.data(), at + 56, read.chain.size());
  read.head = load_le64(at + 72);
  read.sent_ns = load<std::int64_t>(at + 80);
  read.payload_crc = load_le32(at + 88);
  const bool is_reserved_zero = at[25] == 0 && at[26] == 0 && at[27] == 0;
  const bool is_stated_length = (read.flags & kFlagZstd) != 0 || read.length == read.length_sent;
  if (!is_reserved_zero || (read.flags & ~kKnownFlags) != 0 || read.lane >= kLaneCount || !is_stated_length) {
    return WireError::frame;
  }
  if (read.length > kPayloadMax || read.length_sent > kPayloadMax) return WireError::too_big;
  *header = read;
  return WireError::none;
}

}  // namespace hd
