// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace hd::sim {
namespace {

constexpr SensorId kSensor = {7};
constexpr Nanos kPatience = 900 * kSecond;  // virtual, for draining after the last fault

}  // namespace

World::World(std::uint64_t seed, Variant variant, bool traces)
    : variant_(variant), random_(seed * 0x9e3779b97f4a7c15u + 1), plan_(make_plan(random_, variant)), disk_(random_), traces_(traces) {}

World::~World() = default;

Now World::now() const {
  return {.ticks = {time_ns_}, .wall = {1'700'000'000'000'000'000 + time_ns_ + wall_offset_ns_}};
}

Nanos World::between(Nanos low, Nanos high) {
  return low + static_cast<Nanos>(random_.below(static_cast<std::uint64_t>(high - low + 1)));
}

void World::after(Nanos delay, std::function<void()> act) {
  agenda_.push({.at = time_ns_ + delay, .order = ++order_, .act = std::move(act)});
}

Outcome World::run() {
  boot_ = {static_cast<std::uint8_t>(random_.below(256)), 1};
  disk_.faults.lies = variant_ == Variant::lying_sync;
  collectors_.resize(plan_.two_collectors ? 2 : 1);
  plan_.sensor.endpoints = collectors_.size();
  for (std::size_t n = 0; n < collectors_.size(); ++n) {
    collectors_[n].store = std::make_unique<SimStore>(contents_, random_, n + 1);
    collectors_[n].store->faults.two_commits = variant_ == Variant::two_commits;
    collectors_[n].store->faults.no_cas = variant_ == Variant::no_cas;
    start_collector(n);
  }
  start_sensor();
  after(between(0, kSecond), [this] { raise_some(); });
  after(plan_.fault_every, [this] { fault(); });
  after(plan_.duration, [this] { calm(); });
  const std::int64_t deadline = plan_.duration + kPatience;
  while (!agenda_.empty() && outcome_.problems.empty()) {
    Planned next = agenda_.top();
    agenda_.pop();
    time_ns_ = next.at;
    next.act();
    if (is_calm_ && is_settled()) break;
    if (time_ns_ > deadline) {
      outcome_.problems.push_back("A4: not drained, session " + std::string(hd::name_of(spool_->core().session())));
      break;
    }
  }
  judge(&outcome_);
  return std::move(outcome_);
}

bool World::is_settled() const {
  if (spool_ == nullptr || is_stopping_ || !spool_->core().is_drained() || spool_->core().is_volatile()) return false;
  std::uint64_t posted = 0;
  std::uint64_t done = 0;
  for (std::size_t lane = 1; lane < kLaneCount; ++lane) {
    posted += raised_[lane];
    done += numbered_[lane] + spool_->core().counters().spooled[lane];
    const auto crash = spool_->core().counters().shed.find({static_cast<std::uint8_t>(lane), ShedReason::crash});
    if (crash != spool_->core().counters().shed.end()) done += crash->second;
  }
  return posted <= done + unknown_max_ &&
         std::all_of(collectors_.begin(), collectors_.end(), [](const Collector& one) { return one.committer->is_idle(); });
}

// -- Sensor ----------------------------------------------------------------------------------------------------------

void World::start_sensor() {
  ++life_;
  is_stopping_ = false;
  SensorOptions options = plan_.sensor;
  options.boot = boot_;
  options.instance = {static_cast<std::uint8_t>(life_), static_cast<std::uint8_t>(life_ >> 8), 9};
  SegmentOptions segments = plan_.segments;
  segments.boot = boot_;
  segments_ = std::make_unique<SegmentStore>(disk_, segments);
  Recovered recovered;
  if (segments_->recover(marks_, &recovered) != 0) {
    // The folder itself cannot be made now; a service manager tries again.
    segments_.reset();
    after(between(10 * kMillisecond, kSecond), [this, life = life_] {
      if (life == life_) start_sensor();
    });
    return;
  }
  spool_ = std::make_unique<Spool>(options, recovered, random_.next(), *segments_, *this);
  post(spool_event::Start{});
  if (traces_) tell("sensor started");
  repay();
}

// What was raised and never got a number is known from the page of the workers; after a power loss it is not.
void World::repay() {
  SpoolLoss loss{.reason = ShedReason::crash, .from = {now().wall.ns}, .to = {now().wall.ns}};
  bool owes = false;
  for (std::size_t lane = 1; lane < kLaneCount; ++lane) {
    loss.counts[lane - 1] = raised_[lane] - std::min(raised_[lane], numbered_[lane]);
    owes = owes || loss.counts[lane - 1] > 0;
  }
  if (owes) post(spool_event::Loss{loss});
}

void World::end_sensor() {
  if (spool_ != nullptr) {
    const SensorCore& core = spool_->core();
    for (std::size_t lane = 1; lane < kLaneCount; ++lane) {
      numbered_[lane] += core.counters().spooled[lane];
      const auto crash = core.counters().shed.find({static_cast<std::uint8_t>(lane), ShedReason::crash});
      if (crash != core.counters().shed.end()) numbered_[lane] += crash->second;
    }
    unsynced_ = 0;
    for (const CoreEpoch& epoch : core.epochs()) {
      for (const CoreLane& lane : epoch.lanes) {
        if (lane.key.lane > 0) unsynced_ += lane.head - std::min(lane.head, std::max(lane.synced, lane.acked));
      }
      if (!epoch.is_volatile && !epoch.is_pinned) continue;
      for (const CoreLane& lane : epoch.lanes) {
        if (lane.key.lane > 0) unknown_max_ += lane.head - std::min(lane.head, lane.acked);
      }
    }
    for (const auto& [why, count] : core.counters().sessions) outcome_.covered["sensor session " + why] += count;
    for (const auto& [what, count] : core.counters().frames_refused) outcome_.covered["sensor refused " + what] += count;
    for (const auto& [what, count] : core.counters().shed) outcome_.covered["note " + std::string(hd::name_of(what.second))] += 1;
  }
  spool_.reset();
  segments_.reset();
  link_ = 0;
  tick_planned_ = INT64_MAX;
  ++life_;
}

void World::post(SensorEvent event) {
  if (spool_ == nullptr) return;
  spool_->post(std::move(event), now());
  plan_tick();
}

void World::plan_tick() {
  const std::int64_t at = std::max(spool_->core().next_tick().ns, time_ns_ + kMillisecond);
  if (at >= tick_planned_) return;
  tick_planned_ = at;
  after(at - time_ns_, [this, life = life_, at] {
    if (life != life_ || tick_planned_ != at) return;
    tick_planned_ = INT64_MAX;
    post(spool_event::Tick{});
  });
}

void World::raise_some() {
  if (is_calm_) return;
  const std::uint64_t burst = chance(4) ? 1 + random_.below(40) : 1 + random_.below(3);
  for (std::uint64_t n = 0; n < burst && next_identity_ <= plan_.alerts; ++n) {
    if (spool_ == nullptr || is_stopping_) break;  // the process is down: its packets are not its alerts
    SpoolItem item{.severity = static_cast<std::uint8_t>(1 + random_.below(5)), .run = static_cast<std::uint32_t>(life_),
                   .time = {now().wall.ns}};
    item.wseq = next_identity_;
    item.body = "{\"id\":" + std::to_string(next_identity_++) + ",\"pad\":\"" + std::string(random_.below(chance(20) ? 900 : 120), 'x') + "\"}";
    raised_[lane_of_severity(item.severity)] += 1;
    post(spool_event::Item{std::move(item)});
  }
  after(between(kMillisecond, 2 * plan_.duration * 8 / static_cast<Nanos>(plan_.alerts + 1)), [this] { raise_some(); });
}

void World::sync(std::vector<std::shared_ptr<DiskFile>> files, std::uint64_t token) {
  // Bytes written while the sync is under way may or may not be in it; here they are, if it comes late.
  after(between(kMillisecond, 60 * kMillisecond), [this, life = life_, files = std::move(files), token] {
    if (life != life_) return;
    bool ok = true;
    for (const auto& file : files) ok = file->sync() == 0 && ok;
    post(spool_event::Synced{.token = token, .ok = ok});
  });
}

void World::mark_heads(const spool_action::MarkHeads& marks) {
  marks_ = {.epoch = marks.epoch, .heads = marks.heads, .abandoned = marks.abandoned};
}

void World::alarm(const std::string& kind, const std::string& text) {
  outcome_.covered["alarm " + kind] += 1;
  if (traces_) tell("sensor alarm " + kind + ": " + text);
}

void World::tell(const std::string& what) {
  fmt::print("{:10.3f}  {}\n", static_cast<double>(time_ns_) / 1e9, what);
  if (spool_ != nullptr) tell_lanes();
}

void World::tell_lanes() {
  for (const CoreEpoch& epoch : spool_->core().epochs()) {
    fmt::print("            {}{}{} {}:", hex64(epoch.epoch), epoch.epoch == spool_->core().current_epoch() ? "*" : "",
               epoch.is_volatile ? "v" : "", epoch.reason);
    for (const CoreLane& lane : epoch.lanes) {
      const StoreContents::Lane& stored = contents_.lanes[{kSensor, lane.key}];
      fmt::print("  {} s{} a{} c{} t{}", lane.head, lane.synced, lane.acked, stored.cursor, stored.head);
    }
    fmt::print("\n");
  }
}

void World::stopped() {
  after(0, [this, life = life_] {
    if (life == life_ && when_stopped_) std::exchange(when_stopped_, nullptr)();
  });
}

// -- Link ------------------------------------------------------------------------------------------------------------

void World::connect(std::size_t endpoint) {
  disconnect();
  link_ = next_link_++;
  links_[link_] = {.collector = endpoint % collectors_.size()};
}

void World::disconnect() {
  if (link_ != 0) links_.erase(link_);
  link_ = 0;
}

void World::send(Message message) {
  const auto link = links_.find(link_);
  if (link == links_.end() || !link->second.is_up) return;
  const auto how = chance(8) ? PayloadCodec::Compress::when_smaller : PayloadCodec::Compress::never;
  WireMessage wire = codec_.encode(message.header, message.payload, how);
  const int copies = plan_.duplicates && !is_calm_ && chance(60) ? 2 : 1;
  for (int copy = 0; copy < copies; ++copy) {
    // A second copy comes late and out of order, as only a hostile relay could send it.
    const Nanos delay = between(kMillisecond / 10, 30 * kMillisecond) + (copy > 0 ? between(0, kSecond) : 0);
    std::int64_t at = time_ns_ + delay;
    if (copy == 0) at = link->second.last_up_ns = std::max(at, link->second.last_up_ns);
    after(at - time_ns_, [this, id = link_, wire] { deliver_up(id, wire); });
  }
}

void World::deliver_up(std::uint64_t id, WireMessage wire) {
  const auto link = links_.find(id);
  if (link == links_.end() || !link->second.is_up || !collectors_[link->second.collector].is_up) return;
  if (plan_.corrupts && !is_calm_ && chance(200)) {
    if (!wire.payload.empty() && chance(2)) wire.payload[random_.below(wire.payload.size())] ^= 1;
    else wire.header[random_.below(wire.header.size())] ^= 4;
  }
  ingest_event::Received received{.peer = id, .sensor = kSensor};
  WireError error = decode_frame(wire.header, &received.message.header);
  if (error == WireError::none) error = codec_.decode(received.message.header, wire.payload, &received.message.payload);
  if (error != WireError::none) return post(link->second.collector, ingest_event::Malformed{.peer = id, .sensor = kSensor, .why = error});
  received.block = wire.payload;
  post(link->second.collector, std::move(received));
}

void World::deliver_down(std::uint64_t id, WireMessage wire) {
  const auto link = links_.find(id);
  if (link == links_.end() || !link->second.is_up || id != link_ || spool_ == nullptr) return;
  spool_event::Received received;
  WireError error = decode_frame(wire.header, &received.message.header);
  if (error == WireError::none) error = codec_.decode(received.message.header, wire.payload, &received.message.payload);
  if (error != WireError::none) return post(spool_event::LinkDown{});
  post(std::move(received));
}

void World::cut(bool is_noticed) {
  const auto link = links_.find(link_);
  if (link == links_.end()) return;
  link->second.is_up = false;
  if (!is_noticed) return;
  after(between(0, 100 * kMillisecond), [this, life = life_, id = link_] {
    if (life == life_ && id == link_) post(spool_event::LinkDown{});
  });
}

// -- Collectors ------------------------------------------------------------------------------------------------------

void World::start_collector(std::size_t index) {
  Collector& collector = collectors_[index];
  CollectorOptions options = plan_.collector;
  options.store_generation = contents_.generation;
  collector.life += 1;
  collector.is_up = true;
  collector.is_run_planned = false;
  collector.core = std::make_unique<CollectorCore>(options, random_.next());
  collector.committer = std::make_unique<Committer>(*collector.store, CommitterOptions{.items_max = 1 + random_.below(100), .retry_min = 100 * kMillisecond, .retry_max = 2 * kSecond});
  collector_tick(index, collector.life);
}

void World::end_collector(std::size_t index) {
  Collector& collector = collectors_[index];
  for (const auto& [why, count] : collector.core->counters().sessions) outcome_.covered["collector session " + why] += count;
  for (const auto& [what, count] : collector.core->counters().frames_refused) outcome_.covered["collector refused " + what] += count;
  outcome_.covered["trimmed"] += collector.core->counters().duplicates_trimmed > 0 ? 1 : 0;
  outcome_.covered["unknown outcome"] += collector.committer->counters().unknown;
  outcome_.covered["cursor moved"] += collector.committer->counters().cursor_moved;
  collector.life += 1;
  collector.is_up = false;
  collector.core = std::make_unique<CollectorCore>(plan_.collector, 1);
  collector.committer = std::make_unique<Committer>(*collector.store, CommitterOptions{});
  for (auto& [id, link] : links_) {
    if (link.collector != index) continue;
    link.is_up = false;
    if (id == link_ && chance(2)) cut(true);
  }
}

void World::collector_tick(std::size_t index, std::uint64_t life) {
  if (collectors_[index].life != life) return;
  post(index, ingest_event::Tick{});
  after(kSecond / 2, [this, index, life] { collector_tick(index, life); });
}

void World::post(std::size_t index, IngestEvent event) {
  Collector& collector = collectors_[index];
  if (!collector.is_up) return;
  collector.store->now = {time_ns_};
  for (IngestAction& action : collector.core->step(std::move(event), now())) act(index, action);
}

void World::act(std::size_t index, IngestAction& action) {
  Collector& collector = collectors_[index];
  const std::uint64_t life = collector.life;
  if (auto* send = std::get_if<ingest_action::Send>(&action)) {
    const auto link = links_.find(send->peer);
    if (link == links_.end()) return;
    const std::int64_t at = std::max(time_ns_ + between(kMillisecond / 10, 30 * kMillisecond), link->second.last_down_ns);
    link->second.last_down_ns = at;
    after(at - time_ns_, [this, id = send->peer, wire = codec_.encode(send->message.header, send->message.payload, PayloadCodec::Compress::never)] {
      deliver_down(id, wire);
    });
  } else if (auto* open = std::get_if<ingest_action::OpenSession>(&action)) {
    after(between(0, 5 * kMillisecond), [this, index, life, x = *open] {
      if (collectors_[index].life != life) return;
      collectors_[index].store->now = {time_ns_};
      auto session = collectors_[index].store->open_session(x.sensor);
      post(index, ingest_event::SessionOpened{.peer = x.peer, .sensor = x.sensor, .is_readable = session.has_value(),
                                              .session = session.value_or(SensorSession{})});
    });
  } else if (auto* close = std::get_if<ingest_action::CloseSession>(&action)) {
    collector.store->close_session(close->sensor, close->token);
  } else if (auto* commit = std::get_if<ingest_action::Commit>(&action)) {
    collector.committer->add(commit->ticket, std::move(commit->batch));
    plan_commit(index);
  } else if (auto* prove = std::get_if<ingest_action::Prove>(&action)) {
    ProofBody proof{.lane = prove->probe.lane};
    for (const std::uint64_t number : prove->probe.numbers) {
      proof.points.push_back({.asked = number, .at = collector.store->chain_at(prove->sensor, prove->probe.lane, number)});
    }
    after(0, [this, index, life, x = ingest_event::Proved{.peer = prove->peer, .sensor = prove->sensor, .proof = proof}] {
      if (collectors_[index].life == life) post(index, x);
    });
  } else if (auto* observe = std::get_if<ingest_action::Observe>(&action)) {
    collector.store->observe_heads(observe->sensor, observe->heads, observe->are_final);
  } else if (auto* alarm = std::get_if<ingest_action::Alarm>(&action)) {
    outcome_.covered["alarm " + alarm->kind] += 1;
    if (traces_) tell("collector alarm " + alarm->kind);
  }
}

void World::plan_commit(std::size_t index) {
  Collector& collector = collectors_[index];
  if (collector.is_run_planned || collector.committer->is_idle()) return;
  collector.is_run_planned = true;
  const Nanos wait = std::max<Nanos>(collector.committer->next_run().ns - time_ns_, between(0, 40 * kMillisecond));
  after(wait, [this, index, life = collector.life] {
    Collector& one = collectors_[index];
    if (one.life != life) return;
    one.is_run_planned = false;
    one.store->now = {time_ns_};
    std::vector<IngestEvent> events;
    one.committer->run({time_ns_}, &events);
    if (std::exchange(one.store->crash_wanted, false)) {
      end_collector(index);
      return after(between(0, kSecond), [this, index] { start_collector(index); });
    }
    // The process may die between the commit and what follows from it.
    if (plan_.kills_collector && !is_calm_ && chance(100)) {
      outcome_.covered["collector killed after commit"] += 1;
      end_collector(index);
      return after(between(0, kSecond), [this, index] { start_collector(index); });
    }
    for (IngestEvent& event : events) post(index, std::move(event));
    plan_commit(index);
  });
}

}  // namespace hd::sim
