// SPDX-License-Identifier: Apache-2.0
#include "sensor/link/ids.hpp"

namespace hd {

std::string uuid_text(const Uuid& id) {
  std::string hex = to_hex(id);
  for (const std::size_t at : {8u, 13u, 18u, 23u}) hex.insert(at, 1, '-');
  return hex;
}

bool uuid_of(std::string_view text, Uuid* id) noexcept {
  if (text.size() != 36) return false;
  std::array<char, 32> hex{};
  std::size_t length = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool is_dash = at == 8 || at == 13 || at == 18 || at == 23;
    if (is_dash != (text[at] == '-')) return false;
    if (!is_dash) hex[length++] = text[at];
  }
  return from_hex({hex.data(), hex.size()}, *id);
}

std::string hex64(std::uint64_t value) {
  std::array<std::uint8_t, 8> bytes{};
  store(bytes.data(), __builtin_bswap64(value));
  return to_hex(bytes);
}

bool hex64_of(std::string_view text, std::uint64_t* value) noexcept {
  std::array<std::uint8_t, 8> bytes{};
  if (!from_hex(text, bytes)) return false;
  *value = load_be64(bytes.data());
  return true;
}

std::string_view name_of(WireError code) noexcept {
  switch (code) {
    case WireError::none: return "none";
    case WireError::version: return "version";
    case WireError::session: return "session";
    case WireError::frame: return "frame";
    case WireError::gap: return "gap";
    case WireError::credit: return "credit";
    case WireError::too_big: return "too_big";
    case WireError::fork: return "fork";
    case WireError::busy: return "busy";
    case WireError::revoked: return "revoked";
    case WireError::store: return "store";
    case WireError::limit: return "limit";
    case WireError::type: return "type";
  }
  return "unknown";
}

}  // namespace hd
