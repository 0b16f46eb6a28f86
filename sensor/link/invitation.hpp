// SPDX-License-Identifier: Apache-2.0
// The one string that enrols a sensor: address and key of the collector and a one-time token, in Bech32m (BIP 350),
// so that a typing error is found before anything is sent.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "sensor/base/crypto.hpp"
#include "sensor/base/result.hpp"

namespace hd {

using EnrolToken = std::array<std::uint8_t, 16>;

struct Invitation {
  std::string host = {};           ///< name or address, ≤ 255 bytes
  std::uint16_t enrol_port = 7704;
  std::uint16_t link_port = 7701;
  PublicKey collector_key{};       ///< CURVE
  EnrolToken token{};
  bool operator==(const Invitation&) const = default;
};

/// "hdinv1…" in lower case.
[[nodiscard]] std::string to_text(const Invitation& invitation);
/// E6002 with what is wrong: not an invitation, a character that does not belong, a check sum that does not hold.
[[nodiscard]] Result<Invitation> invitation_of(std::string_view text);

/// Bech32m of any bytes; the checksum finds any error of up to 4 characters in 90, and nearly all in longer strings.
[[nodiscard]] std::string bech32m_encode(std::string_view prefix, Bytes bytes);
[[nodiscard]] bool bech32m_decode(std::string_view text, std::string* prefix, std::vector<std::uint8_t>* bytes);

}  // namespace hd
