// SPDX-License-Identifier: Apache-2.0
// A conversation in bytes with the application layer, cut as wanted, without packets and streams.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sensor/app/app_layer.hpp"

namespace hd::test {

class Conversation {
 public:
  struct Options {
    AppOptions app = {.flows_max = 16, .transactions_max = 2048, .memory = std::size_t{32} << 20};
    std::uint16_t client_port = 40000;
    std::uint16_t server_port = 80;
    bool is_udp = false;
    std::size_t cut = ~std::size_t{0};  ///< bytes shown at a time
  };
  Conversation(std::vector<const ProtocolSpec*> specs, const Options& options)
      : options_(options), layer_(std::make_unique<AppLayer>(options.app, specs)) {
    flow_.client_port = options.client_port;
    flow_.server_port = options.server_port;
    flow_.protocol = options.is_udp ? ip_protocol::udp : ip_protocol::tcp;
    app_ = layer_->begin(flow_);
  }
  ~Conversation() { layer_->end(flow_); }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  Conversation& client(std::string_view bytes) { return say(Direction::to_server, bytes); }
  Conversation& server(std::string_view bytes) { return say(Direction::to_client, bytes); }
  Conversation& gap(Direction direction, std::uint64_t length) {
    last_ = layer_->take(*app_, direction, {.gap = length}, context());
    return *this;
  }
  /// Both directions end.
  Conversation& end() {
    for (const Direction direction : {Direction::to_server, Direction::to_client}) show(direction, true);
    layer_->finish(flow_, {});
    return *this;
  }

  [[nodiscard]] AppFlow& app() { return *app_; }
  [[nodiscard]] AppLayer& layer() { return *layer_; }
  [[nodiscard]] FlowRecord& flow() { return flow_; }
  [[nodiscard]] const AppAnswer& last() const { return last_; }
  [[nodiscard]] ParserRequests& asked() { return asked_; }
  [[nodiscard]] bool has_failed() const { return has_failed_; }

  [[nodiscard]] Transaction* tx(std::uint64_t id = 0) {
    for (Transaction* one = app_->first; one != nullptr; one = one->next) {
      if (one->id == id) return one;
    }
    return nullptr;
  }
  /// A buffer's bytes as text; nothing when it is absent (or its progress not reached).
  std::optional<std::string> buffer(std::string_view name, Direction direction, std::uint64_t id = 0, unsigned instance = 0, bool is_flow_end = false) {
    Transaction* one = tx(id);
    if (one == nullptr || app_->spec == nullptr) return std::nullopt;
    for (const BufferSpec& row : app_->spec->buffers) {
      if (row.name != name) continue;
      if (!contains(row.directions, direction) || one->progress[index_of(direction)] < row.progress[index_of(direction)]) return std::nullopt;
      Buffer out;
      const BufferRequest request{.direction = direction, .instance = instance, .is_flow_end = is_flow_end, .scratch = &scratch_};
      if (!row.get(*one, request, out)) return std::nullopt;
      return std::string(as_chars(out.bytes));
    }
    return "no such buffer";
  }
  std::optional<std::string> request(std::string_view name, std::uint64_t id = 0, unsigned instance = 0) {
    return buffer(name, Direction::to_server, id, instance);
  }
  std::optional<std::string> response(std::string_view name, std::uint64_t id = 0, unsigned instance = 0) {
    return buffer(name, Direction::to_client, id, instance);
  }
  /// Names of a transaction's events, in the order of the table.
  std::vector<std::string> events(std::uint64_t id = 0) {
    std::vector<std::string> names;
    Transaction* one = tx(id);
    for (unsigned i = 0; one != nullptr && i < app_->spec->events.size(); ++i) {
      if (one->events.test(i)) names.emplace_back(app_->spec->events[i].name);
    }
    return names;
  }

 private:
  [[nodiscard]] AppContext context() const {
    return {.client_port = flow_.client_port, .server_port = flow_.server_port, .is_udp = options_.is_udp};
  }
  Conversation& say(Direction direction, std::string_view bytes) {
    if (options_.is_udp) {
      note(layer_->take(*app_, direction, {.bytes = as_bytes(bytes)}, context()));
      return *this;
    }
    while (!bytes.empty()) {
      const std::string_view piece = bytes.substr(0, options_.cut);
      bytes.remove_prefix(piece.size());
      waiting_[index_of(direction)] += piece;
      show(direction, false);
    }
    return *this;
  }
  void show(Direction direction, bool is_end) {
    for (int round = 0; round < 64; ++round) {
      std::string& bytes = waiting_[index_of(direction)];
      const AppAnswer answer = layer_->take(*app_, direction, {.bytes = as_bytes(bytes), .is_end = is_end}, context());
      note(answer);
      if (answer.other_first) {
        if (round > 0) return;
        show(opposite(direction), false);
        continue;
      }
      bytes.erase(0, answer.used);
      if (answer.used == 0 || bytes.empty() || !app_->is_changing) return;
    }
  }
  void note(const AppAnswer& answer) {
    last_ = answer;
    AppAnswer sum;
    sum.requests = asked_;
    sum.add(answer);
    asked_ = sum.requests;
    has_failed_ = has_failed_ || answer.has_failed;
  }

  Options options_;
  std::unique_ptr<AppLayer> layer_;
  FlowRecord flow_ = {};
  AppFlow* app_ = nullptr;
  std::array<std::string, 2> waiting_ = {};
  AppAnswer last_ = {};
  ParserRequests asked_ = {};
  bool has_failed_ = false;
  BufferPool pool_{std::size_t{4} << 20};
  Arena scratch_{pool_};
};

}  // namespace hd::test
