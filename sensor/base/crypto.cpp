// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/crypto.hpp"

#include <openssl/evp.h>
#include <sodium.h>
#include <sys/stat.h>

#include <algorithm>

#include "sensor/base/file.hpp"

namespace hd {

bool crypto_init() noexcept { return sodium_init() >= 0; }

Digest128 blake2b_128(Bytes bytes) noexcept {
  Digest128 out;
  crypto_generichash(out.data(), out.size(), bytes.data(), bytes.size(), nullptr, 0);
  return out;
}

Digest256 blake2b_256(Bytes bytes) noexcept {
  Digest256 out;
  crypto_generichash(out.data(), out.size(), bytes.data(), bytes.size(), nullptr, 0);
  return out;
}

Digest128 blake2b_128(Bytes first, Bytes second) noexcept {
  crypto_generichash_state state;
  Digest128 out;
  crypto_generichash_init(&state, nullptr, 0, out.size());
  crypto_generichash_update(&state, first.data(), first.size());
  crypto_generichash_update(&state, second.data(), second.size());
  crypto_generichash_final(&state, out.data(), out.size());
  return out;
}

Digest256 sha256(Bytes bytes) noexcept {
  Digest256 out;
  crypto_hash_sha256(out.data(), bytes.data(), bytes.size());
  return out;
}

Digest160 sha1(Bytes bytes) noexcept {
  Digest160 out{};
  HD_ASSERT(EVP_Q_digest(nullptr, "SHA1", nullptr, bytes.data(), bytes.size(), out.data(), nullptr) == 1);
  return out;
}

Digest128 md5(Bytes bytes) noexcept {
  Digest128 out{};
  HD_ASSERT(EVP_Q_digest(nullptr, "MD5", nullptr, bytes.data(), bytes.size(), out.data(), nullptr) == 1);
  return out;
}

struct Hasher::Body {
  EVP_MD* kind = nullptr;
  EVP_MD_CTX* context = nullptr;
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> out{};
  Body() = default;
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;
  ~Body() {
    EVP_MD_CTX_free(context);
    EVP_MD_free(kind);
  }
};

Hasher::Hasher(HashKind kind) : body_(std::make_unique<Body>()) {
  const char* name = kind == HashKind::md5 ? "MD5" : kind == HashKind::sha1 ? "SHA1" : "SHA256";
  body_->kind = EVP_MD_fetch(nullptr, name, nullptr);
  body_->context = EVP_MD_CTX_new();
  HD_ASSERT(body_->kind != nullptr && body_->context != nullptr);
  begin();
}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::begin() noexcept { HD_ASSERT(EVP_DigestInit_ex2(body_->context, body_->kind, nullptr) == 1); }

void Hasher::add(Bytes bytes) noexcept {
  HD_ASSERT(EVP_DigestUpdate(body_->context, bytes.data(), bytes.size()) == 1);
}

Bytes Hasher::finish() noexcept {
  unsigned length = 0;
  HD_ASSERT(EVP_DigestFinal_ex(body_->context, body_->out.data(), &length) == 1);
  return {body_->out.data(), length};
}

SecretKey::~SecretKey() { wipe(bytes); }

void random_bytes(std::span<std::uint8_t> out) noexcept { randombytes_buf(out.data(), out.size()); }

bool equal_secret(Bytes a, Bytes b) noexcept {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(std::span<std::uint8_t> bytes) noexcept { sodium_memzero(bytes.data(), bytes.size()); }

SigningKeys make_signing_keys() noexcept {
  SecretKey seed;
  random_bytes(seed.bytes);
  return signing_keys_of(seed);
}

SigningKeys signing_keys_of(const SecretKey& seed) noexcept {
  SigningKeys keys{.seed = seed};
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret{};
  crypto_sign_seed_keypair(keys.public_key.data(), secret.data(), seed.bytes.data());
  wipe(secret);
  return keys;
}

Signature sign(Bytes message, const SigningKeys& keys) noexcept {
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret{};
  PublicKey ignored{};
  Signature signature{};
  crypto_sign_seed_keypair(ignored.data(), secret.data(), keys.seed.bytes.data());
  crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), secret.data());
  wipe(secret);
  return signature;
}

bool verify_signature(Bytes message, const Signature& signature, const PublicKey& key) noexcept {
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(), key.data()) == 0;
}

namespace {

Result<std::string> hash_with(std::string_view password, unsigned long long operations, std::size_t memory) {
  std::array<char, crypto_pwhash_STRBYTES> out{};
  if (crypto_pwhash_str_alg(out.data(), password.data(), password.size(), operations, memory,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return fail(ErrorCode::E4001, "there is not enough memory to hash a password");
  }
  return std::string(out.data());
}

}  // namespace

Result<std::string> hash_password(std::string_view password) {
  return hash_with(password, crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE);
}

Result<std::string> hash_password_cheaply(std::string_view password) {
  return hash_with(password, crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN);
}

bool verify_password(std::string_view password, const std::string& hash) noexcept {
  return hash.size() < crypto_pwhash_STRBYTES &&
         crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

CurveKeys make_curve_keys() noexcept {
  CurveKeys keys;
  crypto_box_keypair(keys.public_key.data(), keys.secret_key.bytes.data());
  return keys;
}

PublicKey curve_public_of(const SecretKey& secret) noexcept {
  PublicKey key{};
  crypto_scalarmult_base(key.data(), secret.bytes.data());
  return key;
}

namespace {

Result<void> save_pair(const std::string& path, const PublicKey& public_key, const SecretKey& secret) {
  return write_file_atomic(path, "public " + to_z85(public_key) + "\nsecret " + to_z85(secret.bytes) + "\n", 0600);
}

Error key_error(const std::string& path, std::string why) {
  return {.code = ErrorCode::E6002, .place = {.file = path}, .what = "the key file cannot be used", .why = std::move(why)};
}

Result<std::pair<PublicKey, SecretKey>> load_pair(const std::string& path) {
  auto text = read_file(path, 4096);
  if (!text) return fail(std::move(text.error()));
  struct stat state {};
  if (::stat(path.c_str(), &state) != 0 || (state.st_mode & 0077) != 0) {
    return fail(key_error(path, "others than its owner may read it; chmod 600 it, and make a new key if it was seen"));
  }
  constexpr std::string_view kPublic = "public ";
  constexpr std::string_view kSecret = "\nsecret ";
  constexpr std::size_t kZ85 = 40;
  const std::string_view all = *text;
  std::pair<PublicKey, SecretKey> keys;
  const bool is_formed = all.size() == kPublic.size() + kZ85 + kSecret.size() + kZ85 + 1 && all.starts_with(kPublic) &&
                         all.substr(kPublic.size() + kZ85, kSecret.size()) == kSecret && all.ends_with('\n') &&
                         from_z85(all.substr(kPublic.size(), kZ85), &keys.first) &&
                         from_z85(all.substr(kPublic.size() + kZ85 + kSecret.size(), kZ85), &keys.second.bytes);
  if (!is_formed) return fail(key_error(path, "expected two lines, \"public KEY\" and \"secret KEY\""));
  return keys;
}

}  // namespace

Result<void> save_curve_keys(const std::string& path, const CurveKeys& keys) {
  return save_pair(path, keys.public_key, keys.secret_key);
}

Result<CurveKeys> load_curve_keys(const std::string& path) {
  auto pair = load_pair(path);
  if (!pair) return fail(std::move(pair.error()));
  if (curve_public_of(pair->second) != pair->first) return fail(key_error(path, "its two halves do not belong together"));
  return CurveKeys{.public_key = pair->first, .secret_key = pair->second};
}

Result<void> save_signing_keys(const std::string& path, const SigningKeys& keys) {
  return save_pair(path, keys.public_key, keys.seed);
}

Result<SigningKeys> load_signing_keys(const std::string& path) {
  auto pair = load_pair(path);
  if (!pair) return fail(std::move(pair.error()));
  SigningKeys keys = signing_keys_of(pair->second);
  if (keys.public_key != pair->first) return fail(key_error(path, "its two halves do not belong together"));
  return keys;
}

std::string fingerprint_of(const PublicKey& key) {
  const std::string hex = to_hex(blake2b_128(key));
  std::string out;
  for (std::size_t at = 0; at < hex.size(); at += 4) {
    if (at > 0) out += ' ';
    out += hex.substr(at, 4);
  }
  return out;
}

std::string to_hex(Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

namespace {

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string encode_base64(Bytes bytes, int variant) {
  std::string out(sodium_base64_ENCODED_LEN(bytes.size(), variant), '\0');
  sodium_bin2base64(out.data(), out.size(), bytes.data(), bytes.size(), variant);
  out.pop_back();  // the NUL that the library counts
  return out;
}

}  // namespace

bool from_hex(std::string_view text, std::span<std::uint8_t> out) noexcept {
  if (text.size() != out.size() * 2) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = hex_digit(text[2 * i]);
    const int low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>((high << 4) | low);
  }
  return true;
}

std::string to_base64(Bytes bytes) { return encode_base64(bytes, sodium_base64_VARIANT_ORIGINAL); }
std::string to_base64_url(Bytes bytes) { return encode_base64(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING); }

bool from_base64(std::string_view text, std::string* out) {
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  std::size_t length = 0;
  if (sodium_base642bin(reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size(), text.data(), text.size(), nullptr,
                        &length, nullptr, sodium_base64_VARIANT_ORIGINAL) != 0) {
    return false;
  }
  out->append(bytes, 0, length);
  return true;
}

namespace {

constexpr std::string_view kZ85Digits =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

}  // namespace

std::string to_z85(const PublicKey& key) {
  std::string out;
  for (std::size_t at = 0; at < key.size(); at += 4) {
    std::uint32_t value = load_be32(key.data() + at);
    std::array<char, 5> group{};
    for (std::size_t i = 5; i > 0; --i, value /= 85) group[i - 1] = kZ85Digits[value % 85];
    out.append(group.data(), group.size());
  }
  return out;
}

bool from_z85(std::string_view text, PublicKey* out) noexcept {
  if (text.size() != 40) return false;
  PublicKey key{};
  for (std::size_t at = 0; at < key.size(); at += 4) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 5; ++i) {
      const std::size_t digit = kZ85Digits.find(text[at / 4 * 5 + i]);
      if (digit == std::string_view::npos) return false;
      value = value * 85 + digit;
    }
    if (value > 0xFFFFFFFFu) return false;
    for (std::size_t i = 0; i < 4; ++i) key[at + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
  }
  *out = key;
  return true;
}

}  // namespace hd
