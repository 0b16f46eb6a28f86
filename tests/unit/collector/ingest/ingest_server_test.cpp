// SPDX-License-Identifier: Apache-2.0
// IngestServer over real ZeroMQ on loopback, with a real store; the peers are made by hand.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>

#include "collector/ingest/ingest_server.hpp"
#include "collector/ingest/store_adapter.hpp"
#include "tests/unit/collector/ingest/link_peer.hpp"

namespace hd {
namespace {

constexpr LaneKey kLane{.epoch = kEpoch, .lane = 2};

/// The store's door with a fault that can be switched on.
class FaultyStore final : public IngestStore {
 public:
  explicit FaultyStore(Store& store) : real_(store) {}
  std::atomic<bool> is_full{false};
  std::atomic<std::uint64_t> refused{0};

  Uuid store_id() override { return real_.store_id(); }
  std::uint64_t store_generation() override { return real_.store_generation(); }
  std::optional<SensorSession> open_session(const SensorId& sensor) override { return real_.open_session(sensor); }
  void close_session(const SensorId& sensor, std::uint64_t token) override { real_.close_session(sensor, token); }
  CommitResult commit(const std::vector<const IngestBatch*>& batches) override {
    if (!is_full) return real_.commit(batches);
    ++refused;
    return {.outcome = CommitOutcome::full, .text = "disk full"};
  }
  std::optional<std::vector<LaneCursor>> cursors(const SensorId& sensor) override { return real_.cursors(sensor); }
  ChainPoint chain_at(const SensorId& sensor, LaneKey lane, std::uint64_t number) override { return real_.chain_at(sensor, lane, number); }
  void observe_heads(const SensorId& sensor, const std::vector<LaneHead>& heads, bool are_final) override { real_.observe_heads(sensor, heads, are_final); }

 private:
  StoreAdapter real_;
};

/// The machine's clock whose steady time begins with the test: no minute ends within one.
class OwnClock final : public Clock {
 public:
  WallTime wall() override { return system_.wall(); }
  Ticks ticks() override { return {system_.ticks() - begin_}; }

 private:
  SystemClock system_ = {};
  Ticks begin_ = system_.ticks();
};

class IngestServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("haidang-ingest-" + std::to_string(::getpid()) + "-" + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    start();
  }
  void TearDown() override {
    stop();
    std::filesystem::remove_all(folder_);
  }
  void start() {
    auto opened = open_sqlite_store({.path = folder_.string()}, clock_);
    ASSERT_TRUE(opened.has_value()) << opened.error().what;
    store_ = std::move(*opened);
    registry_ = std::make_unique<SensorRegistry>(*store_, clock_);
    ASSERT_TRUE(registry_->reload().has_value());
    adapter_ = std::make_unique<FaultyStore>(*store_);
    auto server = IngestServer::start({.link_endpoint = "tcp://127.0.0.1:0", .enrol_endpoint = "tcp://127.0.0.1:0", .keys = server_keys_, .core = core_,
                                       .committer = {.retry_min = kMillisecond, .retry_max = 5 * kMillisecond}},
                                      *adapter_, *registry_, clock_, Logger(LogLevel::info, [this](LogLevel, std::string_view line) { note(line); }));
    ASSERT_TRUE(server.has_value()) << server.error().what;
    server_ = std::move(*server);
  }
  void note(std::string_view line) {
    const std::lock_guard guard(lines_lock_);
    lines_.emplace_back(line);
  }
  std::size_t lines_with(std::string_view text) {
    const std::lock_guard guard(lines_lock_);
    return static_cast<std::size_t>(std::ranges::count_if(lines_, [&](const std::string& line) { return line.find(text) != std::string::npos; }));
  }
  void stop() {
    server_.reset();
    adapter_.reset();
    registry_.reset();
    store_.reset();
  }
  void add_sensor(const SensorId& id, const std::string& name, const CurveKeys& keys) {
    ASSERT_TRUE(store_->put_sensor({.id = id, .name = name, .state = std::string(kSensorAccepted), .key = to_z85(keys.public_key)}).has_value());
    ASSERT_TRUE(registry_->reload().has_value());
    server_->registry_changed();
  }
  LinkPeer link(const CurveKeys& keys) { return {"tcp://127.0.0.1:" + std::to_string(server_->link_port()), keys, server_keys_.public_key, LinkPort::link}; }
  LinkPeer enrol(const CurveKeys& keys) { return {"tcp://127.0.0.1:" + std::to_string(server_->enrol_port()), keys, server_keys_.public_key, LinkPort::enrol}; }
  std::uint64_t stored() { return store_->check_ledger("", true)->stored; }
  void expect_ledger_holds() {
    const auto report = store_->check_ledger("", true);
    ASSERT_TRUE(report.has_value());
    EXPECT_TRUE(report->violations.empty()) << report->violations.front();
  }

  std::mutex lines_lock_;
  std::vector<std::string> lines_ = {};
  std::filesystem::path folder_;
  OwnClock clock_;
  CollectorOptions core_ = {};
  CurveKeys server_keys_ = make_curve_keys();
  CurveKeys sensor_keys_ = make_curve_keys();
  SensorId sensor_ = {1, 2, 3};
  std::unique_ptr<Store> store_;
  std::unique_ptr<SensorRegistry> registry_;
  std::unique_ptr<FaultyStore> adapter_;
  std::unique_ptr<IngestServer> server_;
};

TEST_F(IngestServerTest, StoresABatchOnceHoweverOftenItComes) {
  add_sensor(sensor_, "tram-bac-01", sensor_keys_);
  LinkPeer peer = link(sensor_keys_);
  ASSERT_TRUE(peer.open(sensor_, 3).has_value());
  const Batch batch = make_batch(kLane, 1, 3);

  peer.send_batch(batch);
  EXPECT_EQ(peer.wait_for_ack(kLane, 3), batch.after);
  peer.send_batch(batch);
  EXPECT_EQ(peer.wait_for_ack(kLane, 3), batch.after);

  EXPECT_EQ(stored(), 3u);
  expect_ledger_holds();
  EXPECT_TRUE(eventually([&] { return server_->status().counters.duplicates_trimmed == 3; }));
  EXPECT_EQ(server_->status().counters.stored_items, 3u);
}

TEST_F(IngestServerTest, TrimsABatchThatOverlapsWhatIsStored) {
  add_sensor(sensor_, "tram-bac-01", sensor_keys_);
  LinkPeer peer = link(sensor_keys_);
  ASSERT_TRUE(peer.open(sensor_, 5).has_value());
  const Batch first = make_batch(kLane, 1, 1), rest = make_batch(kLane, 2, 3, first.after), overlap = make_batch(kLane, 2, 5, first.after);

  for (const Batch& batch : {first, rest, overlap}) peer.send_batch(batch);

  EXPECT_EQ(peer.wait_for_ack(kLane, 5), overlap.after);
  EXPECT_EQ(stored(), 5u);
  expect_ledger_holds();
}

TEST_F(IngestServerTest, AsksAgainForWhatLiesBeforeAGap) {
  add_sensor(sensor_, "tram-bac-01", sensor_keys_);
  LinkPeer peer = link(sensor_keys_);
  ASSERT_TRUE(peer.open(sensor_, 4).has_value());
  const Batch first = make_batch(kLane, 1, 2), second = make_batch(kLane, 3, 4, first.after);

  peer.send_batch(second);
  const auto message = peer.wait_for(FrameType::resume);
  ResumeBody resume;
  ASSERT_TRUE(message && decode(message->payload, &resume));
  EXPECT_EQ(resume.cursor, 0u);
  peer.send_batch(first);
  peer.send_batch(second);

  EXPECT_EQ(peer.wait_for_ack(kLane, 4), second.after);
  EXPECT_EQ(stored(), 4u);
}

TEST_F(IngestServerTest, GoesOnAfterARestartWhereItStopped) {
  add_sensor(sensor_, "tram-bac-01", sensor_keys_);
  const Batch first = make_batch(kLane, 1, 3), second = make_batch(kLane, 4, 6, first.after);
  Uuid store_id{};
  {
    LinkPeer peer = link(sensor_keys_);
    const auto welcome = peer.open(sensor_, 3);
    ASSERT_TRUE(welcome.has_value());
    store_id = welcome->store;
    peer.send_batch(first);
    ASSERT_TRUE(peer.wait_for_ack(kLane, 3).has_value());
  }
  stop();
  start();

  LinkPeer peer = link(sensor_keys_);
  const auto welcome = peer.open(sensor_, 6, 3, first.after);
  ASSERT_TRUE(welcome.has_value());
  EXPECT_EQ(welcome->store, store_id);
  ASSERT_EQ(welcome->cursors.size(), 1u);
  EXPECT_EQ(welcome->cursors[0], (LaneCursor{.lane = kLane, .cursor = 3, .chain = first.after}));
  peer.send_batch(second);

  EXPECT_EQ(peer.wait_for_ack(kLane, 6), second.after);
  EXPECT_EQ(stored(), 6u);
  expect_ledger_holds();
}

TEST_F(IngestServerTest, CommitsWhatItHasTakenInBeforeItStops) {
  add_sensor(sensor_, "tram-bac-01", sensor_keys_);
  LinkPeer peer = link(sensor_keys_);
  ASSERT_TRUE(peer.open(sensor_, 3).has_value());
  adapter_->is_full = true;
  peer.send_batch(make_batch(kLane, 1, 3));
  ASSERT_TRUE(eventually([&] { return adapter_->refused > 0; }));

  adapter_->is_full = false;
  server_->stop();

  EXPECT_EQ(stored(), 3u);
}

TEST_F(IngestServerTest, AcknowledgesNothingWhileTheStoreIsFullAndAllWhenItIsNot) {
  add_sensor(sensor_, "tram-bac-01", sensor_keys_);
  LinkPeer peer = link(sensor_keys_);
  ASSERT_TRUE(peer.open(sensor_, 3).has_value());
  adapter_->is_full = true;
  const Batch batch = make_batch(kLane, 1, 3);

  peer.send_batch(batch);
  EXPECT_EQ(peer.wait_for_error(), WireError::store);
  // The session lives: what it asks is answered.
  peer.send({.type = FrameType::ping, .session = peer.session()}, encode(PingBody{.t1 = 1}));
  const auto pong = peer.wait_for(FrameType::pong);
  PongBody body;
  ASSERT_TRUE(pong && decode(pong->payload, &body));
  EXPECT_EQ(body.state, CommitterState::stalled);
  EXPECT_EQ(stored(), 0u);
  EXPECT_FALSE(server_->status().is_store_working);

  adapter_->is_full = false;
  EXPECT_EQ(peer.wait_for_ack(kLane, 3), batch.after);
  EXPECT_EQ(stored(), 3u);
}

TEST_F(IngestServerTest, RefusesAKeyThatNoSensorHolds) {
  LinkPeer stranger = link(make_curve_keys());

  EXPECT_TRUE(stranger.is_refused());
  EXPECT_TRUE(eventually([&] { return server_->status().connections_refused >= 1; }));
}

TEST_F(IngestServerTest, DropsARevokedSensorAtItsNextMessage) {
  add_sensor(sensor_, "tram-bac-01", sensor_keys_);
  LinkPeer peer = link(sensor_keys_);
  ASSERT_TRUE(peer.open(sensor_, 6).has_value());
  const Batch first = make_batch(kLane, 1, 3);
  peer.send_batch(first);
  ASSERT_TRUE(peer.wait_for_ack(kLane, 3).has_value());

  ASSERT_TRUE(store_->set_sensor_state("tram-bac-01", std::string(kSensorRevoked)).has_value());
  ASSERT_TRUE(registry_->reload().has_value());
  server_->registry_changed();
  EXPECT_EQ(peer.wait_for_error(), WireError::revoked);
  peer.send_batch(make_batch(kLane, 4, 6, first.after));

  EXPECT_TRUE(eventually([&] { return server_->status().counters.revoked_frames >= 1; }));
  EXPECT_EQ(stored(), 3u);
  EXPECT_TRUE(link(sensor_keys_).is_refused());
}

TEST_F(IngestServerTest, DropsAConnectionWhoseKeyWasReplaced) {
  add_sensor(sensor_, "tram-bac-01", sensor_keys_);
  LinkPeer old = link(sensor_keys_);
  ASSERT_TRUE(old.open(sensor_, 3).has_value());
  add_sensor(sensor_, "tram-bac-01", make_curve_keys());

  old.send_batch(make_batch(kLane, 1, 3));

  EXPECT_EQ(old.wait_for_error(), WireError::revoked);
  EXPECT_EQ(stored(), 0u);
}

TEST_F(IngestServerTest, LetsNoSensorSpeakForAnother) {
  const CurveKeys other_keys = make_curve_keys();
  const SensorId other = {9, 9, 9};
  add_sensor(sensor_, "tram-bac-01", sensor_keys_);
  add_sensor(other, "tram-nam-02", other_keys);
  LinkPeer peer = link(other_keys);
  HelloBody hello{.sensor = sensor_, .machine = "m", .nonce = 1};
  random_bytes(hello.instance);

  peer.send({.type = FrameType::hello}, as_bytes(to_json(hello)));

  EXPECT_EQ(peer.wait_for_error(), WireError::frame);
  EXPECT_TRUE(eventually([&] { return server_->status().counters.frames_refused.contains("foreign_sensor"); }));
}

TEST_F(IngestServerTest, EndsASessionThatSendsWhatCannotBeRead) {
  add_sensor(sensor_, "tram-bac-01", sensor_keys_);
  LinkPeer peer = link(sensor_keys_);
  ASSERT_TRUE(peer.open(sensor_, 3).has_value());
  PayloadCodec codec;
  WireMessage message = codec.encode({.type = FrameType::ping, .session = peer.session()}, {}, PayloadCodec::Compress::never);
  message.header[8] ^= 1;  // the header's checksum no longer holds

  peer.send_raw(message);

  EXPECT_EQ(peer.wait_for_error(), WireError::frame);
  EXPECT_TRUE(eventually([&] { return server_->status().counters.sessions.contains("frame"); }));
}

// --- enrolment ---

TEST_F(IngestServerTest, EnrolsOneSensorWithAnInvitation) {
  const auto token = registry_->invite("tram-bac-01", 3600 * kSecond, true);
  ASSERT_TRUE(token.has_value());
  const std::string hex = to_hex(*token);

  const auto [type, text] = enrol(sensor_keys_).enrol(hex);
  ASSERT_EQ(type, FrameType::accepted) << text;
  const auto answer = JsonDocument::parse(text);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->get("name").as_string(), "tram-bac-01");
  EXPECT_EQ(answer->get("fingerprint").as_string(), fingerprint_of(sensor_keys_.public_key));
  EXPECT_EQ(answer->get("link").as_string(), "tcp://127.0.0.1:" + std::to_string(server_->link_port()));
  SensorId id{};
  ASSERT_TRUE(uuid_of(answer->get("sensor_id").as_string(), &id));

  // The same key that asks again gets the same answer; another one gets nothing.
  EXPECT_EQ(enrol(sensor_keys_).enrol(hex), std::pair(FrameType::accepted, text));
  EXPECT_EQ(enrol(make_curve_keys()).enrol(hex).first, FrameType::refused);
  EXPECT_TRUE(link(sensor_keys_).open(id, 0).has_value());
}

TEST_F(IngestServerTest, LetsAPersonConfirmBeforeASensorDelivers) {
  const std::string hex = to_hex(*registry_->invite("tram-bac-01", 3600 * kSecond, false));

  EXPECT_EQ(enrol(sensor_keys_).enrol(hex).first, FrameType::pending);
  EXPECT_TRUE(link(sensor_keys_).is_refused());
  ASSERT_TRUE(store_->set_sensor_state("tram-bac-01", std::string(kSensorAccepted)).has_value());

  EXPECT_EQ(enrol(sensor_keys_).enrol(hex).first, FrameType::accepted);
  EXPECT_TRUE(link(sensor_keys_).open(store_->sensors()->at(0).id, 0).has_value());
}

TEST_F(IngestServerTest, LogsAWaitingSensorOnceHoweverOftenItAsks) {
  const std::string hex = to_hex(*registry_->invite("tram-bac-01", 3600 * kSecond, false));
  LinkPeer peer = enrol(sensor_keys_);
  for (int n = 0; n < 8; ++n) EXPECT_EQ(peer.enrol(hex).first, FrameType::pending);
  ASSERT_TRUE(store_->set_sensor_state("tram-bac-01", std::string(kSensorAccepted)).has_value());
  EXPECT_EQ(peer.enrol(hex).first, FrameType::accepted);

  EXPECT_EQ(lines_with("sensor tram-bac-01 from 127.0.0.1: waits to be confirmed, fingerprint " + fingerprint_of(sensor_keys_.public_key)), 1u);
  EXPECT_EQ(lines_with("sensor tram-bac-01 from 127.0.0.1: accepted"), 1u);
}

TEST_F(IngestServerTest, TakesNoInvitationWhoseTimeIsOver) {
  const std::string hex = to_hex(*registry_->invite("tram-bac-01", -kSecond, true));

  EXPECT_EQ(enrol(sensor_keys_).enrol(hex).first, FrameType::refused);
  EXPECT_TRUE(store_->sensors()->empty());
}

TEST_F(IngestServerTest, GivesAKnownSensorANewKeyOnlyWhenThatWasMeant) {
  add_sensor(sensor_, "tram-bac-01", sensor_keys_);
  EXPECT_EQ(registry_->invite("tram-bac-01", kSecond, true).error().code, ErrorCode::E7003);
  const std::string hex = to_hex(*registry_->invite("tram-bac-01", 3600 * kSecond, true, true));
  const CurveKeys fresh = make_curve_keys();

  EXPECT_EQ(enrol(fresh).enrol(hex).first, FrameType::accepted);

  EXPECT_EQ(store_->sensors()->at(0).id, sensor_);
  EXPECT_EQ(registry_->sensor_of(fresh.public_key), sensor_);
  EXPECT_FALSE(registry_->sensor_of(sensor_keys_.public_key).has_value());
}

TEST_F(IngestServerTest, StopsListeningToAnAddressThatGuessesTokens) {
  const std::string hex = to_hex(*registry_->invite("tram-bac-01", 3600 * kSecond, true));
  LinkPeer guesser = enrol(make_curve_keys());
  for (int n = 0; n < 5; ++n) {
    EXPECT_EQ(guesser.enrol("0000000000000000000000000000000" + std::to_string(n)), std::pair(FrameType::refused, std::string(R"({"why":"the invitation is unknown, used or over"})")));
  }

  // Now even the right one has to wait.
  const auto [type, text] = enrol(sensor_keys_).enrol(hex);
  EXPECT_EQ(type, FrameType::refused);
  EXPECT_NE(text.find("too many tries"), std::string::npos) << text;
  EXPECT_TRUE(eventually([&] { return server_->status().enrol_refused == 6; }));
}

TEST_F(IngestServerTest, RefusesAnEnrolmentThatCannotBeRead) {
  LinkPeer peer = enrol(sensor_keys_);
  peer.send({.type = FrameType::enrol}, as_bytes(R"({"token":"short"})"));

  const auto message = peer.wait_for(FrameType::refused);
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(as_chars(message->payload), R"({"why":"malformed request"})");
}

}  // namespace
}  // namespace hd
