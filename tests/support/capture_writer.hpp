// SPDX-License-Identifier: Apache-2.0
// Capture files for tests: pcap in all its forms, and pcapng.
#pragma once

#include "sensor/base/time.hpp"
#include "tests/support/packet_builder.hpp"

#include <cstdio>
#include <string>
#include <vector>

namespace hd::test {

struct TimedPacket {
  PacketTime time = {};
  Packet bytes = {};
  std::uint32_t wirelen = 0;  ///< 0: as many as there are
};

enum class ByteOrder : std::uint8_t { little, big };

/// Numbers in either byte order.
class FileWriter {
 public:
  explicit FileWriter(ByteOrder order) : order_(order) {}
  FileWriter& u16(std::uint32_t value) { return number(value, 2); }
  FileWriter& u32(std::uint64_t value) { return number(value, 4); }
  FileWriter& u64(std::uint64_t value) { return number(value, 8); }
  FileWriter& raw(Bytes bytes) {
    put(bytes_, bytes);
    return *this;
  }
  FileWriter& pad() {
    while (bytes_.size() % 4 != 0) bytes_.push_back(0);
    return *this;
  }
  [[nodiscard]] const Packet& bytes() const { return bytes_; }

 private:
  FileWriter& number(std::uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) {
      const unsigned shift = 8 * (order_ == ByteOrder::little ? i : size - 1 - i);
      bytes_.push_back(static_cast<std::uint8_t>(value >> shift));
    }
    return *this;
  }
  ByteOrder order_;
  Packet bytes_ = {};
};

struct PcapForm {
  ByteOrder order = ByteOrder::little;
  bool is_nano = false;
  std::uint32_t link = 1;
};
inline Packet pcap_bytes(const std::vector<TimedPacket>& packets, const PcapForm& form = {}) {
  FileWriter file(form.order);
  file.u32(form.is_nano ? 0xa1b23c4du : 0xa1b2c3d4u).u16(2).u16(4).u32(0).u32(0).u32(262144).u32(form.link);
  for (const TimedPacket& packet : packets) {
    const auto rest = static_cast<std::uint64_t>(packet.time.ns % kSecond);
    file.u32(static_cast<std::uint64_t>(packet.time.ns / kSecond)).u32(form.is_nano ? rest : rest / 1000);
    file.u32(packet.bytes.size())
        .u32(packet.wirelen != 0 ? packet.wirelen : packet.bytes.size())
        .raw(packet.bytes);
  }
  return file.bytes();
}

/// One block of pcapng with its lengths.
inline Packet ng_block(std::uint32_t type, const FileWriter& body, ByteOrder order = ByteOrder::little) {
  FileWriter padded = body;
  padded.pad();
  FileWriter block(order);
  const std::size_t length = padded.bytes().size() + 12;
  block.u32(type).u32(length).raw(padded.bytes()).u32(length);
  return block.bytes();
}
inline Packet ng_section(ByteOrder order = ByteOrder::little) {
  FileWriter body(order);
  body.u32(0x1a2b3c4d).u16(1).u16(0).u64(~std::uint64_t{0});
  return ng_block(0x0a0d0d0a, body, order);
}
inline Packet ng_interface(std::uint16_t link, Bytes options = {}, ByteOrder order = ByteOrder::little) {
  FileWriter body(order);
  body.u16(link).u16(0).u32(0).raw(options);
  return ng_block(1, body, order);
}
inline Packet ng_packet(std::uint32_t interface_number, std::uint64_t units, Bytes bytes,
                        ByteOrder order = ByteOrder::little) {
  FileWriter body(order);
  body.u32(interface_number)
      .u32(units >> 32)
      .u32(units & 0xffffffff)
      .u32(bytes.size())
      .u32(bytes.size())
      .raw(bytes);
  return ng_block(6, body, order);
}

/// Writes a file whole; the caller removes it. False when it could not.
inline bool write_bytes(const std::string& path, Bytes bytes) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return false;
  const bool is_whole = bytes.empty() || std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  return std::fclose(file) == 0 && is_whole;
}

}  // namespace hd::test
