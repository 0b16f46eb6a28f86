// SPDX-License-Identifier: Apache-2.0
#include "sensor/eve/text_forms.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <utility>
#include <vector>

#include "sensor/base/crypto.hpp"

namespace hd {
namespace {

struct Named {
  std::uint8_t number;
  std::string_view name;
};
constexpr Named kProtocols[] = {
    {0, "HOPOPT"}, {1, "ICMP"},  {2, "IGMP"},  {3, "GGP"},   {4, "IP-in-IP"},   {5, "ST"},        {6, "TCP"},        {7, "CBT"},     {8, "EGP"},
    {9, "IGP"},    {17, "UDP"},  {33, "DCCP"}, {41, "IPV6"}, {43, "IPv6-Route"}, {44, "IPv6-Frag"}, {46, "RSVP"}, {47, "GRE"},   {50, "ESP"},
    {51, "AH"},    {58, "IPv6-ICMP"}, {59, "IPv6-NoNxt"}, {60, "IPv6-Opts"}, {88, "EIGRP"}, {89, "OSPFIGP"}, {94, "IPIP"}, {97, "ETHERIP"},
    {103, "PIM"},  {108, "IPComp"}, {112, "VRRP"}, {115, "L2TP"}, {132, "SCTP"}, {136, "UDPLite"}, {137, "MPLS-in-IP"},
};

void append_number(std::string& out, int width, long value) {
  std::array<char, 24> text{};
  const int length = std::snprintf(text.data(), text.size(), "%0*ld", width, value);
  out.append(text.data(), static_cast<std::size_t>(length));
}

// Types of ICMP messages that come in pairs: the specification puts the answer's type into the second port.
std::pair<std::uint16_t, bool> icmp_pair(std::uint8_t protocol, std::uint8_t type) {
  constexpr std::array<std::array<std::uint8_t, 2>, 5> kPairs4 = {{{8, 0}, {13, 14}, {15, 16}, {17, 18}, {10, 9}}};
  constexpr std::array<std::array<std::uint8_t, 2>, 6> kPairs6 = {{{128, 129}, {133, 134}, {135, 136}, {130, 131}, {144, 145}, {139, 140}}};
  const auto look = [type](const auto& pairs) -> std::pair<std::uint16_t, bool> {
    for (const auto& pair : pairs) {
      if (pair[0] == type) return {pair[1], true};
      if (pair[1] == type) return {pair[0], true};
    }
    return {0, false};
  };
  return protocol == ip_protocol::icmp ? look(kPairs4) : look(kPairs6);
}

}  // namespace

void append_address(std::string& out, const Address& address, bool is_ip6_packet) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool is_ip4 = address.is_ip4() && !is_ip6_packet;
  const void* bytes = is_ip4 ? address.bytes.data() + 12 : address.bytes.data();
  if (inet_ntop(is_ip4 ? AF_INET : AF_INET6, bytes, text.data(), text.size()) != nullptr) out += text.data();
}

void append_timestamp(std::string& out, PacketTime time) {
  std::int64_t seconds = time.ns / kSecond;
  std::int64_t rest = time.ns % kSecond;
  if (rest < 0) {
    rest += kSecond;
    --seconds;
  }
  const std::time_t when = static_cast<std::time_t>(seconds);
  std::tm parts{};
  gmtime_r(&when, &parts);
  append_number(out, 4, parts.tm_year + 1900L);
  out += '-';
  append_number(out, 2, parts.tm_mon + 1L);
  out += '-';
  append_number(out, 2, parts.tm_mday);
  out += 'T';
  append_number(out, 2, parts.tm_hour);
  out += ':';
  append_number(out, 2, parts.tm_min);
  out += ':';
  append_number(out, 2, parts.tm_sec);
  out += '.';
  append_number(out, 6, static_cast<long>(rest / kMicrosecond));
  out += "+0000";
}

std::string protocol_name(std::uint8_t protocol) {
  for (const Named& one : kProtocols) {
    if (one.number == protocol) return std::string(one.name);
  }
  std::string out;
  append_number(out, 3, protocol);
  return out;
}

std::string community_id(const FlowTuple& tuple) {
  Address source = tuple.source, target = tuple.target;
  std::uint16_t source_port = tuple.source_port, target_port = tuple.target_port;
  bool is_one_way = false, has_ports = tuple.has_ports;
  if (tuple.protocol == ip_protocol::icmp || tuple.protocol == ip_protocol::icmp6) {
    const auto type = static_cast<std::uint8_t>(tuple.source_port >> 8);
    const auto [answer, is_pair] = icmp_pair(tuple.protocol, type);
    source_port = type;
    target_port = is_pair ? answer : static_cast<std::uint16_t>(tuple.source_port & 0xff);
    is_one_way = !is_pair;
    has_ports = true;
  }
  const bool swap = !is_one_way && (target < source || (target == source && target_port < source_port));
  if (swap) {
    std::swap(source, target);
    std::swap(source_port, target_port);
  }
  std::vector<std::uint8_t> bytes = {0, 0};  // seed
  const auto append = [&bytes](const Address& address) {
    const std::size_t from = address.is_ip4() ? 12 : 0;
    bytes.insert(bytes.end(), address.bytes.begin() + static_cast<std::ptrdiff_t>(from), address.bytes.end());
  };
  append(source);
  append(target);
  bytes.push_back(tuple.protocol);
  bytes.push_back(0);
  if (has_ports) {
    for (const std::uint16_t port : {source_port, target_port}) {
      bytes.push_back(static_cast<std::uint8_t>(port >> 8));
      bytes.push_back(static_cast<std::uint8_t>(port));
    }
  }
  return "1:" + to_base64(sha1(bytes));
}

}  // namespace hd
