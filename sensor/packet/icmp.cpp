// SPDX-License-Identifier: Apache-2.0
// ICMP (RFC 792, 950, 1256) and ICMPv6 (RFC 4443 and the IANA table of types).
#include "sensor/packet/step.hpp"

#include <span>

namespace hd {
namespace {

constexpr int kUnknown = -1;

struct CodeRange {
  std::uint8_t first, last;
  int code_max;
};
// Types of messages that are known, with their highest code.
constexpr CodeRange kTypes4[] = {{0, 0, 0},  {3, 3, 15},  {4, 4, 0},   {5, 5, 3},
                                 {8, 10, 0}, {11, 11, 1}, {12, 12, 2}, {13, 18, 0}};
constexpr CodeRange kTypes6[] = {{1, 1, 6},       {2, 2, 0},       {3, 3, 1},     {4, 4, 2},
                                 {128, 137, 0},   {138, 138, 255}, {139, 140, 2}, {141, 149, 0},
                                 {150, 150, 255}, {151, 154, 0},   {155, 159, 255}};

int code_max(std::span<const CodeRange> types, std::uint8_t type) noexcept {
  for (const CodeRange& range : types) {
    if (type >= range.first && type <= range.last) return range.code_max;
  }
  return kUnknown;
}

bool is_error_4(std::uint8_t type) noexcept {
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

// The packet that an error tells of: its head is quoted.
void quoted_4(DecodeStep& step, Bytes quoted) noexcept {
  if (quoted.empty()) return;
  if (quoted.size() < 20) return step.raise(DecodeEvent::icmpv4_ipv4_trunc_pkt);
  if (quoted[0] >> 4 != 4) step.raise(DecodeEvent::icmpv4_ipv4_unknown_ver);
}

void quoted_6(DecodeStep& step, Bytes quoted) noexcept {
  if (quoted.size() < 40) return step.raise(DecodeEvent::icmpv6_ipv6_trunc_pkt);
  if (quoted[0] >> 4 != 6) step.raise(DecodeEvent::icmpv6_ipv6_unknown_version);
}

DecodeEvent unknown_6(std::uint8_t type) noexcept {
  if (type == 100 || type == 101 || type == 200 || type == 201)
    return DecodeEvent::icmpv6_experimentation_type;
  const bool is_unassigned = (type > 4 && type < 127) || type >= 160;
  return is_unassigned ? DecodeEvent::icmpv6_unassigned_type : DecodeEvent::icmpv6_unknown_type;
}

}  // namespace

void DecodeStep::icmp4(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().icmp4;
  if (length < 8) return raise(DecodeEvent::icmpv4_pkt_too_small);
  set_transport(ip_protocol::icmp, offset, 8, length);
  const std::uint8_t type = *at(offset);
  const int highest = code_max(kTypes4, type);
  if (highest == kUnknown) return raise(DecodeEvent::icmpv4_unknown_type);
  if (*at(offset + 1) > highest) return raise(DecodeEvent::icmpv4_unknown_code);
  if (is_error_4(type)) quoted_4(*this, view->payload_bytes());
}

void DecodeStep::icmp6(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().icmp6;
  if (length < 8) return raise(DecodeEvent::icmpv6_pkt_too_small);
  set_transport(ip_protocol::icmp6, offset, 8, length);
  const std::uint8_t type = *at(offset);
  const std::uint8_t code = *at(offset + 1);
  // Multicast listener messages stay on the link (RFC 2710 section 3).
  if (type >= 130 && type <= 132 && view->ip()[7] != 1)
    raise(DecodeEvent::icmpv6_mld_message_with_invalid_hl);
  const int highest = code_max(kTypes6, type);
  if (highest == kUnknown) return raise(unknown_6(type));
  const bool is_reset = type == 138 && code > 2 && code != 255;  // router renumbering (RFC 2894)
  if (code > highest || is_reset) return raise(DecodeEvent::icmpv6_unknown_code);
  if (type <= 4) quoted_6(*this, view->payload_bytes());
}

}  // namespace hd
