// SPDX-License-Identifier: Apache-2.0
#include "sensor/output/spool_thread.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sensor/base/file.hpp"

namespace hd {
namespace {

constexpr std::size_t kItemsAtOnce = 4096;
constexpr std::size_t kOutgoingMax = 64;
constexpr Nanos kPublishEvery = 100 * kMillisecond;
constexpr Nanos kLostEvery = kSecond;
constexpr Nanos kStopPatience = 10 * kSecond;

// An item in the ring: this head, then the body.
struct ItemHead {
  std::int64_t time_ns;
  std::uint64_t wseq;
  std::uint64_t replay_cursor;
  std::uint32_t run;
  std::uint16_t worker;
  std::uint8_t kind;
  std::uint8_t severity;
};
static_assert(sizeof(ItemHead) == 32);

Uuid boot_id() {
  Uuid id{};
  const auto text = read_file("/proc/sys/kernel/random/boot_id", 64);
  if (text) static_cast<void>(uuid_of(std::string_view(*text).substr(0, 36), &id));
  return id;
}

// Names the machine without telling its id.
std::string machine_hash() {
  const auto text = read_file("/etc/machine-id", 256);
  const std::string salted = "haidang-sensor:" + text.value_or("unknown");
  return to_hex(blake2b_128(as_bytes(salted)));
}

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  random_bytes({reinterpret_cast<std::uint8_t*>(&seed), sizeof seed});
  return seed;
}

}  // namespace

SpoolThread::SpoolThread(SpoolOptions options, Clock& clock, Logger log)
    : options_(std::move(options)), clock_(clock), log_(std::move(log)), ring_(options_.ring_bytes) {}

Result<std::unique_ptr<SpoolThread>> SpoolThread::start(SpoolOptions options, Clock& clock, Logger log) {
  std::unique_ptr<SpoolThread> spool(new SpoolThread(std::move(options), clock, std::move(log)));
  if (auto opened = spool->open(); !opened) {
    spool->has_ended_ = true;
    return fail(std::move(opened.error()));
  }
  spool->syncer_ = std::thread([raw = spool.get()] { raw->run_syncer(); });
  spool->thread_ = std::thread([raw = spool.get()] { raw->run_spool(); });
  return spool;
}

Now SpoolThread::now() const { return {.ticks = clock_.ticks(), .wall = clock_.wall()}; }

Result<void> SpoolThread::open() {
  if (auto made = make_folders(options_.folder, 0750); !made) return made;
  // The lock ends with the process, however it ends.
  folder_lock_ = ::open((options_.folder + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (folder_lock_ < 0) return fail(system_error("open", options_.folder + "/lock", errno));
  if (::flock(folder_lock_, LOCK_EX | LOCK_NB) != 0) {
    return fail({.code = ErrorCode::E4001,
                 .what = "the spool " + options_.folder + " is used by another process",
                 .hint = "Stop the other sensor, or give this one its own folder (spool.path)."});
  }
  if (options_.ledger_page.empty()) {
    page_.emplace(LedgerPage::in_memory());
  } else {
    const std::size_t slash = options_.ledger_page.rfind('/');
    if (slash != std::string::npos && slash > 0) {
      if (auto made = make_folders(options_.ledger_page.substr(0, slash)); !made) return made;
    }
    auto page = LedgerPage::open(options_.ledger_page);
    if (!page) return fail(std::move(page.error()));
    page_.emplace(std::move(*page));
  }
  const SpoolMarks before = page_->marks();
  const auto raised = page_->raised();
  options_.segments.folder = options_.folder;
  options_.segments.sensor = options_.core.sensor = options_.sensor;
  options_.segments.boot = options_.core.boot = boot_id();
  options_.core.machine = machine_hash();
  options_.core.endpoints = options_.collectors.size();
  random_bytes(options_.core.instance);
  store_ = std::make_unique<SegmentStore>(disk_, options_.segments);
  Recovered recovered;
  if (const int error = store_->recover(before.heads, &recovered)) {
    return fail(system_error("use the spool", options_.folder, error));
  }
  run_ = std::max<std::uint32_t>(1, static_cast<std::uint32_t>(random_seed()));
  if (!options_.replay.empty()) {
    if (auto begun = begin_replay(); !begun) {
      // A full disk takes away the continuation, not the delivery.
      log_.warning("a replay that is interrupted will begin anew: {}", begun.error().what);
      options_.replay.clear();
    }
  }
  if (!options_.collectors.empty()) {
    auto context = ZmqContext::make();
    if (!context) return fail(std::move(context.error()));
    context_.emplace(std::move(*context));
  }
  SpoolPort& port = *this;
  spool_ = std::make_unique<Spool>(options_.core, recovered, random_seed(), *store_, port);
  page_->begin_run();
  heads_ = before.heads;
  post(spool_event::Start{});
  post(store_->usage());
  if (options_.replay.empty()) account_for_crash(before, recovered, raised);
  publish();
  return {};
}

Result<void> SpoolThread::begin_replay() {
  auto state = load_replay(options_.folder);
  if (!state || state->identity != options_.replay) {
    state = ReplayState{.identity = options_.replay, .run = run_, .started = clock_.wall()};
    return save_replay(options_.folder, *state);
  }
  run_ = state->run;
  replay_marks_ = ReplayMarks(*store_, *state, options_.workers);
  return {};
}

// Raised by the last process, and neither numbered by its spool nor noted as lost: it died in between.
void SpoolThread::account_for_crash(const SpoolMarks& before, const Recovered& recovered,
                                    const std::array<std::uint64_t, 4>& raised) {
  SpoolLoss loss{.reason = ShedReason::crash, .from = {clock_.wall().ns}, .to = {clock_.wall().ns}, .run = run_};
  std::uint64_t sum = 0;
  for (std::size_t lane = 1; lane < kLaneCount; ++lane) {
    std::uint64_t accounted = before.accounted[lane];
    // Written after the page was, in the moment of the crash.
    for (const RecoveredEpoch& epoch : recovered.epochs) {
      const std::uint64_t marked = before.heads.heads[lane];
      if (epoch.epoch == before.heads.epoch && epoch.lanes[lane].head > marked) accounted += epoch.lanes[lane].head - marked;
    }
    loss.counts[lane - 1] = raised[lane - 1] - std::min(raised[lane - 1], accounted);
    sum += loss.counts[lane - 1];
  }
  if (sum == 0) return;
  log_.warning("{} alerts had been raised when the last process ended and were not spooled; they are entered as lost", sum);
  // They belong to the run that ended: the page counts this one from 0.
  post(spool_event::Loss{loss});
  for (std::size_t lane = 1; lane < kLaneCount; ++lane) accounted_[lane] = loss.counts[lane - 1];
}

SpoolThread::~SpoolThread() {
  stop(false);
  if (folder_lock_ >= 0) ::close(folder_lock_);
}

// -- The writing thread ----------------------------------------------------------------------------------------------

bool SpoolThread::take(const SpoolItem& item) {
  const std::uint8_t lane = item.kind == RecordKind::protocol ? std::uint8_t{4} : lane_of_severity(item.severity);
  if (!options_.replay.empty() && replay_marks_.take(lane, item.worker, item.replay_cursor)) return false;
  const std::size_t body = std::min<std::size_t>({item.body.size(), kRecordBodyMax, ring_.length_max() - sizeof(ItemHead)});
  if (body == 0) return false;
  auto room = ring_.reserve(sizeof(ItemHead) + body);
  for (; room.empty(); room = ring_.reserve(sizeof(ItemHead) + body)) {
    if (has_ended_.load(std::memory_order_acquire)) return false;
    wake_.signal();
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  const ItemHead head{.time_ns = item.time.ns, .wseq = item.wseq, .replay_cursor = item.replay_cursor, .run = run_,
                      .worker = item.worker, .kind = static_cast<std::uint8_t>(item.kind), .severity = item.severity};
  std::memcpy(room.data(), &head, sizeof head);
  std::memcpy(room.data() + sizeof head, item.body.data(), body);
  ring_.commit(sizeof head + body);
  ++taken_;
  // A sleeping reader is woken; one that is awake looks again before it sleeps.
  if (is_asleep_.exchange(false, std::memory_order_acq_rel)) wake_.signal();
  return true;
}

bool SpoolThread::drain(Nanos patience) {
  const Ticks end = clock_.ticks() + patience;
  std::unique_lock guard(lock_);
  while (!(status_.is_drained && published_ >= taken_)) {
    const Nanos left = end - clock_.ticks();
    if (left <= 0 || has_ended_.load(std::memory_order_acquire)) return false;
    changed_.wait_for(guard, std::chrono::nanoseconds(std::min(left, 200 * kMillisecond)));
  }
  return true;
}

void SpoolThread::stop(bool replay_is_over) {
  {
    const std::lock_guard guard(lock_);
    stop_wanted_ = true;
  }
  wake_.signal();
  const bool was_running = thread_.joinable();
  if (thread_.joinable()) thread_.join();
  {
    const std::lock_guard guard(sync_lock_);
    syncer_ends_ = true;
  }
  sync_wanted_.notify_all();
  if (syncer_.joinable()) syncer_.join();
  link_ = ZmqSocket();
  context_.reset();
  if (was_running && replay_is_over && !options_.replay.empty() && is_stopped_) static_cast<void>(finish_replay(options_.folder));
}

SpoolStatus SpoolThread::status() const {
  const std::lock_guard guard(lock_);
  return status_;
}

std::vector<Payload> SpoolThread::take_controls() {
  const std::lock_guard guard(lock_);
  return std::exchange(controls_, {});
}

void SpoolThread::send_result(std::string json) {
  {
    const std::lock_guard guard(lock_);
    posted_.push_back(spool_event::ControlResult{std::move(json)});
  }
  wake_.signal();
}

void SpoolThread::journal(std::string json) {
  SpoolItem item{.kind = RecordKind::journal, .severity = 0, .run = run_, .time = {clock_.wall().ns}, .body = std::move(json)};
  {
    const std::lock_guard guard(lock_);
    posted_.push_back(spool_event::Item{std::move(item)});
  }
  wake_.signal();
}

// -- The spool thread ------------------------------------------------------------------------------------------------

void SpoolThread::post(SensorEvent event) {
  spool_->post(std::move(event), now());
  mark();
}

void SpoolThread::run_spool() {
  ZmqPoll poll;
  Ticks stop_at{};
  while (!is_stopped_) {
    const bool has_more = read_ring(kItemsAtOnce);
    read_link();
    std::deque<SensorEvent> posted;
    bool stop_wanted = false;
    {
      const std::lock_guard guard(lock_);
      posted.swap(posted_);
      stop_wanted = stop_wanted_;
    }
    for (SensorEvent& event : posted) post(std::move(event));
    if (stop_wanted && !has_more && !is_stopping_) {
      is_stopping_ = true;
      stop_at = clock_.ticks() + kStopPatience;
      post(spool_event::Stop{});
    }
    if (is_stopping_ && !is_stopped_ && clock_.ticks() > stop_at) break;  // the disk does not answer
    const Ticks at = clock_.ticks();
    if (at >= spool_->core().next_tick() || at - published_at_ >= kPublishEvery) post(spool_event::Tick{});
    if (at - lost_at_ >= kLostEvery) note_lost();
    if (at - published_at_ >= kPublishEvery || is_stopping_) publish();
    flush_outgoing();
    if (has_more || is_stopped_) continue;
    is_asleep_.store(true, std::memory_order_release);
    if (ring_.used() == 0) {
      poll.clear();
      poll.add(wake_.fd());
      if (link_) poll.add(link_, !outgoing_.empty() && is_connected_);
      if (link_ && link_.monitor() != nullptr) poll.add_monitor(link_);
      poll.wait(std::clamp<Nanos>(spool_->core().next_tick() - clock_.ticks(), 0, kPublishEvery));
    }
    is_asleep_.store(false, std::memory_order_release);
    wake_.clear();
  }
  note_lost();
  publish();
  has_ended_.store(true, std::memory_order_release);
  changed_.notify_all();
}

// False: nothing is left.
bool SpoolThread::read_ring(std::size_t items_max) {
  for (std::size_t n = 0; n < items_max; ++n) {
    const Bytes bytes = ring_.front();
    if (bytes.empty()) return false;
    ItemHead head{};
    std::memcpy(&head, bytes.data(), sizeof head);
    SpoolItem item{.kind = static_cast<RecordKind>(head.kind), .severity = head.severity, .worker = head.worker,
                   .run = head.run, .time = {head.time_ns}, .wseq = head.wseq, .replay_cursor = head.replay_cursor};
    item.body = as_chars(bytes.subspan(sizeof head));
    ring_.pop();
    ++read_;
    post(spool_event::Item{std::move(item)});
  }
  return true;
}

void SpoolThread::read_link() {
  if (!link_) return;
  for (SocketEvent event = link_.next_event(); event != SocketEvent::none; event = link_ ? link_.next_event() : SocketEvent::none) {
    if (event == SocketEvent::connected) {
      is_connected_ = true;
    } else {
      if (event == SocketEvent::refused) log_.warning("{} does not accept this sensor's key, or does not prove its own", link_.endpoint());
      post(spool_event::LinkDown{});
    }
    if (!link_) return;
  }
  flush_outgoing();
  while (link_) {
    auto incoming = link_.receive();
    if (!incoming) return;
    spool_event::Received received;
    WireError error = incoming->frames == 2 ? decode_frame(incoming->header, &received.message.header) : WireError::frame;
    if (error == WireError::none) error = codec_.decode(received.message.header, incoming->payload, &received.message.payload);
    if (error != WireError::none) {
      log_.warning("the collector sent a malformed message ({})", name_of(error));
      post(spool_event::LinkDown{});
      return;
    }
    post(std::move(received));
  }
}

void SpoolThread::flush_outgoing() {
  if (!is_connected_) return;
  while (link_ && !outgoing_.empty() && link_.send(outgoing_.front())) outgoing_.pop_front();
}

// Alerts that found no room in the workers' rings: numbered, so that the ledger knows them.
void SpoolThread::note_lost() {
  lost_at_ = clock_.ticks();
  const auto lost = page_->lost();
  SpoolLoss loss{.reason = ShedReason::ring_full, .from = {clock_.wall().ns}, .to = {clock_.wall().ns}, .run = run_};
  bool has_lost = false;
  for (std::size_t n = 0; n < lost.size(); ++n) {
    loss.counts[n] = lost[n] - noted_lost_[n];
    has_lost = has_lost || loss.counts[n] > 0;
  }
  if (!has_lost || is_stopping_) return;
  noted_lost_ = lost;
  loss.wseq = ++loss_notes_;
  post(spool_event::Loss{loss});
}

// What has a number by now, for the process that comes after a crash of this one.
void SpoolThread::mark() {
  const SensorCounters& counters = spool_->core().counters();
  SpoolMarks marks{.heads = heads_};
  for (std::uint8_t lane = 1; lane < kLaneCount; ++lane) {
    marks.accounted[lane] = counters.spooled[lane];
    for (const ShedReason reason : {ShedReason::ring_full, ShedReason::crash}) {
      if (const auto found = counters.shed.find({lane, reason}); found != counters.shed.end()) marks.accounted[lane] += found->second;
    }
    // Notes for the run before this one are not of this run's raising.
    marks.accounted[lane] -= std::min(marks.accounted[lane], accounted_[lane]);
  }
  page_->set_marks(marks);
}

void SpoolThread::publish() {
  published_at_ = clock_.ticks();
  const SensorCore& core = spool_->core();
  SpoolStatus status{.sensor = options_.sensor, .session = core.session()};
  for (const CoreEpoch& epoch : core.epochs()) {
    for (const CoreLane& lane : epoch.lanes) {
      if (lane.head == 0) continue;
      status.lanes.push_back({.lane = lane.key, .reason = epoch.reason, .is_volatile = epoch.is_volatile,
                              .is_current = epoch.epoch == core.current_epoch(), .head = lane.head, .synced = lane.synced,
                              .acked = lane.acked});
    }
  }
  status.counters = core.counters();
  status.raised = page_->raised();
  status.lost = page_->lost();
  status.used_bytes = store_->usage().used;
  status.is_volatile = core.is_volatile();
  status.is_drained = core.is_drained();
  status.clock_offset = core.clock_offset();
  status.clock_error = core.clock_error();
  status.quarantined = store_->quarantined();
  const std::lock_guard guard(lock_);
  status_ = std::move(status);
  published_ = read_;
  changed_.notify_all();
}

void SpoolThread::connect(std::size_t endpoint) {
  disconnect();
  if (options_.collectors.empty()) return;
  const CollectorEndpoint& to = options_.collectors[endpoint % options_.collectors.size()];
  auto socket = ZmqSocket::dealer(*context_, to.address, options_.keys, to.key, LinkPort::link);
  if (!socket) {
    log_.error("{}", to_text(socket.error()));
    return;
  }
  link_ = std::move(*socket);
}

void SpoolThread::disconnect() {
  flush_outgoing();  // a goodbye goes out if it can
  link_ = ZmqSocket();
  is_connected_ = false;
  outgoing_.clear();
}

void SpoolThread::send(Message message) {
  // Bounded by the batches that may be in flight; what does not fit is repeated by the protocol.
  if (outgoing_.size() >= kOutgoingMax) return;
  outgoing_.push_back(codec_.encode(message.header, message.payload, PayloadCodec::Compress::when_smaller));
  flush_outgoing();
}

void SpoolThread::mark_heads(const spool_action::MarkHeads& marks) {
  heads_ = {.epoch = marks.epoch, .heads = marks.heads, .abandoned = marks.abandoned};
  mark();
}

void SpoolThread::control(const Payload& envelope) {
  constexpr std::size_t kControlsMax = 64;
  const std::lock_guard guard(lock_);
  if (controls_.size() < kControlsMax) controls_.push_back(envelope);
}

void SpoolThread::alarm(const std::string& kind, const std::string& text) { log_.warning("{} ({})", text, kind); }
void SpoolThread::stopped() { is_stopped_ = true; }

// -- The syncer ------------------------------------------------------------------------------------------------------

void SpoolThread::sync(std::vector<std::shared_ptr<DiskFile>> files, std::uint64_t token) {
  {
    const std::lock_guard guard(sync_lock_);
    syncs_.emplace_back(std::move(files), token);
  }
  sync_wanted_.notify_one();
}

void SpoolThread::run_syncer() {
  for (;;) {
    std::pair<std::vector<std::shared_ptr<DiskFile>>, std::uint64_t> work;
    {
      std::unique_lock guard(sync_lock_);
      sync_wanted_.wait(guard, [this] { return syncer_ends_ || !syncs_.empty(); });
      if (syncs_.empty()) return;
      work = std::move(syncs_.front());
      syncs_.pop_front();
    }
    bool ok = true;
    for (const auto& file : work.first) ok = file->sync() == 0 && ok;
    {
      const std::lock_guard guard(lock_);
      posted_.push_back(spool_event::Synced{.token = work.second, .ok = ok});
    }
    wake_.signal();
  }
}

}  // namespace hd
