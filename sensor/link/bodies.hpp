// SPDX-License-Identifier: Apache-2.0
// Payloads of SSP/1 messages in fixed binary form, little-endian. Readers answer false for any length or value that
// the writer could not have made.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sensor/base/bytes.hpp"
#include "sensor/link/ids.hpp"

namespace hd {

using Payload = std::vector<std::uint8_t>;

/// How far a lane is in the collector's ledger. Also a line of WELCOME.
struct LaneCursor {
  LaneKey lane{};
  std::uint64_t cursor = 0;
  Chain chain{};
  bool operator==(const LaneCursor&) const = default;
};

struct AckBody {
  std::vector<LaneCursor> cursors = {};
  std::uint64_t credit = 0;
};
[[nodiscard]] Payload encode(const AckBody& body);
[[nodiscard]] bool decode(Bytes payload, AckBody* body);

/// The sensor's testimony: the highest number given in a lane.
struct LaneHead {
  LaneKey lane{};
  std::uint64_t head = 0;
  bool operator==(const LaneHead&) const = default;
};

struct PingBody {
  std::int64_t t1 = 0;            ///< the sensor's wall clock when it sent
  std::int64_t clock_offset = 0;  ///< collector's clock minus its own, ns, as it believes (NTP formula)
  std::int64_t clock_error = -1;  ///< bound of that, ns; -1: not known yet
  std::vector<LaneHead> heads = {};
};
[[nodiscard]] Payload encode(const PingBody& body);
[[nodiscard]] bool decode(Bytes payload, PingBody* body);

enum class CommitterState : std::uint32_t { working = 0, stalled = 1 };

struct PongBody {
  std::int64_t t1 = 0;  ///< as in the PING
  std::int64_t t2 = 0;  ///< the collector's clock at its arrival
  std::int64_t t3 = 0;  ///< and when the answer left
  std::uint64_t credit = 0;
  CommitterState state = CommitterState::working;
  std::uint32_t since_ms = 0;
};
[[nodiscard]] Payload encode(const PongBody& body);
[[nodiscard]] bool decode(Bytes payload, PongBody* body);

struct ProbeBody {
  LaneKey lane{};
  std::vector<std::uint64_t> numbers = {};
};
[[nodiscard]] Payload encode(const ProbeBody& body);
[[nodiscard]] bool decode(Bytes payload, ProbeBody* body);

/// The collector's chain at a number.
struct ChainPoint {
  std::uint64_t number = 0;  ///< at or below the asked one; 0: none
  Chain chain{};
  bool operator==(const ChainPoint&) const = default;
};
struct ProofBody {
  struct Point {
    std::uint64_t asked = 0;
    ChainPoint at = {};
  };
  LaneKey lane{};
  std::vector<Point> points = {};
};
[[nodiscard]] Payload encode(const ProofBody& body);
[[nodiscard]] bool decode(Bytes payload, ProofBody* body);

struct ErrorBody {
  WireError code = WireError::none;
  std::uint32_t retry_after_ms = 0;
  std::string text = {};  ///< at most 200 bytes; cut when longer
};
[[nodiscard]] Payload encode(const ErrorBody& body);
[[nodiscard]] bool decode(Bytes payload, ErrorBody* body);

struct ResumeBody {
  LaneKey lane{};
  std::uint64_t cursor = 0;
};
[[nodiscard]] Payload encode(const ResumeBody& body);
[[nodiscard]] bool decode(Bytes payload, ResumeBody* body);

enum class ByeReason : std::uint32_t { stopping = 1, lease_lost = 2, idle = 3 };
[[nodiscard]] Payload encode_bye(ByeReason reason);
[[nodiscard]] bool decode_bye(Bytes payload, ByeReason* reason);

/// At most so many entries in one message; an epoch has five lanes, a sensor at most kEpochsMax open epochs.
inline constexpr std::size_t kEpochsMax = 8;
/// HELLO also names epochs that are over, so that the collector can close them rightly.
inline constexpr std::size_t kHelloEpochsMax = 32;
inline constexpr std::size_t kEntriesMax = kHelloEpochsMax * kLaneCount;

}  // namespace hd
