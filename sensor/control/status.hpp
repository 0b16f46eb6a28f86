// SPDX-License-Identifier: Apache-2.0
// Health in one word, with why, since when and what to do (docs: operations 7). Pure: readings in, a word out.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "sensor/control/reading.hpp"

namespace hd {

/// From good to bad.
enum class HealthWord : std::uint8_t { normal, doubtful, isolated, overloaded, blind, stopped };
[[nodiscard]] std::string_view name_of(HealthWord word) noexcept;

struct HealthReason {
  HealthWord word = HealthWord::normal;  ///< what it alone would make of the sensor
  std::string why = {};
  std::string advice = {};
};

struct Health {
  HealthWord word = HealthWord::normal;
  WallTime since = {};
  std::vector<HealthReason> reasons = {};  ///< worst first; empty when normal
};

/// Judges readings as they come, about one a second. Remembers five minutes of them, for ratios, and since when the word is so.
class HealthJudge {
 public:
  [[nodiscard]] const Health& take(const SensorReading& reading);
  [[nodiscard]] const Health& health() const noexcept { return health_; }

 private:
  struct Mark {
    WallTime at = {};
    std::uint64_t packets = 0, lost = 0, shed = 0;
  };
  std::deque<Mark> marks_ = {};
  Health health_ = {};
};

/// `status` for people: the word first, then why, since when, what to do; then the ledger.
[[nodiscard]] std::string status_text(const Health& health, const SensorReading& reading);
/// `{"schema":"haidang.status/1", …}`
[[nodiscard]] std::string status_json(const Health& health, const SensorReading& reading);

}  // namespace hd
