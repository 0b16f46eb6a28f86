// SPDX-License-Identifier: Apache-2.0
#include "sensor/files/pool_allocator.hpp"

#include "sensor/base/bytes.hpp"

namespace hd {
namespace {

constexpr std::size_t kHead = 16;

}  // namespace

void* pool_allocate(BufferPool& pool, std::size_t size) noexcept {
  if (size > BufferPool::kLargest - kHead) return nullptr;
  const std::span<std::uint8_t> block = pool.take(size + kHead);
  if (block.empty()) return nullptr;
  store<std::uint64_t>(block.data(), block.size());
  return block.data() + kHead;
}

void pool_free(BufferPool& pool, void* block) noexcept {
  if (block == nullptr) return;
  std::uint8_t* begin = static_cast<std::uint8_t*>(block) - kHead;
  pool.give({begin, load<std::uint64_t>(begin)});
}

}  // namespace hd
