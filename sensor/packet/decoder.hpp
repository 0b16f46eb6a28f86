// SPDX-License-Identifier: Apache-2.0
// Bytes to layers: link types, tags and tunnels, IP, transport. Pure but for counters and the defragmenter.
#pragma once

#include "sensor/packet/raw.hpp"
#include "sensor/packet/view.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace hd {

class Defragmenter;

struct DecoderOptions {
  std::uint8_t layers_max = 16;  ///< headers below the transport; the 16th is refused (as Suricata counts)
  std::uint8_t tunnels_max = 4;  ///< packets around a packet
  std::uint8_t ip6_extensions_max = 16;
  bool vxlan = true, geneve = true, teredo = true, gtp = true;
  std::vector<std::uint16_t> vxlan_ports = {4789};
  std::vector<std::uint16_t> geneve_ports = {6081};
  std::vector<std::uint16_t> teredo_ports = {3544};
  std::vector<std::uint16_t> gtp_ports = {2152};
  bool verify_checksums = false;  ///< sets packet_flag::bad_checksum
};

/// Counts by kind; every packet that entered is in `packets`, each oddity in `events`.
struct DecodeCounters {
  std::uint64_t packets = 0, bytes = 0;
  std::uint64_t inner = 0;          ///< packets out of tunnels
  std::uint64_t inner_refused = 0;  ///< what looked like one and whose first header does not hold
  std::uint64_t ethernet = 0, vlan = 0, qinq = 0, vntag = 0, ieee8021ah = 0, mpls = 0, ppp = 0, pppoe = 0,
                sll = 0, raw = 0, null = 0, chdlc = 0, nsh = 0;
  std::uint64_t ip4 = 0, ip6 = 0, tcp = 0, udp = 0, icmp4 = 0, icmp6 = 0, sctp = 0, esp = 0, arp = 0,
                other_ip = 0, not_ip = 0;
  std::uint64_t gre = 0, erspan = 0, vxlan = 0, geneve = 0, teredo = 0, gtp = 0, ip_in_ip = 0;
  std::uint64_t fragments = 0, reassembled = 0;
  std::uint64_t invalid = 0;         ///< headers that make no sense
  std::uint64_t decode_depth = 0;    ///< limit: layers_max or tunnels_max
  std::uint64_t ipv6_ext_limit = 0;  ///< limit: ip6_extensions_max
  std::uint64_t view_limit = 0;      ///< limit: inner packets that found no place in the batch
  std::uint64_t bad_checksum = 0;
  std::uint64_t unknown_link = 0;
  std::array<std::uint64_t, kDecodeEvents> events = {};
};

/// Which ports may be among a few; one look for all packets that have nothing to do with them.
class PortHint {
 public:
  void add(std::uint16_t port) noexcept { bits_ |= std::uint64_t{1} << at(port); }
  [[nodiscard]] bool may_have(std::uint16_t port) const noexcept { return (bits_ >> at(port) & 1) != 0; }

 private:
  /// Folded, since 4789 and 53 are the same modulo 64.
  static unsigned at(std::uint16_t port) noexcept { return (port ^ port >> 6) & 63u; }
  std::uint64_t bits_ = 0;
};

/// One a worker. Does not allocate after construction.
class Decoder {
 public:
  Decoder(const DecoderOptions& options, Defragmenter& defragmenter);

  /// Fills `batch` with a view for each packet, and behind it one for each packet that came out of its
  /// tunnels or was put together from its fragments. Views point into the packets' bytes (or the
  /// defragmenter's): valid until the batch ends.
  void decode_batch(const RawBatch& raw, Batch& batch) noexcept;

  [[nodiscard]] const DecodeCounters& counters() const noexcept { return counters_; }
  [[nodiscard]] const DecoderOptions& options() const noexcept { return options_; }

 private:
  friend struct DecodeStep;
  void judge(PacketView& view) noexcept;

  DecoderOptions options_;
  Defragmenter& defragmenter_;
  DecodeCounters counters_;
  PortHint tunnel_ports_;
};

}  // namespace hd
