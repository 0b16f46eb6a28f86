// SPDX-License-Identifier: Apache-2.0
// Everything that reads bytes of another's making: header, payload, batch, bodies, HELLO, envelope, invitation.
#include <cstddef>
#include <cstdint>

#include "sensor/link/bodies.hpp"
#include "sensor/link/codec/payload.hpp"
#include "sensor/link/envelope.hpp"
#include "sensor/link/hello.hpp"
#include "sensor/link/invitation.hpp"
#include "sensor/link/record.hpp"

namespace {

template <class Body>
void there_and_back(hd::Bytes bytes) {
  Body body;
  if (!decode(bytes, &body)) return;
  const hd::Payload again = encode(body);
  HD_ASSERT(again.size() == bytes.size() && std::equal(again.begin(), again.end(), bytes.begin()));
}

void message(hd::Bytes bytes) {
  if (bytes.size() < hd::kFrameHeaderSize) return;
  hd::FrameHeader header;
  if (decode_frame(bytes.first(hd::kFrameHeaderSize), &header) != hd::WireError::none) return;
  const hd::FrameBytes again = encode_frame(header);
  HD_ASSERT(std::equal(again.begin(), again.end(), bytes.begin()));
  hd::PayloadCodec codec;
  std::vector<std::uint8_t> payload;
  if (codec.decode(header, bytes.subspan(hd::kFrameHeaderSize), &payload) != hd::WireError::none) return;
  HD_ASSERT(payload.size() == header.length && payload.size() <= hd::kPayloadMax);
}

void records(hd::Bytes bytes) {
  hd::RecordRun run;
  if (read_run({.epoch = 1, .lane = 1}, bytes, 1, {}, hd::kBatchItemsMax, &run)) {
    HD_ASSERT(run.first == 1 && run.last >= run.records.size() && run.records.size() <= hd::kBatchItemsMax);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const hd::Bytes bytes(data + 1, size - 1);
  switch (data[0] % 12) {
    case 0: message(bytes); break;
    case 1: records(bytes); break;
    case 2: there_and_back<hd::AckBody>(bytes); break;
    case 3: there_and_back<hd::PingBody>(bytes); break;
    case 4: there_and_back<hd::PongBody>(bytes); break;
    case 5: there_and_back<hd::ProbeBody>(bytes); break;
    case 6: there_and_back<hd::ProofBody>(bytes); break;
    case 7: there_and_back<hd::ErrorBody>(bytes); break;
    case 8: static_cast<void>(hd::hello_of(hd::as_chars(bytes))); break;
    case 9: static_cast<void>(hd::welcome_of(hd::as_chars(bytes))); break;
    case 10: {
      hd::Envelope envelope;
      HD_ASSERT(open_envelope(bytes, {}, {}, {}, &envelope) != hd::EnvelopeFault::none);
      break;
    }
    default: static_cast<void>(hd::invitation_of(hd::as_chars(bytes))); break;
  }
  return 0;
}
