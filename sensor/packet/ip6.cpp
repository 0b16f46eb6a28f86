// SPDX-License-Identifier: Apache-2.0
// IPv6 and its extension headers (RFC 8200).
#include "sensor/packet/defrag.hpp"
#include "sensor/packet/step.hpp"

namespace hd {
namespace {

constexpr std::uint8_t kHopByHop = 0, kRouting = 43, kFragment = 44, kEsp = 50, kAuth = 51, kNone = 59, kDestination = 60, kMobility = 135, kHip = 139, kShim6 = 140;
constexpr unsigned kExtensionsMax = 16;

// Options of hop-by-hop and destination headers.
void options(DecodeStep& step, Bytes bytes, bool is_hop) noexcept {
  bool has_other = false, has_padding = false;
  std::size_t at = 0;
  while (at < bytes.size()) {
    const std::uint8_t kind = bytes[at];
    if (kind == 0) {
      has_padding = true;
      ++at;
      continue;
    }
    if (at + 1 >= bytes.size() || bytes[at + 1] + std::size_t{2} > bytes.size() - at) {
      step.raise(DecodeEvent::ipv6_exthdr_invalid_optlen);
      return;
    }
    const std::size_t length = bytes[at + 1];
    if (kind == 1) {
      has_padding = true;
      if (length == 0) step.raise(DecodeEvent::ipv6_zero_len_padn);
    } else if (kind == 5 || kind == 0xc2 || kind == 0xc9) {  // router alert, jumbo, home address
      has_other = true;
      const std::size_t wanted = kind == 5 ? 2 : kind == 0xc2 ? 4 : 16;
      if (length != wanted) {
        step.raise(DecodeEvent::ipv6_exthdr_invalid_optlen);
        return;
      }
    } else {
      has_other = true;
      step.raise(is_hop ? DecodeEvent::ipv6_hopopts_unknown_opt : DecodeEvent::ipv6_dstopts_unknown_opt);
    }
    at += length + 2;
  }
  if (has_padding && !has_other) step.raise(is_hop ? DecodeEvent::ipv6_hopopts_only_padding : DecodeEvent::ipv6_dstopts_only_padding);
}

struct Walk {
  std::uint32_t offset = 0, length = 0;
  std::uint8_t next = 0;
  unsigned hop = 0, routing = 0, destination = 0, auth = 0, esp = 0, fragment = 0;
};

// One header of the usual form (next, length in 8 bytes beyond the first 8). False: it is cut.
bool common_header(DecodeStep& step, Walk& walk, std::uint32_t unit, std::uint32_t base) noexcept {
  if (walk.length < 8) {
    step.raise(DecodeEvent::ipv6_trunc_exthdr);
    return false;
  }
  const std::uint8_t* header = step.at(walk.offset);
  const std::uint32_t size = header[1] * unit + base;
  if (size > walk.length) {
    step.raise(DecodeEvent::ipv6_trunc_exthdr);
    return false;
  }
  walk.next = header[0];
  walk.offset += size;
  walk.length -= size;
  return true;
}

bool routing(DecodeStep& step, Walk& walk) noexcept {
  const std::uint8_t* header = step.at(walk.offset);
  if (!common_header(step, walk, 8, 8)) return false;
  if (header[2] == 0) step.raise(DecodeEvent::ipv6_rh_type_0);
  if (++walk.routing > 1) step.raise(DecodeEvent::ipv6_exthdr_dupl_rh);
  return true;
}

bool options_header(DecodeStep& step, Walk& walk, bool is_hop) noexcept {
  const std::uint32_t begin = walk.offset;
  if (!common_header(step, walk, 8, 8)) return false;
  options(step, {step.at(begin + 2), walk.offset - begin - 2}, is_hop);
  if (is_hop && ++walk.hop > 1) step.raise(DecodeEvent::ipv6_exthdr_dupl_hh);
  if (!is_hop && ++walk.destination > 2) step.raise(DecodeEvent::ipv6_exthdr_dupl_dh);
  return true;
}

bool auth(DecodeStep& step, Walk& walk) noexcept {
  const std::uint8_t* header = step.at(walk.offset);
  if (!common_header(step, walk, 4, 8)) return false;
  if (load_be16(header + 2) != 0) step.raise(DecodeEvent::ipv6_exthdr_ah_res_not_null);
  if (++walk.auth > 1) step.raise(DecodeEvent::ipv6_exthdr_dupl_ah);
  return true;
}

// False: the packet waits for its other fragments.
bool fragment(DecodeStep& step, Walk& walk, bool* is_cut) noexcept {
  if (walk.length < 8) {
    step.raise(DecodeEvent::ipv6_trunc_exthdr);
    *is_cut = true;
    return false;
  }
  const std::uint8_t* header = step.at(walk.offset);
  if (header[1] != 0 || (header[3] & 0x06) != 0) step.raise(DecodeEvent::ipv6_fh_non_zero_reserved_field);
  if (++walk.fragment > 1) step.raise(DecodeEvent::ipv6_exthdr_dupl_fh);
  const std::uint16_t word = load_be16(header + 2);
  const bool has_more = (word & 1) != 0;
  walk.next = header[0];
  walk.offset += 8;
  walk.length -= 8;
  if ((word & 0xfff9) == 0) {
    step.raise(DecodeEvent::ipv6_exthdr_useless_fh);
    return true;
  }
  if (has_more && walk.length % 8 != 0) step.raise(DecodeEvent::ipv6_frag_invalid_length);
  return false;
}

}  // namespace

void DecodeStep::ip6(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().ip6;
  if (!enter()) return;
  if (length < 40) return raise(DecodeEvent::ipv6_pkt_too_small);
  const std::uint8_t* header = at(offset);
  if (header[0] >> 4 != 6) return raise(DecodeEvent::ipv6_wrong_ip_version);
  const std::uint32_t stated = load_be16(header + 4);
  if (length < stated + 40) return raise(DecodeEvent::ipv6_trunc_pkt);
  view->l3 = static_cast<std::uint16_t>(offset);
  view->flags |= packet_flag::ip6;
  Walk walk{.offset = offset + 40, .length = stated, .next = header[6]};
  const auto settle = [&] {
    view->protocol = walk.next;
    view->l4 = static_cast<std::uint16_t>(walk.offset);
    view->payload = static_cast<std::uint16_t>(walk.offset);
    view->payload_length = static_cast<std::uint16_t>(walk.length);
  };
  for (unsigned count = 0; count < kExtensionsMax; ++count) {
    settle();
    bool goes_on = false;
    bool is_cut = false;
    switch (walk.next) {
      case kHopByHop: goes_on = options_header(*this, walk, true); break;
      case kDestination: goes_on = options_header(*this, walk, false); break;
      case kRouting: goes_on = routing(*this, walk); break;
      case kAuth: goes_on = auth(*this, walk); break;
      case kMobility:
      case kHip:
      case kShim6: goes_on = common_header(*this, walk, 8, 8); break;
      case kFragment: {
        const std::uint32_t fragment_header = walk.offset;
        goes_on = fragment(*this, walk, &is_cut);
        if (goes_on || is_cut) break;
        ++counters().fragments;
        settle();
        view->protocol = kFragment;
        view->flags |= packet_flag::fragment;
        defragmenter().take6(*this, fragment_header, walk.offset, walk.length);
        return;
      }
      case kNone:
        if (walk.length > 0) raise(DecodeEvent::ipv6_data_after_none_header);
        return;
      case kEsp:
      default: return ip_payload(walk.next, walk.offset, walk.length);
    }
    if (!goes_on) return;
  }
  ++counters().decode_depth;
  raise(DecodeEvent::too_many_layers);
}

}  // namespace hd
