// SPDX-License-Identifier: Apache-2.0
// A capture as the beginning of a case: every frame as it is, with the waits between them.
#include <array>
#include <cstdio>

#include "sensor/base/text.hpp"
#include "sensor/capture/source.hpp"
#include "tests/cases/case.hpp"

namespace hd::cases {
namespace {

constexpr std::size_t kFramesMax = 2000;       // what a person may still want to read
constexpr Nanos kWaitLeast = 100 * kMillisecond;  // shorter pauses say nothing

void append_frame(Bytes bytes, std::string& out) {
  out += "packet hex";
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::array<char, 4> digits = {};
    (void)std::snprintf(digits.data(), digits.size(), at % 16 == 0 ? " %02x" : "%02x", bytes[at]);
    out += digits.data();
  }
  out += '\n';
}

}  // namespace

Result<std::string> case_from_capture(const std::string& path) {
  auto source = open_capture_file(path);
  if (!source) return fail(std::move(source.error()));
  std::string out = "title   What " + path.substr(path.rfind('/') + 1) + " shows\nwhy     Seen in a capture; say here what was wrong\n\n"
                    "rules\n  alert ip any any -> any any (msg:\"say here what must alert\"; sid:1;)\n\n";
  RawBatch batch;
  std::size_t count = 0;
  PacketTime before = {};
  while ((*source)->next_batch(batch, 0) == SourceState::packets) {
    for (const RawPacket& packet : batch.all()) {
      if (packet.link != link_type::ethernet) return fail(ErrorCode::E5003, "only captures of Ethernet become cases");
      if (++count > kFramesMax) return fail(ErrorCode::E5001, "more than " + std::to_string(kFramesMax) + " packets: cut the capture down first");
      const Nanos pause = packet.time - before;
      if (count > 1 && pause >= kWaitLeast) out += "wait " + std::to_string(pause / kMillisecond) + "ms\n";
      before = packet.time;
      append_frame({packet.data, packet.caplen}, out);
    }
  }
  return out + "\nexpect\n  sid 1 × any\n";
}

}  // namespace hd::cases
