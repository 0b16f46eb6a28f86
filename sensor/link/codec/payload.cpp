// SPDX-License-Identifier: Apache-2.0
#include "sensor/link/codec/payload.hpp"

#include <zstd.h>

#include "sensor/base/hash.hpp"

namespace hd {
namespace {

// Level 3 gains nothing on EVE (docs: delivery, measured); below this many bytes nothing is gained at all.
constexpr int kLevel = 1;
constexpr std::size_t kCompressFrom = 256;
constexpr int kWindowLogMax = 20;

}  // namespace

struct PayloadCodec::Body {
  ZSTD_CCtx* compress = ZSTD_createCCtx();
  ZSTD_DCtx* decompress = ZSTD_createDCtx();
  Body() {
    HD_ASSERT(compress != nullptr && decompress != nullptr);
    HD_ASSERT(ZSTD_isError(ZSTD_DCtx_setParameter(decompress, ZSTD_d_windowLogMax, kWindowLogMax)) == 0);
  }
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;
  ~Body() {
    ZSTD_freeCCtx(compress);
    ZSTD_freeDCtx(decompress);
  }
};

PayloadCodec::PayloadCodec() : body_(std::make_unique<Body>()) {}
PayloadCodec::~PayloadCodec() = default;
PayloadCodec::PayloadCodec(PayloadCodec&&) noexcept = default;
PayloadCodec& PayloadCodec::operator=(PayloadCodec&&) noexcept = default;

WireMessage PayloadCodec::encode(const FrameHeader& header, Bytes payload, Compress how) {
  HD_ASSERT(payload.size() <= kPayloadMax);
  FrameHeader out = header;
  WireMessage message;
  out.flags = static_cast<std::uint16_t>(out.flags & ~kFlagZstd);
  out.length = static_cast<std::uint32_t>(payload.size());
  out.payload_crc = crc32c(payload);
  if (how == Compress::when_smaller && payload.size() >= kCompressFrom) {
    message.payload.resize(ZSTD_compressBound(payload.size()));
    const std::size_t size = ZSTD_compressCCtx(body_->compress, message.payload.data(), message.payload.size(),
                                               payload.data(), payload.size(), kLevel);
    HD_ASSERT(ZSTD_isError(size) == 0);
    if (size < payload.size()) {
      message.payload.resize(size);
      out.flags |= kFlagZstd;
    }
  }
  if ((out.flags & kFlagZstd) == 0) message.payload.assign(payload.begin(), payload.end());
  out.length_sent = static_cast<std::uint32_t>(message.payload.size());
  message.header = encode_frame(out);
  return message;
}

WireError PayloadCodec::decode(const FrameHeader& header, Bytes received, std::vector<std::uint8_t>* payload) {
  if (received.size() != header.length_sent) return WireError::frame;
  if (header.length > kPayloadMax) return WireError::too_big;
  payload->clear();
  if ((header.flags & kFlagZstd) == 0) {
    payload->assign(received.begin(), received.end());
  } else {
    // The output has the stated length and no more: a bomb ends there.
    payload->resize(header.length);
    const std::size_t size = ZSTD_decompressDCtx(body_->decompress, payload->data(), payload->size(), received.data(),
                                                 received.size());
    if (ZSTD_isError(size) != 0) {
      payload->clear();
      const auto content = ZSTD_getFrameContentSize(received.data(), received.size());
      const bool is_known = content != ZSTD_CONTENTSIZE_ERROR && content != ZSTD_CONTENTSIZE_UNKNOWN;
      return is_known && content > header.length ? WireError::too_big : WireError::frame;
    }
    if (size != header.length) return WireError::frame;
  }
  return crc32c(*payload) == header.payload_crc ? WireError::none : WireError::frame;
}

std::vector<std::uint8_t> compress_block(Bytes bytes, int level) {
  std::vector<std::uint8_t> out(ZSTD_compressBound(bytes.size()));
  const std::size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), level);
  HD_ASSERT(ZSTD_isError(size) == 0);
  out.resize(size);
  return out;
}

bool decompress_block(Bytes block, std::size_t length, std::size_t length_max, std::vector<std::uint8_t>* out) {
  if (length > length_max) return false;
  out->resize(length);
  const std::size_t size = ZSTD_decompress(out->data(), out->size(), block.data(), block.size());
  if (ZSTD_isError(size) == 0 && size == length) return true;
  out->clear();
  return false;
}

}  // namespace hd
