// SPDX-License-Identifier: Apache-2.0
// Frames of any link type through decoder and defragmenter: first a byte for the link type, then frames of
// two bytes of length each. Checked: every offset of every view lies within its bytes, and no packet is lost.
#include "sensor/packet/checksum.hpp"
#include "sensor/packet/decoder.hpp"
#include "sensor/packet/defrag.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace {

constexpr std::uint16_t kLinks[] = {hd::link_type::ethernet,   hd::link_type::null,  hd::link_type::ppp,
                                    hd::link_type::raw,        hd::link_type::chdlc, hd::link_type::linux_sll,
                                    hd::link_type::linux_sll2, hd::link_type::pppoe};

void check(const hd::PacketView& view) {
  const std::size_t end = std::size_t{view.payload} + view.payload_length;
  HD_ASSERT(view.l3 <= view.caplen && view.l4 <= view.caplen && end <= view.caplen);
  HD_ASSERT(view.vlan_count <= view.vlan.size());
  HD_ASSERT(!(view.is_ip4() && view.is_ip6()));
  unsigned sum = 0;
  for (const std::uint8_t byte : view.payload_bytes()) sum += byte;
  const hd::Address source = source_address(view);
  const hd::Address target = target_address(view);
  sum += source.bytes[15] + target.bytes[15] + view.source_port() + view.target_port();
  sum += static_cast<unsigned>(ip4_checksum(view)) + static_cast<unsigned>(transport_checksum(view));
  HD_ASSERT(sum < 70'000u * 255u);
  if (view.has(hd::packet_flag::l4)) HD_ASSERT(view.is_ip4() || view.is_ip6());
  if (view.has(hd::packet_flag::fragment)) HD_ASSERT(view.payload_length == 0);
  if (view.depth > 0) HD_ASSERT(view.has(hd::packet_flag::inner));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::uint16_t link = kLinks[data[0] % std::size(kLinks)];
  hd::DecoderOptions options;
  options.verify_checksums = (data[0] & 0x80) != 0;
  hd::Defragmenter defragmenter({.datagrams_max = 8, .memory = std::size_t{1} << 17});
  hd::Decoder decoder(options, defragmenter);
  const auto batch = std::make_unique<hd::Batch>();
  std::size_t at = 1;
  std::int64_t seconds = 0;
  std::uint32_t number = 0;
  while (at + 2 <= size) {
    std::vector<std::vector<std::uint8_t>> frames;  // each of just its size, for the sanitizer
    hd::RawBatch raw;
    while (at + 2 <= size && raw.count < hd::RawBatch::kMax) {
      const std::size_t length = std::min<std::size_t>(hd::load_be16(data + at) & 0x7fff, size - at - 2);
      frames.emplace_back(data + at + 2, data + at + 2 + length);
      at += 2 + length;
      raw.packets[raw.count++] = {.data = frames.back().data(),
                                  .time = {seconds * hd::kSecond},
                                  .caplen = static_cast<std::uint32_t>(length),
                                  .wirelen = static_cast<std::uint32_t>(length),
                                  .number = ++number,
                                  .link = link};
      seconds += 7;
    }
    decoder.decode_batch(raw, *batch);
    HD_ASSERT(batch->packets == raw.count && batch->count >= raw.count && batch->count <= hd::Batch::kViews);
    for (const hd::PacketView& view : batch->all()) check(view);
    HD_ASSERT(batch->all().back().number == number);
  }
  HD_ASSERT(decoder.counters().packets == number);
  return 0;
}
