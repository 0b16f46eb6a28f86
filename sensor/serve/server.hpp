// SPDX-License-Identifier: Apache-2.0
// The HTTP/1.1 server of both programs. The library behind it stays in server.cpp, since its headers are heavy.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "sensor/base/log.hpp"
#include "sensor/base/result.hpp"
#include "sensor/serve/http.hpp"

namespace hd {

struct ServerLimits {
  std::uint32_t header_bytes_max = 16u << 10;
  std::size_t headers_max = 100;
  std::size_t body_bytes_max = 1u << 20;
  std::size_t connections_max = 1000;
  std::size_t connections_source_max = 32;  ///< of one IPv4 address or IPv6 /64
  std::size_t stream_bytes_max = 256u << 10;  ///< waiting for one slow reader
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds body_timeout{60'000};
  std::chrono::milliseconds idle_timeout{75'000};  ///< between two requests of one connection
  std::chrono::milliseconds write_timeout{60'000};
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: the system chooses; Server::port() tells
  /// PEM files. Empty: plain HTTP, which is refused on an address that others reach.
  std::string certificate_file = {}, key_file = {};
  unsigned workers = 4;  ///< threads that run handlers; one more moves bytes
  ServerLimits limits = {};
};

/// What the server met, since the start.
struct ServerCounters {
  std::uint64_t connections = 0, connections_open = 0, refused = 0;
  std::uint64_t requests = 0, malformed = 0, too_large = 0, timed_out = 0, slow_readers = 0, handler_failures = 0;
};

class Server {
 public:
  /// Binds and begins to answer. Errors: E4001 for address, port or certificate; E3102 for plain HTTP beyond loopback.
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(ServerOptions options, Handler handler, Logger logger);
  /// stop().
  ~Server();

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] ServerCounters counters() const noexcept;
  /// Takes no more, lets running handlers finish, ends streams and connections, joins the threads. A second call does nothing.
  /// Whoever feeds a Stream must have stopped before the Server is destroyed.
  void stop();

 private:
  struct Body;
  explicit Server(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace hd
