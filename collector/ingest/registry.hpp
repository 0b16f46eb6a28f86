// SPDX-License-Identifier: Apache-2.0
// Which sensors there are, by key; and how a new one comes in with an invitation.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "collector/store/store.hpp"
#include "sensor/link/ids.hpp"
#include "sensor/link/invitation.hpp"

namespace hd {

struct EnrolRequest {
  EnrolToken token{};
  PublicKey key{};  ///< proven by the connection's handshake
  std::string machine = {};
  std::string software = {};
};

enum class EnrolState : std::uint8_t { accepted, pending, refused };
struct EnrolAnswer {
  EnrolState state = EnrolState::refused;
  SensorId sensor{};
  std::string name = {};
  std::string why = {};  ///< of a refusal
};

/// Sensors of the store, read anew when something changed; look-ups by key are answered from memory. All threads.
class SensorRegistry {
 public:
  /// `store` is borrowed.
  SensorRegistry(Store& store, Clock& clock);

  /// Reads the sensors from the store: at start, and after a person confirmed or revoked one.
  [[nodiscard]] Result<void> reload();
  /// The sensor whose key this is, if it may connect.
  [[nodiscard]] std::optional<SensorId> sensor_of(const PublicKey& key) const;
  [[nodiscard]] std::set<SensorId> revoked() const;
  /// Uses the invitation up, or repeats the answer for a key that came before.
  [[nodiscard]] EnrolAnswer enrol(const EnrolRequest& request);

  /// Makes the invitation for a sensor of that name; its token is kept as a hash only.
  [[nodiscard]] Result<EnrolToken> invite(const std::string& name, Nanos valid_for, bool auto_confirm);

 private:
  struct Known {
    SensorId sensor{};
    std::string name = {};
    std::string state = {};
  };
  Store& store_;
  Clock& clock_;
  mutable std::mutex lock_;
  std::map<std::string, Known> by_key_ = {};  // Z85
};

/// State words of sensors in the store.
inline constexpr std::string_view kSensorAccepted = "accepted";
inline constexpr std::string_view kSensorWaiting = "waiting";
inline constexpr std::string_view kSensorRevoked = "revoked";

}  // namespace hd
