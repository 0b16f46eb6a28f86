// SPDX-License-Identifier: Apache-2.0
// A TCP conversation for tests: makes packets, runs them through flow table and tracker as the worker does, and
// keeps what parser and raw rules saw at which packet.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "sensor/flow/table.hpp"
#include "sensor/stream/header.hpp"
#include "sensor/stream/tracker.hpp"

namespace hd::test {

struct Segment {
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint8_t flags = tcp_flag::ack;
  std::string_view payload = {};
  std::uint16_t window = 65535;
  std::vector<std::uint8_t> options = {};
  std::uint16_t urgent = 0;
};

/// A raw window as rules saw it; packet 0 is the flow's end.
struct SeenWindow {
  std::uint32_t packet = 0;
  Direction direction = Direction::to_server;
  std::string bytes;
  bool operator==(const SeenWindow&) const = default;
};

class Conversation {
 public:
  explicit Conversation(const TcpOptions& options = small_options()) : flows_(flow_options()), tracker(options, flows_) {}

  static TcpOptions small_options() {
    TcpOptions options;
    options.sessions_max = 64;
    options.memory = std::size_t{8} << 20;
    options.extents_max = 2048;
    options.odd_max = 16;
    return options;
  }
  static FlowOptions flow_options() {
    FlowOptions options;
    options.flows_max = 64;
    options.flow_vars_max = 16;
    options.capture_memory = 1 << 16;
    return options;
  }

  // The client begins at 1000, the server at 5000: data of the client is at 1001.
  static constexpr std::uint32_t kClient = 1001;
  static constexpr std::uint32_t kServer = 5001;

  TakeResult packet(Direction from, const Segment& segment) {
    ++number;
    events.clear();
    PacketView& view = make_view(from, segment);
    const FlowFound found = flows_.find_or_create(
        view, view.time, [this](const FlowRecord& record, const PacketView& next) { return tracker.is_reuse(record, next); },
        [this](FlowRecord& record, FlowEnd) { finish(record); });
    flow = found.flow;
    flows_.update(*flow, view);
    const TakeResult result = tracker.take(*flow, view, events);
    read_app(opposite(view.direction), result);
    read_app(view.direction, result);
    if (result.is_valid) read_raw(*flow, view.direction, number);
    return result;
  }
  TakeResult client(const Segment& segment) { return packet(Direction::to_server, segment); }
  TakeResult server(const Segment& segment) { return packet(Direction::to_client, segment); }

  void handshake() {
    client({.seq = kClient - 1, .flags = tcp_flag::syn});
    server({.seq = kServer - 1, .ack = kClient, .flags = tcp_flag::syn | tcp_flag::ack});
    client({.seq = kClient, .ack = kServer});
  }
  void finish() {
    if (flow != nullptr) flows_.drain([this](FlowRecord& record, FlowEnd) { finish(record); });
    flow = nullptr;
  }

  [[nodiscard]] bool raised(StreamEvent event) const { return events.has(event); }
  [[nodiscard]] const TcpSession& session() const { return *tracker.session(*flow); }
  [[nodiscard]] TcpState state() const { return session().state; }
  [[nodiscard]] const std::string& app(Direction direction) const { return app_[index_of(direction)]; }
  FlowTable& flows() { return flows_; }

  std::uint32_t number = 0;
  StreamEventSet events;
  FlowRecord* flow = nullptr;
  std::vector<SeenWindow> windows;
  std::vector<std::uint64_t> gaps;
  std::array<bool, 2> ended = {};
  std::uint32_t client_port = 40000;
  PacketTime now = {1'700'000'000 * kSecond};
  Nanos step = kMillisecond;

 private:
  FlowTable flows_;

 public:
  TcpTracker tracker;

 private:
  PacketView& make_view(Direction from, const Segment& segment) {
    now = now + step;
    const bool is_client = from == Direction::to_server;
    const std::size_t options = (segment.options.size() + 3) / 4 * 4;
    std::vector<std::uint8_t>& bytes = bytes_.emplace_back(40 + options, std::uint8_t{0});
    bytes[0] = 0x45;
    bytes[9] = ip_protocol::tcp;
    const std::array<std::uint8_t, 4> left = {10, 0, 0, 1};
    const std::array<std::uint8_t, 4> right = {192, 0, 2, 7};
    std::copy_n((is_client ? left : right).begin(), 4, bytes.begin() + 12);
    std::copy_n((is_client ? right : left).begin(), 4, bytes.begin() + 16);
    const auto put16 = [&](std::size_t at, std::uint32_t value) {
      bytes[at] = static_cast<std::uint8_t>(value >> 8);
      bytes[at + 1] = static_cast<std::uint8_t>(value);
    };
    put16(20, is_client ? client_port : 80u);
    put16(22, is_client ? 80u : client_port);
    put16(24, segment.seq >> 16);
    put16(26, segment.seq);
    put16(28, segment.ack >> 16);
    put16(30, segment.ack);
    bytes[32] = static_cast<std::uint8_t>((20 + options) / 4 << 4);
    bytes[33] = segment.flags;
    put16(34, segment.window);
    put16(38, segment.urgent);
    std::copy(segment.options.begin(), segment.options.end(), bytes.begin() + 40);
    bytes.insert(bytes.end(), segment.payload.begin(), segment.payload.end());
    view_ = {};
    view_.data = bytes.data();
    view_.caplen = view_.wirelen = static_cast<std::uint32_t>(bytes.size());
    view_.time = now;
    view_.number = number;
    view_.l4 = 20;
    view_.payload = static_cast<std::uint16_t>(40 + options);
    view_.payload_length = static_cast<std::uint16_t>(segment.payload.size());
    view_.flags = packet_flag::ip4 | packet_flag::l4;
    view_.protocol = ip_protocol::tcp;
    if (bytes_.size() > 4) bytes_.pop_front();
    return view_;
  }
  void read_app(Direction direction, const TakeResult& result) {
    if (result.app_due[index_of(direction)]) drain_app(*flow, direction);
  }
  void drain_app(FlowRecord& record, Direction direction) {
    for (;;) {
      const AppData data = tracker.app_data(record, direction, events);
      if (data.gap > 0) gaps.push_back(data.gap);
      if (data.is_end) ended[index_of(direction)] = true;
      if (data.bytes.empty() && data.gap == 0) return;
      app_[index_of(direction)].append(as_chars(data.bytes));
      tracker.app_consumed(record, direction, data.bytes.size());
    }
  }
  void read_raw(FlowRecord& record, Direction direction, std::uint32_t at) {
    if (!tracker.raw_due(record, direction)) return;
    for (RawWindow window = tracker.raw_window(record, direction); !window.bytes.empty();
         window = tracker.raw_window(record, direction)) {
      windows.push_back({at, direction, std::string(as_chars(window.bytes))});
      tracker.raw_done(record, direction, window);
    }
  }
  void finish(FlowRecord& record) {
    record.set(flow_flag::ending);
    for (const Direction direction : {Direction::to_server, Direction::to_client}) {
      if (!tracker.needs_end(record, direction)) continue;
      drain_app(record, direction);
      read_raw(record, direction, 0);
    }
    tracker.end(record);
  }

  PacketView view_;
  std::deque<std::vector<std::uint8_t>> bytes_;
  std::array<std::string, 2> app_;
};

}  // namespace hd::test
