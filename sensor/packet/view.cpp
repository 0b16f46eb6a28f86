// SPDX-License-Identifier: Apache-2.0
#include "sensor/packet/view.hpp"

namespace hd {

Address source_address(const PacketView& view) noexcept {
  if (view.is_ip4()) return Address::from_ip4(load_be32(view.ip() + 12));
  if (view.is_ip6()) return Address::from_ip6(view.ip() + 8);
  return {};
}

Address target_address(const PacketView& view) noexcept {
  if (view.is_ip4()) return Address::from_ip4(load_be32(view.ip() + 16));
  if (view.is_ip6()) return Address::from_ip6(view.ip() + 24);
  return {};
}

void Batch::raise(PacketView& view, DecodeEvent event) noexcept {
  if (view.events == 0) {
    if (event_count < kEventSets)
      view.events = event_count++;
    else
      view.events = kEventSets - 1;
  }
  events[view.events].add(event);
  if (makes_invalid(event)) view.flags = static_cast<std::uint16_t>(view.flags | packet_flag::invalid);
}

void Batch::clear() noexcept {
  for (std::size_t i = 1; i < event_count; ++i) events[i].clear();
  count = 0;
  packets = 0;
  event_count = 1;
}

}  // namespace hd
