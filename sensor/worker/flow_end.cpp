// SPDX-License-Identifier: Apache-2.0
// The end of a flow: what is still buffered is given to the parser and inspected, with a packet of headers alone for each
// direction, as if both sides had acknowledged everything (detection.md 20.8).
#include <cstring>

#include "sensor/worker/worker.hpp"

namespace hd {

void Worker::end_flow(FlowRecord& flow, FlowEnd reason) noexcept {
  const bool has_session = flow.tcp && tcp_.session(flow) != nullptr;
  if (has_session && !flow.has(flow_flag::pass)) {
    flow.set(flow_flag::ending);
    const bool ends[2] = {tcp_.needs_end(flow, Direction::to_server), tcp_.needs_end(flow, Direction::to_client)};
    if (ends[0] || ends[1] || app_.find(flow) != nullptr) {
      ++counters_.flow_ends;
      stream_events_.clear();
      PacketView view = end_view(flow, Direction::to_server);
      for (const Direction direction : {Direction::to_server, Direction::to_client}) (void)app_.take_stream(flow, view, direction, tcp_, stream_events_);
      app_.finish(flow, flow.last_seen);
      for (const Direction direction : {Direction::to_server, Direction::to_client}) inspect_end(flow, direction);
    }
  }
  if (events_.is_on()) [[unlikely]] record_end(flow, reason);
  app_.end(flow);
  tcp_.end(flow);
}

void Worker::inspect_end(FlowRecord& flow, Direction direction) noexcept {
  PacketView view = end_view(flow, direction);
  PacketInput in{.view = view, .decode_events = batch_->events[0], .stream_events = &stream_events_, .flow = &flow};
  in.now = now_;
  in.is_in_stream = true;
  in.is_flow_end = true;
  in.is_established = tcp_.is_established(flow);
  in.flow_id = flow_id(flow);
  in.tcp = tcp_.session(flow);
  in.app = app_.find(flow);
  for (bool is_first = true;; is_first = false) {
    const RawWindow window = tcp_.raw_due(flow, direction) ? tcp_.raw_window(flow, direction) : RawWindow{};
    if (window.bytes.empty() && !is_first) return;
    in.window = window.bytes;
    in.has_window = !window.bytes.empty();
    in.is_window_only = !is_first;
    run_rules(in);
    stream_events_.clear();
    if (window.bytes.empty()) return;
    tcp_.raw_done(flow, direction, window);
  }
}

// Headers of a packet of this direction; nothing of it was on the wire.
PacketView Worker::end_view(const FlowRecord& flow, Direction direction) noexcept {
  const bool is_to_server = direction == Direction::to_server;
  const Address& source = is_to_server ? flow.client : flow.server;
  const Address& target = is_to_server ? flow.server : flow.client;
  const bool is_ip4 = source.is_ip4();
  std::uint8_t* at = end_bytes_.data();
  end_bytes_ = {};
  const std::uint16_t header = is_ip4 ? 20 : 40;
  if (is_ip4) {
    at[0] = 0x45;
    store(at + 2, __builtin_bswap16(std::uint16_t{40}));
    at[8] = 64;
    at[9] = flow.protocol;
    std::memcpy(at + 12, source.bytes.data() + 12, 4);
    std::memcpy(at + 16, target.bytes.data() + 12, 4);
  } else {
    at[0] = 0x60;
    store(at + 4, __builtin_bswap16(std::uint16_t{20}));
    at[6] = flow.protocol;
    at[7] = 64;
    std::memcpy(at + 8, source.bytes.data(), 16);
    std::memcpy(at + 24, target.bytes.data(), 16);
  }
  store(at + header, __builtin_bswap16(is_to_server ? flow.client_port : flow.server_port));
  store(at + header + 2, __builtin_bswap16(is_to_server ? flow.server_port : flow.client_port));
  at[header + 12] = 0x50;
  at[header + 13] = 0x10;  // ACK
  PacketView view{.data = at, .time = flow.last_seen, .caplen = header + 20u, .wirelen = header + 20u};
  view.flow = flows_.index_of(flow);
  view.l4 = header;
  view.payload = static_cast<std::uint16_t>(header + 20);
  view.flags = static_cast<std::uint16_t>((is_ip4 ? packet_flag::ip4 : packet_flag::ip6) | packet_flag::l4 | packet_flag::flow_end);
  view.vlan = {flow.vlan[0], flow.vlan[1], 0};
  view.vlan_count = static_cast<std::uint8_t>((flow.vlan[0] != 0 ? 1 : 0) + (flow.vlan[1] != 0 ? 1 : 0));
  view.protocol = flow.protocol;
  view.direction = direction;
  return view;
}

}  // namespace hd
