// SPDX-License-Identifier: Apache-2.0
// Words that haidang.yaml and the settings of a replay share, and how they become values.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sensor/base/bytes.hpp"
#include "sensor/base/config.hpp"
#include "sensor/control/engine_settings.hpp"

namespace hd {

inline constexpr std::array<std::string_view, 4> kUrgentWords = {"oob", "inline", "drop", "gap"};
inline constexpr std::array<std::string_view, 3> kPolicyWords = {"ignore", "pass-flow", "bypass"};
inline constexpr std::array<std::string_view, 1> kDetectWord = {"detect"};
inline constexpr std::array<std::string_view, 13> kHostWords = {
    "windows", "bsd", "bsd-right", "old-linux", "linux", "old-solaris", "solaris",
    "hpux10", "hpux11", "irix", "macos", "vista", "windows2k3"};
inline constexpr std::int64_t kPortMax = 65'535;
inline constexpr std::int64_t kBodyMax = 0xffffffff;

/// The enumerator whose word this is; the word was checked against the row's choices.
inline UrgentUse urgent_of(std::string_view word) {
  return static_cast<UrgentUse>(std::ranges::find(kUrgentWords, word) - kUrgentWords.begin());
}
inline ExceptionAction exception_action_of(std::string_view word) {
  return static_cast<ExceptionAction>(std::ranges::find(kPolicyWords, word) - kPolicyWords.begin());
}
inline std::vector<std::uint16_t> ports_of(const Section& section, std::string_view key) {
  std::vector<std::uint16_t> ports;
  for (const std::int64_t port : section.numbers(key)) ports.push_back(narrow<std::uint16_t>(port));
  return ports;
}
/// Of rows KEY.enabled and KEY.ports.
inline TunnelSettings tunnel_of(const Section& section, const std::string& key) {
  return {.enabled = section.flag(key + ".enabled"), .ports = ports_of(section, key + ".ports")};
}

}  // namespace hd
