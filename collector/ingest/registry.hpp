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

/// State words of sensors in the store.
inline constexpr std::string_view kSensorAccepted = "accepted";
inline constexpr std::string_view kSensorWaiting = "waiting";
inline constexpr std::string_view kSensorRevoked = "revoked";

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
  /// Who holds this key (Z85); nothing: nobody now. Asked for each message, since a key can be revoked or replaced while its
  /// connection stays.
  struct Holder {
    SensorId sensor{};
    bool is_revoked = false;
  };
  [[nodiscard]] std::optional<Holder> holder_of(std::string_view key) const;
  /// The sensor whose key this is, if it may connect.
  [[nodiscard]] std::optional<SensorId> sensor_of(const PublicKey& key) const;
  [[nodiscard]] std::set<SensorId> revoked() const;
  /// Uses the invitation up, or repeats the answer for a key that came before.
  [[nodiscard]] EnrolAnswer enrol(const EnrolRequest& request);

  /// Makes the invitation for a sensor of that name; its token is kept as a hash only. A sensor that is there already gets
  /// a new key by it, and only when `replaces`; E7003 otherwise.
  [[nodiscard]] Result<EnrolToken> invite(const std::string& name, Nanos valid_for, bool auto_confirm, bool replaces = false);

 private:
  struct Known {
    SensorId sensor{};
    std::string name = {};
    std::string state = {};
  };
  [[nodiscard]] Result<SensorRow> row_for(const std::string& name);
  Store& store_;
  Clock& clock_;
  mutable std::mutex lock_;
  std::map<std::string, Known, std::less<>> by_key_ = {};  // Z85
};

}  // namespace hd
