// SPDX-License-Identifier: Apache-2.0
// Three kinds of time that do not convert (docs/architecture.md 9), and who may ask for them.
#pragma once

#include <compare>
#include <cstdint>

namespace hd {

/// Nanoseconds as a difference of two times of one kind.
using Nanos = std::int64_t;
inline constexpr Nanos kMicrosecond = 1'000;
inline constexpr Nanos kMillisecond = 1'000'000;
inline constexpr Nanos kSecond = 1'000'000'000;

template <class Tag>
struct TimePoint {
  std::int64_t ns = 0;
  constexpr auto operator<=>(const TimePoint&) const = default;
  constexpr TimePoint operator+(Nanos d) const { return {ns + d}; }
  constexpr TimePoint operator-(Nanos d) const { return {ns - d}; }
  constexpr Nanos operator-(TimePoint other) const { return ns - other.ns; }
};

/// Time of a packet, nanoseconds since 1970 as the capture says.
using PacketTime = TimePoint<struct PacketTimeTag>;
/// UTC of this machine, nanoseconds since 1970.
using WallTime = TimePoint<struct WallTimeTag>;
/// Steady time of this machine; only differences mean anything.
using Ticks = TimePoint<struct TicksTag>;

/// Whoever needs a clock is handed one; only base/clock_system.cpp asks the machine.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual WallTime wall() = 0;
  [[nodiscard]] virtual Ticks ticks() = 0;
};

/// The machine's clock. Holds no state; any number may exist.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() override;
  [[nodiscard]] Ticks ticks() override;
};

/// Random numbers are handed in as well, so that tests can repeat them by seed.
class Random {
 public:
  virtual ~Random() = default;
  [[nodiscard]] virtual std::uint64_t next() = 0;
};

/// Numbers nobody can guess (the kernel's).
class SystemRandom final : public Random {
 public:
  [[nodiscard]] std::uint64_t next() override;
};

/// SplitMix64: small, repeatable, for tests and simulations.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] std::uint64_t next() override {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// 0 <= result < bound; bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t state_;
};

}  // namespace hd
