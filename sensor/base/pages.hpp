// SPDX-License-Identifier: Apache-2.0
// Memory from the kernel in one piece, on 2 MiB pages where they are to be had (docs: detection 5).
#pragma once

#include <cstddef>

namespace hd {

/// Owns a private anonymous mapping of at least `size` bytes, zeroed, touched on first use. Ends the process
/// when the kernel refuses: sizes are planned and checked before (MemoryPlan).
class Pages {
 public:
  explicit Pages(std::size_t size);
  ~Pages();
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  Pages(Pages&& other) noexcept;
  Pages& operator=(Pages&& other) noexcept;

  [[nodiscard]] void* data() noexcept { return data_; }
  [[nodiscard]] const void* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace hd
