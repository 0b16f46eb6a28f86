// SPDX-License-Identifier: Apache-2.0
// Thin wrappers over libsodium and OpenSSL: digests, signatures, passwords, random bytes, keys of the link.
// Nothing here invents a construction; whoever needs another one adds its wrapper here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sensor/base/bytes.hpp"
#include "sensor/base/result.hpp"

namespace hd {

using Digest128 = std::array<std::uint8_t, 16>;
using Digest160 = std::array<std::uint8_t, 20>;
using Digest256 = std::array<std::uint8_t, 32>;

/// Prepares the libraries; to be called once in main before threads (a second call does nothing). False: no crypto.
[[nodiscard]] bool crypto_init() noexcept;

// -- Digests ---------------------------------------------------------------------------------------------------------

/// BLAKE2b with the digest's length as its parameter (RFC 7693), without key. No allocation.
[[nodiscard]] Digest128 blake2b_128(Bytes bytes) noexcept;
[[nodiscard]] Digest256 blake2b_256(Bytes bytes) noexcept;
/// BLAKE2b-128 over two pieces one after the other: a link of a chain.
[[nodiscard]] Digest128 blake2b_128(Bytes first, Bytes second) noexcept;
[[nodiscard]] Digest256 sha256(Bytes bytes) noexcept;
/// Only where others fixed them (JA3, file digests of rules); never for anything that is to be safe.
[[nodiscard]] Digest160 sha1(Bytes bytes) noexcept;
[[nodiscard]] Digest128 md5(Bytes bytes) noexcept;

enum class HashKind : std::uint8_t { md5, sha1, sha256 };

/// A digest that is fed in pieces. Made once and used again: the context is allocated by the constructor only.
class Hasher {
 public:
  explicit Hasher(HashKind kind);
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  void begin() noexcept;
  void add(Bytes bytes) noexcept;
  /// 16, 20 or 32 bytes, valid until the next call. begin() starts the next digest.
  [[nodiscard]] Bytes finish() noexcept;

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

// -- Secrets ---------------------------------------------------------------------------------------------------------

/// 32 secret bytes that are wiped when they die.
struct SecretKey {
  SecretKey() = default;
  SecretKey(const SecretKey&) = default;
  SecretKey& operator=(const SecretKey&) = default;
  ~SecretKey();
  std::array<std::uint8_t, 32> bytes{};
};
using PublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

void random_bytes(std::span<std::uint8_t> out) noexcept;
/// Takes the same time whatever differs; lengths are not secret.
[[nodiscard]] bool equal_secret(Bytes a, Bytes b) noexcept;
/// Overwrites in a way that the compiler keeps.
void wipe(std::span<std::uint8_t> bytes) noexcept;

// -- Ed25519 (RFC 8032) ----------------------------------------------------------------------------------------------

struct SigningKeys {
  PublicKey public_key{};
  SecretKey seed{};
};
[[nodiscard]] SigningKeys make_signing_keys() noexcept;
/// The pair of a seed: for keys that are kept as 32 bytes.
[[nodiscard]] SigningKeys signing_keys_of(const SecretKey& seed) noexcept;
[[nodiscard]] Signature sign(Bytes message, const SigningKeys& keys) noexcept;
[[nodiscard]] bool verify_signature(Bytes message, const Signature& signature, const PublicKey& key) noexcept;

// -- Passwords (argon2id) --------------------------------------------------------------------------------------------

/// A string of printable characters with salt and cost. E4001 when the memory for it is not there.
[[nodiscard]] Result<std::string> hash_password(std::string_view password);
/// The same with the least cost the library allows, for tests of what lies above.
[[nodiscard]] Result<std::string> hash_password_cheaply(std::string_view password);
[[nodiscard]] bool verify_password(std::string_view password, const std::string& hash) noexcept;

// -- CURVE keys (Curve25519, as ZeroMQ uses them) ---------------------------------------------------------------------

struct CurveKeys {
  PublicKey public_key{};
  SecretKey secret_key{};
};
[[nodiscard]] CurveKeys make_curve_keys() noexcept;
/// The public half of a secret key.
[[nodiscard]] PublicKey curve_public_of(const SecretKey& secret) noexcept;
/// A text file of two lines, `public Z85` and `secret Z85`, mode 0600, replaced atomically.
[[nodiscard]] Result<void> save_curve_keys(const std::string& path, const CurveKeys& keys);
/// E6002 when the file is readable by others than its owner, malformed, or its halves do not belong together.
[[nodiscard]] Result<CurveKeys> load_curve_keys(const std::string& path);
/// The same file form for a signing pair (`secret` is the seed).
[[nodiscard]] Result<void> save_signing_keys(const std::string& path, const SigningKeys& keys);
[[nodiscard]] Result<SigningKeys> load_signing_keys(const std::string& path);
/// What people compare: BLAKE2b-128 of the key as 8 groups of 4 hex digits, "3f2a 9c01 …".
[[nodiscard]] std::string fingerprint_of(const PublicKey& key);

// -- Text forms ------------------------------------------------------------------------------------------------------

[[nodiscard]] std::string to_hex(Bytes bytes);
/// Both cases are read. False, and *out untouched in length, when the text is not exactly 2 × out.size() hex digits.
[[nodiscard]] bool from_hex(std::string_view text, std::span<std::uint8_t> out) noexcept;
/// RFC 4648 section 4, with padding.
[[nodiscard]] std::string to_base64(Bytes bytes);
/// Appends what could be read strictly; false when the text is not base64 with padding.
[[nodiscard]] bool from_base64(std::string_view text, std::string* out);
/// RFC 4648 section 5 without padding, for links.
[[nodiscard]] std::string to_base64_url(Bytes bytes);
/// ZeroMQ RFC 32: 32 bytes are 40 characters.
[[nodiscard]] std::string to_z85(const PublicKey& key);
[[nodiscard]] bool from_z85(std::string_view text, PublicKey* out) noexcept;

}  // namespace hd
