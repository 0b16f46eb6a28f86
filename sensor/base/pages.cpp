// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/pages.hpp"

#include <sys/mman.h>

#include <utility>

#include "sensor/base/assert.hpp"

namespace hd {
namespace {
constexpr std::size_t kHugePage = std::size_t{2} << 20;
}

Pages::Pages(std::size_t size) : size_((size + kHugePage - 1) / kHugePage * kHugePage) {
  if (size < kHugePage / 2) size_ = (size + 4095) / 4096 * 4096;
  if (size_ == 0) size_ = 4096;
  data_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  HD_ASSERT(data_ != MAP_FAILED);
  if (size_ >= kHugePage) (void)madvise(data_, size_, MADV_HUGEPAGE);
}

Pages::~Pages() {
  if (data_ != nullptr) munmap(data_, size_);
}

Pages::Pages(Pages&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Pages& Pages::operator=(Pages&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace hd
