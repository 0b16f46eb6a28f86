// SPDX-License-Identifier: Apache-2.0
// Memory for libraries that want to allocate by size and free by address alone: blocks of a BufferPool that remember
// their length in front.
#pragma once

#include <cstddef>

#include "sensor/base/buffer_pool.hpp"

namespace hd {

/// A block of at least `size` bytes, 16-aligned; nullptr when the pool is empty.
[[nodiscard]] void* pool_allocate(BufferPool& pool, std::size_t size) noexcept;
/// Gives back what pool_allocate gave; nullptr is nothing.
void pool_free(BufferPool& pool, void* block) noexcept;

}  // namespace hd
