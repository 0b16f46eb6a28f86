// SPDX-License-Identifier: Apache-2.0
// When flows end: one slot a second of packet time, a flow in one slot. A packet only writes `last_seen`; when the
// slot comes round its flow is put into a later one or ends (lazy re-arm).
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "sensor/base/slab.hpp"
#include "sensor/base/time.hpp"
#include "sensor/flow/record.hpp"

namespace hd {

/// Lists of flow records by second. Links lie in FlowRecord::timer_next and in an array of the wheel. One thread.
class TimerWheel {
 public:
  static constexpr std::uint32_t kSlots = 1024;  ///< later deadlines wait in the last slot and are put on again

  TimerWheel(Slab<FlowRecord>& records, std::uint32_t capacity);

  /// Sets the wheel's time, which is the first packet's. Later calls do nothing.
  void start(PacketTime now) noexcept;
  /// Of an empty wheel: the next start() sets the time anew, also back.
  void stop() noexcept { started_ = false; }
  /// Puts a flow into the slot that follows its deadline. It must not be in the wheel.
  void add(Index<FlowRecord> flow, PacketTime deadline) noexcept;
  void remove(Index<FlowRecord> flow) noexcept;
  /// Puts a flow of the wheel into another slot; false when it lies in the right one already.
  bool rearm(Index<FlowRecord> flow, PacketTime deadline) noexcept;
  [[nodiscard]] bool contains(Index<FlowRecord> flow) const noexcept { return home_[flow.value] != kNowhere; }

  /// The next flow whose slot has come by `now`, taken out of the wheel; null when there is none.
  [[nodiscard]] Index<FlowRecord> pop_due(PacketTime now) noexcept;
  /// The flow whose slot comes first, left in the wheel; null when it is empty. Cost: at most 16 words.
  [[nodiscard]] Index<FlowRecord> first() const noexcept;

 private:
  static constexpr std::uint16_t kNowhere = 0xffff;
  struct Slot {
    std::uint32_t head = 0;
    std::uint32_t tail = 0;
  };
  [[nodiscard]] std::uint32_t slot_of(PacketTime deadline) const noexcept;
  void link(std::uint32_t flow, std::uint32_t slot) noexcept;
  /// Distance from the current slot to the first one with a flow; kSlots when all are empty.
  [[nodiscard]] std::uint32_t distance_to_next() const noexcept;

  Slab<FlowRecord>& records_;
  std::unique_ptr<std::uint32_t[]> previous_;
  std::unique_ptr<std::uint16_t[]> home_;  // slot of each flow, kNowhere
  std::array<Slot, kSlots> slots_ = {};
  std::array<std::uint64_t, kSlots / 64> used_ = {};
  std::int64_t second_ = 0;  // of the current slot
  bool started_ = false;
};

}  // namespace hd
