// SPDX-License-Identifier: Apache-2.0
// Both times at once, as a value: the cores of either end never ask for them.
#pragma once

#include "sensor/base/time.hpp"

namespace hd {

struct Now {
  Ticks ticks{};
  WallTime wall{};
};

}  // namespace hd
