// SPDX-License-Identifier: Apache-2.0
#include "sensor/link/envelope.hpp"

#include <cstring>

namespace hd {
namespace {

constexpr std::uint32_t kMagic = 0x31434448;  // "HDC1"

bool is_known_kind(std::uint16_t kind) noexcept { return (kind >= 1 && kind <= 6) || (kind >= 16 && kind <= 18); }

}  // namespace

std::uint64_t key_id_of(const PublicKey& key) noexcept { return load_le64(blake2b_128(key).data()); }

Payload seal(const Envelope& envelope, const SigningKeys& keys) {
  HD_ASSERT(envelope.body.size() <= kEnvelopeBodyMax);
  Payload out(kEnvelopeHeaderSize);
  std::uint8_t* at = out.data();
  store(at, kMagic);
  store(at + 4, key_id_of(keys.public_key));
  store(at + 12, envelope.number);
  store(at + 20, envelope.not_before.ns);
  store(at + 28, envelope.not_after.ns);
  store(at + 36, static_cast<std::uint16_t>(envelope.kind));
  store(at + 38, envelope.flags);
  store(at + 40, static_cast<std::uint32_t>(envelope.body.size()));
  std::memcpy(at + 44, envelope.sensor.data(), envelope.sensor.size());
  const Bytes body = as_bytes(envelope.body);
  out.insert(out.end(), body.begin(), body.end());
  const Signature signature = sign(out, keys);
  out.insert(out.end(), signature.begin(), signature.end());
  return out;
}

std::string_view name_of(EnvelopeFault fault) noexcept {
  switch (fault) {
    case EnvelopeFault::none: return "none";
    case EnvelopeFault::malformed: return "malformed";
    case EnvelopeFault::other_key: return "signed with a key that is not pinned";
    case EnvelopeFault::bad_signature: return "the signature does not hold";
    case EnvelopeFault::other_sensor: return "for another sensor";
    case EnvelopeFault::not_yet: return "not valid yet";
    case EnvelopeFault::expired: return "expired";
    case EnvelopeFault::kind: return "of an unknown kind";
  }
  return "unknown";
}

EnvelopeFault open_envelope(Bytes bytes, const PublicKey& key, const SensorId& sensor, WallTime now,
                            Envelope* envelope) {
  if (bytes.size() < kEnvelopeHeaderSize + sizeof(Signature)) return EnvelopeFault::malformed;
  const std::uint8_t* at = bytes.data();
  const std::uint32_t length = load_le32(at + 40);
  if (load_le32(at) != kMagic || length > kEnvelopeBodyMax) return EnvelopeFault::malformed;
  if (bytes.size() != kEnvelopeHeaderSize + length + sizeof(Signature)) return EnvelopeFault::malformed;
  if (load_le64(at + 4) != key_id_of(key)) return EnvelopeFault::other_key;
  Signature signature{};
  std::memcpy(signature.data(), at + kEnvelopeHeaderSize + length, signature.size());
  if (!verify_signature(bytes.first(kEnvelopeHeaderSize + length), signature, key)) return EnvelopeFault::bad_signature;
  envelope->key_id = load_le64(at + 4);
  envelope->number = load_le64(at + 12);
  envelope->not_before = {load<std::int64_t>(at + 20)};
  envelope->not_after = {load<std::int64_t>(at + 28)};
  envelope->flags = load_le16(at + 38);
  std::memcpy(envelope->sensor.data(), at + 44, envelope->sensor.size());
  envelope->body = as_chars(bytes.subspan(kEnvelopeHeaderSize, length));
  if (envelope->sensor != SensorId{} && envelope->sensor != sensor) return EnvelopeFault::other_sensor;
  if (now < envelope->not_before) return EnvelopeFault::not_yet;
  if (now > envelope->not_after) return EnvelopeFault::expired;
  if (!is_known_kind(load_le16(at + 36))) return EnvelopeFault::kind;
  envelope->kind = static_cast<ControlKind>(load_le16(at + 36));
  return EnvelopeFault::none;
}

}  // namespace hd
