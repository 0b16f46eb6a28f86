// SPDX-License-Identifier: Apache-2.0
// Compact numbers of application protocols, known at compile time since flows and rule masks carry them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace hd {

enum class AppProtocol : std::uint8_t {
  unknown = 0,
  failed = 1,  ///< recognition gave up
#define HD_PROTOCOL(id, eve) id,
#include "sensor/app/protocols.def"
#undef HD_PROTOCOL
  count_,
};
inline constexpr std::size_t kAppProtocols = static_cast<std::size_t>(AppProtocol::count_);

/// The name in EVE ("failed" for failed, empty for unknown).
constexpr std::string_view name_of(AppProtocol protocol) noexcept {
  constexpr std::array<std::string_view, kAppProtocols> kNames = {"", "failed",
#define HD_PROTOCOL(id, eve) eve,
#include "sensor/app/protocols.def"
#undef HD_PROTOCOL
  };
  return kNames[static_cast<std::size_t>(protocol)];
}

}  // namespace hd
