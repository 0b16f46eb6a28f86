// SPDX-License-Identifier: Apache-2.0
#include "sensor/lang/address_text.hpp"

#include "sensor/base/text.hpp"

#include <arpa/inet.h>

#include <bit>
#include <string>

namespace hd {
namespace {

// The first and last address that share `bits` leading bits with `address` (of 128).
AddressSet::Range network(Address address, unsigned bits) {
  AddressSet::Range range{address, address};
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned kept = bits >= (i + 1) * 8 ? 8 : bits <= i * 8 ? 0 : bits - i * 8;
    const auto mask = static_cast<std::uint8_t>(kept == 0 ? 0 : 0xff << (8 - kept));
    range.first.bytes[i] = static_cast<std::uint8_t>(address.bytes[i] & mask);
    range.last.bytes[i] = static_cast<std::uint8_t>(address.bytes[i] | static_cast<std::uint8_t>(~mask));
  }
  return range;
}

std::optional<unsigned> prefix_length(std::string_view text, bool is_ip4) {
  if (is_ip4 && text.find('.') != std::string_view::npos) {
    const auto mask = parse_address(text);
    if (!mask || !mask->is_ip4()) return std::nullopt;
    const std::uint32_t bits = mask->ip4();
    const auto ones = static_cast<unsigned>(std::countl_one(bits));
    if (ones < 32 && (bits << ones) != 0) return std::nullopt; // holes in the mask
    return ones;
  }
  const auto value = parse_integer(text);
  if (!value || *value < 0 || *value > (is_ip4 ? 32 : 128)) return std::nullopt;
  return static_cast<unsigned>(*value);
}

} // namespace

std::optional<Address> parse_address(std::string_view text) {
  if (text.empty() || text.size() > 45) return std::nullopt;
  const std::string copy(text);
  Address address;
  if (text.find(':') != std::string_view::npos) {
    if (inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) != 1) return std::nullopt;
    return address;
  }
  std::uint32_t ip4 = 0;
  if (inet_pton(AF_INET, copy.c_str(), &ip4) != 1) return std::nullopt;
  return Address::from_ip4(ntohl(ip4));
}

bool parse_address_item(std::string_view text, AddressSet::Range& out) {
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    const auto address = parse_address(trim(text.substr(0, slash)));
    if (!address) return false;
    const bool is_ip4 = text.substr(0, slash).find(':') == std::string_view::npos;
    const auto length = prefix_length(trim(text.substr(slash + 1)), is_ip4);
    if (!length) return false;
    out = network(*address, is_ip4 ? *length + 96 : *length);
    return true;
  }
  if (const std::size_t hyphen = text.find('-'); hyphen != std::string_view::npos) {
    const auto first = parse_address(trim(text.substr(0, hyphen)));
    const auto last = parse_address(trim(text.substr(hyphen + 1)));
    if (!first || !last || first->is_ip4() != last->is_ip4() || *last < *first) return false;
    out = {*first, *last};
    return true;
  }
  const auto address = parse_address(text);
  if (!address) return false;
  out = {*address, *address};
  return true;
}

} // namespace hd
