// SPDX-License-Identifier: Apache-2.0
#include "sensor/packet/decoder.hpp"

#include "sensor/packet/checksum.hpp"
#include "sensor/packet/defrag.hpp"
#include "sensor/packet/step.hpp"

namespace hd {

Decoder::Decoder(const DecoderOptions& options, Defragmenter& defragmenter) : options_(options), defragmenter_(defragmenter) {}

void Decoder::decode_batch(const RawBatch& raw, Batch& batch) noexcept {
  batch.clear();
  defragmenter_.begin_batch();
  for (const RawPacket& packet : raw.all()) {
    if (batch.count == Batch::kViews) break;  // cannot be: each packet has its share of views
    PacketView& view = batch.views[batch.count++];
    view = PacketView{.data = packet.data, .time = packet.time, .caplen = packet.caplen, .wirelen = packet.wirelen, .number = packet.number, .source = packet.source};
    ++batch.packets;
    ++counters_.packets;
    counters_.bytes += packet.wirelen;
    const std::size_t first = batch.count - 1u;
    DecodeStep step{.decoder = *this, .batch = batch, .view = &view};
    if (packet.has_vlan) {
      view.vlan[0] = packet.vlan & 0x0fff;
      view.vlan_count = 1;
      ++counters_.vlan;
    }
    if (packet.caplen < packet.wirelen) view.flags |= packet_flag::truncated;
    // Offsets are 16 bits wide: longer frames (offloads that were left on) are looked at as far as that reaches.
    step.link(packet.link, packet.caplen < 65535 ? packet.caplen : 65535);
    for (std::size_t i = first; i < batch.count; ++i) {
      PacketView& one = batch.views[i];
      if (one.has(packet_flag::invalid)) ++counters_.invalid;
      if (options_.verify_checksums && !one.has(packet_flag::invalid) && !checksums_hold(one)) {
        one.flags |= packet_flag::bad_checksum;
        ++counters_.bad_checksum;
      }
    }
  }
}

bool DecodeStep::enter() noexcept {
  if (++layers <= options().layers_max) return true;
  ++counters().decode_depth;
  raise(DecodeEvent::too_many_layers);
  return false;
}

bool DecodeStep::begin_inner(Tunnel tunnel, std::uint32_t offset, std::uint32_t length) noexcept {
  if (view->depth >= options().tunnels_max) {
    ++counters().decode_depth;
    raise(DecodeEvent::too_many_layers);
    return false;
  }
  if (batch.count >= Batch::kViews - (Batch::kPackets - batch.packets)) {
    ++counters().view_limit;
    return false;
  }
  (void)offset;
  PacketView& inner = batch.views[batch.count++];
  inner = PacketView{.data = view->data, .time = view->time, .caplen = view->caplen, .wirelen = length, .number = view->number, .vlan = view->vlan,
                     .vlan_count = view->vlan_count, .source = view->source};
  inner.flags = packet_flag::inner;
  inner.depth = static_cast<std::uint8_t>(view->depth + 1);
  inner.tunnel = tunnel;
  view = &inner;
  ++counters().inner;
  return true;
}

void DecodeStep::set_transport(std::uint8_t protocol, std::uint32_t offset, std::uint32_t header, std::uint32_t length) noexcept {
  view->protocol = protocol;
  view->l4 = static_cast<std::uint16_t>(offset);
  view->payload = static_cast<std::uint16_t>(offset + header);
  view->payload_length = static_cast<std::uint16_t>(length - header);
  view->flags |= packet_flag::l4;
}

}  // namespace hd
