// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "sensor/link/zmq/socket.hpp"
#include "sensor/link/zmq/zap.hpp"

namespace hd {
namespace {

constexpr Nanos kPatience = 20 * kSecond;

struct LinkFixture : ::testing::Test {
  LinkFixture() : context(std::move(*ZmqContext::make())), server_keys(make_curve_keys()), client_keys(make_curve_keys()) {
    zap.emplace(std::move(*ZapHandler::make(context, [this](std::string_view domain, const PublicKey& key, std::string_view) {
      return domain == "link" && key == client_keys.public_key ? std::optional<std::string>("tram-bac-01") : std::nullopt;
    })));
    server = std::move(*ZmqSocket::router(context, "tcp://127.0.0.1:0", server_keys, LinkPort::link));
  }
  // Serves both sides until `done` or the patience is over.
  template <class Done>
  bool serve(Done done) {
    SystemClock clock;
    const Ticks end = clock.ticks() + kPatience;
    while (clock.ticks() < end) {
      zap->answer();
      if (done()) return true;
      ZmqPoll poll;
      poll.add(zap->socket());
      poll.add(server);
      poll.wait(5 * kMillisecond);
    }
    return false;
  }
  WireMessage message(std::string_view text) {
    PayloadCodec codec;
    return codec.encode({.type = FrameType::ping}, as_bytes(text), PayloadCodec::Compress::never);
  }
  ZmqContext context;
  CurveKeys server_keys;
  CurveKeys client_keys;
  std::optional<ZapHandler> zap;
  ZmqSocket server;
};

TEST_F(LinkFixture, CarriesMessagesWithTheNameThatZapGave) {
  auto client = ZmqSocket::dealer(context, server.endpoint(), client_keys, server_keys.public_key, LinkPort::link);
  ASSERT_TRUE(client.has_value());
  ASSERT_TRUE(serve([&] { return client->send(message("xin chào")); }));
  std::optional<Incoming> got;
  ASSERT_TRUE(serve([&] { return (got = server.receive()).has_value(); }));

  EXPECT_EQ(got->user_id, "tram-bac-01");
  EXPECT_EQ(got->frames, 2u);
  EXPECT_EQ(as_chars(got->payload), "xin chào");
  EXPECT_EQ(client->next_event(), SocketEvent::connected);

  ASSERT_TRUE(server.send(message("có"), got->peer));
  std::optional<Incoming> answer;
  ASSERT_TRUE(serve([&] { return (answer = client->receive()).has_value(); }));
  EXPECT_EQ(as_chars(answer->payload), "có");
}

TEST_F(LinkFixture, RefusesAKeyThatZapDoesNotKnow) {
  auto stranger = ZmqSocket::dealer(context, server.endpoint(), make_curve_keys(), server_keys.public_key, LinkPort::link);
  ASSERT_TRUE(stranger.has_value());

  EXPECT_TRUE(serve([&] { return stranger->next_event() == SocketEvent::refused; }));
  EXPECT_FALSE(stranger->send(message("x")));
  EXPECT_GE(zap->refused(), 1u);
}

TEST_F(LinkFixture, SendsNothingToAServerThatDoesNotProveItsKey) {
  auto client = ZmqSocket::dealer(context, server.endpoint(), client_keys, make_curve_keys().public_key, LinkPort::link);
  ASSERT_TRUE(client.has_value());

  // Another one that came later is through; this one is not.
  auto right = ZmqSocket::dealer(context, server.endpoint(), client_keys, server_keys.public_key, LinkPort::link);
  ASSERT_TRUE(serve([&] { return right->next_event() == SocketEvent::connected; }));
  EXPECT_NE(client->next_event(), SocketEvent::connected);
  EXPECT_FALSE(client->send(message("x")));
  EXPECT_FALSE(server.receive().has_value());
}

TEST(ZmqSocket, CannotSendToAPeerThatIsNotThere) {
  auto context = ZmqContext::make();
  auto server = ZmqSocket::router(*context, "tcp://127.0.0.1:0", make_curve_keys(), LinkPort::link);
  ASSERT_TRUE(server.has_value());
  PayloadCodec codec;

  EXPECT_FALSE(server->send(codec.encode({}, {}, PayloadCodec::Compress::never), "nobody"));
  EXPECT_NE(server->bound_port(), 0);
}

}  // namespace
}  // namespace hd
