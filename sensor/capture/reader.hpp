// SPDX-License-Identifier: Apache-2.0
// The bytes of a capture file to packets: pcap (micro- and nanoseconds, both byte orders) and pcapng
// (draft-ietf-opsawg-pcapng). Pure: whoever holds the bytes, mapped or streamed, hands them over.
#pragma once

#include "sensor/base/bytes.hpp"
#include "sensor/base/result.hpp"
#include "sensor/packet/raw.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace hd {

/// What stood at the front of the bytes.
struct CaptureRecord {
  enum class Kind : std::uint8_t {
    packet,   ///< `packet` is filled; its bytes lie in those that were given
    other,    ///< something without a packet, or a packet that makes no sense (then `why`)
    cut,      ///< more bytes are needed than were given: `size` tells how many at least
    damaged,  ///< what follows cannot be told apart any more
  };
  Kind kind = Kind::other;
  std::size_t size = 0;       ///< bytes of the record, to go on behind it
  const char* why = nullptr;  ///< for a person
};

class CaptureReader {
 public:
  static constexpr std::size_t kHeadSize = 24;                          ///< enough to begin with
  static constexpr std::uint32_t kRecordMax = std::uint32_t{64} << 20;  ///< longer ones are nonsense
  static constexpr std::size_t kInterfacesMax = 65'536;                 ///< of one section

  /// Recognises the form by the first bytes and answers how many of them were its header. Errors: what the
  /// bytes look like instead, "it starts with 50 4b 03 04: a ZIP archive" (E5001, without the file's name).
  [[nodiscard]] Result<std::size_t> begin(Bytes head);
  /// The record at the front of `rest`. No allocation but for descriptions of interfaces.
  [[nodiscard]] CaptureRecord next(Bytes rest, RawPacket& packet);
  /// A link type that occurred and that nobody decodes; negative: none.
  [[nodiscard]] int unknown_link() const noexcept { return unknown_link_; }

 private:
  struct Interface {
    std::uint16_t link = link_type::ethernet;
    std::uint32_t snaplen = 0;
    std::uint64_t units_per_second = 1'000'000;
    std::int64_t offset_seconds = 0;
  };
  /// A packet of pcapng before its interface is known to exist.
  struct Found {
    std::uint32_t interface_number = 0;
    std::uint64_t units = 0;
    std::uint32_t caplen = 0, wirelen = 0;
    Bytes data = {};
  };
  std::size_t begin_pcap(Bytes head, bool is_swapped, std::uint64_t units_per_second);
  CaptureRecord next_pcap(Bytes rest, RawPacket& packet) const;
  CaptureRecord next_block(Bytes rest, RawPacket& packet);
  void add_interface(Bytes body);
  void add_interface(const Interface& made);
  bool fill(const Found& found, RawPacket& packet) const;
  bool enhanced_packet(Bytes body, RawPacket& packet) const;
  bool old_packet(Bytes body, RawPacket& packet) const;
  bool simple_packet(Bytes body, RawPacket& packet) const;
  [[nodiscard]] static PacketTime time_of(std::uint64_t units, const Interface& from) noexcept;
  [[nodiscard]] std::uint16_t u16(const std::uint8_t* at) const noexcept {
    return is_swapped_ ? load_be16(at) : load_le16(at);
  }
  [[nodiscard]] std::uint32_t u32(const std::uint8_t* at) const noexcept {
    return is_swapped_ ? load_be32(at) : load_le32(at);
  }

  bool is_swapped_ = false;
  bool is_ng_ = false;
  std::uint32_t record_header_ = 16;
  std::vector<Interface> interfaces_ = {};
  int unknown_link_ = -1;
};

}  // namespace hd
