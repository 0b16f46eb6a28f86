// SPDX-License-Identifier: Apache-2.0
// How much CPU a thread has used, for meters.
#pragma once

#include "sensor/base/time.hpp"

namespace hd {

/// User and system time of the calling thread (clock_gettime(2), CLOCK_THREAD_CPUTIME_ID).
[[nodiscard]] Nanos thread_cpu_time() noexcept;

}  // namespace hd
