// SPDX-License-Identifier: Apache-2.0
// The only place that asks the machine for time or chance.
#include <sys/random.h>
#include <time.h>

#include "sensor/base/assert.hpp"
#include "sensor/base/cpu_time.hpp"
#include "sensor/base/time.hpp"

namespace hd {
namespace {

std::int64_t read_clock(clockid_t which) {
  timespec now{};
  HD_ASSERT(clock_gettime(which, &now) == 0);
  return std::int64_t{now.tv_sec} * kSecond + now.tv_nsec;
}

}  // namespace

WallTime SystemClock::wall() { return {read_clock(CLOCK_REALTIME)}; }
Ticks SystemClock::ticks() { return {read_clock(CLOCK_MONOTONIC)}; }

std::uint64_t SystemRandom::next() {
  std::uint64_t value = 0;
  HD_ASSERT(getrandom(&value, sizeof value, 0) == sizeof value);
  return value;
}

Nanos thread_cpu_time() noexcept {
  timespec spent = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<Nanos>(spent.tv_sec) * kSecond + spent.tv_nsec;
}

}  // namespace hd
