// SPDX-License-Identifier: Apache-2.0
// A peer of the collector made by hand, frame by frame: it can also do what no sensor does. Waits for answers by polling the
// socket until a deadline.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sensor/base/json.hpp"
#include "sensor/link/bodies.hpp"
#include "sensor/link/hello.hpp"
#include "sensor/link/record.hpp"
#include "sensor/link/zmq/socket.hpp"

namespace hd {

inline constexpr Nanos kPatience = 20 * kSecond;
inline constexpr std::uint64_t kEpoch = 0x1122334455667788u;

/// Until `done` or the patience is over.
template <class Done>
bool eventually(Done done) {
  SystemClock clock;
  const Ticks end = clock.ticks() + kPatience;
  ZmqPoll pause;
  while (!done()) {
    if (clock.ticks() > end) return false;
    pause.wait(2 * kMillisecond);
  }
  return true;
}

/// Records number..number+count-1 of a lane with the chain that runs over them.
struct Batch {
  LaneKey lane{};
  std::uint64_t first = 0, last = 0;
  Chain before{}, after{};
  std::vector<std::uint8_t> payload = {};
};

inline Batch make_batch(LaneKey lane, std::uint64_t first, std::uint64_t last, const Chain& before = {}) {
  Batch batch{.lane = lane, .first = first, .last = last, .before = before};
  for (std::uint64_t number = first; number <= last; ++number) {
    const std::string eve = R"({"timestamp":"2026-08-29T19:06:00.000000+0000","event_type":"alert","src_ip":"203.0.113.7","dest_ip":"10.0.0.1","proto":"TCP",)"
                            R"("alert":{"signature_id":1000001,"gid":1,"signature":"HD TEST )" + std::to_string(number) + R"(","severity":2}})";
    append_record(lane, {.number = number, .last = number, .kind = RecordKind::alert, .severity = 2}, as_bytes(eve), &batch.payload);
  }
  RecordRun run;
  EXPECT_TRUE(read_run(lane, batch.payload, first, before, 10'000, &run));
  batch.after = run.chain;
  return batch;
}

class LinkPeer {
 public:
  LinkPeer(const std::string& endpoint, const CurveKeys& keys, const PublicKey& server, LinkPort port) : context_(std::move(*ZmqContext::make())) {
    auto socket = ZmqSocket::dealer(context_, endpoint, keys, server, port);
    EXPECT_TRUE(socket.has_value());
    socket_ = std::move(*socket);
  }

  void send(FrameHeader header, Bytes payload) {
    const WireMessage message = codec_.encode(header, payload, PayloadCodec::Compress::when_smaller);
    EXPECT_TRUE(eventually([&] { return socket_.send(message); }));
  }
  void send_raw(const WireMessage& message) { EXPECT_TRUE(eventually([&] { return socket_.send(message); })); }

  /// The next message of a type; others are passed over. Nothing when none comes.
  std::optional<Message> wait_for(FrameType type) {
    std::optional<Message> found;
    const bool came = eventually([&] {
      const auto incoming = socket_.receive();
      if (!incoming) return false;
      Message message;
      EXPECT_EQ(decode_frame(incoming->header, &message.header), WireError::none);
      EXPECT_EQ(codec_.decode(message.header, incoming->payload, &message.payload), WireError::none);
      if (message.header.type != type) return false;
      found = std::move(message);
      return true;
    });
    return came ? std::move(found) : std::nullopt;
  }

  /// HELLO and WELCOME; afterwards batches can be sent.
  std::optional<WelcomeBody> open(const SensorId& id, std::uint64_t head, std::uint64_t acked = 0, const Chain& chain = {}) {
    HelloEpoch epoch{.epoch = kEpoch, .reason = "start"};
    epoch.lanes[2] = {.acked = acked, .head = head, .lowest = acked + 1, .chain_acked = chain};
    HelloBody hello{.sensor = id, .machine = "m", .software = "test", .nonce = ++nonce_, .epochs = {epoch}};
    random_bytes(hello.instance);
    send({.type = FrameType::hello}, as_bytes(to_json(hello)));
    const auto answer = wait_for(FrameType::welcome);
    if (!answer) return std::nullopt;
    auto welcome = welcome_of(as_chars(answer->payload));
    if (!welcome || welcome->nonce != nonce_) return std::nullopt;
    session_ = welcome->session;
    return std::move(*welcome);
  }

  void send_batch(const Batch& batch) {
    send({.type = FrameType::batch, .session = session_, .epoch = batch.lane.epoch, .lane = batch.lane.lane,
          .items = static_cast<std::uint32_t>(batch.last - batch.first + 1), .first = batch.first, .last = batch.last, .chain = batch.before, .head = batch.last},
         batch.payload);
  }
  /// Waits for an ACK of the lane at this number; answers its chain.
  std::optional<Chain> wait_for_ack(LaneKey lane, std::uint64_t number) {
    for (;;) {
      const auto message = wait_for(FrameType::ack);
      AckBody ack;
      if (!message || !decode(message->payload, &ack)) return std::nullopt;
      for (const LaneCursor& at : ack.cursors) {
        if (at.lane == lane && at.cursor >= number) return at.chain;
      }
    }
  }
  WireError wait_for_error() {
    const auto message = wait_for(FrameType::error);
    ErrorBody body;
    return message && decode(message->payload, &body) ? body.code : WireError::none;
  }

  /// ENROL; the type of the answer and its text.
  std::pair<FrameType, std::string> enrol(std::string_view token_hex) {
    const std::string json = R"({"token":")" + std::string(token_hex) + R"(","machine":"tram","software":"haidang-sensor test"})";
    send({.type = FrameType::enrol}, as_bytes(json));
    std::pair<FrameType, std::string> answer{FrameType::enrol, ""};
    EXPECT_TRUE(eventually([&] {
      const auto incoming = socket_.receive();
      if (!incoming) return false;
      FrameHeader header;
      Payload payload;
      EXPECT_EQ(decode_frame(incoming->header, &header), WireError::none);
      EXPECT_EQ(codec_.decode(header, incoming->payload, &payload), WireError::none);
      answer = {header.type, std::string(as_chars(payload))};
      return true;
    }));
    return answer;
  }
  bool is_refused() {
    return eventually([&] { return socket_.next_event() == SocketEvent::refused; });
  }
  [[nodiscard]] std::uint64_t session() const { return session_; }

 private:
  ZmqContext context_;
  PayloadCodec codec_ = {};
  ZmqSocket socket_;
  std::uint64_t session_ = 0, nonce_ = 0;
};

}  // namespace hd
