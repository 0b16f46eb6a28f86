// SPDX-License-Identifier: Apache-2.0
// CollectorCore: who speaks, and what it says of itself.
#include <algorithm>

#include "collector/ingest/collector_core.hpp"

namespace hd {
namespace {

constexpr std::size_t kReplacedKept = 8;
// A lane that was never seen may have been filled for that long while nobody listened.
constexpr std::int64_t kOfflineSecondsMax = 30LL * 24 * 3600;

}  // namespace

void CollectorCore::hello(PeerId peer, const SensorId& id, const Message& message) {
  auto hello = hello_of(as_chars(message.payload));
  if (!hello) {
    refuse("hello");
    return send_error(peer, 0, WireError::frame, hello.error().what, 5'000);
  }
  if (hello->sensor != id) {
    refuse("foreign_sensor");
    alarm(id, "foreign_sensor", "a sensor's key was used under another sensor's name");
    return send_error(peer, 0, WireError::frame, "the key belongs to another sensor", 60'000);
  }
  if (hello->version_min > kSspMajor || hello->version_max < kSspMajor) {
    return send_error(peer, 0, WireError::version, "this collector speaks version 1", 60'000);
  }
  Sensor& sensor = sensors_[id];
  if (!may_replace(sensor, id, *hello, peer)) return;
  const std::int64_t second = now_.ticks.ns / kSecond;
  if (second != welcome_second_) {
    welcome_second_ = second;
    welcomes_ = 0;
  }
  if (welcomes_ >= options_.welcomes_per_second) {
    const auto spread = static_cast<std::uint32_t>(random_.next() % 2000);
    return send_error(peer, 0, WireError::busy, "many sensors come back at once", 500 + spread);
  }
  ++welcomes_;
  if (sensor.session != 0) end(id, sensor, "replaced");
  sensor.peer = peer;
  sensor.is_opening = true;
  sensor.hello = std::move(*hello);
  sensor.heard = now_.ticks;
  act(ingest_action::OpenSession{.peer = peer, .sensor = id});
}

// A restarted process of the same machine takes over at once. Two machines with one key, or a process that comes back
// after it was replaced, are duplicates: the second waits, and a person is told.
bool CollectorCore::may_replace(Sensor& sensor, const SensorId& id, const HelloBody& hello, PeerId peer) {
  const bool is_live = sensor.session != 0 && now_.ticks - sensor.heard < options_.takeover_after;
  if (!is_live || hello.instance == sensor.hello.instance) return true;
  const bool came_back = std::find(sensor.replaced.begin(), sensor.replaced.end(), hello.instance) != sensor.replaced.end();
  if (hello.machine != sensor.hello.machine || came_back) {
    alarm(id, "duplicate_instance", "two instances use the key of one sensor");
    refuse("duplicate_instance");
    send_error(peer, 0, WireError::busy, "another instance of this sensor is connected", 15'000);
    return false;
  }
  if (sensor.replaced.size() == kReplacedKept) sensor.replaced.pop_front();
  sensor.replaced.push_back(sensor.hello.instance);
  return true;
}

void CollectorCore::on(ingest_event::SessionOpened& event) {
  const auto found = sensors_.find(event.sensor);
  if (found == sensors_.end() || !found->second.is_opening || found->second.peer != event.peer) return;
  Sensor& sensor = found->second;
  sensor.is_opening = false;
  if (!event.is_readable) return send_error(event.peer, 0, WireError::store, "the store cannot be read", 5'000);
  if (!event.session.is_ok) return send_error(event.peer, 0, WireError::busy, "another collector serves this sensor", 2'000);
  sensor.token = event.session.token;
  const auto before = std::exchange(sensor.lanes, {});
  for (const IngestLane& at : event.session.lanes) {
    Lane& lane = sensor.lanes[at.lane];
    lane.cursor = lane.tail = lane.told = at.cursor;
    lane.chain = lane.chain_tail = at.chain;
    lane.head = std::max(at.head_seen, at.cursor);
    lane.head_at = now_.wall;
    lane.is_closed = at.is_closed;
    if (const auto old = before.find(at.lane); old != before.end()) lane.head = std::max(lane.head, old->second.head);
  }
  // Batches of an earlier session that still wait to be committed are in the committer's queue, with the cursors that
  // they were accepted at: what the sensor sends now must follow them, or be trimmed by them.
  for (const auto& [ticket, queued] : queued_) {
    if (queued.sensor != event.sensor) continue;
    Lane& lane = sensor.lanes[queued.lane];
    if (queued.first == lane.tail + 1) {
      lane.tail = queued.last;
      lane.chain_tail = queued.after;
    }
  }
  close_missing(event.sensor, sensor);
  welcome(sensor);
}

void CollectorCore::welcome(Sensor& sensor) {
  sensor.session = 0;
  while (sensor.session == 0) sensor.session = random_.next();
  sensor.received = sensor.held = sensor.credit = 0;
  sensor.heard = sensor.observed_at = now_.ticks;
  sensor.to_ack.clear();
  sensor.resumed.clear();
  WelcomeBody body{.session = sensor.session, .nonce = sensor.hello.nonce, .collector = options_.name,
                   .store = options_.store, .store_generation = options_.store_generation,
                   .batch_bytes_max = options_.batch_bytes_max};
  body.credit = credit_of(sensor);
  for (const HelloEpoch& epoch : sensor.hello.epochs) {
    for (std::uint8_t n = 0; n < kLaneCount; ++n) {
      const LaneKey key{.epoch = epoch.epoch, .lane = n};
      const auto lane = sensor.lanes.find(key);
      if (lane == sensor.lanes.end() || lane->second.cursor == 0) continue;
      body.cursors.push_back({.lane = key, .cursor = lane->second.cursor, .chain = lane->second.chain});
    }
  }
  const std::string json = to_json(body);
  const Bytes bytes = as_bytes(json);
  send(sensor.peer, sensor.session, FrameType::welcome, Payload(bytes.begin(), bytes.end()));
}

// Epochs that the sensor no longer names are over. What it had testified of them and never delivered is entered as
// shed; of an epoch that it names as closed, its word is the last (a power loss takes back unsynced numbers).
void CollectorCore::close_missing(const SensorId& id, Sensor& sensor) {
  std::vector<LaneHead> finals;
  for (auto& [key, lane] : sensor.lanes) {
    if (lane.is_closed) continue;
    const std::uint64_t epoch = key.epoch;
    const auto named = std::find_if(sensor.hello.epochs.begin(), sensor.hello.epochs.end(),
                                    [epoch](const HelloEpoch& e) { return e.epoch == epoch; });
    if (named == sensor.hello.epochs.end()) {
      if (sensor.hello.epochs_more) continue;
      if (lane.head > lane.tail) enter_lost(id, sensor, key, ShedReason::spool_replaced);
      else finals.push_back({.lane = key, .head = lane.tail});
      lane.is_closed = true;
    } else if (named->closed) {
      // Carried over into another epoch: what was not delivered comes there.
      const std::uint64_t head = named->reason == kEpochCarried ? lane.tail : std::max(named->lanes[key.lane].head, lane.tail);
      const bool is_gone = named->reason == kEpochCarried || named->reason == kEpochRetired;
      if (lane.head != head || is_gone) finals.push_back({.lane = key, .head = head});
      lane.head = head;
      // Delivered and removed, but this store was restored to before that.
      if (is_gone && head > lane.tail) enter_lost(id, sensor, key, ShedReason::lost_by_store);
      lane.is_closed = is_gone;
    }
  }
  if (!finals.empty()) act(ingest_action::Observe{.sensor = id, .heads = std::move(finals), .are_final = true});
}

// A note of the collector's own over all that is missing in a lane.
void CollectorCore::enter_lost(const SensorId& id, Sensor& sensor, LaneKey key, ShedReason reason) {
  Lane& lane = sensor.lanes[key];
  alarm(id, std::string(name_of(reason)), "the sensor no longer holds what it had not delivered, epoch " + hex64(key.epoch));
  auto payload = std::make_shared<Payload>();
  const ShedNote note{.reason = reason, .from = {now_.wall.ns}, .to = {now_.wall.ns}, .chain_last = lane.chain_tail};
  append_shed(key, lane.tail + 1, lane.head, lane.chain_tail, note, payload.get());
  RecordRun run;
  HD_ASSERT(read_run(key, *payload, lane.tail + 1, lane.chain_tail, 1, &run));
  IngestBatch batch{.sensor = id, .lane = key, .first = run.first, .last = run.last, .before = lane.chain_tail,
                    .after = run.chain, .head = lane.head, .owner_token = sensor.token, .closes_lane = true,
                    .received = now_.wall};
  batch.records = run.records;
  batch.payload = payload;
  batch.block = payload;
  const std::uint64_t ticket = next_ticket_++;
  queued_[ticket] = {.sensor = id, .lane = key, .first = batch.first, .last = batch.last, .after = batch.after,
                     .shed = batch.last - batch.first + 1};
  lane.tail = batch.last;
  lane.chain_tail = batch.after;
  act(ingest_action::Commit{.ticket = ticket, .batch = std::move(batch)});
}

void CollectorCore::end(const SensorId& id, Sensor& sensor, std::string_view why) {
  if (sensor.session == 0) return;
  observe(id, sensor);
  const auto found = counters_.sessions.find(why);
  if (found != counters_.sessions.end()) found->second += 1;
  else counters_.sessions.emplace(std::string(why), 1);
  sensor.session = 0;
  sensor.to_ack.clear();
  act(ingest_action::CloseSession{.sensor = id, .token = sensor.token});
}

// -- Testimony -------------------------------------------------------------------------------------------------------

void CollectorCore::ping(const SensorId& id, Sensor& sensor, const Message& message) {
  PingBody ping;
  if (!decode(message.payload, &ping)) return refuse("ping");
  for (const LaneHead& at : ping.heads) static_cast<void>(testify(id, sensor, at.lane, at.head));
  if (ping.clock_error >= 0) {
    sensor.clock_offset = ping.clock_offset;
    sensor.clock_error = ping.clock_error;
  }
  const Nanos since = is_working_ ? 0 : now_.ticks - state_since_;
  const PongBody pong{.t1 = ping.t1, .t2 = now_.wall.ns, .t3 = now_.wall.ns, .credit = credit_of(sensor),
                      .state = is_working_ ? CommitterState::working : CommitterState::stalled,
                      .since_ms = static_cast<std::uint32_t>(std::min<Nanos>(since / kMillisecond, UINT32_MAX))};
  send(sensor.peer, sensor.session, FrameType::pong, encode(pong));
}

// A head never falls within an epoch and grows no faster than a sensor can raise; anything else is not believed.
bool CollectorCore::testify(const SensorId& id, Sensor& sensor, LaneKey key, std::uint64_t head) {
  Lane* lane = lane_for(sensor, key);
  if (lane == nullptr) return false;
  const std::int64_t elapsed = lane->head_at.ns == 0 ? kOfflineSecondsMax
                               : std::clamp<std::int64_t>((now_.wall - lane->head_at) / kSecond + 1, 1, kOfflineSecondsMax);
  const std::uint64_t allowed = options_.rate_max * static_cast<std::uint64_t>(elapsed) + options_.rate_slack;
  if (head < lane->head) return true;  // older than what is known: a message on its way
  if (head - lane->head > allowed) {
    refuse("limit");
    alarm(id, "implausible_head", "the sensor states more alerts than it can have raised");
    return false;
  }
  lane->is_head_new = lane->is_head_new || head != lane->head;
  lane->head = head;
  lane->head_at = now_.wall;
  return true;
}

void CollectorCore::observe(const SensorId& id, Sensor& sensor) {
  sensor.observed_at = now_.ticks;
  std::vector<LaneHead> heads;
  for (auto& [key, lane] : sensor.lanes) {
    if (std::exchange(lane.is_head_new, false)) heads.push_back({.lane = key, .head = lane.head});
  }
  if (!heads.empty()) act(ingest_action::Observe{.sensor = id, .heads = std::move(heads)});
}

}  // namespace hd
