// SPDX-License-Identifier: Apache-2.0
// IPv6 and its extension headers (RFC 8200).
#include "sensor/packet/defrag.hpp"
#include "sensor/packet/step.hpp"

#include <algorithm>

namespace hd {
namespace {

constexpr std::uint8_t kHopByHop = 0, kRouting = 43, kFragment = 44, kAuth = 51, kNone = 59,
                       kDestination = 60, kMobility = 135, kHip = 139, kShim6 = 140;
constexpr std::uint32_t kAuthSize = 12;

bool is_extension(std::uint8_t next) noexcept {
  switch (next) {
    case kHopByHop:
    case kDestination:
    case kRouting:
    case kAuth:
    case kFragment:
    case kMobility:
    case kHip:
    case kShim6:
      return true;
    default:
      return false;
  }
}

namespace option {
constexpr std::uint8_t kPad1 = 0, kPadN = 1, kRouterAlert = 5, kJumbo = 0xc2, kHomeAddress = 0xc9;
}

/// The way through the extension headers of one packet.
struct Walk {
  DecodeStep& step;
  std::uint32_t offset = 0, length = 0;  ///< of what is left
  std::uint8_t next = 0;                 ///< what stands there
  std::uint32_t next_at = 0;             ///< where `next` was read
  unsigned hops = 0, routings = 0, destinations = 0, auths = 0, fragments = 0;

  // Each answers whether the walk goes on.
  /// Any extension header; at least 2 bytes of it are there.
  bool take();
  bool options_header();
  bool routing_header();
  bool auth_header();
  bool fragment_header();
  /// Beyond a header of `size` bytes; false, with an event, when it is cut.
  bool skip(std::uint32_t size) noexcept;
  [[nodiscard]] std::uint32_t stated(std::uint32_t unit) const noexcept {
    return step.at(offset)[1] * unit + 8u;
  }
  void options(Bytes bytes, bool is_hop) noexcept;
};

bool Walk::take() {
  switch (next) {
    case kHopByHop:
    case kDestination:
      return options_header();
    case kRouting:
      return routing_header();
    case kAuth:
      return auth_header();
    case kFragment:
      return fragment_header();
    default:
      return skip(stated(8));
  }
}

bool Walk::skip(std::uint32_t size) noexcept {
  if (size > length) return step.refuse(DecodeEvent::ipv6_trunc_exthdr);
  next_at = offset;
  next = *step.at(offset);
  offset += size;
  length -= size;
  return true;
}

bool Walk::routing_header() {
  const std::uint8_t* header = step.at(offset);
  if (!skip(stated(8))) return false;
  if (++routings > 1)
    step.raise(DecodeEvent::ipv6_exthdr_dupl_rh);
  else if (header[2] == 0)
    step.raise(DecodeEvent::ipv6_rh_type_0);  // RFC 5095
  return true;
}

bool Walk::options_header() {
  const bool is_hop = next == kHopByHop;
  const std::uint32_t begin = offset;
  if (!skip(stated(8))) return false;
  if (is_hop && ++hops > 1) {
    step.raise(DecodeEvent::ipv6_exthdr_dupl_hh);
  } else if (!is_hop && ++destinations > 2) {  // one for the routers of a routing header, one for the target
    step.raise(DecodeEvent::ipv6_exthdr_dupl_dh);
  } else {
    options({step.at(begin + 2), offset - begin - 2}, is_hop);
  }
  return true;
}

void Walk::options(Bytes bytes, bool is_hop) noexcept {
  bool has_other = false;
  bool has_padding = false;
  while (!bytes.empty()) {
    const std::uint8_t kind = bytes[0];
    if (kind == option::kPad1) {
      has_padding = true;
      bytes = bytes.subspan(1);
      continue;
    }
    if (bytes.size() < 2 || bytes[1] + std::size_t{2} > bytes.size()) {
      step.raise(DecodeEvent::ipv6_exthdr_invalid_optlen);
      break;
    }
    const std::size_t size = bytes[1];
    if (kind == option::kPadN) {
      has_padding = true;
      if (size == 0) step.raise(DecodeEvent::ipv6_zero_len_padn);
    } else if (kind == option::kRouterAlert || kind == option::kJumbo || kind == option::kHomeAddress) {
      if (size < (kind == option::kRouterAlert ? 2u : kind == option::kJumbo ? 4u : 16u)) {
        step.raise(DecodeEvent::ipv6_exthdr_invalid_optlen);
        break;
      }
      has_other = true;
    } else {
      step.raise(is_hop ? DecodeEvent::ipv6_hopopts_unknown_opt : DecodeEvent::ipv6_dstopts_unknown_opt);
      has_other = true;
    }
    bytes = bytes.subspan(size + 2);
  }
  if (has_padding && !has_other) {
    step.raise(is_hop ? DecodeEvent::ipv6_hopopts_only_padding : DecodeEvent::ipv6_dstopts_only_padding);
  }
}

bool Walk::auth_header() {
  const std::uint8_t* header = step.at(offset);
  if (!skip(std::max(stated(4), kAuthSize)))
    return false;  // RFC 4302: its length counts 4-byte words, less 2
  if (load_be16(header + 2) != 0) step.raise(DecodeEvent::ipv6_exthdr_ah_res_not_null);
  if (++auths > 1) step.raise(DecodeEvent::ipv6_exthdr_dupl_ah);
  return true;
}

bool Walk::fragment_header() {
  const std::uint8_t* header = step.at(offset);
  const std::uint32_t begin = offset;
  const std::uint32_t named_at = next_at;
  if (!skip(8)) return false;
  if (header[1] != 0) step.raise(DecodeEvent::ipv6_fh_non_zero_reserved_field);
  if (++fragments > 1) {
    step.raise(DecodeEvent::ipv6_exthdr_dupl_fh);
    return true;
  }
  const std::uint16_t word = load_be16(header + 2);
  if ((word & 0xfff9) == 0) {  // the whole packet in one (RFC 6946)
    step.raise(DecodeEvent::ipv6_exthdr_useless_fh);
    return true;
  }
  ++step.counters().fragments;
  step.set_network(kFragment, offset);
  step.view->flags |= packet_flag::fragment;
  if ((word & 1) != 0 && length % 8 != 0) return step.refuse(DecodeEvent::ipv6_frag_invalid_length);
  step.defragmenter().take6(step, begin, named_at, offset, length);
  return false;
}

}  // namespace

bool DecodeStep::ip6(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().ip6;
  if (!enter()) return false;
  if (length < 40) return refuse(DecodeEvent::ipv6_pkt_too_small);
  const std::uint8_t* header = at(offset);
  if (header[0] >> 4 != 6) return refuse(DecodeEvent::ipv6_wrong_ip_version);
  const std::uint32_t stated = load_be16(header + 4);
  if (length < stated + 40) {
    view->flags |= packet_flag::truncated;
    return refuse(DecodeEvent::ipv6_trunc_pkt);
  }
  view->l3 = static_cast<std::uint16_t>(offset);
  view->flags |= packet_flag::ip6;
  Walk walk{.step = *this, .offset = offset + 40, .length = stated, .next = header[6], .next_at = offset + 6};
  for (unsigned count = 0;; ++count) {
    // Behind an extension header something must stand, whatever it is; the view keeps that header's number.
    const bool is_one = is_extension(walk.next);
    if ((is_one || count > 0) && walk.next != kNone && walk.length < 2) {
      raise(DecodeEvent::ipv6_trunc_exthdr);
      return true;
    }
    set_network(walk.next, walk.offset);
    if (!is_one) break;
    if (count == options().ip6_extensions_max) {
      ++counters().ipv6_ext_limit;
      raise(DecodeEvent::too_many_layers);
      return true;
    }
    if (!walk.take()) return true;
  }
  if (walk.next != kNone)
    ip_payload(walk.next, walk.offset, walk.length);
  else if (walk.length > 0)
    raise(DecodeEvent::ipv6_data_after_none_header);
  return true;
}

}  // namespace hd
