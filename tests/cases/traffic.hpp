// SPDX-License-Identifier: Apache-2.0
// Shapes: the ways in which the traffic of a case is put into packets (docs/architecture.md 14).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/cases/case.hpp"
#include "tests/support/capture_writer.hpp"

namespace hd::cases {

/// How the bytes of a turn (what one side says before the other does) become segments.
enum class Cut : std::uint8_t {
  as_written,
  whole,
  bytewise,
  split,             ///< in two; the seed says where
  retransmitted,     ///< every segment twice
  retransmitted_late,///< the second time behind its acknowledgement
  overlapping,
  reordered,
};
/// What stands around or becomes of the IP packets.
enum class Wrap : std::uint8_t { none, vlan, qinq, mpls, pppoe, gre, vxlan, gtp_u, ip_in_ip, fragments_8, fragments_1480, fragments_reversed };
/// How the engine is given the packets.
enum class Feed : std::uint8_t { memory, two_workers, batch_of_one, reload, pcap_nano, pcap_big_endian, pcapng };

struct Shape {
  std::string family = {};  ///< as in `shapes all except FAMILY`
  std::string name = {};    ///< "cuts:17"; the family itself where there is but one
  Cut cut = Cut::as_written;
  std::uint64_t seed = 0;
  Wrap wrap = Wrap::none;
  Feed feed = Feed::memory;
  bool is_ip6 = false;
  bool is_one_way = false;
};

/// The shapes that `which` may be replayed in, as written first.
[[nodiscard]] std::vector<Shape> shapes_of(const Case& which);
/// Names of families, for messages.
[[nodiscard]] std::vector<std::string> shape_families();

/// Outer addresses of tunnels that a shape puts around packets; alerts on these packets are none of the case.
inline constexpr const char* kTunnelSource = "203.0.113.101";
inline constexpr const char* kTunnelTarget = "203.0.113.102";

struct Frame {
  test::TimedPacket packet = {};
  std::size_t conversation = 0;  ///< for two workers
};
/// All frames of a case in a shape.
[[nodiscard]] std::vector<Frame> frames_of(const Case& which, const Shape& shape);

/// IPv4 addresses and networks in a text, as the IPv6 ones that the shape ipv6 uses instead.
[[nodiscard]] std::string mapped_addresses(std::string_view text);

}  // namespace hd::cases
