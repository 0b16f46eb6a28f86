// SPDX-License-Identifier: Apache-2.0
// All flows of one worker: found by key, made when new, ended by time, closing, re-use or pressure.
// Memory is fixed at start; a full table evicts by a stated order and never waits (docs: detection 11).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <utility>

#include "sensor/base/buffer_pool.hpp"
#include "sensor/base/hash.hpp"
#include "sensor/base/pages.hpp"
#include "sensor/base/slab.hpp"
#include "sensor/flow/key.hpp"
#include "sensor/flow/prefix_share.hpp"
#include "sensor/flow/record.hpp"
#include "sensor/flow/timer_wheel.hpp"
#include "sensor/flow/vars.hpp"
#include "sensor/packet/view.hpp"

namespace hd {

/// Classes of flows with timeouts of their own; FlowRecord::timer_class.
enum class TimerClass : std::uint8_t { tcp, udp, icmp, other };
inline constexpr std::size_t kTimerClasses = 4;

/// Seconds of packet time without a packet after which a flow ends, by its state.
struct FlowTimeouts {
  std::uint32_t fresh_s = 30;
  std::uint32_t established_s = 300;
  std::uint32_t closed_s = 0;
  std::uint32_t bypassed_s = 100;
};

struct FlowOptions {
  std::uint32_t flows_max = 65'536;           ///< see flows_for(memory)
  std::uint32_t flow_vars_max = 16'384;       ///< flows that rules may write variables to
  std::size_t capture_memory = std::size_t{4} << 20;  ///< bytes captured by rules, all flows
  std::uint32_t share_percent = 25;           ///< of a full table that one source prefix may hold
  VlanTracking vlan_tracking = VlanTracking::on;
  std::array<FlowTimeouts, kTimerClasses> timeouts = {{{60, 600, 60, 100}, {30, 300, 0, 100}, {30, 300, 0, 100},
                                                       {60, 300, 0, 100}}};
  HashKey hash_key = {};                      ///< of this process
};

/// Why a flow ended.
enum class FlowEnd : std::uint8_t {
  timeout,         ///< no packet for its class's time
  reused,          ///< a new connection took its 5-tuple
  evicted_share,   ///< the table was full and its prefix held more than its share
  evicted_oldest,  ///< the table was full; its end was the next
  evicted_probe,   ///< its buckets were full: many flows with one hash
  drained,         ///< the capture or the worker ended
};
inline constexpr std::size_t kFlowEnds = 6;

struct FlowCounters {
  std::uint64_t created = 0;
  std::array<std::uint64_t, kFlowEnds> ended = {};        ///< by FlowEnd
  std::array<std::uint64_t, 4> ended_state = {};          ///< by FlowState
  std::array<std::uint64_t, kTimerClasses> created_class = {};
  std::uint64_t packets_without_flow = 0;
  std::uint64_t vars_full = 0;                            ///< a variable found no memory or no room
  std::uint32_t active_max = 0;
};

/// What find_or_create says of a packet.
struct FlowFound {
  FlowRecord* flow = nullptr;  ///< null: this packet has no flow
  bool is_new = false;
  bool is_icmp_error = false;  ///< an ICMP error about a packet of this flow
};

/// What update says of a packet.
struct FlowStep {
  bool was_established = false;      ///< state before this packet: what flow:established sees for other than TCP
  bool is_first_in_direction = false;
};

/// Flows of one worker. Indices stay valid until the flow's end has been handed out. One thread; nothing here
/// allocates after construction.
class FlowTable {
 public:
  explicit FlowTable(const FlowOptions& options);

  /// Number of flows that fit into `memory` bytes with table, timers and links.
  [[nodiscard]] static std::uint32_t flows_for(std::size_t memory) noexcept;

  // Three loops over the batch, so that memory arrives while the next packet is looked at.
  /// Sets view.hash of each packet that belongs to a flow, 0 of others, and fetches its bucket.
  void hash_batch(Batch& batch) const noexcept;
  /// Fetches the record lines behind the buckets and leaves a guess in view.flow.
  void find_batch(Batch& batch) const noexcept;

  /// The flow of a packet, made when there is none; sets view.flow and view.direction. Works with or without the
  /// batch calls before it. `is_reuse(record, view)` says that a packet begins a new connection on the 5-tuple of
  /// an old one; `on_end(record, why)` is called for each flow that has to go first (reused, timed out, evicted),
  /// before its memory is taken back: it must end what hangs on the record (tcp, app, detect), and must not call
  /// the table's finding functions.
  template <class Reuse, class OnEnd>
  [[nodiscard]] FlowFound find_or_create(PacketView& view, PacketTime now, Reuse&& is_reuse, OnEnd&& on_end) noexcept;

  /// Counts a packet in its flow, and makes flows other than TCP established once both directions were seen.
  FlowStep update(FlowRecord& flow, const PacketView& view) noexcept;

  /// Sets the state of a flow; one that ends sooner in it is put on the wheel again.
  void set_state(FlowRecord& flow, FlowState state) noexcept;

  /// Exchanges client and server (protocol recognition, midstream pick-up). TcpTracker::swap must go with it.
  static void swap_directions(FlowRecord& flow) noexcept;

  /// Ends flows whose time has come by `now`, at most `budget` looked at. True: there may be more.
  template <class OnEnd>
  bool expire(PacketTime now, std::uint32_t budget, OnEnd&& on_end) noexcept;

  /// Ends all flows in the order in which they began.
  template <class OnEnd>
  void drain(OnEnd&& on_end) noexcept;

  /// Variables of a flow: null when it has none.
  [[nodiscard]] FlowVars* vars(const FlowRecord& flow) noexcept { return flow.vars ? &vars_[flow.vars] : nullptr; }
  [[nodiscard]] const FlowVars* vars(const FlowRecord& flow) const noexcept {
    return flow.vars ? &vars_[flow.vars] : nullptr;
  }
  /// The same, made when there are none; null (counted) when there is no memory.
  [[nodiscard]] FlowVars* make_vars(FlowRecord& flow) noexcept;
  [[nodiscard]] BufferPool& capture_pool() noexcept { return captures_; }
  void count_vars_full() noexcept { ++counters_.vars_full; }

  [[nodiscard]] FlowRecord& operator[](std::uint32_t index) noexcept { return records_[Index<FlowRecord>{index}]; }
  [[nodiscard]] std::uint32_t index_of(const FlowRecord& flow) const noexcept { return records_.index_of(flow).value; }
  [[nodiscard]] std::uint32_t active() const noexcept { return records_.used(); }
  [[nodiscard]] std::uint32_t capacity() const noexcept { return records_.capacity(); }
  [[nodiscard]] const FlowCounters& counters() const noexcept { return counters_; }
  /// When a flow ends if no further packet comes.
  [[nodiscard]] PacketTime deadline(const FlowRecord& flow) const noexcept {
    const FlowTimeouts& times = options_.timeouts[flow.timer_class];
    const std::array<std::uint32_t, 4> seconds = {times.fresh_s, times.established_s, times.closed_s,
                                                  times.bypassed_s};
    return flow.last_seen + Nanos{seconds[static_cast<std::size_t>(flow.state)]} * kSecond;
  }

 private:
  static constexpr std::uint32_t kProbeMax = 8;
  struct alignas(64) Bucket {
    std::array<std::uint32_t, 8> tags;     // hash of the flow, 0 empty
    std::array<std::uint32_t, 8> indices;
  };
  struct Hit {
    std::uint32_t index = 0;
    KeyMatch match = KeyMatch::none;
  };
  static_assert(sizeof(Bucket) == 64);

  [[nodiscard]] Bucket* buckets() noexcept { return static_cast<Bucket*>(bucket_pages_.data()); }
  [[nodiscard]] const Bucket* buckets() const noexcept { return static_cast<const Bucket*>(bucket_pages_.data()); }
  [[nodiscard]] Hit find(const FlowKey& key, std::uint32_t hash, std::uint32_t guess) const noexcept;
  [[nodiscard]] FlowRecord& create(const FlowKey& key, const PacketView& view, Index<FlowRecord> index) noexcept;
  [[nodiscard]] bool insert(std::uint32_t hash, std::uint32_t index) noexcept;
  void erase(std::uint32_t hash, std::uint32_t index) noexcept;
  [[nodiscard]] bool has_room(std::uint32_t hash) const noexcept;
  /// The flow to evict for a new one, and why.
  [[nodiscard]] std::uint32_t victim(FlowEnd& why) noexcept;
  [[nodiscard]] std::uint32_t probe_victim(std::uint32_t hash) const noexcept;
  void release(FlowRecord& flow, FlowEnd why) noexcept;
  /// Fills order_ with all flows by serial; returns how many.
  [[nodiscard]] std::uint32_t collect() noexcept;
  template <class OnEnd>
  void end(std::uint32_t index, FlowEnd why, OnEnd&& on_end) noexcept {
    FlowRecord& flow = records_[Index<FlowRecord>{index}];
    on_end(flow, why);
    release(flow, why);
  }

  FlowOptions options_;
  std::uint32_t mask_;
  Pages bucket_pages_;
  std::unique_ptr<std::uint16_t[]> passed_;  // by bucket: flows that found it full and lie further on
  Slab<FlowRecord> records_;
  Slab<FlowVars> vars_;
  BufferPool captures_;
  TimerWheel wheel_;
  PrefixShare share_;
  std::unique_ptr<std::uint32_t[]> order_;
  FlowCounters counters_;
  std::uint32_t serial_ = 0;
};

template <class Reuse, class OnEnd>
FlowFound FlowTable::find_or_create(PacketView& view, PacketTime now, Reuse&& is_reuse, OnEnd&& on_end) noexcept {
  FlowKey key;
  if (!key.read(view, options_.vlan_tracking)) {
    ++counters_.packets_without_flow;
    view.flow = 0;
    return {};
  }
  if (view.hash == 0) view.hash = key.hash(options_.hash_key);
  const Hit hit = find(key, view.hash, view.flow);
  view.flow = 0;
  if (hit.index != 0) {
    FlowRecord& flow = records_[Index<FlowRecord>{hit.index}];
    const bool is_to_server = (hit.match == KeyMatch::to_server) != key.is_embedded;
    view.direction = is_to_server ? Direction::to_server : Direction::to_client;
    FlowEnd why = FlowEnd::timeout;
    bool is_over = now >= deadline(flow);
    if (!is_over && view.is_tcp() && is_reuse(std::as_const(flow), std::as_const(view))) {
      is_over = true;
      why = FlowEnd::reused;
    }
    if (!is_over) {
      view.flow = hit.index;
      return {&flow, false, key.is_embedded};
    }
    end(hit.index, why, on_end);
  }
  if (key.is_embedded) {
    ++counters_.packets_without_flow;
    return {};
  }
  if (!has_room(view.hash)) end(probe_victim(view.hash), FlowEnd::evicted_probe, on_end);
  Index<FlowRecord> index = records_.acquire();
  if (!index) {
    FlowEnd why = FlowEnd::evicted_oldest;
    const std::uint32_t evicted = victim(why);
    end(evicted, why, on_end);
    index = records_.acquire();
  }
  FlowRecord& flow = create(key, view, index);
  view.flow = index.value;
  view.direction = Direction::to_server;
  return {&flow, true, false};
}

template <class OnEnd>
bool FlowTable::expire(PacketTime now, std::uint32_t budget, OnEnd&& on_end) noexcept {
  for (; budget > 0; --budget) {
    const Index<FlowRecord> index = wheel_.pop_due(now);
    if (!index) return false;
    const PacketTime until = deadline(records_[index]);
    if (until <= now) end(index.value, FlowEnd::timeout, on_end);
    else wheel_.add(index, until);
  }
  return true;
}

template <class OnEnd>
void FlowTable::drain(OnEnd&& on_end) noexcept {
  const std::uint32_t count = collect();
  for (std::uint32_t i = 0; i < count; ++i) end(order_[i], FlowEnd::drained, on_end);
  wheel_.stop();  // what comes next may be of another time
}

}  // namespace hd
