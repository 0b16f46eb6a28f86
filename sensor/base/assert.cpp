// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace hd {

void assertion_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "haidang: our bug: %s does not hold at %s:%d (version %s) [E9001]\n", condition, file,
               line, HD_VERSION);
  std::abort();
}

}  // namespace hd
