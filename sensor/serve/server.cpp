// SPDX-License-Identifier: Apache-2.0
// One thread moves bytes (all sessions live on it, so that they need no locks), `workers` threads run handlers. A connection
// carries one request at a time: what a client pipelines waits in the kernel or in the connection's buffer.
#include "sensor/serve/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

namespace hd {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;
using Code = boost::system::error_code;
using PlainWire = beast::tcp_stream;
using TlsWire = beast::ssl_stream<beast::tcp_stream>;

constexpr std::chrono::seconds kStopPatience{3};
constexpr std::size_t kReadSize = 8192;
constexpr std::size_t kRefusalsMax = 64;  // connections beyond the limit that are still told so
constexpr const char* kUnavailable = "{\"error\":{\"code\":\"HD-503\",\"vi\":\"Quá nhiều kết nối. Thử lại sau 5 giây.\",\"en\":\"Too many connections. Try again in 5 s.\"}}";

struct Meters {
  std::atomic<std::uint64_t> connections{0}, refused{0}, requests{0}, malformed{0}, too_large{0}, timed_out{0}, slow_readers{0}, handler_failures{0};
};

Method method_of(http::verb verb) noexcept {
  switch (verb) {
    case http::verb::get: return Method::get;
    case http::verb::head: return Method::head;
    case http::verb::post: return Method::post;
    case http::verb::put: return Method::put;
    case http::verb::patch: return Method::patch;
    case http::verb::delete_: return Method::remove;
    case http::verb::options: return Method::options;
    default: return Method::other;
  }
}

/// IPv4 as it is, IPv6 by its /64: one household counts as one.
std::string source_of(const asio::ip::address& address) {
  if (address.is_v4()) return address.to_string();
  const auto bytes = address.to_v6().to_bytes();
  return std::string(reinterpret_cast<const char*>(bytes.data()), 8);
}

asio::ip::address plain_address(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  return address;
}

class AnySession {
 public:
  virtual ~AnySession() = default;
  /// On the byte thread: ends when nothing is being answered, else after that answer.
  virtual void wind_down() = 0;
};

/// What sessions share; owned by Server::Body, which outlives them.
struct House {
  explicit House(ServerOptions given, Handler answer, Logger log)
      : options(std::move(given)), handler(std::move(answer)), logger(std::move(log)), workers(std::max(options.workers, 1u)) {}

  ServerOptions options;
  Handler handler;
  Logger logger;
  Meters meters = {};
  std::atomic<bool> is_stopping{false};
  std::mutex mutex = {};
  std::condition_variable emptied = {};
  std::set<AnySession*> sessions = {};
  std::map<std::string, std::size_t> sources = {};
  // Last, so that sessions which die with them still find the rest.
  asio::ssl::context tls{asio::ssl::context::tls_server};
  asio::io_context io{1};
  asio::thread_pool workers;

  /// Enters a session; false when there are too many, in all or of one source.
  bool enter(AnySession* session, const std::string& source) {
    const std::lock_guard guard(mutex);
    const bool is_room = sessions.size() < options.limits.connections_max && sources[source] < options.limits.connections_source_max;
    sessions.insert(session);
    ++sources[source];
    return is_room;
  }
  void leave(AnySession* session, const std::string& source) {
    const std::lock_guard guard(mutex);
    sessions.erase(session);
    const auto found = sources.find(source);
    if (found != sources.end() && --found->second == 0) sources.erase(found);
    emptied.notify_all();
  }
  std::size_t open() {
    const std::lock_guard guard(mutex);
    return sessions.size();
  }
};

template <class Wire>
class Session final : public AnySession, public std::enable_shared_from_this<Session<Wire>> {
 public:
  template <class... Args>
  Session(House& house, const asio::ip::address& peer, Args&&... args)
      : house_(house), wire_(std::forward<Args>(args)...), peer_(peer), source_(source_of(peer)) {
    is_refused_ = !house_.enter(this, source_);
    if (is_refused_) house_.meters.refused.fetch_add(1, std::memory_order_relaxed);
  }
  ~Session() override {
    if (stream_) stream_->end();
    house_.leave(this, source_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void begin() {
    if (is_refused_ && house_.open() > house_.options.limits.connections_max + kRefusalsMax) return;
    limit_time(house_.options.limits.header_timeout);
    if constexpr (std::is_same_v<Wire, TlsWire>) {
      wire_.async_handshake(asio::ssl::stream_base::server, [self = this->shared_from_this()](Code code) {
        if (!code) self->after_handshake();
      });
    } else {
      after_handshake();
    }
  }

  void wind_down() override {
    if (!is_answering_) drop();
  }

 private:
  /// The public face of an answer without end. Its queue is the only thing that two threads touch.
  class OpenStream final : public Stream {
   public:
    explicit OpenStream(std::shared_ptr<Session> session) : house_(session->house_), limit_(house_.options.limits.stream_bytes_max), session_(session) {}

    bool send(std::string piece) override {
      {
        const std::lock_guard guard(mutex_);
        if (!is_open_) return false;
        if (waiting_ + piece.size() > limit_) {
          house_.meters.slow_readers.fetch_add(1, std::memory_order_relaxed);
          is_open_ = false;
        } else {
          waiting_ += piece.size();
          pieces_ += piece;
        }
      }
      wake();
      return is_open();
    }
    void close() override {
      {
        const std::lock_guard guard(mutex_);
        if (!std::exchange(is_open_, false)) return;
      }
      wake();
    }
    [[nodiscard]] bool is_open() const noexcept override {
      const std::lock_guard guard(mutex_);
      return is_open_;
    }

    // The rest is called on the byte thread.
    void end() {
      const std::lock_guard guard(mutex_);
      is_open_ = false;
    }
    /// What waits, and whether more will come.
    std::string take(bool* is_open) {
      const std::lock_guard guard(mutex_);
      *is_open = is_open_;
      return std::exchange(pieces_, {});
    }
    void written(std::size_t length) {
      const std::lock_guard guard(mutex_);
      waiting_ -= length;
    }

   private:
    void wake() {
      asio::post(house_.io, [session = session_] {
        if (const auto self = session.lock()) self->pump();
      });
    }
    House& house_;
    std::size_t limit_;
    std::weak_ptr<Session> session_;
    mutable std::mutex mutex_ = {};
    std::string pieces_ = {};
    std::size_t waiting_ = 0;
    bool is_open_ = true;
  };

  void after_handshake() {
    if (!is_refused_) return read_begin(true);
    respond({.status = 503, .headers = {{"Retry-After", "5"}, {"Content-Type", "application/json"}}, .body = kUnavailable}, false);
  }

  void limit_time(std::chrono::milliseconds time) { beast::get_lowest_layer(wire_).expires_after(time); }

  void drop() {
    if (stream_) stream_->end();
    Code ignored;
    beast::get_lowest_layer(wire_).socket().shutdown(Tcp::socket::shutdown_both, ignored);
    beast::get_lowest_layer(wire_).close();
  }

  void failed(const Code& code) {
    if (code == beast::error::timeout) house_.meters.timed_out.fetch_add(1, std::memory_order_relaxed);
    drop();
  }

  // Waits for the first byte for long, for the rest of the header shortly.
  void read_begin(bool is_first) {
    if (house_.is_stopping.load(std::memory_order_relaxed)) return drop();
    if (buffer_.size() > 0) return read_header();
    limit_time(is_first ? house_.options.limits.header_timeout : house_.options.limits.idle_timeout);
    wire_.async_read_some(buffer_.prepare(kReadSize), [self = this->shared_from_this()](Code code, std::size_t length) {
      if (code) return self->failed(code);
      self->buffer_.commit(length);
      self->read_header();
    });
  }

  void read_header() {
    parser_.emplace();
    parser_->header_limit(house_.options.limits.header_bytes_max);
    parser_->body_limit(house_.options.limits.body_bytes_max);
    limit_time(house_.options.limits.header_timeout);
    http::async_read_header(wire_, buffer_, *parser_, [self = this->shared_from_this()](Code code, std::size_t) { self->after_header(code); });
  }

  void after_header(const Code& code) {
    if (code) return refuse(code);
    const auto& head = parser_->get();
    if (static_cast<std::size_t>(std::distance(head.begin(), head.end())) > house_.options.limits.headers_max) return refuse(http::error::header_limit);
    limit_time(house_.options.limits.body_timeout);
    if (!beast::iequals(head[http::field::expect], "100-continue")) return read_body();
    asio::async_write(wire_, asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")), [self = this->shared_from_this()](Code failure, std::size_t) {
      if (failure) return self->failed(failure);
      self->read_body();
    });
  }

  void read_body() {
    http::async_read(wire_, buffer_, *parser_, [self = this->shared_from_this()](Code code, std::size_t) {
      if (code) return self->refuse(code);
      self->answer();
    });
  }

  // A request that cannot be read ends its connection: where the next would begin is not known.
  void refuse(const Code& code) {
    const bool is_parse_error = code.category() == make_error_code(http::error::bad_method).category();
    if (!is_parse_error || code == http::error::end_of_stream || code == http::error::partial_message) return failed(code);
    unsigned status = 400;
    if (code == http::error::header_limit) status = 431;
    if (code == http::error::body_limit) status = 413;
    (status == 400 ? house_.meters.malformed : house_.meters.too_large).fetch_add(1, std::memory_order_relaxed);
    respond({.status = status}, false);
  }

  void answer() {
    house_.meters.requests.fetch_add(1, std::memory_order_relaxed);
    auto message = parser_->release();
    auto request = std::make_shared<Request>();
    request->method = method_of(message.method());
    is_head_ = request->method == Method::head;
    const bool is_kept = message.keep_alive();
    if (!split_target(std::string_view(message.target().data(), message.target().size()), &request->path, &request->query)) {
      house_.meters.malformed.fetch_add(1, std::memory_order_relaxed);
      return respond({.status = 400}, false);
    }
    for (const auto& field : message) request->headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    request->body = std::move(message.body());
    request->peer = peer_.to_string();
    request->is_tls = std::is_same_v<Wire, TlsWire>;
    request->is_loopback = peer_.is_loopback();
    is_answering_ = true;
    beast::get_lowest_layer(wire_).expires_never();
    asio::post(house_.workers, [self = this->shared_from_this(), request, is_kept]() mutable {
      auto response = std::make_shared<Response>(self->run(*request));
      House& house = self->house_;
      asio::post(house.io, [self = std::move(self), response, is_kept] { self->respond(std::move(*response), is_kept); });
    });
  }

  Response run(const Request& request) {
    try {
      return house_.handler(request);
    } catch (const std::exception& failure) {
      house_.meters.handler_failures.fetch_add(1, std::memory_order_relaxed);
      house_.logger.error("a request to {} failed: {}", request.path, failure.what());
      return {.status = 500};
    }
  }

  template <class Message>
  void fill(Message& message) {
    message.version(11);
    message.result(response_.status);
    for (const auto& [name, value] : response_.headers) message.insert(name, value);
  }

  void respond(Response response, bool is_kept) {
    response_ = std::move(response);
    is_answering_ = true;
    limit_time(house_.options.limits.write_timeout);
    if (response_.stream) return open_stream();
    const std::string& body = response_.shared_body ? *response_.shared_body : response_.body;
    message_.emplace();
    fill(*message_);
    message_->keep_alive(is_kept && !house_.is_stopping.load(std::memory_order_relaxed));
    message_->content_length(body.size());
    if (!is_head_) message_->body() = beast::span<const char>(body.data(), body.size());
    http::async_write(wire_, *message_, [self = this->shared_from_this()](Code code, std::size_t) {
      self->is_answering_ = false;
      const bool is_going_on = !code && self->message_->keep_alive();
      self->message_.reset();
      self->response_ = {};
      if (is_going_on) return self->read_begin(false);
      self->finish(code);
    });
  }

  // Closes in a way that the last answer still arrives: our side first, then what the client still sends is thrown away.
  void finish(const Code& code) {
    if (code) return failed(code);
    beast::get_lowest_layer(wire_).socket().shutdown(Tcp::socket::shutdown_send, last_code_);
    limit_time(std::chrono::seconds(1));
    linger();
  }
  void linger() {
    beast::get_lowest_layer(wire_).async_read_some(asio::buffer(rest_), [self = this->shared_from_this()](Code code, std::size_t length) {
      self->lingered_ += length;
      if (!code && self->lingered_ < (4u << 20)) self->linger();
    });
  }

  void open_stream() {
    head_.emplace();
    fill(*head_);
    head_->keep_alive(false);
    serializer_.emplace(*head_);
    http::async_write_header(wire_, *serializer_, [self = this->shared_from_this()](Code code, std::size_t) {
      self->is_answering_ = false;
      if (code || self->house_.is_stopping.load(std::memory_order_relaxed)) return self->failed(code);
      self->stream_ = std::make_shared<OpenStream>(self);
      beast::get_lowest_layer(self->wire_).expires_never();
      self->watch_end();
      asio::post(self->house_.workers, [stream = self->stream_, start = std::move(self->response_.stream)] { start(stream); });
    });
  }

  // The client says nothing more on such a connection; whatever comes, an end too, ends it.
  void watch_end() {
    wire_.async_read_some(asio::buffer(rest_), [self = this->shared_from_this()](Code, std::size_t) { self->drop(); });
  }

  void pump() {
    if (is_pumping_ || !stream_) return;
    bool is_open = false;
    outgoing_ = stream_->take(&is_open);
    if (outgoing_.empty()) {
      if (!is_open) drop();
      return;
    }
    is_pumping_ = true;
    asio::async_write(wire_, asio::buffer(outgoing_), [self = this->shared_from_this()](Code code, std::size_t length) {
      self->is_pumping_ = false;
      self->stream_->written(length);
      if (code) return self->drop();
      self->pump();
    });
  }

  House& house_;
  Wire wire_;
  asio::ip::address peer_;
  std::string source_;
  beast::flat_buffer buffer_ = {};
  std::optional<http::request_parser<http::string_body>> parser_ = {};
  std::optional<http::response<http::span_body<const char>>> message_ = {};
  std::optional<http::response<http::empty_body>> head_ = {};
  std::optional<http::response_serializer<http::empty_body>> serializer_ = {};
  Response response_ = {};
  std::shared_ptr<OpenStream> stream_ = {};
  std::string outgoing_ = {};
  std::array<char, 4096> rest_ = {};
  std::size_t lingered_ = 0;
  Code last_code_ = {};
  bool is_refused_ = false, is_head_ = false, is_answering_ = false, is_pumping_ = false;
};

}  // namespace

struct Server::Body {
  Body(ServerOptions options, Handler handler, Logger logger) : house(std::move(options), std::move(handler), std::move(logger)) {}

  House house;
  Tcp::acceptor acceptor{house.io};
  std::thread thread = {};
  std::uint16_t port = 0;
  bool is_tls = false, is_stopped = false;

  Result<void> open() {
    const ServerOptions& options = house.options;
    Code code;
    const asio::ip::address address = asio::ip::make_address(options.address, code);
    if (code) return fail(ErrorCode::E4001, "\"" + options.address + "\" is no address to listen on");
    is_tls = !options.certificate_file.empty();
    if (!is_tls && !address.is_loopback()) {
      return fail({.code = ErrorCode::E3102, .what = "plain HTTP on " + options.address + " could be read by others", .hint = "Listen on 127.0.0.1, or give a certificate."});
    }
    if (is_tls) {
      if (auto loaded = load_certificate(); !loaded) return loaded;
    }
    const Tcp::endpoint endpoint(address, options.port);
    acceptor.open(endpoint.protocol(), code);
    if (!code) acceptor.set_option(asio::socket_base::reuse_address(true), code);
    if (!code) acceptor.bind(endpoint, code);
    if (!code) acceptor.listen(256, code);
    if (code) return fail(ErrorCode::E4001, "cannot listen on " + options.address + " port " + std::to_string(options.port) + ": " + code.message());
    port = acceptor.local_endpoint(code).port();
    return {};
  }

  Result<void> load_certificate() {
    const ServerOptions& options = house.options;
    Code code;
    house.tls.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 | asio::ssl::context::no_sslv3 |
                          asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, code);
    if (!code) house.tls.use_certificate_chain_file(options.certificate_file, code);
    if (code) return fail(ErrorCode::E4001, "cannot use the certificate " + options.certificate_file + ": " + code.message());
    house.tls.use_private_key_file(options.key_file, asio::ssl::context::pem, code);
    if (code) return fail(ErrorCode::E4001, "cannot use the key " + options.key_file + ": " + code.message());
    return {};
  }

  void accept() {
    acceptor.async_accept([this](Code code, Tcp::socket socket) {
      if (code == asio::error::operation_aborted || house.is_stopping.load(std::memory_order_relaxed)) return;
      if (!code) take(std::move(socket));
      accept();
    });
  }

  void take(Tcp::socket socket) {
    Code code;
    const asio::ip::address peer = plain_address(socket.remote_endpoint(code).address());
    if (code) return;
    socket.set_option(Tcp::no_delay(true), code);
    house.meters.connections.fetch_add(1, std::memory_order_relaxed);
    if (is_tls) std::make_shared<Session<TlsWire>>(house, peer, std::move(socket), house.tls)->begin();
    else std::make_shared<Session<PlainWire>>(house, peer, std::move(socket))->begin();
  }

  void stop() {
    if (std::exchange(is_stopped, true)) return;
    house.is_stopping.store(true, std::memory_order_relaxed);  // read by the byte thread
    asio::post(house.io, [this] {
      Code ignored;
      acceptor.close(ignored);
      wind_down();
    });
    house.workers.join();
    // Handlers are done; streams that one of them has just opened end too.
    asio::post(house.io, [this] { wind_down(); });
    {
      std::unique_lock guard(house.mutex);
      house.emptied.wait_for(guard, kStopPatience, [this] { return house.sessions.empty(); });
    }
    house.io.stop();
    if (thread.joinable()) thread.join();
  }

  void wind_down() {
    // A session leaves the set under this lock before it dies, and closing one only posts its end.
    const std::lock_guard guard(house.mutex);
    for (AnySession* session : house.sessions) session->wind_down();
  }
};

Server::Server(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Server::~Server() { stop(); }

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Handler handler, Logger logger) {
  auto body = std::make_unique<Body>(std::move(options), std::move(handler), std::move(logger));
  if (auto opened = body->open(); !opened) return fail(std::move(opened.error()));
  body->accept();
  body->thread = std::thread([house = &body->house] {
    const auto guard = asio::make_work_guard(house->io);
    house->io.run();
  });
  return std::unique_ptr<Server>(new Server(std::move(body)));
}

std::uint16_t Server::port() const noexcept { return body_->port; }

ServerCounters Server::counters() const noexcept {
  const Meters& meters = body_->house.meters;
  const auto read = [](const std::atomic<std::uint64_t>& value) { return value.load(std::memory_order_relaxed); };
  return {.connections = read(meters.connections), .connections_open = body_->house.open(), .refused = read(meters.refused),
          .requests = read(meters.requests), .malformed = read(meters.malformed), .too_large = read(meters.too_large),
          .timed_out = read(meters.timed_out), .slow_readers = read(meters.slow_readers), .handler_failures = read(meters.handler_failures)};
}

void Server::stop() { body_->stop(); }

}  // namespace hd
