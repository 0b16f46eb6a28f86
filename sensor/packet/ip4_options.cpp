// SPDX-License-Identifier: Apache-2.0
// Options of IPv4 headers: which are known, and whether their insides make sense. A packet with bad options
// is still a packet: hosts and routers differ in what they do with it.
#include "sensor/packet/step.hpp"

#include <bitset>

namespace hd {
namespace {

namespace option {
constexpr std::uint8_t kEnd = 0, kNop = 1, kRecordRoute = 7, kQuickStart = 25, kTimestamp = 68,
                       kSecurity = 130, kLooseRoute = 131, kExtendedSecurity = 133, kCipso = 134,
                       kStream = 136, kStrictRoute = 137, kRouterAlert = 148;
}

enum class Verdict : std::uint8_t { good, bad_length, malformed, unknown };

constexpr Verdict good_when(bool holds) noexcept {
  return holds ? Verdict::good : Verdict::bad_length;
}

// The pointer counts from 1, stands behind itself, at a whole entry, and at most one beyond the end (RFC
// 791).
Verdict judge_route(Bytes option) noexcept {
  if (option.size() < 3) return Verdict::bad_length;
  const std::size_t pointer = option[2];
  return pointer < 4 || pointer % 4 != 0 || pointer > option.size() + 1 ? Verdict::malformed : Verdict::good;
}

Verdict judge_timestamp(Bytes option) noexcept {
  if (option.size() < 5) return Verdict::bad_length;
  const std::size_t pointer = option[2];
  if (pointer < 5) return Verdict::malformed;
  const unsigned flag = option[3] & 15u;  // 1 and 3: an address beside each time
  const std::size_t entry = flag == 1 || flag == 3 ? 8 : 4;
  return (pointer - 5) % entry != 0 || pointer > option.size() + 1 ? Verdict::malformed : Verdict::good;
}

// draft-ietf-cipso-ipsecurity-01: domain of interpretation, then tags of type, length, alignment byte.
Verdict judge_cipso(Bytes option) noexcept {
  if (option.size() < 10) return Verdict::bad_length;
  Bytes tags = option.subspan(6);
  while (!tags.empty()) {
    if (tags.size() < 2) return Verdict::malformed;
    const std::size_t length = tags[1];
    switch (tags[0]) {
      case 1:
      case 2:
      case 5:
      case 6:
      case 7:
        break;
      default:
        return Verdict::malformed;
    }
    if (length < 4 || length > tags.size() || (tags[0] != 7 && tags[2] != 0)) return Verdict::malformed;
    tags = tags.subspan(length);
  }
  return Verdict::good;
}

Verdict judge(Bytes one) noexcept {
  switch (one[0]) {
    case option::kRecordRoute:
    case option::kLooseRoute:
    case option::kStrictRoute:
      return judge_route(one);
    case option::kTimestamp:
      return judge_timestamp(one);
    case option::kCipso:
      return judge_cipso(one);
    case option::kQuickStart:
      return good_when(one.size() >= 8);  // RFC 4782
    case option::kSecurity:
      return good_when(one.size() == 11);  // RFC 791
    case option::kExtendedSecurity:
      return good_when(one.size() >= 3);  // RFC 1108
    case option::kStream:
    case option::kRouterAlert:
      return good_when(one.size() == 4);  // RFC 791, RFC 2113
    default:
      return Verdict::unknown;
  }
}

}  // namespace

void DecodeStep::ip4_options(Bytes options) noexcept {
  std::bitset<256> seen;
  while (!options.empty()) {
    const std::uint8_t kind = options[0];
    if (kind == option::kEnd) return;
    if (kind == option::kNop) {
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2) return raise(DecodeEvent::ipv4_opt_eol_required);
    const std::size_t length = options[1];
    if (length < 2 || length > options.size()) return raise(DecodeEvent::ipv4_opt_invalid_len);
    if (seen.test(kind)) {
      raise(DecodeEvent::ipv4_opt_duplicate);
    } else {
      switch (judge(options.first(length))) {
        case Verdict::good:
          seen.set(kind);
          break;
        case Verdict::bad_length:
          raise(DecodeEvent::ipv4_opt_invalid_len);
          break;
        case Verdict::malformed:
          raise(DecodeEvent::ipv4_opt_malformed);
          break;
        case Verdict::unknown:
          raise(DecodeEvent::ipv4_opt_invalid);
          break;
      }
    }
    options = options.subspan(length);
  }
}

}  // namespace hd
