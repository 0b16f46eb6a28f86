// SPDX-License-Identifier: Apache-2.0
// The bytes of a capture file through its reader: every packet lies within them, and the reader comes to an
// end.
#include "sensor/capture/reader.hpp"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const hd::Bytes all(data, size);
  hd::CaptureReader reader;
  const auto begun = reader.begin(all);
  if (!begun) return 0;
  HD_ASSERT(*begun <= size);
  unsigned sum = 0;
  for (std::size_t at = *begun; at < size;) {
    const hd::Bytes rest = all.subspan(at);
    hd::RawPacket packet;
    const hd::CaptureRecord record = reader.next(rest, packet);
    if (record.kind == hd::CaptureRecord::Kind::damaged) break;
    if (record.kind == hd::CaptureRecord::Kind::cut) {
      HD_ASSERT(record.size > rest.size());
      break;
    }
    HD_ASSERT(record.size > 0 && record.size <= rest.size());
    if (record.kind == hd::CaptureRecord::Kind::packet) {
      HD_ASSERT(packet.caplen <= packet.wirelen && packet.caplen <= record.size);
      HD_ASSERT(packet.data >= rest.data() && packet.data + packet.caplen <= rest.data() + record.size);
      for (std::uint32_t i = 0; i < packet.caplen; ++i) sum += packet.data[i];
    }
    at += record.size;
  }
  HD_ASSERT(sum <= size * 255);
  return 0;
}
