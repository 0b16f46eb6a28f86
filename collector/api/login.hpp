// SPDX-License-Identifier: Apache-2.0
// Log-in: guesses that grow slow, tokens nobody can guess, cookies.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "collector/store/store.hpp"
#include "sensor/serve/http.hpp"

namespace hd::api {

/// Delays guesses by account and network, by network, and a little by account alone. Never a lock that others can cause: an
/// account that strangers guess at is slow by 5 s at most for everybody else.
class GuessLimiter {
 public:
  /// 0: may try now; else how many nanoseconds to wait.
  [[nodiscard]] Nanos wait(const std::string& account, const std::string& peer, Ticks now);
  void failed(const std::string& account, const std::string& peer, Ticks now);
  void succeeded(const std::string& account, const std::string& peer);

 private:
  struct Entry {
    unsigned failures = 0;
    Ticks last = {};
  };
  [[nodiscard]] Nanos wait_of(const std::string& key, unsigned free, Nanos longest, Ticks now) const;
  std::mutex mutex_ = {};
  std::map<std::string, Entry> entries_ = {};
};

/// 203.0.113.0/24 or a /64: those who share it guess together.
[[nodiscard]] std::string network_of(std::string_view address);

/// 256 random bits for links and cookies; what is stored is only their hash.
[[nodiscard]] std::string make_token();
[[nodiscard]] std::string token_hash(std::string_view token);

/// Name of the session's cookie: with TLS the prefix makes browsers hold it to this host and path.
[[nodiscard]] std::string_view cookie_name(bool is_tls) noexcept;
/// The Set-Cookie value; an empty token removes it.
[[nodiscard]] std::string cookie_text(const std::string& token, bool is_tls);

/// Nothing when a password may be set; else why not, in both languages.
struct PasswordFault {
  std::string vi = {}, en = {};
};
[[nodiscard]] std::optional<PasswordFault> check_password(std::string_view password, std::string_view user);

}  // namespace hd::api
