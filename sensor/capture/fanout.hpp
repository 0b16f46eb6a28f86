// SPDX-License-Identifier: Apache-2.0
// Which worker gets a packet: a classic BPF program that the kernel runs for PACKET_FANOUT_CBPF (packet(7)).
#pragma once

#include <cstdint>
#include <vector>

struct sock_filter;

namespace hd {

/// What the program finds at offset 0.
enum class FanoutStart : std::uint8_t {
  ethernet,         ///< a whole Ethernet frame: for tests and other interpreters
  kernel_ethernet,  ///< as the kernel runs it on an Ethernet device: the network header, or the frame when it goes out
  kernel_raw,       ///< as the kernel runs it on a device without link header
};

/// The program returns a hash of the two addresses, the same for both directions and for every fragment of a datagram:
/// the kernel takes it modulo the number of workers. It looks through up to two VLAN tags (beside the one that the kernel
/// took out), PPPoE, up to three MPLS labels with an IP packet or a pseudowire with control word below them. GTP-U (its
/// version 1 on UDP port 2152, unfragmented) is told by its inner addresses, since a mobile core has few outer ones. What
/// is not IP goes to worker 0. `seed`: one for all sockets of a sensor, so that the two cables of a tap meet, and nobody
/// outside can choose addresses for one worker.
[[nodiscard]] std::vector<sock_filter> fanout_program(FanoutStart start, std::uint32_t seed);

}  // namespace hd
