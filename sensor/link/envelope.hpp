// SPDX-License-Identifier: Apache-2.0
// The signed envelope of CONTROL: who may ask a sensor for what, and until when. Signed with the collector's control
// key (Ed25519) over everything before the signature; little-endian.
//
//   0 4 "HDC1"   12 8 control number   28 8 not after   38 2 flags          44 16 sensor id, zero = all
//   4 8 key id   20 8 not before       36 2 kind        40 4 body length    60  … body, then 64 signature
#pragma once

#include <string>

#include "sensor/base/time.hpp"
#include "sensor/link/bodies.hpp"

namespace hd {

enum class ControlKind : std::uint16_t {
  rules = 1,
  dataset = 2,
  iprep = 3,
  suppressions = 4,
  bpf = 5,
  settings = 6,
  pcap_request = 16,
  restart = 17,
  spool_flush = 18,
};

inline constexpr std::size_t kEnvelopeHeaderSize = 60;
inline constexpr std::size_t kEnvelopeBodyMax = 60u << 10;

struct Envelope {
  std::uint64_t key_id = 0;
  std::uint64_t number = 0;  ///< rises for each sensor; a number seen before is not applied again
  WallTime not_before{};
  WallTime not_after{};
  ControlKind kind = ControlKind::settings;
  std::uint16_t flags = 0;
  SensorId sensor{};
  std::string body = {};  ///< JSON
  bool operator==(const Envelope&) const = default;
};

/// First 8 bytes of BLAKE2b-128 of the public key: which of the pinned keys signed.
[[nodiscard]] std::uint64_t key_id_of(const PublicKey& key) noexcept;

[[nodiscard]] Payload seal(const Envelope& envelope, const SigningKeys& keys);

enum class EnvelopeFault : std::uint8_t { none, malformed, other_key, bad_signature, other_sensor, not_yet, expired, kind };
[[nodiscard]] std::string_view name_of(EnvelopeFault fault) noexcept;

/// Opens an envelope for `sensor` at `now`. The signature is checked before anything but the lengths and the key id.
[[nodiscard]] EnvelopeFault open_envelope(Bytes bytes, const PublicKey& key, const SensorId& sensor, WallTime now,
                                          Envelope* envelope);

}  // namespace hd
