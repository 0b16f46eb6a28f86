// SPDX-License-Identifier: Apache-2.0
// Stream bytes that are kept: pieces without a hole, sorted by their place in the stream.
#pragma once

#include <cstdint>

#include "sensor/base/bytes.hpp"
#include "sensor/base/slab.hpp"

namespace hd {

/// Bytes [offset, offset + length) of one direction, in a block of the buffer pool. The first piece of a direction
/// lies in its side; further ones exist only behind holes.
struct StreamExtent {
  std::uint64_t offset = 0;      ///< stream offset of the first byte kept (0 = first byte behind the SYN)
  std::uint8_t* block = nullptr;
  std::uint32_t capacity = 0;    ///< of the block
  std::uint32_t start = 0;       ///< of the first byte in the block
  std::uint32_t length = 0;
  Index<StreamExtent> next = {};

  [[nodiscard]] std::uint64_t end() const noexcept { return offset + length; }
  [[nodiscard]] Bytes bytes() const noexcept { return {block + start, length}; }
};

}  // namespace hd
