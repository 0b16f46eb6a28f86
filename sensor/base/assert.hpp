// SPDX-License-Identifier: Apache-2.0
// Assertions: always on outside the packet path, and on it where they cost less than 1 %.
#pragma once

namespace hd {

/// Prints the place and the condition, and ends the process (exit by abort). Never returns.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace hd

#define HD_ASSERT(condition) \
  (__builtin_expect(!!(condition), 1) ? void(0) : ::hd::assertion_failed(#condition, __FILE__, __LINE__))

#ifdef HD_DEBUG
#define HD_DEBUG_ASSERT(condition) HD_ASSERT(condition)
#else
#define HD_DEBUG_ASSERT(condition) void(0)
#endif
