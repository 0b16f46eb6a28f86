// SPDX-License-Identifier: Apache-2.0
// ZeroMQ as SSP/1 uses it: one context, DEALER, ROUTER and PUB with the options of docs/formats/ssp1.md, CURVE always.
// A socket belongs to one thread. The library's header stays in socket.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sensor/base/crypto.hpp"
#include "sensor/base/result.hpp"
#include "sensor/base/time.hpp"
#include "sensor/link/codec/payload.hpp"

namespace hd {

class ZmqContext {
 public:
  /// E6001 when the library lacks CURVE or sockets cannot be had.
  [[nodiscard]] static Result<ZmqContext> make(int sockets_max = 1024);
  ~ZmqContext();
  ZmqContext(ZmqContext&& other) noexcept;
  ZmqContext& operator=(ZmqContext&& other) noexcept;
  [[nodiscard]] void* raw() const noexcept { return context_; }

 private:
  explicit ZmqContext(void* context) noexcept : context_(context) {}
  void* context_ = nullptr;
};

/// Which of the ports; sets limits, and the ZAP domain of a server.
enum class LinkPort : std::uint8_t { link, enrol };

/// One received message: two frames and who sent it.
struct Incoming {
  std::string peer = {};     ///< ROUTER: routing id, opaque
  std::string user_id = {};  ///< ROUTER: what the ZAP handler answered for this connection
  std::string address = {};  ///< ROUTER: the peer's IP address
  std::size_t frames = 0;    ///< how many frames came; only two are a message
  std::vector<std::uint8_t> header = {};
  std::vector<std::uint8_t> payload = {};
};

enum class SocketEvent : std::uint8_t { none, connected, disconnected, refused };

class ZmqSocket {
 public:
  ZmqSocket() = default;
  ~ZmqSocket();
  ZmqSocket(ZmqSocket&& other) noexcept;
  ZmqSocket& operator=(ZmqSocket&& other) noexcept;

  /// A new connection to `endpoint` (tcp://host:port), whose server must prove `server_key`.
  [[nodiscard]] static Result<ZmqSocket> dealer(ZmqContext& context, const std::string& endpoint,
                                                const CurveKeys& own, const PublicKey& server_key, LinkPort port);
  /// A server; port 0 takes a free one, see endpoint().
  [[nodiscard]] static Result<ZmqSocket> router(ZmqContext& context, const std::string& endpoint, const CurveKeys& own,
                                                LinkPort port);
  /// A publisher. Without keys it is open: the caller has made sure that only loopback listens, or that it is wanted.
  [[nodiscard]] static Result<ZmqSocket> publisher(ZmqContext& context, const std::string& endpoint,
                                                   const CurveKeys* own, int messages_max);
  /// The socket that libzmq asks for each new connection (RFC 27). One a context, before any server.
  [[nodiscard]] static Result<ZmqSocket> zap(ZmqContext& context);

  explicit operator bool() const noexcept { return socket_ != nullptr; }
  /// What was bound or connected, with the real port.
  [[nodiscard]] const std::string& endpoint() const noexcept { return endpoint_; }
  [[nodiscard]] std::uint16_t bound_port() const noexcept;

  /// False: not now (no connection, pipe full), or the peer is gone (ROUTER).
  [[nodiscard]] bool send(const WireMessage& message, std::string_view peer = {});
  /// Topic and line of a publisher. False: cannot be queued.
  [[nodiscard]] bool publish(std::string_view topic, std::string_view line);
  /// The next message, if one is there.
  [[nodiscard]] std::optional<Incoming> receive();
  /// All frames of the next message; for ZAP.
  [[nodiscard]] std::optional<std::vector<std::string>> receive_frames();
  [[nodiscard]] bool send_frames(const std::vector<std::string>& frames);
  /// DEALER: what happened to the connection since the last call.
  [[nodiscard]] SocketEvent next_event();

  [[nodiscard]] void* raw() const noexcept { return socket_; }
  [[nodiscard]] void* monitor() const noexcept { return monitor_; }

 private:
  explicit ZmqSocket(void* socket) noexcept : socket_(socket) {}
  void close() noexcept;
  void* socket_ = nullptr;
  void* monitor_ = nullptr;
  bool is_router_ = false;
  std::string endpoint_ = {};
};

/// Waits until one of the sockets or descriptors can be read, or the time is over.
class ZmqPoll {
 public:
  void clear();
  /// Answers the index for is_ready.
  std::size_t add(const ZmqSocket& socket, bool for_writing = false);
  std::size_t add_monitor(const ZmqSocket& socket);
  std::size_t add(int fd);
  void wait(Nanos timeout);
  [[nodiscard]] bool is_ready(std::size_t index) const noexcept { return ready_[index]; }

 private:
  struct Item {
    void* socket = nullptr;
    int fd = -1;
    bool for_writing = false;
  };
  std::vector<Item> items_ = {};
  std::vector<bool> ready_ = {};
};

/// Wakes a thread that waits in ZmqPoll: an eventfd.
class WakeUp {
 public:
  WakeUp();
  ~WakeUp();
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;
  void signal() noexcept;
  void clear() noexcept;
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  int fd_ = -1;
};

}  // namespace hd
