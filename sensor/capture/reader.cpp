// SPDX-License-Identifier: Apache-2.0
#include "sensor/capture/reader.hpp"

#include "sensor/base/hash.hpp"

#include <algorithm>
#include <string_view>

namespace hd {
namespace {

constexpr std::uint32_t kSection = 0x0a0d0d0a, kByteOrder = 0x1a2b3c4d;

std::string looks_like(Bytes head) {
  struct Known {
    std::string_view start, name;
  };
  constexpr Known kKnown[] = {
      {"PK\x03\x04", "a ZIP archive; unpack it first"},
      {"\x1f\x8b", "gzip; unpack it first"},
      {"\x28\xb5\x2f\xfd", "zstd; unpack it first"},
      {"\xfd\x37zXZ", "xz; unpack it first"},
      {"BZh", "bzip2; unpack it first"},
      {"\x7f\x45LF", "a program"},
      {"snoop", "a capture of Solaris snoop"},
      {"XCP", "a capture of NetXRay"},
      {"TRSNIFF", "a capture of the Sniffer"},
      {"%PDF", "a PDF document"},
      {"{", "text, JSON perhaps"},
      {"<", "text, XML perhaps"},
  };
  if (head.empty()) return "it is empty";
  std::string digits;
  for (const std::uint8_t byte : head.first(std::min<std::size_t>(4, head.size()))) {
    constexpr char kDigits[] = "0123456789abcdef";
    if (!digits.empty()) digits += ' ';
    digits += kDigits[byte >> 4];
    digits += kDigits[byte & 15];
  }
  for (const Known& known : kKnown) {
    if (as_chars(head).starts_with(known.start))
      return "it starts with " + digits + ": " + std::string(known.name);
  }
  return "it starts with " + digits;
}

CaptureRecord cut(std::size_t needed) {
  return {CaptureRecord::Kind::cut, needed, "the last record is cut"};
}
CaptureRecord damaged(const char* why) {
  return {CaptureRecord::Kind::damaged, 0, why};
}

}  // namespace

Result<std::size_t> CaptureReader::begin(Bytes head) {
  if (head.size() >= kHeadSize) {
    constexpr std::uint64_t kMicro = 1'000'000, kNano = 1'000'000'000;
    switch (load_le32(head.data())) {
      case 0xa1b2c3d4:
        return begin_pcap(head, false, kMicro);
      case 0xd4c3b2a1:
        return begin_pcap(head, true, kMicro);
      case 0xa1b23c4d:
        return begin_pcap(head, false, kNano);
      case 0x4d3cb2a1:
        return begin_pcap(head, true, kNano);
      case 0xa1b2cd34:
        record_header_ = 24;
        return begin_pcap(head, false, kMicro);  // A. Kuznetzov's
      case 0x34cdb2a1:
        record_header_ = 24;
        return begin_pcap(head, true, kMicro);
      case kSection:
        is_ng_ = true;
        return std::size_t{0};
      default:
        break;
    }
  }
  return fail(ErrorCode::E5001, "not a pcap or pcapng file (" + looks_like(head) + ")");
}

std::size_t CaptureReader::begin_pcap(Bytes head, bool is_swapped, std::uint64_t units_per_second) {
  is_swapped_ = is_swapped;
  // The upper bits of the link type tell of checksums at the frames' ends.
  add_interface(
      {.link = static_cast<std::uint16_t>(u32(head.data() + 20)), .units_per_second = units_per_second});
  return kHeadSize;
}

CaptureRecord CaptureReader::next(Bytes rest, RawPacket& packet) {
  return is_ng_ ? next_block(rest, packet) : next_pcap(rest, packet);
}

CaptureRecord CaptureReader::next_pcap(Bytes rest, RawPacket& packet) const {
  if (rest.size() < record_header_) return cut(record_header_);
  const std::uint8_t* header = rest.data();
  const std::uint32_t caplen = u32(header + 8);
  if (caplen > kRecordMax) return damaged("a record has an impossible length");
  const std::size_t size = std::size_t{record_header_} + caplen;
  if (size > rest.size()) return cut(size);
  const Interface& from = interfaces_[0];
  const std::int64_t unit = from.units_per_second == 1'000'000 ? kMicrosecond : 1;
  packet.data = header + record_header_;
  packet.caplen = caplen;
  packet.wirelen = std::max(u32(header + 12), caplen);
  packet.time = {std::int64_t{u32(header)} * kSecond + u32(header + 4) * unit};
  packet.link = from.link;
  return {CaptureRecord::Kind::packet, size};
}

CaptureRecord CaptureReader::next_block(Bytes rest, RawPacket& packet) {
  if (rest.size() < 12) return cut(12);
  const std::uint8_t* block = rest.data();
  if (load_le32(block) == kSection)
    is_swapped_ = load_le32(block + 8) != kByteOrder;  // each section has its own order
  const std::uint32_t type = u32(block);
  const std::uint32_t size = u32(block + 4);
  if (size < 12 || size % 4 != 0 || size > kRecordMax) return damaged("a block has an impossible length");
  if (size > rest.size()) return cut(size);
  const Bytes body = rest.subspan(8, size - 12);
  bool makes_sense = true;
  CaptureRecord record{CaptureRecord::Kind::packet, size};
  switch (type) {
    case 2:
      makes_sense = old_packet(body, packet);
      break;
    case 3:
      makes_sense = simple_packet(body, packet);
      break;
    case 6:
      makes_sense = enhanced_packet(body, packet);
      break;
    case 1:
      record.kind = CaptureRecord::Kind::other;
      add_interface(body);
      break;
    case kSection:
      record.kind = CaptureRecord::Kind::other;
      interfaces_.clear();
      break;
    default:
      record.kind = CaptureRecord::Kind::other;
      break;  // names, statistics, decryption secrets
  }
  if (!makes_sense) return {CaptureRecord::Kind::other, size, "a packet block makes no sense"};
  return record;
}

void CaptureReader::add_interface(const Interface& made) {
  if (interfaces_.size() == kInterfacesMax) return;
  interfaces_.push_back(made);
  if (!is_decoded_link(made.link)) unknown_link_ = made.link;
}

void CaptureReader::add_interface(Bytes body) {
  Interface made;
  if (body.size() >= 8) {
    made.link = u16(body.data());
    made.snaplen = u32(body.data() + 4);
    body = body.subspan(8);
  }
  while (body.size() >= 4) {
    const std::uint16_t code = u16(body.data());
    const std::size_t length = u16(body.data() + 2);
    if (code == 0 || length > body.size() - 4) break;
    const std::uint8_t* value = body.data() + 4;
    if (code == 9 && length == 1) {  // if_tsresol: a power of ten, or with the high bit of two
      const unsigned exponent = value[0] & 0x7fu;
      made.units_per_second = 1;
      if ((value[0] & 0x80) != 0)
        made.units_per_second <<= std::min(exponent, 63u);
      else
        for (unsigned i = 0; i < std::min(exponent, 18u); ++i) made.units_per_second *= 10;
    }
    if (code == 14 && length == 8) {  // if_tsoffset
      made.offset_seconds = static_cast<std::int64_t>(is_swapped_ ? load_be64(value) : load_le64(value));
    }
    body = body.subspan(std::min(body.size(), 4 + (length + 3) / 4 * 4));
  }
  add_interface(made);
}

PacketTime CaptureReader::time_of(std::uint64_t units, const Interface& from) noexcept {
  // Times that do not fit are set to the last or first that does: 1677 to 2262.
  constexpr std::int64_t kMost = 9'000'000'000;
  const std::uint64_t whole = units / from.units_per_second;
  const auto rest = static_cast<Uint128>(units % from.units_per_second) * kSecond / from.units_per_second;
  const std::int64_t offset = std::clamp(from.offset_seconds, -kMost, kMost);
  const std::int64_t seconds = static_cast<std::int64_t>(std::min<std::uint64_t>(whole, kMost)) + offset;
  return {std::clamp(seconds, -kMost, kMost) * kSecond + static_cast<std::int64_t>(rest)};
}

bool CaptureReader::fill(const Found& found, RawPacket& packet) const {
  if (found.caplen > found.data.size() || found.interface_number >= interfaces_.size()) return false;
  const Interface& from = interfaces_[found.interface_number];
  packet.data = found.data.data();
  packet.caplen = found.caplen;
  packet.wirelen = std::max(found.wirelen, found.caplen);
  packet.time = time_of(found.units, from);
  packet.link = from.link;
  return true;
}

bool CaptureReader::enhanced_packet(Bytes body, RawPacket& packet) const {
  if (body.size() < 20) return false;
  const std::uint8_t* at = body.data();
  return fill({.interface_number = u32(at),
               .units = std::uint64_t{u32(at + 4)} << 32 | u32(at + 8),
               .caplen = u32(at + 12),
               .wirelen = u32(at + 16),
               .data = body.subspan(20)},
              packet);
}

// Obsolete: a number of drops beside a shorter number of the interface.
bool CaptureReader::old_packet(Bytes body, RawPacket& packet) const {
  if (body.size() < 20) return false;
  const std::uint8_t* at = body.data();
  return fill({.interface_number = u16(at),
               .units = std::uint64_t{u32(at + 4)} << 32 | u32(at + 8),
               .caplen = u32(at + 12),
               .wirelen = u32(at + 16),
               .data = body.subspan(20)},
              packet);
}

// Neither time nor captured length: as much as the interface's snap length and the block leave.
bool CaptureReader::simple_packet(Bytes body, RawPacket& packet) const {
  if (body.size() < 4 || interfaces_.empty()) return false;
  const std::uint32_t wirelen = u32(body.data());
  std::uint32_t caplen = std::min(wirelen, static_cast<std::uint32_t>(body.size() - 4));
  if (interfaces_[0].snaplen != 0) caplen = std::min(caplen, interfaces_[0].snaplen);
  return fill({.caplen = caplen, .wirelen = wirelen, .data = body.subspan(4)}, packet);
}

}  // namespace hd
