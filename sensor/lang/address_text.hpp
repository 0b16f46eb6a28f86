// SPDX-License-Identifier: Apache-2.0
// Addresses as people write them.
#pragma once

#include "sensor/lang/address_set.hpp"

#include <optional>
#include <string_view>

namespace hd {

/// "192.0.2.7" or "2001:db8::1" (RFC 4291 2.2, RFC 5952 not required). Nothing else, no surrounding space.
[[nodiscard]] std::optional<Address> parse_address(std::string_view text);
/// An address, network ("192.0.2.0/24", "192.0.2.0/255.255.255.0", "2001:db8::/32") or range ("a-b" of one
/// family).
[[nodiscard]] bool parse_address_item(std::string_view text, AddressSet::Range& out);

} // namespace hd
