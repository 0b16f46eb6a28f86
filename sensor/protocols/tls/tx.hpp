// SPDX-License-Identifier: Apache-2.0
// What a TLS transaction keeps: one a flow, the handshake of both sides. All bytes lie in its arena.
#pragma once

#include <array>
#include <cstdint>

#include "sensor/app/transaction.hpp"
#include "sensor/base/bytes.hpp"
#include "sensor/files/growing.hpp"

namespace hd::protocol::tls {

/// Progress of the client's direction.
namespace client_progress {
inline constexpr std::uint8_t in_progress = 0, hello_done = 1, cert_done = 2, handshake_done = 3, finished = 4;
}
/// Progress of the server's direction.
namespace server_progress {
inline constexpr std::uint8_t in_progress = 0, hello = 1, cert_done = 2, hello_done = 3, handshake_done = 4, finished = 5;
}

enum class Event : std::uint8_t {
#define HD_TLS_EVENT(name, summary) name,
#include "sensor/protocols/tls/events.def"
#undef HD_TLS_EVENT
  count_,
};

/// The first certificate of a chain, read (RFC 5280).
struct Certificate {
  Bytes subject = {};       ///< "C=VN, O=..., CN=..."
  Bytes issuer = {};
  Bytes serial = {};        ///< "0C:00:93"
  Bytes fingerprint = {};   ///< SHA-1, "3f:2a:..."
  std::int64_t not_before = 0;  ///< seconds since 1970
  std::int64_t not_after = 0;
  static constexpr std::size_t kNamesMax = 64;
  std::array<Bytes, kNamesMax> names = {};  ///< subjectAltName
  std::uint16_t name_count = 0;
};

/// A number of values that a hello lists.
struct Numbers {
  static constexpr std::size_t kMax = 128;
  std::array<std::uint16_t, kMax> values = {};
  std::uint16_t count = 0;
  void add(std::uint16_t value) noexcept {
    if (count < kMax) values[count++] = value;
  }
  [[nodiscard]] bool has(std::uint16_t value) const noexcept {
    for (std::uint16_t i = 0; i < count; ++i) {
      if (values[i] == value) return true;
    }
    return false;
  }
};

/// A ClientHello or ServerHello.
struct Hello {
  bool is_seen = false;
  std::uint16_t version = 0;           ///< as in the message
  Bytes random = {};                   ///< 32 bytes
  Bytes session = {};
  Numbers ciphers = {};                ///< one, of a server
  Numbers extensions = {};
  Numbers groups = {};
  Numbers point_formats = {};
  Numbers signatures = {};
  Numbers versions = {};               ///< supported_versions
  static constexpr std::size_t kAlpnMax = 16;
  std::array<Bytes, kAlpnMax> alpn = {};
  std::uint16_t alpn_count = 0;
};

/// ssl_state of the rule language.
namespace state_bit {
inline constexpr std::uint32_t client_hello = 1, server_hello = 2, client_keyx = 4, server_keyx = 8, unknown = 16;
}

struct TlsTx {
  std::array<Hello, 2> hellos = {};    ///< by direction
  Bytes sni = {};
  std::uint16_t version = 0;           ///< agreed, or the client's offer before
  std::array<std::uint16_t, 2> record_version = {};
  static constexpr std::size_t kCertificatesMax = 16;
  std::array<std::array<Bytes, kCertificatesMax>, 2> chains = {};  ///< by direction, DER
  std::array<std::uint16_t, 2> chain_length = {};
  std::array<Certificate, 2> certificates = {};
  std::uint32_t states = 0;            ///< state_bit
  bool is_resumed = false;
  bool wants_ja3 = true, wants_ja4 = true;
  std::array<Bytes, 2> ja3_text = {}, ja3_hash = {};
  Bytes ja4 = {};
};

/// Made at first asking; empty without a hello, or when it is switched off.
[[nodiscard]] Bytes ja3_text(Transaction& tx, Direction direction) noexcept;
[[nodiscard]] Bytes ja3_hash(Transaction& tx, Direction direction) noexcept;
[[nodiscard]] Bytes ja4(Transaction& tx) noexcept;
/// "TLS 1.2", as EVE and tls.version say it; empty when unknown.
[[nodiscard]] std::string_view version_name(std::uint16_t version) noexcept;
/// SHA-1 of the first certificate, "3f:2a:...", made at first asking.
[[nodiscard]] Bytes fingerprint(Transaction& tx, Direction direction) noexcept;
[[nodiscard]] constexpr bool is_grease(std::uint16_t value) noexcept {
  return (value & 0x0f0f) == 0x0a0a && (value >> 8) == (value & 0xff);
}

}  // namespace hd::protocol::tls
