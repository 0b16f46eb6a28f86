// SPDX-License-Identifier: Apache-2.0
// The life of a packet (docs/architecture.md 3): each line is a call into the room that does the work.
#include "sensor/worker/worker.hpp"

namespace hd {
namespace {

constexpr std::uint32_t kExpireBudget = 256;  // flows looked at between two batches
constexpr Nanos kTimelineBack = 60 * kSecond;  // a step back beyond this begins another time; less is disorder

}  // namespace

Worker::Worker(const WorkerOptions& options, std::span<const ProtocolSpec* const> protocols, StateTable& shared, AlertSink& sink, EventSink* events)
    : options_(options),
      defragmenter_(options.defrag),
      decoder_(options.decoder, defragmenter_),
      flows_(options.flow),
      tcp_(options.tcp, flows_),
      app_(options.app, protocols),
      detector_(options.detect, shared, flows_, sink),
      events_(options.events, events),
      batch_(std::make_unique<Batch>()) {}

void Worker::take(const RawBatch& raw) noexcept {
  ++counters_.batches;
  decoder_.decode_batch(raw, *batch_);
  flows_.hash_batch(*batch_);
  flows_.find_batch(*batch_);
  for (PacketView& view : batch_->all()) {
    if (!view.has(packet_flag::inner) && !view.has(packet_flag::reassembled)) {
      ++counters_.packets;
      counters_.bytes += view.wirelen;
    }
    packet(view);
  }
  flows_.expire(now_, kExpireBudget, [this](FlowRecord& flow, FlowEnd reason) noexcept { end_flow(flow, reason); });
}

void Worker::advance(PacketTime now) noexcept {
  if (now >= now_) {
    now_ = now;
    return;
  }
  if (now_ - now > kSecond) ++counters_.time_stepped_back;
  if (now_ - now <= kTimelineBack) return;
  // Another capture of a folder, or a clock that was set: flows of the time before would never end, and those of now at once.
  finish();
  now_ = now;
}

Directions Worker::recognised(const FlowRecord& flow) const noexcept {
  const AppFlow* app = app_.find(flow);
  if (app == nullptr) return Directions::none;
  const unsigned to_server = (app->flags[0] & app_flag::recognised) != 0 ? 1 : 0;
  const unsigned to_client = (app->flags[1] & app_flag::recognised) != 0 ? 2 : 0;
  return static_cast<Directions>(to_server | to_client);
}

void Worker::packet(PacketView& view) noexcept {
  ++counters_.views;
  advance(view.time);
  stream_events_.clear();
  if (!view.has(packet_flag::inner)) outer_ = &view;
  if (view.has(packet_flag::invalid) || view.has(packet_flag::bad_checksum)) return without_flow(view);
  const FlowFound found = flows_.find_or_create(
      view, now_, [this](const FlowRecord& flow, const PacketView& packet) noexcept { return tcp_.is_reuse(flow, packet); },
      [this](FlowRecord& flow, FlowEnd reason) noexcept { end_flow(flow, reason); });
  if (found.flow == nullptr) return without_flow(view);
  FlowRecord& flow = *found.flow;
  const FlowStep step = flows_.update(flow, view);
  recognised_before_ = recognised(flow);
  bool is_in_stream = false;
  bool is_established = step.was_established;
  if (view.is_tcp() && !found.is_icmp_error) {
    TakeResult taken;
    is_in_stream = follow_stream(flow, view, taken);
    is_established = taken.was_established;
  } else if (view.is_udp()) {
    const AppAnswer answer = app_.take_datagram(flow, view);
    if (answer.has_failed) apply(flow, options_.app_layer_error);
  }
  if (flow.has(flow_flag::pass)) {
    if (!view.has(packet_flag::inner) && !view.has(packet_flag::reassembled)) ++counters_.shunted;
    if (events_.is_on()) [[unlikely]] record_packet(&flow, view, true);
    return app_.release_done(flow);
  }
  inspect(view, &flow, is_in_stream, is_established);
  if (events_.is_on()) [[unlikely]] record_packet(&flow, view, true);
  app_.release_done(flow);
}

// State, order, then the parser of each direction that has something new; the other side's first, since this packet
// acknowledged it.
bool Worker::follow_stream(FlowRecord& flow, PacketView& view, TakeResult& taken) noexcept {
  taken = tcp_.take(flow, view, stream_events_);
  if (taken.is_midstream) apply(flow, options_.midstream);
  if (!taken.has_session || flow.has(flow_flag::pass)) return false;
  const Direction own = view.direction;
  for (const Direction direction : {opposite(own), own}) {
    if (!taken.app_due[index_of(direction)]) continue;
    const AppAnswer answer = app_.take_stream(flow, view, direction, tcp_, stream_events_);
    if (answer.has_failed) apply(flow, options_.app_layer_error);
  }
  return taken.was_added;
}

void Worker::apply(FlowRecord& flow, ExceptionPolicy policy) noexcept {
  if (policy == ExceptionPolicy::ignore) return;
  flow.set(flow_flag::pass);
  if (policy == ExceptionPolicy::bypass) flows_.set_state(flow, FlowState::bypassed);
}

void Worker::without_flow(PacketView& view) noexcept { inspect(view, nullptr, false, false); }

void Worker::run_rules(const PacketInput& in) noexcept {
  if (why_ != nullptr) detector_.inspect_with(in, *why_);
  else detector_.inspect(in);
}

void Worker::inspect(PacketView& view, FlowRecord* flow, bool is_in_stream, bool is_established) noexcept {
  if (!view.has(packet_flag::inner) && !view.has(packet_flag::reassembled)) ++counters_.inspected;
  PacketInput in{.view = view, .decode_events = batch_->events[view.events], .stream_events = &stream_events_, .flow = flow};
  in.now = now_;
  in.is_in_stream = is_in_stream;
  in.is_established = is_established;
  in.outer = view.has(packet_flag::inner) ? outer_ : nullptr;
  if (flow != nullptr) {
    in.flow_id = flow_id(*flow);
    in.tcp = tcp_.session(*flow);
    in.app = app_.find(*flow);
    in.recognised_now = static_cast<Directions>(static_cast<unsigned>(recognised(*flow)) & ~static_cast<unsigned>(recognised_before_));
  }
  if (events_.is_on()) [[unlikely]] record_packet(flow, view, false);
  const bool is_due = flow != nullptr && view.is_tcp() && in.tcp != nullptr && tcp_.raw_due(*flow, view.direction);
  if (!is_due) return run_rules(in);
  // Holes part what is due into several windows: the first comes with the packet, the others by themselves.
  for (bool is_first = true;; is_first = false) {
    const RawWindow window = tcp_.raw_window(*flow, view.direction);
    if (window.bytes.empty() && !is_first) return;
    in.window = window.bytes;
    in.has_window = !window.bytes.empty();
    in.is_window_only = !is_first;
    run_rules(in);
    if (window.bytes.empty()) return;
    tcp_.raw_done(*flow, view.direction, window);
  }
}

void Worker::idle(PacketTime now) noexcept {
  advance(now);
  flows_.expire(now_, kExpireBudget, [this](FlowRecord& flow, FlowEnd reason) noexcept { end_flow(flow, reason); });
}

void Worker::finish() noexcept {
  flows_.drain([this](FlowRecord& flow, FlowEnd reason) noexcept { end_flow(flow, reason); });
}

}  // namespace hd
