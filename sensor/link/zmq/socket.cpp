// SPDX-License-Identifier: Apache-2.0
#include "sensor/link/zmq/socket.hpp"

#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

namespace hd {
namespace {

constexpr int kHandshakeMs = 5'000;
constexpr int kReconnectMs = 200;
constexpr int kReconnectMaxMs = 10'000;
constexpr int kHeartbeatMs = 2'000;
constexpr int kHeartbeatTimeoutMs = 6'000;
constexpr int kPublisherLingerMs = 1000;  // of the last lines, when the program ends
constexpr int kMaxRtMs = 15'000;
constexpr int kBacklog = 128;
constexpr int kMessagesMax = 32;
// Fixed in libzmq 4.3, but named only in its draft headers: without an answering ZAP handler nobody gets in.
constexpr int kZapEnforceDomain = 93;

Error zmq_error(const std::string& what) {
  return {.code = ErrorCode::E6001, .what = what, .why = zmq_strerror(zmq_errno())};
}

bool set(void* socket, int option, int value) { return zmq_setsockopt(socket, option, &value, sizeof value) == 0; }
bool set(void* socket, int option, std::int64_t value) { return zmq_setsockopt(socket, option, &value, sizeof value) == 0; }
bool set(void* socket, int option, Bytes value) { return zmq_setsockopt(socket, option, value.data(), value.size()) == 0; }

std::int64_t message_max(LinkPort port) { return port == LinkPort::link ? std::int64_t{1} << 20 : 4096; }

bool set_common(void* socket, LinkPort port) {
  return set(socket, ZMQ_LINGER, 0) && set(socket, ZMQ_SNDHWM, kMessagesMax) && set(socket, ZMQ_RCVHWM, kMessagesMax) &&
         set(socket, ZMQ_MAXMSGSIZE, message_max(port)) && set(socket, ZMQ_HANDSHAKE_IVL, kHandshakeMs) &&
         set(socket, ZMQ_HEARTBEAT_IVL, kHeartbeatMs) && set(socket, ZMQ_HEARTBEAT_TIMEOUT, kHeartbeatTimeoutMs) &&
         set(socket, ZMQ_HEARTBEAT_TTL, kHeartbeatTimeoutMs) && set(socket, ZMQ_TCP_KEEPALIVE, 1) &&
         set(socket, ZMQ_TCP_MAXRT, kMaxRtMs) && set(socket, ZMQ_IPV6, 1);
}

bool set_server(void* socket, const CurveKeys& own, std::string_view domain) {
  return set(socket, ZMQ_CURVE_SERVER, 1) && set(socket, ZMQ_CURVE_SECRETKEY, own.secret_key.bytes) &&
         set(socket, ZMQ_ZAP_DOMAIN, as_bytes(domain)) && set(socket, kZapEnforceDomain, 1) &&
         set(socket, ZMQ_BACKLOG, kBacklog);
}

std::string last_endpoint(void* socket) {
  std::array<char, 256> text{};
  std::size_t length = text.size();
  if (zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, text.data(), &length) != 0 || length == 0) return {};
  return {text.data(), length - 1};
}

/// A message that closes itself.
class Frame {
 public:
  Frame() { zmq_msg_init(&message_); }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;
  ~Frame() { zmq_msg_close(&message_); }
  [[nodiscard]] bool receive(void* socket) { return zmq_msg_recv(&message_, socket, ZMQ_DONTWAIT) >= 0; }
  [[nodiscard]] bool has_more() const { return zmq_msg_more(&message_) != 0; }
  [[nodiscard]] Bytes bytes() {
    return {static_cast<const std::uint8_t*>(zmq_msg_data(&message_)), zmq_msg_size(&message_)};
  }
  [[nodiscard]] std::string property(const char* name) {
    const char* text = zmq_msg_gets(&message_, name);
    return text == nullptr ? std::string() : std::string(text);
  }

 private:
  zmq_msg_t message_{};
};

bool send_part(void* socket, Bytes bytes, bool has_more) {
  return zmq_send(socket, bytes.data(), bytes.size(), ZMQ_DONTWAIT | (has_more ? ZMQ_SNDMORE : 0)) >= 0;
}

}  // namespace

Result<ZmqContext> ZmqContext::make(int sockets_max) {
  if (zmq_has("curve") == 0) {
    return fail({.code = ErrorCode::E6001,
                 .what = "this ZeroMQ has no CURVE",
                 .hint = "Install the distribution's libzmq5, which is built with libsodium."});
  }
  void* context = zmq_ctx_new();
  if (context == nullptr) return fail(zmq_error("no ZeroMQ context"));
  zmq_ctx_set(context, ZMQ_MAX_SOCKETS, std::max(64, sockets_max));
  zmq_ctx_set(context, ZMQ_BLOCKY, 0);
  return ZmqContext(context);
}

ZmqContext::~ZmqContext() {
  if (context_ != nullptr) zmq_ctx_term(context_);
}
ZmqContext::ZmqContext(ZmqContext&& other) noexcept : context_(std::exchange(other.context_, nullptr)) {}
ZmqContext& ZmqContext::operator=(ZmqContext&& other) noexcept {
  std::swap(context_, other.context_);
  return *this;
}

ZmqSocket::~ZmqSocket() { close(); }

void ZmqSocket::close() noexcept {
  if (socket_ != nullptr && monitor_ != nullptr) zmq_socket_monitor(socket_, nullptr, 0);
  if (monitor_ != nullptr) zmq_close(monitor_);
  if (socket_ != nullptr) zmq_close(socket_);
  socket_ = monitor_ = nullptr;
}

ZmqSocket::ZmqSocket(ZmqSocket&& other) noexcept
    : socket_(std::exchange(other.socket_, nullptr)),
      monitor_(std::exchange(other.monitor_, nullptr)),
      is_router_(other.is_router_),
      endpoint_(std::move(other.endpoint_)) {}

ZmqSocket& ZmqSocket::operator=(ZmqSocket&& other) noexcept {
  if (this == &other) return *this;
  close();
  socket_ = std::exchange(other.socket_, nullptr);
  monitor_ = std::exchange(other.monitor_, nullptr);
  is_router_ = other.is_router_;
  endpoint_ = std::move(other.endpoint_);
  return *this;
}

Result<ZmqSocket> ZmqSocket::dealer(ZmqContext& context, const std::string& endpoint, const CurveKeys& own,
                                    const PublicKey& server_key, LinkPort port) {
  ZmqSocket socket(zmq_socket(context.raw(), ZMQ_DEALER));
  if (!socket) return fail(zmq_error("no socket for " + endpoint));
  void* raw = socket.raw();
  const bool is_set = set_common(raw, port) && set(raw, ZMQ_IMMEDIATE, 1) && set(raw, ZMQ_RECONNECT_IVL, kReconnectMs) &&
                      set(raw, ZMQ_RECONNECT_IVL_MAX, kReconnectMaxMs) && set(raw, ZMQ_CURVE_SERVERKEY, server_key) &&
                      set(raw, ZMQ_CURVE_PUBLICKEY, own.public_key) && set(raw, ZMQ_CURVE_SECRETKEY, own.secret_key.bytes);
  if (!is_set) return fail(zmq_error("the options of the link to " + endpoint + " were refused"));
  // The name needs to be unique within the context; the socket's address is.
  const std::string name = "inproc://hd-monitor-" + std::to_string(reinterpret_cast<std::uintptr_t>(raw));
  constexpr int kEvents = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                          ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL;
  if (zmq_socket_monitor(raw, name.c_str(), kEvents) == 0) {
    socket.monitor_ = zmq_socket(context.raw(), ZMQ_PAIR);
    if (socket.monitor_ == nullptr || !set(socket.monitor_, ZMQ_LINGER, 0) || zmq_connect(socket.monitor_, name.c_str()) != 0) {
      return fail(zmq_error("the link to " + endpoint + " cannot be watched"));
    }
  }
  if (zmq_connect(raw, endpoint.c_str()) != 0) return fail(zmq_error("cannot connect to " + endpoint));
  socket.endpoint_ = endpoint;
  return socket;
}

Result<ZmqSocket> ZmqSocket::router(ZmqContext& context, const std::string& endpoint, const CurveKeys& own, LinkPort port) {
  ZmqSocket socket(zmq_socket(context.raw(), ZMQ_ROUTER));
  if (!socket) return fail(zmq_error("no socket for " + endpoint));
  void* raw = socket.raw();
  const bool is_set = set_common(raw, port) && set(raw, ZMQ_ROUTER_MANDATORY, 1) &&
                      set_server(raw, own, port == LinkPort::link ? "link" : "enrol");
  if (!is_set) return fail(zmq_error("the options of " + endpoint + " were refused"));
  if (zmq_bind(raw, endpoint.c_str()) != 0) return fail(zmq_error("cannot listen on " + endpoint));
  socket.is_router_ = true;
  socket.endpoint_ = last_endpoint(raw);
  return socket;
}

Result<ZmqSocket> ZmqSocket::publisher(ZmqContext& context, const std::string& endpoint, const CurveKeys* own, int messages_max) {
  ZmqSocket socket(zmq_socket(context.raw(), ZMQ_PUB));
  if (!socket) return fail(zmq_error("no socket for " + endpoint));
  void* raw = socket.raw();
  bool is_set = set(raw, ZMQ_LINGER, kPublisherLingerMs) && set(raw, ZMQ_SNDHWM, messages_max) && set(raw, ZMQ_HANDSHAKE_IVL, kHandshakeMs) &&
                set(raw, ZMQ_HEARTBEAT_IVL, kHeartbeatMs) && set(raw, ZMQ_HEARTBEAT_TIMEOUT, kHeartbeatTimeoutMs) &&
                set(raw, ZMQ_MAXMSGSIZE, std::int64_t{1024}) && set(raw, ZMQ_IPV6, 1);
  if (own != nullptr) is_set = is_set && set(raw, ZMQ_CURVE_SERVER, 1) && set(raw, ZMQ_CURVE_SECRETKEY, own->secret_key.bytes);
  if (!is_set) return fail(zmq_error("the options of " + endpoint + " were refused"));
  if (zmq_bind(raw, endpoint.c_str()) != 0) return fail(zmq_error("cannot publish on " + endpoint));
  socket.endpoint_ = last_endpoint(raw);
  return socket;
}

Result<ZmqSocket> ZmqSocket::zap(ZmqContext& context) {
  ZmqSocket socket(zmq_socket(context.raw(), ZMQ_REP));
  if (!socket || !set(socket.raw(), ZMQ_LINGER, 0) || zmq_bind(socket.raw(), "inproc://zeromq.zap.01") != 0) {
    return fail(zmq_error("connections cannot be authenticated"));
  }
  return socket;
}

std::uint16_t ZmqSocket::bound_port() const noexcept {
  const std::size_t colon = endpoint_.rfind(':');
  std::uint16_t port = 0;
  if (colon != std::string::npos) std::from_chars(endpoint_.data() + colon + 1, endpoint_.data() + endpoint_.size(), port);
  return port;
}

bool ZmqSocket::send(const WireMessage& message, std::string_view peer) {
  // Once the first part is taken the others are: a pipe's bound counts messages.
  if (!peer.empty() && !send_part(socket_, as_bytes(peer), true)) return false;
  return send_part(socket_, message.header, true) && send_part(socket_, message.payload, false);
}

bool ZmqSocket::publish(std::string_view topic, std::string_view line) {
  return send_part(socket_, as_bytes(topic), true) && send_part(socket_, as_bytes(line), false);
}

std::optional<Incoming> ZmqSocket::receive() {
  Incoming incoming;
  for (bool is_first = true;; is_first = false) {
    Frame frame;
    if (!frame.receive(socket_)) return std::nullopt;  // parts of one message come together
    const Bytes bytes = frame.bytes();
    if (is_first && is_router_) {
      incoming.peer = as_chars(bytes);
    } else {
      ++incoming.frames;
      if (incoming.frames == 1) {
        incoming.header.assign(bytes.begin(), bytes.end());
        if (is_router_) {
          incoming.user_id = frame.property("User-Id");
          incoming.address = frame.property("Peer-Address");
        }
      } else if (incoming.frames == 2) {
        incoming.payload.assign(bytes.begin(), bytes.end());
      }
    }
    if (!frame.has_more()) return incoming;
  }
}

std::optional<std::vector<std::string>> ZmqSocket::receive_frames() {
  constexpr std::size_t kFramesMax = 16;
  std::vector<std::string> frames;
  for (;;) {
    Frame frame;
    if (!frame.receive(socket_)) return std::nullopt;
    if (frames.size() < kFramesMax) frames.emplace_back(as_chars(frame.bytes()));
    if (!frame.has_more()) return frames;
  }
}

bool ZmqSocket::send_frames(const std::vector<std::string>& frames) {
  for (std::size_t n = 0; n < frames.size(); ++n) {
    if (!send_part(socket_, as_bytes(frames[n]), n + 1 < frames.size())) return false;
  }
  return true;
}

SocketEvent ZmqSocket::next_event() {
  if (monitor_ == nullptr) return SocketEvent::none;
  Frame event;
  if (!event.receive(monitor_)) return SocketEvent::none;
  const Bytes bytes = event.bytes();
  const std::uint16_t kind = bytes.size() >= 2 ? load_le16(bytes.data()) : std::uint16_t{0};
  if (event.has_more()) {
    Frame address;
    static_cast<void>(address.receive(monitor_));
  }
  if (kind == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) return SocketEvent::connected;
  if (kind == ZMQ_EVENT_DISCONNECTED) return SocketEvent::disconnected;
  return SocketEvent::refused;
}

void ZmqPoll::clear() {
  items_.clear();
  ready_.clear();
}

std::size_t ZmqPoll::add(const ZmqSocket& socket, bool for_writing) {
  items_.push_back({.socket = socket.raw(), .for_writing = for_writing});
  return items_.size() - 1;
}
std::size_t ZmqPoll::add_monitor(const ZmqSocket& socket) {
  items_.push_back({.socket = socket.monitor()});
  return items_.size() - 1;
}
std::size_t ZmqPoll::add(int fd) {
  items_.push_back({.fd = fd});
  return items_.size() - 1;
}

void ZmqPoll::wait(Nanos timeout) {
  std::vector<zmq_pollitem_t> items;
  items.reserve(items_.size());
  for (const Item& item : items_) {
    zmq_pollitem_t one{};
    one.socket = item.socket;
    one.fd = item.fd;
    one.events = static_cast<short>(ZMQ_POLLIN | (item.for_writing ? ZMQ_POLLOUT : 0));
    items.push_back(one);
  }
  const long ms = static_cast<long>(std::clamp<Nanos>((timeout + kMillisecond - 1) / kMillisecond, 0, 3'600'000));
  zmq_poll(items.data(), static_cast<int>(items.size()), ms);
  ready_.assign(items.size(), false);
  for (std::size_t n = 0; n < items.size(); ++n) ready_[n] = items[n].revents != 0;
}

WakeUp::WakeUp() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { HD_ASSERT(fd_ >= 0); }
WakeUp::~WakeUp() { ::close(fd_); }
void WakeUp::signal() noexcept {
  const std::uint64_t one = 1;
  // Only fails when it is signalled already.
  static_cast<void>(!::write(fd_, &one, sizeof one));
}
void WakeUp::clear() noexcept {
  std::uint64_t value = 0;
  static_cast<void>(!::read(fd_, &value, sizeof value));
}

}  // namespace hd
