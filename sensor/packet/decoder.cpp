// SPDX-License-Identifier: Apache-2.0
#include "sensor/packet/decoder.hpp"

#include "sensor/packet/checksum.hpp"
#include "sensor/packet/defrag.hpp"
#include "sensor/packet/step.hpp"

#include <algorithm>

namespace hd {

Decoder::Decoder(const DecoderOptions& options, Defragmenter& defragmenter)
    : options_(options), defragmenter_(defragmenter) {
  const auto add = [this](bool is_on, const std::vector<std::uint16_t>& ports) {
    if (is_on)
      std::for_each(ports.begin(), ports.end(), [this](std::uint16_t port) { tunnel_ports_.add(port); });
  };
  add(options.vxlan, options.vxlan_ports);
  add(options.geneve, options.geneve_ports);
  add(options.teredo, options.teredo_ports);
  add(options.gtp, options.gtp_ports);
}

void Decoder::decode_batch(const RawBatch& raw, Batch& batch) noexcept {
  // Offsets are 16 bits wide: longer frames (offloads that were left on) are looked at as far as that
  // reaches.
  constexpr std::uint32_t kReach = 65535;
  batch.clear();
  defragmenter_.begin_batch();
  for (const RawPacket& packet : raw.all()) {
    const std::size_t first = batch.count++;
    PacketView& view = batch.views[first];
    view = PacketView{.data = packet.data,
                      .time = packet.time,
                      .caplen = packet.caplen,
                      .wirelen = packet.wirelen,
                      .number = packet.number,
                      .source = packet.source};
    ++batch.packets;
    ++counters_.packets;
    counters_.bytes += packet.wirelen;
    if (packet.has_vlan) {
      view.vlan[0] = packet.vlan & 0x0fff;
      view.vlan_count = 1;
      ++counters_.vlan;
    }
    if (packet.caplen < packet.wirelen || packet.caplen > kReach) view.flags |= packet_flag::truncated;
    DecodeStep step{.decoder = *this, .batch = batch, .view = &view};
    step.link(packet.link, std::min(packet.caplen, kReach));
    for (std::size_t i = first; i < batch.count; ++i) judge(batch.views[i]);
  }
}

void Decoder::judge(PacketView& view) noexcept {
  if (view.has(packet_flag::invalid)) [[unlikely]] {
    ++counters_.invalid;
    return;
  }
  if (!options_.verify_checksums || checksums_hold(view)) return;
  view.flags |= packet_flag::bad_checksum;
  ++counters_.bad_checksum;
}

bool DecodeStep::too_deep() noexcept {
  ++counters().decode_depth;
  return refuse(DecodeEvent::too_many_layers);
}

PacketView* DecodeStep::add_view() noexcept {
  if (batch.count < Batch::kViews - (Batch::kPackets - batch.packets)) return &batch.views[batch.count++];
  ++counters().view_limit;
  return nullptr;
}

bool DecodeStep::open_inner(Tunnel tunnel, Layer kind, std::uint32_t offset, std::uint32_t length) noexcept {
  if (view->depth >= options().tunnels_max) return too_deep();
  PacketView* const inner = add_view();
  if (inner == nullptr) return false;
  PacketView* const outer = view;
  *inner = PacketView{.data = outer->data,
                      .time = outer->time,
                      .caplen = outer->caplen,
                      .wirelen = length,
                      .number = outer->number,
                      .flags = packet_flag::inner,
                      .vlan = outer->vlan,
                      .vlan_count = outer->vlan_count,
                      .depth = static_cast<std::uint8_t>(outer->depth + 1),
                      .tunnel = outer->tunnel == Tunnel::none ? tunnel : outer->tunnel,
                      .source = outer->source};
  view = inner;
  const bool holds = layer(kind, offset, length);
  const bool is_last = inner == &batch.views[batch.count - 1u];
  view = outer;
  // Teredo is guessed from a port: whatever is odd about it says that it is none.
  if ((!holds || (tunnel == Tunnel::teredo && inner->has(packet_flag::invalid))) && is_last) {
    ++counters().inner_refused;
    if (inner->events != 0) batch.events[inner->events].clear();
    --batch.count;
    return false;
  }
  ++counters().inner;
  outer->payload_length = 0;  // looked at as a packet of its own
  return true;
}

bool DecodeStep::layer(Layer kind, std::uint32_t offset, std::uint32_t length) noexcept {
  switch (kind) {
    case Layer::ethernet:
      return ethernet(offset, length);
    case Layer::vlan:
      return vlan(0x8100, offset, length);
    case Layer::mpls:
      return mpls(offset, length);
    case Layer::ppp:
      return ppp(offset, length);
    case Layer::ip4:
      return ip4(offset, length);
    case Layer::ip6:
      return ip6(offset, length);
    case Layer::erspan_2:
      return erspan(false, offset, length);
    case Layer::erspan_3:
      return erspan(true, offset, length);
  }
  return false;
}

}  // namespace hd
