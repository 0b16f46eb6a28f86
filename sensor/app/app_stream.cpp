// SPDX-License-Identifier: Apache-2.0
// From flows and packets to AppLayer::take: the tracker's bytes, exchanged sides, and what parsers ask of the stream.
#include "sensor/app/app_layer.hpp"
#include "sensor/flow/table.hpp"

namespace hd {
namespace {

/// Rounds of one take_stream: gaps, exchanged sides, the other direction first. Each round takes bytes or ends.
constexpr int kRoundsMax = 256;

AppContext context_of(const FlowRecord& flow, const PacketView& view, const TcpSession* session) noexcept {
  return {.now = view.time, .client_port = flow.client_port, .server_port = flow.server_port,
          .is_udp = flow.protocol == ip_protocol::udp, .is_truncated = view.has(packet_flag::truncated),
          .is_midstream = flow.has(flow_flag::midstream),
          .is_one_sided = flow.has(flow_flag::midstream) || (session != nullptr && session->has(session_flag::async))};
}

}  // namespace

void AppLayer::apply(FlowRecord& flow, AppFlow& app, Direction direction, const AppAnswer& answer, TcpTracker& tracker) noexcept {
  flow.app_protocol = static_cast<std::uint8_t>(app.protocol);
  if (app.protocol == AppProtocol::failed || answer.has_failed) flow.set(flow_flag::app_failed);
  if (answer.is_stopped) {
    tracker.app_stop(flow, direction);
    const unsigned other = index_of(opposite(direction));
    if ((app.flags[other] & app_flag::done) != 0) tracker.app_stop(flow, opposite(direction));
  }
  for (const Direction one : {Direction::to_server, Direction::to_client}) {
    if (answer.requests.flush_raw[index_of(one)]) tracker.flush_raw(flow, one);
    if (answer.requests.stop_payload) tracker.stop_raw(flow, one);
  }
  if (answer.requests.stop_payload) flow.set(flow_flag::no_payload);
  if (answer.requests.announces != AppProtocol::unknown) expectations_.add(flow, answer.requests);
}

AppAnswer AppLayer::take_stream(FlowRecord& flow, PacketView& view, Direction direction, TcpTracker& tracker,
                                StreamEventSet& events) noexcept {
  AppAnswer total;
  AppFlow* app = begin(flow);
  if (app == nullptr) {
    tracker.app_stop(flow, direction);
    total.is_stopped = true;
    return total;
  }
  Direction at = direction;
  bool was_sent_to_other = false;
  for (int round = 0; round < kRoundsMax; ++round) {
    const AppData given = tracker.app_data(flow, at, events);
    const AppInput input{.bytes = given.bytes, .gap = given.gap, .is_end = given.is_end};
    if (input.bytes.empty() && input.gap == 0 && !input.is_end) {
      if (at == direction) break;
      at = direction;
      continue;
    }
    if (!app->is_announcement_sought && !input.bytes.empty()) {
      app->is_announcement_sought = true;
      app->announced = expectations_.find(flow);
    }
    const AppAnswer answer = take(*app, at, input, context_of(flow, view, tracker.session(flow)));
    if (answer.is_reversed) {
      FlowTable::swap_directions(flow);
      tracker.swap(flow);
      swap_directions(*app);
      view.direction = opposite(view.direction);
      direction = opposite(direction);
      at = opposite(at);
      continue;
    }
    if (answer.other_first && !was_sent_to_other) {
      was_sent_to_other = true;
      at = opposite(at);
      continue;
    }
    if (answer.used > 0) tracker.app_consumed(flow, at, answer.used);
    total.add(answer);
    apply(flow, *app, at, answer, tracker);
    const bool wants_more = answer.used > 0 && !answer.is_stopped && answer.used == input.bytes.size();
    if (at != direction) at = direction;
    else if (!wants_more && !app->is_changing) break;
    else if (answer.used == 0) break;
  }
  return total;
}

AppAnswer AppLayer::take_datagram(FlowRecord& flow, PacketView& view) noexcept {
  AppFlow* app = begin(flow);
  if (app == nullptr) return {};
  const AppInput input{.bytes = view.payload_bytes()};
  AppAnswer answer = take(*app, view.direction, input, context_of(flow, view, nullptr));
  if (answer.is_reversed) {
    FlowTable::swap_directions(flow);
    swap_directions(*app);
    view.direction = opposite(view.direction);
    answer = take(*app, view.direction, input, context_of(flow, view, nullptr));
    answer.is_reversed = true;
  }
  flow.app_protocol = static_cast<std::uint8_t>(app->protocol);
  if (app->protocol == AppProtocol::failed || answer.has_failed) flow.set(flow_flag::app_failed);
  if (answer.requests.stop_payload) flow.set(flow_flag::no_payload);
  return answer;
}

}  // namespace hd
