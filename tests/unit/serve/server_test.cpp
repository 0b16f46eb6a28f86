// SPDX-License-Identifier: Apache-2.0
#include "sensor/serve/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

#include "sensor/base/file.hpp"
#include "sensor/serve/certificate.hpp"
#include "tests/unit/serve/client.hpp"

namespace hd {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// A handler that says what it was asked.
Response echo(const Request& request) {
  Response response;
  response.body = std::string(name_of(request.method)) + " " + request.path + " " + request.body;
  for (const auto& [name, value] : request.query) response.body += " " + name + "=" + value;
  return response;
}

std::unique_ptr<Server> start(ServerOptions options = {}, Handler handler = echo) {
  auto server = Server::start(std::move(options), std::move(handler), Logger());
  EXPECT_TRUE(server) << to_text(server.error());
  return server ? std::move(*server) : nullptr;
}

/// Streams that tests feed.
struct StreamBox {
  std::mutex mutex = {};
  std::condition_variable arrived = {};
  std::vector<std::shared_ptr<Stream>> streams = {};

  Handler handler() {
    return [this](const Request&) {
      Response response;
      response.with("Content-Type", "text/event-stream");
      response.stream = [this](std::shared_ptr<Stream> stream) {
        const std::lock_guard guard(mutex);
        streams.push_back(std::move(stream));
        arrived.notify_all();
      };
      return response;
    };
  }
  std::shared_ptr<Stream> wait() {
    std::unique_lock guard(mutex);
    arrived.wait_for(guard, std::chrono::seconds(20), [this] { return !streams.empty(); });
    return streams.empty() ? nullptr : streams.front();
  }
};

TEST(Server, AnswersSeveralRequestsOnOneConnection) {
  const auto server = start();
  Client client(server->port());

  client.send("GET /a%20b?x=1&y=%2F HTTP/1.1\r\nHost: h\r\n\r\nPOST /c HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nxyz");

  EXPECT_THAT(client.answer(), HasSubstr("GET /a b  x=1 y=/"));
  EXPECT_THAT(client.answer(), HasSubstr("POST /c xyz"));
  EXPECT_EQ(server->counters().requests, 2u);
  EXPECT_EQ(server->counters().connections, 1u);
}

TEST(Server, GivesNoBodyToHead) {
  const auto server = start();
  Client client(server->port());

  client.send("HEAD /long HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

  const std::string all = client.read_all();
  EXPECT_THAT(all, HasSubstr("Content-Length: 11"));
  EXPECT_THAT(all, Not(HasSubstr("/long")));
}

TEST(Server, RefusesWhatIsNoHttp) {
  const auto server = start();
  Client client(server->port());

  client.send("\x16\x03\x01 hello\r\n\r\n");

  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 400"));
  EXPECT_EQ(server->counters().malformed, 1u);
}

TEST(Server, RefusesATargetWithABrokenEscape) {
  const auto server = start();
  Client client(server->port());

  client.send("GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n");

  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 400"));
}

TEST(Server, RefusesAHeaderBeyondItsLimit) {
  const auto server = start();
  Client client(server->port());

  client.send("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(17'000, 'a') + "\r\n\r\n");

  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 431"));
  EXPECT_EQ(server->counters().too_large, 1u);
}

TEST(Server, RefusesMoreHeadersThanItsLimit) {
  const auto server = start({.limits = {.headers_max = 3}});
  Client client(server->port());

  client.send("GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n");

  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 431"));
}

TEST(Server, TakesABodyUpToItsLimitAndRefusesOneMore) {
  const auto server = start({.limits = {.body_bytes_max = 8}});
  Client good(server->port()), bad(server->port());

  good.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\n12345678");
  bad.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n123456789");

  EXPECT_THAT(good.answer(), HasSubstr("12345678"));
  EXPECT_THAT(bad.read_all(), StartsWith("HTTP/1.1 413"));
}

TEST(Server, EndsAConnectionThatNeverFinishesItsHeader) {
  const auto server = start({.limits = {.header_timeout = std::chrono::milliseconds(50)}});
  Client client(server->port());

  client.send("GET / HTTP/1.1\r\nHost:");

  EXPECT_TRUE(client.is_ended());
  // The connection ends a moment before it is counted.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (server->counters().timed_out == 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(server->counters().timed_out, 1u);
}

TEST(Server, TellsASourceWithTooManyConnectionsToComeLater) {
  const auto server = start({.limits = {.connections_source_max = 2}});
  Client first(server->port()), second(server->port());
  first.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  second.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(first.answer(), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(second.answer(), StartsWith("HTTP/1.1 200"));

  Client third(server->port());
  const std::string answer = third.read_all();

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(answer, HasSubstr("Retry-After: 5"));
  EXPECT_EQ(server->counters().refused, 1u);
}

TEST(Server, AnswersWithFiveHundredWhenAHandlerThrows) {
  const auto server = start({}, [](const Request&) -> Response { throw std::runtime_error("broken"); });
  Client client(server->port());

  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");

  EXPECT_THAT(client.answer(), StartsWith("HTTP/1.1 500"));
  EXPECT_EQ(server->counters().handler_failures, 1u);
}

TEST(Server, KeepsAStreamOpenAndSendsWhatItIsGiven) {
  StreamBox box;
  const auto server = start({}, box.handler());
  Client client(server->port());

  client.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("text/event-stream"));
  const auto stream = box.wait();
  ASSERT_NE(stream, nullptr);

  EXPECT_TRUE(stream->send("id: 1\ndata: a\n\n"));
  EXPECT_EQ(client.read_until("\n\n"), "id: 1\ndata: a\n\n");
  EXPECT_TRUE(stream->send("id: 2\ndata: b\n\n"));
  EXPECT_EQ(client.read_until("\n\n"), "id: 2\ndata: b\n\n");
  stream->close();
  EXPECT_TRUE(client.is_ended());
}

TEST(Server, DropsAStreamWhoseReaderIsTooSlow) {
  StreamBox box;
  const auto server = start({.limits = {.stream_bytes_max = 1000}}, box.handler());
  Client client(server->port());
  client.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  client.read_until("\r\n\r\n");
  const auto stream = box.wait();
  ASSERT_NE(stream, nullptr);

  EXPECT_FALSE(stream->send(std::string(1001, 'x')));

  EXPECT_FALSE(stream->is_open());
  EXPECT_TRUE(client.is_ended());
  EXPECT_EQ(server->counters().slow_readers, 1u);
}

TEST(Server, EndsStreamsAndConnectionsWhenItStops) {
  StreamBox box;
  auto server = start({}, box.handler());
  Client streaming(server->port()), idle(server->port());
  streaming.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  streaming.read_until("\r\n\r\n");
  const auto stream = box.wait();
  ASSERT_NE(stream, nullptr);

  server->stop();

  EXPECT_FALSE(stream->send("late"));
  EXPECT_TRUE(streaming.is_ended());
  EXPECT_TRUE(idle.is_ended());
  EXPECT_EQ(server->counters().connections_open, 0u);
}

TEST(Server, RefusesPlainHttpBeyondThisMachine) {
  const auto server = Server::start({.address = "0.0.0.0"}, echo, Logger());

  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ErrorCode::E3102);
}

TEST(Server, SaysWhichAddressItCannotUse) {
  const auto server = Server::start({.address = "nowhere"}, echo, Logger());

  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().what, HasSubstr("nowhere"));
}

/// Speaks TLS over a connected socket, and reads one answer.
std::string ask_over_tls(int fd, std::string_view text) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* tls = SSL_new(context);
  SSL_set_fd(tls, fd);
  std::string answer;
  if (SSL_connect(tls) == 1 && SSL_write(tls, text.data(), static_cast<int>(text.size())) > 0) {
    std::array<char, 4096> bytes{};
    const int got = SSL_read(tls, bytes.data(), static_cast<int>(bytes.size()));
    if (got > 0) answer.assign(bytes.data(), static_cast<std::size_t>(got));
  }
  SSL_free(tls);
  SSL_CTX_free(context);
  return answer;
}

class OwnCertificate : public ::testing::Test {
 protected:
  OwnCertificate() {
    std::string name = ::testing::TempDir() + "hd-tls-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~OwnCertificate() override { std::filesystem::remove_all(folder_); }
  std::string folder_ = {};
  WallTime now_{1'793'000'000 * kSecond};
};

TEST_F(OwnCertificate, ServesHttpsWithIt) {
  const auto files = own_certificate(folder_, {"thu.example"}, now_);
  ASSERT_TRUE(files) << to_text(files.error());
  const auto server = start({.certificate_file = files->certificate, .key_file = files->key});
  Client client(server->port());

  EXPECT_THAT(ask_over_tls(client.fd(), "GET /tls HTTP/1.1\r\nHost: h\r\n\r\n"), HasSubstr("GET /tls"));
}

TEST_F(OwnCertificate, IsMadeOnceAndKeptForItsOwnerOnly) {
  const auto first = own_certificate(folder_, {"thu.example", "192.0.2.7"}, now_);
  const auto second = own_certificate(folder_, {"thu.example", "192.0.2.7"}, now_);

  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->is_new);
  EXPECT_FALSE(second->is_new);
  EXPECT_EQ(first->fingerprint, second->fingerprint);
  EXPECT_EQ(first->fingerprint.size(), 32u * 3 - 1);
  EXPECT_EQ(std::filesystem::status(first->key).permissions() & std::filesystem::perms::all, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(OwnCertificate, IsRefusedWhenItsFileHoldsSomethingElse) {
  ASSERT_TRUE(write_file_atomic(folder_ + "/tls.crt", "no certificate"));
  ASSERT_TRUE(write_file_atomic(folder_ + "/tls.key", "no key"));

  const auto files = own_certificate(folder_, {}, now_);

  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().code, ErrorCode::E4001);
}

}  // namespace
}  // namespace hd
