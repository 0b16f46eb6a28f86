// SPDX-License-Identifier: Apache-2.0
// A message as it travels: header frame and payload frame. The payload is compressed when that makes it smaller;
// a stated length is believed only within the limits, and checked before a byte is decompressed.
#pragma once

#include <memory>
#include <vector>

#include "sensor/link/frame.hpp"

namespace hd {

struct WireMessage {
  FrameBytes header{};
  std::vector<std::uint8_t> payload;
};

/// Contexts that are kept between messages. One per thread.
class PayloadCodec {
 public:
  PayloadCodec();
  ~PayloadCodec();
  PayloadCodec(PayloadCodec&&) noexcept;
  PayloadCodec& operator=(PayloadCodec&&) noexcept;

  enum class Compress : std::uint8_t { never, when_smaller };
  /// Fills in lengths, flag and checksums of the header. The payload has at most kPayloadMax bytes.
  [[nodiscard]] WireMessage encode(const FrameHeader& header, Bytes payload, Compress how);

  /// The payload of a decoded header from what was received. Answers none, frame (lengths, checksum, not zstd), or
  /// too_big (more than stated).
  [[nodiscard]] WireError decode(const FrameHeader& header, Bytes received, std::vector<std::uint8_t>* payload);

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

/// One-shot forms for blocks that a store keeps.
[[nodiscard]] std::vector<std::uint8_t> compress_block(Bytes bytes, int level);
/// False: not one zstd frame of exactly `length` bytes, or length above `length_max`.
[[nodiscard]] bool decompress_block(Bytes block, std::size_t length, std::size_t length_max,
                                    std::vector<std::uint8_t>* out);

}  // namespace hd
