// SPDX-License-Identifier: Apache-2.0
#include "collector/ingest/registry.hpp"

namespace hd {
namespace {

std::string hash_of(const EnrolToken& token) { return to_hex(blake2b_256(token)); }

}  // namespace

SensorRegistry::SensorRegistry(Store& store, Clock& clock) : store_(store), clock_(clock) {}

Result<void> SensorRegistry::reload() {
  auto rows = store_.sensors();
  if (!rows) return fail(std::move(rows.error()));
  std::map<std::string, Known, std::less<>> known;
  for (const SensorRow& row : *rows) {
    if (!row.key.empty()) known[row.key] = {.sensor = row.id, .name = row.name, .state = row.state};
  }
  const std::lock_guard guard(lock_);
  by_key_ = std::move(known);
  return {};
}

std::optional<SensorRegistry::Holder> SensorRegistry::holder_of(std::string_view key) const {
  const std::lock_guard guard(lock_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end() || found->second.state == kSensorWaiting) return std::nullopt;
  return Holder{.sensor = found->second.sensor, .is_revoked = found->second.state == kSensorRevoked};
}

std::optional<SensorId> SensorRegistry::sensor_of(const PublicKey& key) const {
  const auto holder = holder_of(to_z85(key));
  return holder && !holder->is_revoked ? std::optional(holder->sensor) : std::nullopt;
}

std::set<SensorId> SensorRegistry::revoked() const {
  const std::lock_guard guard(lock_);
  std::set<SensorId> all;
  for (const auto& [key, known] : by_key_) {
    if (known.state == kSensorRevoked) all.insert(known.sensor);
  }
  return all;
}

EnrolAnswer SensorRegistry::enrol(const EnrolRequest& request) {
  const std::string key = to_z85(request.key);
  {
    // A sensor that asks again: still waiting, confirmed meanwhile, or revoked.
    static_cast<void>(reload());
    const std::lock_guard guard(lock_);
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
      const Known& known = found->second;
      if (known.state == kSensorRevoked) return {.state = EnrolState::refused, .why = "this key was revoked"};
      return {.state = known.state == kSensorWaiting ? EnrolState::pending : EnrolState::accepted, .sensor = known.sensor,
              .name = known.name};
    }
  }
  auto used = store_.use_invitation(hash_of(request.token), clock_.wall());
  if (!used) return {.state = EnrolState::refused, .why = "the store cannot be written"};
  if (!*used) return {.state = EnrolState::refused, .why = "the invitation is unknown, used or over"};
  const auto& [name, needs_person] = **used;
  const bool is_automatic = !needs_person;
  auto row = row_for(name);
  if (!row) return {.state = EnrolState::refused, .why = "the store cannot be read"};
  row->state = is_automatic ? kSensorAccepted : kSensorWaiting;
  row->key = key;
  row->software = request.software;
  if (auto put = store_.put_sensor(*row); !put) return {.state = EnrolState::refused, .why = put.error().what};
  static_cast<void>(reload());
  return {.state = is_automatic ? EnrolState::accepted : EnrolState::pending, .sensor = row->id, .name = name};
}

// A new sensor, or the one of that name: it was invited anew, and the new key takes the place of the old.
Result<SensorRow> SensorRegistry::row_for(const std::string& name) {
  auto rows = store_.sensors();
  if (!rows) return fail(std::move(rows.error()));
  for (SensorRow& row : *rows) {
    if (row.name == name) return std::move(row);
  }
  SensorRow row{.name = name, .created = clock_.wall()};
  random_bytes(row.id);
  return row;
}

Result<EnrolToken> SensorRegistry::invite(const std::string& name, Nanos valid_for, bool auto_confirm, bool replaces) {
  auto rows = store_.sensors();
  if (!rows) return fail(std::move(rows.error()));
  for (const SensorRow& row : *rows) {
    if (row.name == name && !replaces) {
      return fail({.code = ErrorCode::E7003, .what = "there is a sensor " + name + " already", .hint = "With --replace its key is replaced when the invitation is used."});
    }
  }
  EnrolToken token{};
  random_bytes(token);
  auto done = store_.invite(hash_of(token), name, clock_.wall() + valid_for, auto_confirm);
  if (!done) return fail(std::move(done.error()));
  return token;
}

}  // namespace hd
