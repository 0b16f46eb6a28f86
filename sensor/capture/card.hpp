// SPDX-License-Identifier: Apache-2.0
// What a network card itself says of its losses.
#pragma once

#include <cstdint>
#include <string>

namespace hd {

/// Packets that the card had no room for since it came up (missed, and overruns of its queue); 0 where it
/// does not say.
[[nodiscard]] std::uint64_t card_losses(const std::string& interface_name);

}  // namespace hd
