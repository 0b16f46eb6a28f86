// SPDX-License-Identifier: Apache-2.0
// EtherTypes that are decoded (IEEE registration authority).
#pragma once

#include <cstdint>

namespace hd::ether {

inline constexpr std::uint16_t ip4 = 0x0800, arp = 0x0806, bridging = 0x6558, vlan = 0x8100, ppp = 0x880b,
                               ip6 = 0x86dd, mpls_unicast = 0x8847, mpls_multicast = 0x8848,
                               pppoe_discovery = 0x8863, pppoe_session = 0x8864, qinq = 0x88a8,
                               erspan_2 = 0x88be, ieee8021ah = 0x88e7, erspan_3 = 0x22eb, dce = 0x8903,
                               vntag = 0x8926, nsh = 0x894f, qinq_9100 = 0x9100, qinq_9200 = 0x9200,
                               qinq_9300 = 0x9300;

}  // namespace hd::ether
