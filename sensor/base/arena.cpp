// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/arena.hpp"

#include <algorithm>

namespace hd {
namespace {

struct BlockHead {
  std::uint8_t* previous = nullptr;
  std::size_t size = 0;
};

}  // namespace

bool Arena::grow(std::size_t size) noexcept {
  const std::size_t wanted = std::max<std::size_t>(size + sizeof(BlockHead), std::min<std::size_t>(used_ == 0 ? 512 : used_, 65536));
  if (used_ + wanted > limit_) return false;
  const std::span<std::uint8_t> block = pool_->take(wanted);
  if (block.empty()) return false;
  store(block.data(), BlockHead{last_block_, block.size()});
  last_block_ = block.data();
  next_ = block.data() + sizeof(BlockHead);
  left_ = block.size() - sizeof(BlockHead);
  used_ += block.size();
  return true;
}

void Arena::reset() noexcept {
  while (last_block_ != nullptr) {
    const BlockHead head = load<BlockHead>(last_block_);
    pool_->give({last_block_, head.size});
    last_block_ = head.previous;
  }
  next_ = nullptr;
  left_ = 0;
  used_ = 0;
}

}  // namespace hd
