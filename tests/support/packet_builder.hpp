// SPDX-License-Identifier: Apache-2.0
// Packets from values, from the inside out: ethernet(vlan(7, ip4({}, tcp({.payload = "GET / "})))).
// Lengths and checksums are right unless said otherwise. Addresses are text; a bad one fails by assertion.
#pragma once

#include "sensor/base/bytes.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hd::test {

using Packet = std::vector<std::uint8_t>;

/// Bytes behind an IP header, with its protocol number.
struct Segment {
  std::uint8_t protocol = 0;
  Packet bytes = {};
};
/// Bytes behind a link header, with their EtherType.
struct Network {
  std::uint16_t type = 0;
  Packet bytes = {};
};

inline void put8(Packet& to, unsigned value) {
  to.push_back(static_cast<std::uint8_t>(value));
}
inline void put16(Packet& to, unsigned value) {
  put8(to, value >> 8 & 0xff);
  put8(to, value & 0xff);
}
inline void put32(Packet& to, std::uint32_t value) {
  put16(to, value >> 16);
  put16(to, value & 0xffff);
}
inline void put(Packet& to, Bytes more) {
  to.insert(to.end(), more.begin(), more.end());
}
inline void set16(Packet& in, std::size_t at, unsigned value) {
  in[at] = static_cast<std::uint8_t>(value >> 8);
  in[at + 1] = static_cast<std::uint8_t>(value);
}
inline Packet bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}
/// "45 00 00 1c" or "4500001c".
inline Packet from_hex(std::string_view text) {
  Packet result;
  int high = -1;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) continue;
    if (high >= 0) put8(result, static_cast<unsigned>(high * 16 + digit));
    high = high >= 0 ? -1 : digit;
  }
  return result;
}

/// RFC 1071, continued from `sum`.
inline std::uint32_t add_up(Bytes bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8 : bytes[i];
  return sum;
}
inline std::uint16_t checksum(std::uint32_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

struct TcpFields {
  std::uint16_t source_port = 40000;
  std::uint16_t target_port = 80;
  std::uint32_t sequence = 1;
  std::uint32_t acknowledgement = 0;
  std::string_view flags = "A";  ///< of F S R P A U E C
  std::uint16_t window = 65535;
  Packet options = {};  ///< filled up to a multiple of 4
  std::string_view payload = {};
};
inline Segment tcp(const TcpFields& f) {
  Packet options = f.options;
  while (options.size() % 4 != 0) options.push_back(0);
  unsigned flags = 0;
  for (const char c : f.flags) flags |= 1u << std::string_view("FSRPAUEC").find(c);
  Segment result{.protocol = 6};
  Packet& b = result.bytes;
  put16(b, f.source_port);
  put16(b, f.target_port);
  put32(b, f.sequence);
  put32(b, f.acknowledgement);
  put8(b, static_cast<unsigned>((20 + options.size()) / 4 << 4));
  put8(b, flags);
  put16(b, f.window);
  put32(b, 0);
  put(b, options);
  put(b, as_bytes(f.payload));
  return result;
}

struct UdpFields {
  std::uint16_t source_port = 40000;
  std::uint16_t target_port = 53;
};
inline Segment udp(const UdpFields& f, Bytes payload) {
  Segment result{.protocol = 17};
  put16(result.bytes, f.source_port);
  put16(result.bytes, f.target_port);
  put16(result.bytes, static_cast<unsigned>(8 + payload.size()));
  put16(result.bytes, 0);
  put(result.bytes, payload);
  return result;
}
inline Segment udp(const UdpFields& f, std::string_view payload = {}) {
  return udp(f, as_bytes(payload));
}

/// ICMP or ICMPv6 message: type, code, four bytes of the type's own, the rest.
inline Segment icmp(std::uint8_t type, std::uint8_t code, std::uint32_t rest = 0, Bytes payload = {},
                    std::uint8_t protocol = 1) {
  Segment result{.protocol = protocol};
  put8(result.bytes, type);
  put8(result.bytes, code);
  put16(result.bytes, 0);
  put32(result.bytes, rest);
  put(result.bytes, payload);
  return result;
}
inline Segment icmp6(std::uint8_t type, std::uint8_t code, std::uint32_t rest = 0, Bytes payload = {}) {
  return icmp(type, code, rest, payload, 58);
}

/// Fills in the checksum of a transport that has one; `pseudo` is the sum of both addresses.
inline void finish_transport(Segment& segment, std::uint32_t pseudo) {
  const std::size_t at = segment.protocol == 6                             ? 16
                         : segment.protocol == 17                          ? 6
                         : segment.protocol == 1 || segment.protocol == 58 ? 2
                                                                           : 0;
  if (at == 0 || segment.bytes.size() < at + 2 || load_be16(segment.bytes.data() + at) != 0) return;
  const std::uint32_t start =
      segment.protocol == 1 ? 0
                            : pseudo + segment.protocol + static_cast<std::uint32_t>(segment.bytes.size());
  set16(segment.bytes, at, checksum(add_up(segment.bytes, start)));
}

struct Ip4Fields {
  std::string source = "192.0.2.1";
  std::string target = "198.51.100.7";
  std::uint8_t ttl = 64;
  std::uint16_t id = 1;
  std::uint16_t fragment = 0;  ///< flags and offset as they stand in the header
  Packet options = {};         ///< filled up to a multiple of 4
};
inline Network ip4(const Ip4Fields& f, Segment segment) {
  Packet options = f.options;
  while (options.size() % 4 != 0) options.push_back(0);
  Packet addresses(8);
  HD_ASSERT(inet_pton(AF_INET, f.source.c_str(), addresses.data()) == 1);
  HD_ASSERT(inet_pton(AF_INET, f.target.c_str(), addresses.data() + 4) == 1);
  finish_transport(segment, add_up(addresses));
  Network result{.type = 0x0800};
  Packet& b = result.bytes;
  put8(b, static_cast<unsigned>(0x40 + (20 + options.size()) / 4));
  put8(b, 0);
  put16(b, static_cast<unsigned>(20 + options.size() + segment.bytes.size()));
  put16(b, f.id);
  put16(b, f.fragment);
  put8(b, f.ttl);
  put8(b, segment.protocol);
  put16(b, 0);
  put(b, addresses);
  put(b, options);
  set16(b, 10, checksum(add_up(b)));
  put(b, segment.bytes);
  return result;
}

/// An IPv6 extension header: its number, and all its bytes but the first, which names what follows.
struct Extension {
  std::uint8_t number = 0;
  Packet rest = {};
};
struct Ip6Fields {
  std::string source = "2001:db8::1";
  std::string target = "2001:db8:5::7";
  std::uint8_t hop_limit = 64;
  std::vector<Extension> extensions = {};
};
inline Network ip6(const Ip6Fields& f, Segment segment) {
  Packet addresses(32);
  HD_ASSERT(inet_pton(AF_INET6, f.source.c_str(), addresses.data()) == 1);
  HD_ASSERT(inet_pton(AF_INET6, f.target.c_str(), addresses.data() + 16) == 1);
  finish_transport(segment, add_up(addresses));
  Packet chain;
  for (std::size_t i = 0; i < f.extensions.size(); ++i) {
    put8(chain, i + 1 < f.extensions.size() ? f.extensions[i + 1].number : segment.protocol);
    put(chain, f.extensions[i].rest);
  }
  Network result{.type = 0x86dd};
  put32(result.bytes, 0x60000000);
  put16(result.bytes, static_cast<unsigned>(chain.size() + segment.bytes.size()));
  put8(result.bytes, f.extensions.empty() ? segment.protocol : f.extensions[0].number);
  put8(result.bytes, f.hop_limit);
  put(result.bytes, addresses);
  put(result.bytes, chain);
  put(result.bytes, segment.bytes);
  return result;
}

/// An IPv4 packet in fragments of `size` payload bytes each (a multiple of 8), in order.
inline std::vector<Network> fragments(const Network& whole, std::size_t size) {
  const std::size_t header = (whole.bytes[0] & 15u) * 4u;
  std::vector<Network> result;
  for (std::size_t at = header; at < whole.bytes.size(); at += size) {
    const std::size_t end = std::min(at + size, whole.bytes.size());
    Packet one(whole.bytes.begin(), whole.bytes.begin() + static_cast<std::ptrdiff_t>(header));
    set16(one, 2, static_cast<unsigned>(header + end - at));
    set16(one, 6, static_cast<unsigned>((at - header) / 8 | (end < whole.bytes.size() ? 0x2000u : 0u)));
    set16(one, 10, 0);
    set16(one, 10, checksum(add_up(one)));
    put(one, Bytes(whole.bytes).subspan(at, end - at));
    result.push_back({whole.type, std::move(one)});
  }
  return result;
}

inline Packet ethernet(const Network& network) {
  Packet result = from_hex("02 00 00 00 00 07 02 00 00 00 00 01");
  put16(result, network.type);
  put(result, network.bytes);
  return result;
}
inline Network vlan(std::uint16_t id, const Network& network, std::uint16_t type = 0x8100) {
  Network result{.type = type};
  put16(result.bytes, id);
  put16(result.bytes, network.type);
  put(result.bytes, network.bytes);
  return result;
}
inline Network qinq(std::uint16_t outer, std::uint16_t inner, const Network& network) {
  return vlan(outer, vlan(inner, network), 0x88a8);
}
/// One label at the bottom of the stack; what is in it is not named.
inline Network mpls(std::uint32_t label, Bytes content) {
  Network result{.type = 0x8847};
  put32(result.bytes, label << 12 | 0x100 | 64);
  put(result.bytes, content);
  return result;
}
/// A pseudowire: label, control word, frame.
inline Network pseudowire(std::uint32_t label, const Packet& frame) {
  Packet content(4, 0);
  put(content, frame);
  return mpls(label, content);
}
inline Network pppoe(const Network& network) {
  Network result{.type = 0x8864};
  put32(result.bytes, 0x11000001);
  put16(result.bytes, static_cast<unsigned>(network.bytes.size() + 2));
  put16(result.bytes, network.type == 0x86dd ? 0x0057 : 0x0021);
  put(result.bytes, network.bytes);
  return result;
}
inline Segment ip_in_ip(const Network& network) {
  return {.protocol = static_cast<std::uint8_t>(network.type == 0x86dd ? 41 : 4), .bytes = network.bytes};
}
inline Segment gre(std::uint16_t type, Bytes content, std::uint16_t flags = 0, Bytes fields = {}) {
  Segment result{.protocol = 47};
  put16(result.bytes, flags);
  put16(result.bytes, type);
  put(result.bytes, fields);
  put(result.bytes, content);
  return result;
}
inline Segment gre(const Network& network) {
  return gre(network.type, network.bytes);
}
inline Segment vxlan(std::uint32_t identifier, const Packet& frame, std::uint16_t port = 4789) {
  Packet content;
  put32(content, 0x08000000);
  put32(content, identifier << 8);
  put(content, frame);
  return udp({.source_port = 50123, .target_port = port}, content);
}
inline Segment geneve(std::uint32_t identifier, const Packet& frame, Bytes options = {}) {
  Packet content;
  put8(content, static_cast<unsigned>(options.size() / 4));
  put8(content, 0);
  put16(content, 0x6558);
  put32(content, identifier << 8);
  put(content, options);
  put(content, frame);
  return udp({.source_port = 50123, .target_port = 6081}, content);
}
/// A G-PDU; `extensions` begin with the sequence number's word when there are any.
inline Segment gtp_u(std::uint32_t tunnel, const Network& network, Bytes extensions = {}) {
  Packet content;
  put8(content, extensions.empty() ? 0x30 : 0x34);
  put8(content, 0xff);
  put16(content, static_cast<unsigned>(extensions.size() + network.bytes.size()));
  put32(content, tunnel);
  put(content, extensions);
  put(content, network.bytes);
  return udp({.source_port = 2152, .target_port = 2152}, content);
}

}  // namespace hd::test
