// SPDX-License-Identifier: Apache-2.0
#include "sensor/match/fold.hpp"

namespace hd {

std::string folded(std::string_view text) {
  std::string result(text);
  for (char& letter : result) letter = static_cast<char>(fold1(static_cast<std::uint8_t>(letter)));
  return result;
}

bool equals_folded(const std::uint8_t* bytes, const std::uint8_t* folded_bytes, std::size_t length) noexcept {
  if (length < 8) {
    for (std::size_t i = 0; i < length; ++i) {
      if (fold1(bytes[i]) != folded_bytes[i]) return false;
    }
    return true;
  }
  for (std::size_t i = 0; i + 8 <= length; i += 8) {
    if (fold8(load<std::uint64_t>(bytes + i)) != load<std::uint64_t>(folded_bytes + i)) return false;
  }
  // The last eight overlap what was compared: cheaper than a loop over the rest.
  return fold8(load<std::uint64_t>(bytes + length - 8)) == load<std::uint64_t>(folded_bytes + length - 8);
}

}  // namespace hd
