// SPDX-License-Identifier: Apache-2.0
// EVE lines to anyone who subscribes (docs/formats/broadcast.md).
#include <map>

#include "sensor/base/json_writer.hpp"
#include "sensor/link/zmq/socket.hpp"
#include "sensor/output/eve_out.hpp"

namespace hd {
namespace {

constexpr Nanos kCountEvery = kSecond;

class Publisher final : public EveOut {
 public:
  Publisher(EvePublisherOptions options, ZmqContext context, ZmqSocket socket, Clock& clock)
      : options_(std::move(options)), clock_(clock), context_(std::move(context)), socket_(std::move(socket)) {}

  ~Publisher() override { tell_counts(); }
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  void write(const EveLine& line) override {
    ++offered_;
    topic_.assign("eve/").append(line.type).append("/").append(std::to_string(line.severity)).append("/").append(options_.sensor);
    text_.assign(line.text.substr(0, line.text.size() - 1));
    text_ += text_.size() > 1 ? R"(,"hd":)" : R"("hd":)";
    JsonWriter json(text_);
    json.begin_object().field("sensor", options_.sensor).field("run", options_.run).field("n", offered_).end_object();
    text_ += '}';
    Count& count = counts_[std::string(line.type)];
    if (socket_.publish(topic_, text_)) {
      ++counters_.written;
      ++count.sent;
    } else {
      ++counters_.dropped;
      ++count.dropped;
    }
  }

  void flush() override {
    const Ticks now = clock_.ticks();
    if (now - counted_ < kCountEvery) return;
    counted_ = now;
    tell_counts();
  }

  [[nodiscard]] std::string name() const override { return socket_.endpoint(); }

 private:
  struct Count {
    std::uint64_t sent = 0, dropped = 0;
  };

  void tell_counts() {
    text_.clear();
    JsonWriter json(text_);
    json.begin_object().field("event_type", "hd_count");
    json.key("hd").begin_object().field("sensor", options_.sensor).field("run", options_.run).field("n", offered_).end_object();
    json.key("count").begin_object();
    for (const auto& [type, count] : counts_) {
      json.key(type).begin_object().field("sent", count.sent).field("dropped", count.dropped).end_object();
    }
    json.end_object().end_object();
    (void)socket_.publish("eve/hd_count/0/" + options_.sensor, text_);
  }

  EvePublisherOptions options_;
  Clock& clock_;
  ZmqContext context_;
  ZmqSocket socket_;
  std::string topic_ = {}, text_ = {};
  std::map<std::string, Count> counts_ = {};
  std::uint64_t offered_ = 0;
  Ticks counted_ = {};
};

bool is_local(std::string_view endpoint) {
  return endpoint.starts_with("ipc://") || endpoint.starts_with("tcp://127.") || endpoint.starts_with("tcp://[::1]") || endpoint.starts_with("tcp://localhost:");
}

}  // namespace

Result<std::unique_ptr<EveOut>> open_eve_publisher(EvePublisherOptions options, Clock& clock) {
  if (!options.allow_plain && !is_local(options.bind)) {
    return fail({.code = ErrorCode::E3102,
                 .what = "the broadcast on " + options.bind + " could be read by others",
                 .why = "Alerts would leave this machine in clear text.",
                 .hint = "Bind it to 127.0.0.1 or ipc://, or say allow_plain: true if the network is yours alone."});
  }
  auto context = ZmqContext::make(16);
  if (!context) return fail(std::move(context.error()));
  auto socket = ZmqSocket::publisher(*context, options.bind, nullptr, options.messages_max);
  if (!socket) return fail(std::move(socket.error()));
  return std::unique_ptr<EveOut>(std::make_unique<Publisher>(std::move(options), std::move(*context), std::move(*socket), clock));
}

}  // namespace hd
