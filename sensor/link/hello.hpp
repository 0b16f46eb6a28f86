// SPDX-License-Identifier: Apache-2.0
// HELLO and WELCOME: JSON, since they are rare, evolve, and people read them. Unknown members are ignored; numbers of
// 64 bits that are names (epochs, sessions) travel as 16 hex digits, so that no reader rounds them.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "sensor/base/result.hpp"
#include "sensor/link/bodies.hpp"
#include "sensor/link/ids.hpp"

namespace hd {

inline constexpr std::size_t kJsonBodyMax = 64u << 10;
inline constexpr std::size_t kJsonDepthMax = 8;

/// Reasons of epochs that are named but no longer held: delivered and removed; undelivered items went on elsewhere.
inline constexpr std::string_view kEpochRetired = "retired";
inline constexpr std::string_view kEpochCarried = "carried";

/// What the sensor holds of one lane.
struct HelloLane {
  std::uint64_t acked = 0;
  std::uint64_t head = 0;
  std::uint64_t lowest = 1;  ///< first number that it can still send (a note or a record); head + 1: none
  Chain chain_acked{};
  bool operator==(const HelloLane&) const = default;
};

struct HelloEpoch {
  std::uint64_t epoch = 0;
  std::string reason = {};
  bool closed = false;  ///< gives no more numbers
  std::array<HelloLane, kLaneCount> lanes{};
  bool operator==(const HelloEpoch&) const = default;
};

struct HelloBody {
  std::uint32_t version_min = 1;
  std::uint32_t version_max = 1;
  SensorId sensor{};
  Uuid instance{};  ///< random for each start of the process
  Uuid boot{};
  std::string machine = {};   ///< hash of the machine's id
  std::string software = {};
  std::uint64_t nonce = 0;
  std::vector<HelloEpoch> epochs = {};
  bool epochs_more = false;  ///< there are others, not listed: the collector must not take them for gone
  Uuid store{};  ///< the last store it spoke with; zero: none yet
  std::uint64_t store_generation = 0;
  std::string sync = "group";
  bool operator==(const HelloBody&) const = default;
};

[[nodiscard]] std::string to_json(const HelloBody& body);
/// E6003 for what is no JSON, too large, or lacks a member that has no meaningful default.
[[nodiscard]] Result<HelloBody> hello_of(std::string_view json);

struct WelcomeBody {
  std::uint32_t version = 1;
  std::uint64_t session = 0;
  std::uint64_t nonce = 0;  ///< as in the HELLO
  std::string collector = {};
  Uuid store{};
  std::uint64_t store_generation = 0;
  std::uint32_t batch_bytes_max = 0;
  std::uint64_t credit = 0;
  std::vector<LaneCursor> cursors = {};
  bool operator==(const WelcomeBody&) const = default;
};

[[nodiscard]] std::string to_json(const WelcomeBody& body);
[[nodiscard]] Result<WelcomeBody> welcome_of(std::string_view json);

}  // namespace hd
