// SPDX-License-Identifier: Apache-2.0
// TCP (RFC 9293), UDP (RFC 768), SCTP (RFC 9260), ESP (RFC 4303).
#include "sensor/packet/step.hpp"

namespace hd {
namespace {

namespace option {
constexpr std::uint8_t kEnd = 0, kNop = 1, kMss = 2, kScale = 3, kSackPermitted = 4, kSack = 5,
                       kTimestamps = 8, kMd5 = 19, kAuthentication = 29, kFastOpen = 34, kExperiment1 = 253,
                       kExperiment2 = 254;
constexpr std::uint16_t kFastOpenExperiment = 0xf989;  // RFC 7413 section 4.1.1
}  // namespace option

bool length_fits(std::uint8_t kind, std::size_t length) noexcept {
  switch (kind) {
    case option::kMss:
      return length == 4;
    case option::kScale:
      return length == 3;
    case option::kSackPermitted:
      return length == 2;
    case option::kSack:
      return length >= 10 && length <= 34 && (length - 2) % 8 == 0;
    case option::kTimestamps:
      return length == 10;
    case option::kMd5:
      return length == 18;
    case option::kAuthentication:
      return length >= 4;
    case option::kFastOpen:
      return length == 2 || (length >= 6 && length <= 18 && length % 2 == 0);
    case option::kExperiment1:
    case option::kExperiment2:
      return length == 4 || length == 12;
    default:
      return true;
  }
}

// Bit of an option that may be there once; 0 for the others.
std::uint32_t once_bit(Bytes one) noexcept {
  switch (one[0]) {
    case option::kMss:
    case option::kScale:
    case option::kSackPermitted:
    case option::kSack:
    case option::kTimestamps:
      return 1u << one[0];
    case option::kFastOpen:
      return 1u << 31;
    case option::kExperiment1:
    case option::kExperiment2:
      return load_be16(one.data() + 2) == option::kFastOpenExperiment ? 1u << 31 : 0;
    default:
      return 0;
  }
}

}  // namespace

void DecodeStep::tcp(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().tcp;
  if (length < 20) return raise(DecodeEvent::tcp_pkt_too_small);
  const std::uint32_t header = (at(offset)[12] >> 4) * 4u;
  if (length < header) return raise(DecodeEvent::tcp_hlen_too_small);
  if (header < 20) return raise(DecodeEvent::tcp_invalid_optlen);
  if (header > 20) {
    // Timestamps behind two fillers, the usual 12 bytes of an established connection (RFC 7323 appendix A):
    // 35 → 30 ns a packet, bench/packet_bench.cpp:Tcp4
    const bool is_usual = header == 32 && load_be32(at(offset + 20)) == 0x0101080a;
    if (!is_usual) tcp_options({at(offset + 20), header - 20});
  }
  set_transport(ip_protocol::tcp, offset, header, length);
}

void DecodeStep::tcp_options(Bytes options) noexcept {
  std::uint32_t seen = 0;
  while (!options.empty()) {
    const std::uint8_t kind = options[0];
    if (kind == option::kEnd) return;
    if (kind == option::kNop) {
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2) return;
    const std::size_t length = options[1];
    if (length < 2 || length > options.size()) return raise(DecodeEvent::tcp_opt_invalid_len);
    if (!length_fits(kind, length)) {
      raise(DecodeEvent::tcp_opt_invalid_len);
    } else {
      const std::uint32_t bit = once_bit(options.first(length));
      if ((seen & bit) != 0) raise(DecodeEvent::tcp_opt_duplicate);
      seen |= bit;
    }
    options = options.subspan(length);
  }
}

void DecodeStep::udp(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().udp;
  if (length < 8) return raise(DecodeEvent::udp_hlen_too_small);
  const std::uint32_t stated = load_be16(at(offset + 4));
  if (length < stated) return raise(DecodeEvent::udp_pkt_too_small);
  if (stated < 8) return raise(DecodeEvent::udp_len_invalid);
  set_transport(ip_protocol::udp, offset, 8, stated);
  udp_tunnel(offset, stated);
}

void DecodeStep::sctp(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().sctp;
  if (length < 12) return raise(DecodeEvent::sctp_pkt_too_small);
  set_transport(ip_protocol::sctp, offset, 12, length);
}

// Behind the number of its association and its sequence number all is encrypted.
void DecodeStep::esp(std::uint32_t offset, std::uint32_t length) noexcept {
  ++counters().esp;
  if (length < 8) return raise(DecodeEvent::esp_pkt_too_small);
  set_transport(ip_protocol::esp, offset, 8, length);
}

}  // namespace hd
