// SPDX-License-Identifier: Apache-2.0
#include "collector/ingest/ingest_server.hpp"

#include <algorithm>

namespace hd {
namespace {

constexpr Nanos kTick = 100 * kMillisecond;
constexpr Nanos kStatusEvery = 200 * kMillisecond;
constexpr std::size_t kReadAtOnce = 64;
// A connection that said nothing for so long is forgotten; its next message makes it a new one.
constexpr Nanos kPeerIdle = 120 * kSecond;
constexpr std::size_t kPeersMax = 100'000;
// After a stop was asked for, what waits is committed, but not for ever.
constexpr Nanos kStopPatience = 5 * kSecond;

}  // namespace

IngestServer::IngestServer(IngestServerOptions options, IngestStore& store, SensorRegistry& registry, Clock& clock, Logger log)
    : options_(std::move(options)), store_(store), registry_(registry), clock_(clock), log_(std::move(log)) {}

Result<std::unique_ptr<IngestServer>> IngestServer::start(IngestServerOptions options, IngestStore& store,
                                                          SensorRegistry& registry, Clock& clock, Logger log) {
  std::unique_ptr<IngestServer> server(new IngestServer(std::move(options), store, registry, clock, std::move(log)));
  if (auto opened = server->open(); !opened) return fail(std::move(opened.error()));
  server->link_thread_ = std::thread([raw = server.get()] { raw->run_link(); });
  server->store_thread_ = std::thread([raw = server.get()] { raw->run_store(); });
  return server;
}

Result<void> IngestServer::open() {
  options_.core.store = store_.store_id();
  options_.core.store_generation = store_.store_generation();
  std::uint64_t seed = 0;
  random_bytes({reinterpret_cast<std::uint8_t*>(&seed), sizeof seed});
  core_ = std::make_unique<CollectorCore>(options_.core, seed);
  auto context = ZmqContext::make(options_.sockets_max);
  if (!context) return fail(std::move(context.error()));
  context_.emplace(std::move(*context));
  auto zap = ZapHandler::make(*context_, [this](std::string_view domain, const PublicKey& key, std::string_view) -> std::optional<std::string> {
    // The key itself is the name: who holds it is asked for each message.
    return domain == "enrol" || registry_.sensor_of(key) ? std::optional<std::string>(to_z85(key)) : std::nullopt;
  });
  if (!zap) return fail(std::move(zap.error()));
  zap_.emplace(std::move(*zap));
  auto link = ZmqSocket::router(*context_, options_.link_endpoint, options_.keys, LinkPort::link);
  if (!link) return fail(std::move(link.error()));
  link_ = std::move(*link);
  link_port_ = link_.bound_port();
  if (options_.enrol_endpoint.empty()) return {};
  auto enrol = ZmqSocket::router(*context_, options_.enrol_endpoint, options_.keys, LinkPort::enrol);
  if (!enrol) return fail(std::move(enrol.error()));
  enrol_ = std::move(*enrol);
  enrol_port_ = enrol_.bound_port();
  return {};
}

IngestServer::~IngestServer() { stop(); }

void IngestServer::stop() {
  if (is_stopping_.exchange(true)) return;
  wake_.signal();
  has_work_.notify_all();
  if (link_thread_.joinable()) link_thread_.join();
  if (store_thread_.joinable()) store_thread_.join();
  link_ = ZmqSocket();
  enrol_ = ZmqSocket();
  zap_.reset();
  context_.reset();
}

Now IngestServer::now() const { return {.ticks = clock_.ticks(), .wall = clock_.wall()}; }

void IngestServer::registry_changed() {
  {
    const std::lock_guard guard(lock_);
    events_.push_back(ingest_event::Revoked{.sensors = registry_.revoked()});
  }
  wake_.signal();
}

void IngestServer::send_control(const SensorId& sensor, Payload envelope) {
  {
    const std::lock_guard guard(lock_);
    events_.push_back(ingest_event::Control{.sensor = sensor, .envelope = std::move(envelope)});
  }
  wake_.signal();
}

IngestStatus IngestServer::status() const {
  const std::lock_guard guard(lock_);
  return status_;
}

std::vector<std::pair<SensorId, std::string>> IngestServer::take_results() {
  const std::lock_guard guard(lock_);
  return std::exchange(results_, {});
}

// -- Link thread -----------------------------------------------------------------------------------------------------

void IngestServer::run_link() {
  step(ingest_event::Revoked{.sensors = registry_.revoked()}, now());
  Ticks tick_at = clock_.ticks() + kTick;
  ZmqPoll poll;
  while (!is_stopping_.load(std::memory_order_acquire)) {
    poll.clear();
    poll.add(link_);
    poll.add(zap_->socket());
    poll.add(wake_.fd());
    if (enrol_) poll.add(enrol_);
    poll.wait(std::max<Nanos>(0, tick_at - clock_.ticks()));
    const Now at = now();
    wake_.clear();
    zap_->answer();
    read_link(at);
    if (enrol_) {
      answer_enrol(at);
      read_enrol(at);
    }
    std::deque<IngestEvent> events;
    {
      const std::lock_guard guard(lock_);
      events.swap(events_);
    }
    for (IngestEvent& event : events) step(std::move(event), at);
    if (at.ticks < tick_at) continue;
    tick_at = at.ticks + kTick;
    step(ingest_event::Tick{}, at);
    forget_peers(at);
    if (at.ticks - status_at_ >= kStatusEvery) {
      status_at_ = at.ticks;
      publish_status();
    }
  }
}

void IngestServer::read_link(Now at) {
  for (std::size_t n = 0; n < kReadAtOnce; ++n) {
    auto incoming = link_.receive();
    if (!incoming) return;
    ingest_event::Received received{.peer = peer_of(*incoming)};
    peers_[received.peer].heard = at.ticks;
    const auto holder = registry_.holder_of(incoming->user_id);
    if (holder) received.sensor = holder->sensor;
    WireError error = incoming->frames == 2 ? decode_frame(incoming->header, &received.message.header) : WireError::frame;
    if (!holder) {
      refuse_stranger(received.peer, received.message.header, at);
      continue;
    }
    if (error == WireError::none) error = codec_.decode(received.message.header, incoming->payload, &received.message.payload);
    if (error != WireError::none) {
      step(ingest_event::Malformed{.peer = received.peer, .sensor = received.sensor, .why = error}, at);
      continue;
    }
    received.block = std::move(incoming->payload);
    step(std::move(received), at);
  }
  wake_.signal();  // there may be more; the other sockets come first
}

// A connection outlives its key: it was replaced, or the sensor was removed.
void IngestServer::refuse_stranger(PeerId id, const FrameHeader& header, Now at) {
  ++strangers_;
  Peer& peer = peers_[id];
  if (std::exchange(peer.is_refusal_told, true)) return;
  const ErrorBody body{.code = WireError::revoked, .retry_after_ms = 600'000, .text = "this key is no sensor's any more"};
  const FrameHeader answer{.type = FrameType::error, .session = header.session, .sent_ns = at.wall.ns};
  static_cast<void>(link_.send(codec_.encode(answer, encode(body), PayloadCodec::Compress::never), peer.routing_id));
}

PeerId IngestServer::peer_of(const Incoming& incoming) {
  const auto [found, is_new] = peer_ids_.try_emplace(incoming.peer, next_peer_);
  if (is_new) peers_[next_peer_++] = {.routing_id = incoming.peer};
  return found->second;
}

void IngestServer::forget_peers(Now at) {
  for (auto peer = peers_.begin(); peer != peers_.end();) {
    const bool is_over = at.ticks - peer->second.heard > kPeerIdle || peers_.size() > kPeersMax;
    if (is_over) peer_ids_.erase(peer->second.routing_id);
    peer = is_over ? peers_.erase(peer) : std::next(peer);
  }
}

void IngestServer::step(IngestEvent event, Now at) {
  for (IngestAction& action : core_->step(std::move(event), at)) act(action);
}

void IngestServer::act(IngestAction& action) {
  if (auto* send = std::get_if<ingest_action::Send>(&action)) {
    const auto peer = peers_.find(send->peer);
    if (peer == peers_.end()) return;
    const WireMessage wire = codec_.encode(send->message.header, send->message.payload, PayloadCodec::Compress::when_smaller);
    // A peer that is gone, or does not read, loses the message; what matters is repeated in the next one.
    static_cast<void>(link_.send(wire, peer->second.routing_id));
  } else if (auto* alarm = std::get_if<ingest_action::Alarm>(&action)) {
    if (alarms_.allow(clock_.ticks())) log_.warning("sensor {}: {} ({})", uuid_text(alarm->sensor), alarm->text, alarm->kind);
  } else if (auto* result = std::get_if<ingest_action::Result>(&action)) {
    const std::lock_guard guard(lock_);
    constexpr std::size_t kResultsMax = 10'000;
    if (results_.size() < kResultsMax) results_.emplace_back(result->sensor, std::move(result->json));
  } else {
    const std::lock_guard guard(lock_);
    tasks_.push_back(std::move(action));
    has_work_.notify_one();
  }
}

void IngestServer::publish_status() {
  const std::lock_guard guard(lock_);
  status_.at = clock_.ticks();
  status_.counters = core_->counters();
  status_.sensors = core_->liveness();
  status_.held_bytes = core_->held_bytes();
  status_.commits = commits_;
  status_.connections_accepted = zap_->accepted();
  status_.connections_refused = zap_->refused();
  status_.enrol_refused = enrol_refused_;
  status_.strangers = strangers_;
}

// -- Store thread ----------------------------------------------------------------------------------------------------

void IngestServer::run_store() {
  Committer committer(store_, options_.committer);
  std::deque<IngestAction> tasks;
  Ticks give_up{};
  for (;;) {
    {
      std::unique_lock guard(lock_);
      const auto is_due = [&] { return !tasks_.empty() || !enrol_asked_.empty() || is_stopping_.load(std::memory_order_acquire); };
      if (committer.is_idle()) {
        has_work_.wait_for(guard, std::chrono::milliseconds(500), is_due);
      } else if (const Nanos wait = committer.next_run() - clock_.ticks(); wait > 0) {
        const std::chrono::nanoseconds pause(std::min(wait, 500 * kMillisecond));
        if (is_stopping_.load(std::memory_order_acquire)) has_work_.wait_for(guard, pause);  // nothing new comes any more
        else has_work_.wait_for(guard, pause, is_due);
      }
      tasks.swap(tasks_);
    }
    std::vector<IngestEvent> events;
    for (IngestAction& task : tasks) {
      if (auto* commit = std::get_if<ingest_action::Commit>(&task)) committer.add(commit->ticket, std::move(commit->batch));
      else do_task(task, &events);
    }
    tasks.clear();
    enrol_waiting();
    committer.run(clock_.ticks(), &events);
    take_answers(committer, events);
    if (!events.empty()) wake_.signal();
    if (!is_stopping_.load(std::memory_order_acquire)) continue;
    if (give_up.ns == 0) give_up = clock_.ticks() + kStopPatience;
    if (committer.is_idle() || clock_.ticks() > give_up) return;
  }
}

void IngestServer::take_answers(const Committer& committer, std::vector<IngestEvent>& events) {
  const std::lock_guard guard(lock_);
  commits_ = committer.counters();
  for (IngestEvent& event : events) {
    if (const auto* state = std::get_if<ingest_event::StoreState>(&event)) {
      status_.is_store_working = state->is_working;
      if (state->is_working) log_.info("the store takes alerts again");
      else log_.error("the store takes no alerts: {}; sensors keep theirs meanwhile", committer.refusal());
    }
    events_.push_back(std::move(event));
  }
}

void IngestServer::do_task(IngestAction& task, std::vector<IngestEvent>* events) {
  if (const auto* open = std::get_if<ingest_action::OpenSession>(&task)) {
    auto session = store_.open_session(open->sensor);
    events->push_back(ingest_event::SessionOpened{.peer = open->peer, .sensor = open->sensor, .is_readable = session.has_value(),
                                                  .session = session.value_or(SensorSession{})});
  } else if (const auto* close = std::get_if<ingest_action::CloseSession>(&task)) {
    store_.close_session(close->sensor, close->token);
  } else if (const auto* prove = std::get_if<ingest_action::Prove>(&task)) {
    ingest_event::Proved proved{.peer = prove->peer, .sensor = prove->sensor, .proof = {.lane = prove->probe.lane}};
    for (const std::uint64_t number : prove->probe.numbers) {
      proved.proof.points.push_back({.asked = number, .at = store_.chain_at(prove->sensor, prove->probe.lane, number)});
    }
    events->push_back(std::move(proved));
  } else if (const auto* observe = std::get_if<ingest_action::Observe>(&task)) {
    store_.observe_heads(observe->sensor, observe->heads, observe->are_final);
  }
}

}  // namespace hd
