// SPDX-License-Identifier: Apache-2.0
#include "collector/ingest/collector_core.hpp"

#include <algorithm>

namespace hd {

CollectorCore::CollectorCore(CollectorOptions options, std::uint64_t seed)
    : options_(std::move(options)), random_(seed) {}

CollectorCore::Actions CollectorCore::step(IngestEvent event, Now now) {
  now_ = now;
  out_.clear();
  std::visit([this](auto& one) { on(one); }, event);
  acknowledge();
  return std::move(out_);
}

void CollectorCore::send(PeerId peer, std::uint64_t session, FrameType type, Payload payload) {
  const FrameHeader header{.type = type, .session = session, .sent_ns = now_.wall.ns};
  act(ingest_action::Send{.peer = peer, .message = {.header = header, .payload = std::move(payload)}});
}

void CollectorCore::send_error(PeerId peer, std::uint64_t session, WireError code, std::string text,
                               std::uint32_t retry_ms) {
  send(peer, session, FrameType::error, encode(ErrorBody{.code = code, .retry_after_ms = retry_ms, .text = std::move(text)}));
}

void CollectorCore::refuse(std::string_view what) {
  const auto found = counters_.frames_refused.find(what);
  if (found != counters_.frames_refused.end()) found->second += 1;
  else counters_.frames_refused.emplace(std::string(what), 1);
}

void CollectorCore::alarm(const SensorId& id, std::string kind, std::string text) {
  act(ingest_action::Alarm{.sensor = id, .kind = std::move(kind), .text = std::move(text)});
}

void CollectorCore::on(ingest_event::Received& event) {
  const FrameHeader& header = event.message.header;
  Sensor& sensor = sensors_[event.sensor];
  if (revoked_.contains(event.sensor)) {
    counters_.revoked_frames += 1;
    if (std::exchange(sensor.is_revocation_told, true)) return;
    return send_error(event.peer, header.session, WireError::revoked, "this sensor's key was revoked", 600'000);
  }
  if (header.type == FrameType::hello) return hello(event.peer, event.sensor, event.message);
  const bool is_session = sensor.session != 0 && header.session == sensor.session && event.peer == sensor.peer;
  if (!is_session) {
    refuse("session");
    // Once a second: a peer that does not listen costs no more than that.
    if (sensor.has_session_error && now_.ticks - sensor.session_error_at < kSecond) return;
    sensor.has_session_error = true;
    sensor.session_error_at = now_.ticks;
    return send_error(event.peer, header.session, WireError::session, "unknown or old session");
  }
  sensor.heard = now_.ticks;
  switch (header.type) {
    case FrameType::batch: return batch(event.sensor, sensor, event);
    case FrameType::ping: return ping(event.sensor, sensor, event.message);
    case FrameType::probe: {
      ProbeBody probe;
      if (!decode(event.message.payload, &probe)) return refuse("probe");
      return act(ingest_action::Prove{.peer = event.peer, .sensor = event.sensor, .probe = std::move(probe)});
    }
    case FrameType::result: {
      if (event.message.payload.size() > kJsonBodyMax) return refuse("result");
      return act(ingest_action::Result{.sensor = event.sensor, .json = std::string(as_chars(event.message.payload))});
    }
    case FrameType::bye: return end(event.sensor, sensor, "bye");
    case FrameType::error: return end(event.sensor, sensor, "error");
    default: refuse("type"); return send_error(event.peer, header.session, WireError::type, "unknown type");
  }
}

void CollectorCore::on(ingest_event::Malformed& event) {
  refuse(name_of(event.why));
  const auto found = sensors_.find(event.sensor);
  if (revoked_.contains(event.sensor)) {
    counters_.revoked_frames += 1;
    return;
  }
  if (event.why == WireError::version) {
    return send_error(event.peer, 0, WireError::version, "this collector speaks major version 1", 60'000);
  }
  if (found == sensors_.end() || found->second.peer != event.peer || found->second.session == 0) return;
  send_error(event.peer, found->second.session, event.why, "malformed message");
  end(event.sensor, found->second, "frame");
}

void CollectorCore::on(ingest_event::Proved& event) {
  const auto found = sensors_.find(event.sensor);
  if (found == sensors_.end() || found->second.peer != event.peer || found->second.session == 0) return;
  send(event.peer, found->second.session, FrameType::proof, encode(event.proof));
}

void CollectorCore::on(ingest_event::Control& event) {
  const auto found = sensors_.find(event.sensor);
  if (found == sensors_.end() || found->second.session == 0) return;
  send(found->second.peer, found->second.session, FrameType::control, std::move(event.envelope));
}

void CollectorCore::on(ingest_event::Revoked& event) {
  revoked_ = std::move(event.sensors);
  for (auto& [id, sensor] : sensors_) {
    if (!revoked_.contains(id)) {
      sensor.is_revocation_told = false;
      continue;
    }
    if (sensor.session == 0) continue;
    sensor.is_revocation_told = true;
    send_error(sensor.peer, sensor.session, WireError::revoked, "this sensor's key was revoked", 600'000);
    end(id, sensor, "revoked");
  }
}

void CollectorCore::on(ingest_event::StoreState& event) {
  if (is_working_ == event.is_working) return;
  is_working_ = event.is_working;
  state_since_ = now_.ticks;
  for (auto& [id, sensor] : sensors_) {
    if (sensor.session == 0) continue;
    if (!is_working_) send_error(sensor.peer, sensor.session, WireError::store, "the store cannot commit");
    // Working again: the credit is repeated, which wakes a sensor that waits.
    else send(sensor.peer, sensor.session, FrameType::ack, encode(AckBody{.cursors = {}, .credit = credit_of(sensor)}));
  }
}

// What a sensor may have sent since its WELCOME: what was taken in and is held no more, and a window. Only grows.
std::uint64_t CollectorCore::credit_of(Sensor& sensor) {
  const std::uint64_t sessions = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::count_if(sensors_.begin(), sensors_.end(), [](const auto& one) { return one.second.session != 0; })));
  const std::uint64_t room = options_.credit_total - std::min(options_.credit_total, held_total_);
  const std::uint64_t window = std::clamp(room / sessions, std::min(options_.credit_least, options_.credit_window),
                                          options_.credit_window);
  if (is_working_) sensor.credit = std::max(sensor.credit, sensor.received - sensor.held + window);
  return sensor.credit;
}

// One ACK a sensor for all its lanes that moved in this step.
void CollectorCore::acknowledge() {
  for (auto& [id, sensor] : sensors_) {
    if (sensor.to_ack.empty()) continue;
    if (sensor.session != 0) {
      AckBody ack;
      for (const LaneKey& key : sensor.to_ack) {
        const Lane& lane = sensor.lanes[key];
        if (lane.cursor <= lane.told) ack.cursors.push_back({.lane = key, .cursor = lane.cursor, .chain = lane.chain});
        else if (lane.repeated > 0) ack.cursors.push_back({.lane = key, .cursor = lane.repeated, .chain = lane.chain_repeated});
      }
      ack.credit = credit_of(sensor);
      send(sensor.peer, sensor.session, FrameType::ack, encode(ack));
    }
    sensor.to_ack.clear();
  }
}

void CollectorCore::on(ingest_event::Tick&) {
  for (auto& [id, sensor] : sensors_) {
    if (sensor.session == 0) continue;
    if (now_.ticks - sensor.heard >= options_.dead_after) {
      end(id, sensor, "dead");
      continue;
    }
    if (now_.ticks - sensor.observed_at >= options_.observe_every) observe(id, sensor);
  }
}

std::vector<SensorLiveness> CollectorCore::liveness() const {
  std::vector<SensorLiveness> all;
  for (const auto& [id, sensor] : sensors_) {
    SensorLiveness one{.sensor = id, .is_connected = sensor.session != 0, .heard = sensor.heard,
                       .software = sensor.hello.software, .clock_offset = sensor.clock_offset,
                       .clock_error = sensor.clock_error};
    for (const auto& [key, lane] : sensor.lanes) one.pending += lane.head - std::min(lane.head, lane.cursor);
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace hd
