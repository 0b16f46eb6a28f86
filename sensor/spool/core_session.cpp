// SPDX-License-Identifier: Apache-2.0
// SensorCore: one session after the other with a collector, and what is learnt from it.
#include <algorithm>

#include "sensor/base/json_writer.hpp"
#include "sensor/spool/sensor_core.hpp"

namespace hd {

std::string_view name_of(SessionState state) noexcept {
  switch (state) {
    case SessionState::idle: return "idle";
    case SessionState::hello_sent: return "hello_sent";
    case SessionState::verifying: return "verifying";
    case SessionState::forked: return "forked";
    case SessionState::open: return "open";
    case SessionState::stalled: return "stalled";
    case SessionState::backoff: return "backoff";
    case SessionState::refused: return "refused";
  }
  return "unknown";
}

void SensorCore::connect() {
  session_ = SessionState::hello_sent;
  session_timer_ = now_.ticks + options_.hello_timeout;
  last_heard_ = now_.ticks;
  session_id_ = 0;
  nonce_ = random_.next();
  act(spool_action::Connect{endpoint_});
  send_hello();
}

void SensorCore::end_session(std::string_view why, Nanos at_least) {
  const auto found = counters_.sessions.find(why);
  if (found != counters_.sessions.end()) found->second += 1;
  else counters_.sessions.emplace(std::string(why), 1);
  act(spool_action::Disconnect{});
  flights_.clear();
  verify_.clear();
  forked_.clear();
  is_proving_ = false;
  for (CoreEpoch& epoch : epochs_) {
    for (CoreLane& lane : epoch.lanes) lane.is_reading = false;
  }
  session_id_ = 0;
  session_ = SessionState::backoff;
  backoff_ = std::clamp(backoff_ * 2, options_.backoff_min, options_.backoff_max);
  const Nanos jitter = static_cast<Nanos>(random_.next() % static_cast<std::uint64_t>(backoff_ * 3 / 10 + 1));
  session_timer_ = now_.ticks + std::max(backoff_ + jitter, at_least);
  endpoint_ = options_.endpoints == 0 ? 0 : (endpoint_ + 1) % options_.endpoints;
}

void SensorCore::refuse(std::string_view what) {
  const auto found = counters_.frames_refused.find(what);
  if (found != counters_.frames_refused.end()) found->second += 1;
  else counters_.frames_refused.emplace(std::string(what), 1);
}

void SensorCore::tick_session() {
  if (is_stopping_) return;
  switch (session_) {
    case SessionState::idle:
    case SessionState::backoff:
    case SessionState::refused:
      if (options_.endpoints > 0 && !is_migrating() && now_.ticks >= session_timer_) connect();
      return;
    case SessionState::hello_sent:
    case SessionState::verifying:
      if (now_.ticks >= session_timer_) end_session("hello_timeout");
      return;
    case SessionState::forked:
      if (!is_migrating() && now_.ticks - last_heard_ >= options_.dead_after) end_session("dead");
      return;
    case SessionState::open:
    case SessionState::stalled: break;
  }
  if (now_.ticks - last_heard_ >= options_.dead_after) return end_session("dead");
  if (!flights_.empty() && committer_works_ && session_ == SessionState::open &&
      now_.ticks - last_moved_ >= options_.stuck_after) {
    return end_session("stuck");
  }
  if (now_.ticks >= next_ping_) send_ping();
  // Epochs that were too many for the last HELLO come with the next, when those before them are drained.
  bool waits = false;
  bool works = false;
  for (const CoreEpoch& epoch : epochs_) {
    if (epoch.is_held_back || epoch.is_drained()) continue;
    waits = waits || !epoch.is_named;
    works = works || (epoch.is_named && epoch.epoch != current_);
  }
  if (waits && !works) end_session("more_epochs");
}

void SensorCore::on(spool_event::LinkDown&) {
  if (session_ == SessionState::idle || session_ == SessionState::backoff || session_ == SessionState::refused) return;
  if (!is_migrating()) end_session("link_down");
}

void SensorCore::on(spool_event::ControlResult& event) {
  if (session_ != SessionState::open && session_ != SessionState::stalled) return;
  const Bytes json = as_bytes(event.json);
  send(FrameType::result, Payload(json.begin(), json.end()));
}

void SensorCore::on(spool_event::Received& event) {
  const Message& message = event.message;
  if (is_migrating()) return;  // the session ends with it
  if (session_ == SessionState::idle || session_ == SessionState::backoff || session_ == SessionState::refused) return;
  const bool is_answer_to_hello = message.header.type == FrameType::welcome || message.header.type == FrameType::error;
  if (!is_answer_to_hello && (session_id_ == 0 || message.header.session != session_id_)) return refuse("session");
  last_heard_ = now_.ticks;
  switch (message.header.type) {
    case FrameType::welcome: return receive_welcome(message);
    case FrameType::ack: return receive_ack(message);
    case FrameType::pong: return receive_pong(message);
    case FrameType::proof: return receive_proof(message);
    case FrameType::resume: return receive_resume(message);
    case FrameType::error: return receive_error(message);
    case FrameType::control: return act(spool_action::Control{message.payload});
    case FrameType::bye: return end_session("bye");
    default: return refuse("type");
  }
}

// -- WELCOME ---------------------------------------------------------------------------------------------------------

void SensorCore::receive_welcome(const Message& message) {
  if (session_ != SessionState::hello_sent) return refuse("welcome");
  auto welcome = welcome_of(as_chars(message.payload));
  if (!welcome) return refuse("welcome");
  if (welcome->nonce != nonce_) return refuse("nonce");
  if (welcome->version != kSspMajor || welcome->session == 0) {
    alarm("link_version", "the collector speaks another version of the protocol");
    return end_session("version", 60 * kSecond);
  }
  begin_verify(*welcome);
}

void SensorCore::begin_verify(const WelcomeBody& welcome) {
  session_ = SessionState::verifying;
  session_id_ = welcome.session;
  session_timer_ = now_.ticks + options_.hello_timeout;
  session_batch_max_ = options_.batch_bytes_max;
  if (welcome.batch_bytes_max > 0) session_batch_max_ = std::min<std::size_t>(session_batch_max_, welcome.batch_bytes_max);
  credit_ = welcome.credit;
  sent_bytes_ = 0;
  committer_works_ = true;
  is_new_store_ = welcome.store != store_;
  welcome_store_ = welcome.store;
  welcome_generation_ = welcome.store_generation;
  verify_.clear();
  forked_.clear();
  verify_at_ = 0;
  for (const CoreEpoch& epoch : epochs_) {
    if (epoch.is_held_back || !epoch.is_named) continue;
    for (const CoreLane& lane : epoch.lanes) {
      LaneCursor at{.lane = lane.key};
      for (const LaneCursor& told : welcome.cursors) {
        if (told.lane == lane.key) at = told;
      }
      verify_.push_back(at);
    }
  }
  verify_next();
}

void SensorCore::verify_next() {
  for (; verify_at_ < verify_.size(); ++verify_at_) {
    const LaneCursor& at = verify_[verify_at_];
    CoreLane* lane = find(at.lane);
    if (lane == nullptr) continue;
    switch (check_lane(*lane, at)) {
      case Check::same: adopt(*lane, at); break;
      case Check::ask: return act(spool_action::ChainAt{.lane = at.lane, .number = at.cursor});
      case Check::differs: forked_.push_back(at); break;
    }
  }
  if (!forked_.empty()) return begin_fork();
  fill_gaps();
}

SensorCore::Check SensorCore::check_lane(const CoreLane& lane, const LaneCursor& at) const {
  if (at.cursor > lane.head) return Check::differs;
  if (HD_BROKEN(options_, reuse_epoch)) return Check::same;  // the chain would find it, as the second line does
  if (at.cursor == 0) return at.chain == Chain{} ? Check::same : Check::differs;
  if (lane.is_unverifiable) return Check::same;
  if (at.cursor == lane.acked && at.chain == lane.chain_acked) return Check::same;
  if (lane.note_at(at.cursor) != nullptr) return Check::same;  // nothing is held there to compare with
  if (const Piece* piece = lane.piece_at(at.cursor); piece != nullptr && piece->is_chain_known) {
    return chain_in(*piece, at.cursor) == at.chain ? Check::same : Check::differs;
  }
  // The disk is walked up to the number: behind damage the chain that was sent is not the one that was written.
  if (lane.is_on_disk(at.cursor)) return Check::ask;
  if (const auto known = lane.known_chain(at.cursor)) return *known == at.chain ? Check::same : Check::differs;
  return Check::same;  // neither held nor remembered: nothing to compare with
}

void SensorCore::on(spool_event::ChainIs& event) {
  if (session_ == SessionState::forked && is_proving_ && event.number == proof_.number) {
    // Behind damage the own chain is not known: nothing speaks against what the collector says.
    return judge_proof(true, event.found ? event.chain : proof_.chain);
  }
  if (session_ != SessionState::verifying || verify_at_ >= verify_.size()) return;
  const LaneCursor& at = verify_[verify_at_];
  CoreLane* lane = find(at.lane);
  if (lane == nullptr || event.lane != at.lane || event.number != at.cursor) return;
  if (event.found && event.chain != at.chain) forked_.push_back(at);
  else adopt(*lane, at);
  ++verify_at_;
  verify_next();
}

void SensorCore::adopt(CoreLane& lane, const LaneCursor& at) {
  if (at.cursor < lane.acked) {
    alarm("rewound", "the collector's store is behind what it had acknowledged; what is kept is sent again");
  }
  cursors_changed_ = cursors_changed_ || lane.acked != at.cursor;
  lane.acked = at.cursor;
  lane.chain_acked = at.chain;
  lane.next = at.cursor + 1;
  lane.chain_next = at.chain;
  lane.sent = at.cursor;
  lane.sent_ever = std::max(lane.sent_ever, at.cursor);
  lane.is_reading = false;
  memory_bytes_ -= lane.forget_acked();
}

// Numbers that the collector lacks and that are no longer held get a note, so that the lane goes on.
void SensorCore::fill_gaps() {
  for (CoreEpoch& epoch : epochs_) {
    if (epoch.is_held_back || !epoch.is_named) continue;
    for (CoreLane& lane : epoch.lanes) {
      while (const auto gap = lane.missing_from(lane.acked + 1)) {
        const bool is_hole = std::any_of(lane.holes.begin(), lane.holes.end(), [&](const NumberRange& hole) {
          return hole.first <= gap->first && gap->first <= hole.last;
        });
        const ShedReason reason = is_hole         ? ShedReason::damaged
                                  : is_new_store_ ? ShedReason::before_store
                                  : gap->first <= lane.sent_ever ? ShedReason::lost_by_store
                                                                 : ShedReason::recovered_gap;
        put_note(make_note(lane, *gap, reason, nullptr));
        if (is_putting_) return;  // goes on with the answer
      }
    }
  }
  open_session();
}

void SensorCore::open_session() {
  session_ = SessionState::open;
  backoff_ = 0;
  last_moved_ = now_.ticks;
  next_ping_ = now_.ticks;
  if (store_ != welcome_store_ || store_generation_ != welcome_generation_) cursors_changed_ = true;
  store_ = welcome_store_;
  store_generation_ = welcome_generation_;
}

// -- While open ------------------------------------------------------------------------------------------------------

bool SensorCore::learn(const LaneCursor& at) {
  CoreLane* lane = find(at.lane);
  if (lane == nullptr) return true;  // of an epoch that was retired meanwhile
  if (at.cursor > lane->sent) return false;
  for (const Flight& flight : flights_) {
    if (flight.lane == at.lane && flight.last == at.cursor && flight.after != at.chain) return false;
  }
  if (at.cursor <= lane->acked) return true;
  lane->acked = at.cursor;
  lane->chain_acked = at.chain;
  if (lane->next <= lane->acked) {
    lane->next = lane->acked + 1;
    lane->chain_next = at.chain;
  }
  cursors_changed_ = true;
  last_moved_ = now_.ticks;
  memory_bytes_ -= lane->forget_acked();
  while (!lane->notes.empty() && lane->notes.front().last <= lane->acked) {
    act(spool_action::DropNote{.lane = lane->key, .first = lane->notes.front().first});
    lane->notes.pop_front();
  }
  std::erase_if(flights_, [&](const Flight& flight) { return flight.lane == at.lane && flight.last <= at.cursor; });
  return true;
}

void SensorCore::receive_ack(const Message& message) {
  AckBody ack;
  if (!decode(message.payload, &ack)) return refuse("ack");
  if (session_ != SessionState::open && session_ != SessionState::stalled) return;
  for (const LaneCursor& at : ack.cursors) {
    if (learn(at)) continue;
    refuse("ack_beyond_sent");
    alarm("ack_refused", "the collector acknowledged what was not sent to it");
    return end_session("ack_beyond_sent");
  }
  take_credit(ack.credit);
}

void SensorCore::take_credit(std::uint64_t credit) {
  if (credit <= credit_) return;
  credit_ = credit;
  if (session_ == SessionState::stalled) session_ = SessionState::open;
}

void SensorCore::receive_resume(const Message& message) {
  ResumeBody resume;
  if (!decode(message.payload, &resume)) return refuse("resume");
  CoreLane* lane = find(resume.lane);
  if (lane == nullptr || session_ != SessionState::open) return;
  if (resume.cursor == lane->acked) {
    lane->next = resume.cursor + 1;
    lane->chain_next = lane->chain_acked;
    return;
  }
  for (const Flight& flight : flights_) {
    if (flight.lane != resume.lane || flight.last != resume.cursor) continue;
    lane->next = resume.cursor + 1;
    lane->chain_next = flight.after;
    return;
  }
  end_session("resume");  // a number inside a batch: the next WELCOME brings the chain there
}

void SensorCore::receive_pong(const Message& message) {
  PongBody pong;
  if (!decode(message.payload, &pong)) return refuse("pong");
  const bool was_working = committer_works_;
  committer_works_ = pong.state == CommitterState::working;
  if (committer_works_ && !was_working) last_moved_ = now_.ticks;
  if (committer_works_ && session_ == SessionState::stalled) session_ = SessionState::open;
  take_credit(pong.credit);
  // NTP: t1 and t4 by this clock, t2 and t3 by the collector's; the sample with the least delay is the best. The
  // subtractions are in unsigned arithmetic, since the other clock may say anything.
  const auto minus = [](std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
  };
  const Nanos delay = minus(minus(now_.wall.ns, pong.t1), minus(pong.t3, pong.t2));
  if (delay < 0 || delay > 60 * kSecond) return;
  const Nanos offset = minus(pong.t2, pong.t1) / 2 + minus(pong.t3, now_.wall.ns) / 2;
  if (clock_samples_.size() == 8) clock_samples_.erase(clock_samples_.begin());
  clock_samples_.push_back({.offset = offset, .delay = delay, .at = now_.ticks});
  const auto best = std::min_element(clock_samples_.begin(), clock_samples_.end(),
                                     [](const ClockSample& a, const ClockSample& b) { return a.delay < b.delay; });
  clock_offset_ = best->offset;
  clock_error_ = best->delay / 2 + (now_.ticks - best->at) / 20'000;  // 50 ppm
}

void SensorCore::receive_error(const Message& message) {
  ErrorBody error;
  if (!decode(message.payload, &error)) return refuse("error");
  // Only the answer to a HELLO, or of this session.
  if (session_ != SessionState::hello_sent && message.header.session != session_id_) return refuse("session");
  const Nanos retry = std::min<Nanos>(error.retry_after_ms, 600'000) * kMillisecond;
  switch (error.code) {
    case WireError::store:
      if (session_ == SessionState::open) session_ = SessionState::stalled;
      committer_works_ = false;
      return;
    case WireError::type:
    case WireError::gap:
    case WireError::none: return;
    case WireError::version:
      alarm("link_version", "the collector refuses this version of the protocol: " + error.text);
      return end_session("version", 60 * kSecond);
    case WireError::revoked:
      alarm("revoked", "the collector refuses this sensor's key; alerts are kept in the spool");
      end_session("revoked", std::max<Nanos>(retry, 60 * kSecond));
      session_ = SessionState::refused;
      return;
    case WireError::too_big:
      alarm("too_big", "the collector refuses a batch as too large");
      return end_session("too_big", 60 * kSecond);
    case WireError::frame: return end_session("frame", retry);
    case WireError::fork:
      alarm("forked", "the collector holds another history of this spool");
      return end_session("fork", retry);
    case WireError::session:
    case WireError::credit:
    case WireError::busy:
    case WireError::limit: return end_session(name_of(error.code), retry);
  }
}

void SensorCore::save_cursors_if_due(bool now) {
  if (!cursors_changed_ || (!now && now_.ticks - cursors_saved_at_ < options_.cursor_every) || is_volatile()) return;
  spool_action::SaveCursors save{.store = store_, .store_generation = store_generation_};
  for (const CoreEpoch& epoch : epochs_) {
    if (epoch.is_volatile) continue;
    for (const CoreLane& lane : epoch.lanes) {
      if (lane.acked > 0) save.cursors.push_back({.lane = lane.key, .cursor = lane.acked, .chain = lane.chain_acked});
    }
  }
  act(std::move(save));
  cursors_changed_ = false;
  cursors_saved_at_ = now_.ticks;
}

}  // namespace hd
