// SPDX-License-Identifier: Apache-2.0
#include "sensor/link/frame.hpp"

#include <gtest/gtest.h>

#include "sensor/base/hash.hpp"
#include "sensor/link/codec/payload.hpp"

namespace hd {
namespace {

FrameHeader sample() {
  return {.type = FrameType::batch, .flags = kFlagUrgent, .session = 7, .epoch = 9, .lane = 2, .items = 3,
          .first = 10, .last = 12, .head = 40, .sent_ns = 1'700'000'000'000'000'000};
}

// A header whose checksum is right but whose byte at `at` is `value`.
FrameBytes forged(std::size_t at, std::uint8_t value) {
  FrameBytes bytes = encode_frame(sample());
  bytes[at] = value;
  store(bytes.data() + 92, crc32c(Bytes(bytes).first(92)));
  return bytes;
}

TEST(Frame, ComesBackAsItWas) {
  const FrameHeader header = sample();
  FrameHeader read;

  EXPECT_EQ(decode_frame(encode_frame(header), &read), WireError::none);
  EXPECT_EQ(read, header);
}

TEST(Frame, RefusesEverySingleBitOfDamage) {
  const FrameBytes good = encode_frame(sample());
  FrameHeader read;

  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    FrameBytes bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1u << (bit % 8)));
    EXPECT_NE(decode_frame(bad, &read), WireError::none) << "bit " << bit;
  }
  EXPECT_EQ(decode_frame(Bytes(good).first(95), &read), WireError::frame);
}

TEST(Frame, RefusesValuesThatNoWriterMakes) {
  FrameHeader read;

  EXPECT_EQ(decode_frame(forged(4, 2), &read), WireError::version) << "another major version";
  EXPECT_EQ(decode_frame(forged(6, 16), &read), WireError::frame) << "an unknown flag";
  EXPECT_EQ(decode_frame(forged(24, 5), &read), WireError::frame) << "a sixth lane";
  EXPECT_EQ(decode_frame(forged(26, 1), &read), WireError::frame) << "a reserved byte";
  EXPECT_EQ(decode_frame(forged(48, 1), &read), WireError::frame) << "lengths that differ without compression";
}

TEST(PayloadCodec, CompressesWhatShrinksAndGivesItBack) {
  PayloadCodec codec;
  const std::vector<std::uint8_t> payload(5000, 'a');

  const WireMessage message = codec.encode(sample(), payload, PayloadCodec::Compress::when_smaller);
  FrameHeader header;
  ASSERT_EQ(decode_frame(message.header, &header), WireError::none);
  std::vector<std::uint8_t> read;

  EXPECT_LT(message.payload.size(), 100u);
  EXPECT_EQ(codec.decode(header, message.payload, &read), WireError::none);
  EXPECT_EQ(read, payload);
}

TEST(PayloadCodec, StopsABombAtTheStatedLength) {
  PayloadCodec codec;
  const std::vector<std::uint8_t> zeros(kPayloadMax, 0);
  const WireMessage message = codec.encode(sample(), zeros, PayloadCodec::Compress::when_smaller);
  FrameHeader header;
  ASSERT_EQ(decode_frame(message.header, &header), WireError::none);
  std::vector<std::uint8_t> read;

  header.length = 1000;
  EXPECT_EQ(codec.decode(header, message.payload, &read), WireError::too_big);
  header.length = kPayloadMax + 1;
  EXPECT_EQ(codec.decode(header, message.payload, &read), WireError::too_big);
  EXPECT_LE(read.capacity(), std::size_t{kPayloadMax});
}

TEST(PayloadCodec, RefusesWhatDoesNotBelongToTheHeader) {
  PayloadCodec codec;
  const WireMessage message = codec.encode(sample(), as_bytes("abc"), PayloadCodec::Compress::never);
  FrameHeader header;
  ASSERT_EQ(decode_frame(message.header, &header), WireError::none);
  std::vector<std::uint8_t> read;

  EXPECT_EQ(codec.decode(header, as_bytes("abd"), &read), WireError::frame);
  EXPECT_EQ(codec.decode(header, as_bytes("ab"), &read), WireError::frame);
  header.flags = kFlagZstd;
  EXPECT_EQ(codec.decode(header, as_bytes("abc"), &read), WireError::frame);
}

}  // namespace
}  // namespace hd
