// SPDX-License-Identifier: Apache-2.0
#include "collector/api/login.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "sensor/base/crypto.hpp"

namespace hd::api {
namespace {

constexpr unsigned kPairFree = 5, kNetworkFree = 20, kAccountFree = 50;
constexpr Nanos kPairLongest = 900 * kSecond, kAccountLongest = 5 * kSecond;
constexpr Nanos kForget = 3600 * kSecond;
constexpr std::size_t kEntriesMax = 20'000;
constexpr std::size_t kPasswordLeast = 12, kPasswordMost = 512;

// The most common ones that are long enough to pass otherwise.
constexpr std::array<std::string_view, 24> kCommon = {
    "123456789012", "1234567890123", "12345678901234", "password1234", "password12345", "password123456", "qwertyuiop12", "qwertyuiop123",
    "qwertyuiopasd", "111111111111", "000000000000", "aaaaaaaaaaaa", "abcdefghijkl", "abc123abc123", "matkhau12345", "matkhau123456",
    "anhyeuem1234", "vietnam12345", "vietnam123456", "iloveyou1234", "administrator", "letmeinletmein", "qwerty123456", "1q2w3e4r5t6y"};

std::string small(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::array<std::string, 3> keys_of(const std::string& account, const std::string& peer) {
  const std::string network = network_of(peer);
  return {"p " + network + " " + account, "n " + network, "a " + account};
}

}  // namespace

std::string network_of(std::string_view address) {
  const std::string text(address);
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return to_hex(Bytes(bytes).first(3));
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return to_hex(Bytes(bytes).first(8));
  return text;
}

Nanos GuessLimiter::wait_of(const std::string& key, unsigned free, Nanos longest, Ticks now) const {
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.failures < free) return 0;
  const unsigned doublings = std::min(found->second.failures - free, 20u);
  const Nanos pause = std::min(kSecond << doublings, longest);
  return std::max<Nanos>(0, found->second.last + pause - now);
}

Nanos GuessLimiter::wait(const std::string& account, const std::string& peer, Ticks now) {
  const std::lock_guard guard(mutex_);
  const auto keys = keys_of(account, peer);
  return std::max({wait_of(keys[0], kPairFree, kPairLongest, now), wait_of(keys[1], kNetworkFree, kPairLongest, now), wait_of(keys[2], kAccountFree, kAccountLongest, now)});
}

void GuessLimiter::failed(const std::string& account, const std::string& peer, Ticks now) {
  const std::lock_guard guard(mutex_);
  if (entries_.size() > kEntriesMax) std::erase_if(entries_, [now](const auto& entry) { return now - entry.second.last > kForget || entry.first.starts_with("p "); });
  for (const std::string& key : keys_of(account, peer)) {
    Entry& entry = entries_[key];
    if (now - entry.last > kForget) entry.failures = 0;
    ++entry.failures;
    entry.last = now;
  }
}

void GuessLimiter::succeeded(const std::string& account, const std::string& peer) {
  const std::lock_guard guard(mutex_);
  const auto keys = keys_of(account, peer);
  entries_.erase(keys[0]);
  entries_.erase(keys[2]);
}

std::string make_token() {
  std::array<std::uint8_t, 32> bytes{};
  random_bytes(bytes);
  return to_base64_url(bytes);
}

std::string token_hash(std::string_view token) { return to_hex(sha256(as_bytes(token))); }

std::string_view cookie_name(bool is_tls) noexcept { return is_tls ? "__Host-hd" : "hd"; }

std::string cookie_text(const std::string& token, bool is_tls) {
  std::string text = std::string(cookie_name(is_tls)) + "=" + token + "; Path=/; HttpOnly; SameSite=Strict";
  if (is_tls) text += "; Secure";
  if (token.empty()) text += "; Max-Age=0";
  return text;
}

std::optional<PasswordFault> check_password(std::string_view password, std::string_view user) {
  if (password.size() < kPasswordLeast) return PasswordFault{"Mật khẩu cần ít nhất 12 ký tự.", "A password needs at least 12 characters."};
  if (password.size() > kPasswordMost) return PasswordFault{"Mật khẩu dài quá 512 byte.", "The password is longer than 512 bytes."};
  const std::string plain = small(password);
  const bool is_name = !user.empty() && plain.find(small(user)) != std::string::npos && password.size() < user.size() + 6;
  const bool is_one_letter = plain.find_first_not_of(plain[0]) == std::string::npos;
  if (is_name || is_one_letter || std::ranges::find(kCommon, plain) != kCommon.end()) {
    return PasswordFault{"Mật khẩu này quá dễ đoán.", "This password is too easy to guess."};
  }
  return std::nullopt;
}

}  // namespace hd::api
