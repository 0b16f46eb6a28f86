// SPDX-License-Identifier: Apache-2.0
#include "sensor/link/segment.hpp"

#include <cstring>

#include "sensor/base/hash.hpp"

namespace hd {
namespace {

constexpr std::string_view kMagic = "HDSPOOL1";
constexpr std::uint32_t kVersion = 1;

}  // namespace

std::array<std::uint8_t, kSegmentHeaderSize> encode_segment(const SegmentHeader& header) noexcept {
  std::array<std::uint8_t, kSegmentHeaderSize> out{};
  std::uint8_t* at = out.data();
  std::memcpy(at, kMagic.data(), kMagic.size());
  store(at + 8, kVersion);
  store(at + 12, std::uint32_t{header.lane.lane});
  store(at + 16, header.lane.epoch);
  store(at + 24, header.first);
  std::memcpy(at + 32, header.chain.data(), header.chain.size());
  std::memcpy(at + 48, header.sensor.data(), header.sensor.size());
  store(at + 64, header.created.ns);
  std::memcpy(at + 72, header.boot.data(), header.boot.size());
  store(at + 92, crc32c({at, 92}));
  return out;
}

bool decode_segment(Bytes bytes, SegmentHeader* header) noexcept {
  if (bytes.size() < kSegmentHeaderSize) return false;
  const std::uint8_t* at = bytes.data();
  if (as_chars(bytes.first(8)) != kMagic || load_le32(at + 8) != kVersion) return false;
  if (load_le32(at + 92) != crc32c(bytes.first(92)) || load_le32(at + 88) != 0) return false;
  const std::uint32_t lane = load_le32(at + 12);
  if (lane >= kLaneCount) return false;
  header->lane = {.epoch = load_le64(at + 16), .lane = static_cast<std::uint8_t>(lane)};
  header->first = load_le64(at + 24);
  std::memcpy(header->chain.data(), at + 32, header->chain.size());
  std::memcpy(header->sensor.data(), at + 48, header->sensor.size());
  header->created = {load<std::int64_t>(at + 64)};
  std::memcpy(header->boot.data(), at + 72, header->boot.size());
  return header->first > 0;
}

}  // namespace hd
