// SPDX-License-Identifier: Apache-2.0
#include "sensor/flow/timer_wheel.hpp"

#include <algorithm>

#include "sensor/base/assert.hpp"

namespace hd {
namespace {

/// Seconds, rounded down also before 1970.
std::int64_t second_of(PacketTime time) noexcept {
  return time.ns >= 0 ? time.ns / kSecond : -((-time.ns + kSecond - 1) / kSecond);
}

}  // namespace

TimerWheel::TimerWheel(Slab<FlowRecord>& records, std::uint32_t capacity)
    : records_(records),
      previous_(new std::uint32_t[std::size_t{capacity} + 1]()),
      home_(new std::uint16_t[std::size_t{capacity} + 1]) {
  std::fill_n(home_.get(), std::size_t{capacity} + 1, kNowhere);
}

void TimerWheel::start(PacketTime now) noexcept {
  if (started_) return;
  second_ = second_of(now);
  started_ = true;
}

std::uint32_t TimerWheel::slot_of(PacketTime deadline) const noexcept {
  // Rounded up: a slot that has come holds no flow with time left in its own second.
  const std::int64_t second = second_of(deadline + (kSecond - 1));
  const std::int64_t away = std::clamp<std::int64_t>(second - second_, 0, kSlots - 1);
  return static_cast<std::uint32_t>(second_ + away) % kSlots;
}

void TimerWheel::add(Index<FlowRecord> flow, PacketTime deadline) noexcept {
  HD_DEBUG_ASSERT(started_ && !contains(flow));
  link(flow.value, slot_of(deadline));
}

bool TimerWheel::rearm(Index<FlowRecord> flow, PacketTime deadline) noexcept {
  const std::uint32_t slot = slot_of(deadline);
  if (home_[flow.value] == slot) return false;
  remove(flow);
  link(flow.value, slot);
  return true;
}

void TimerWheel::link(std::uint32_t flow, std::uint32_t slot) noexcept {
  Slot& list = slots_[slot];
  records_[Index<FlowRecord>{flow}].timer_next = 0;
  previous_[flow] = list.tail;
  home_[flow] = static_cast<std::uint16_t>(slot);
  if (list.tail != 0) records_[Index<FlowRecord>{list.tail}].timer_next = flow;
  else list.head = flow;
  list.tail = flow;
  used_[slot / 64] |= std::uint64_t{1} << (slot % 64);
}

void TimerWheel::remove(Index<FlowRecord> flow) noexcept {
  const std::uint16_t slot = home_[flow.value];
  if (slot == kNowhere) return;
  Slot& list = slots_[slot];
  const std::uint32_t next = records_[flow].timer_next;
  const std::uint32_t previous = previous_[flow.value];
  if (previous != 0) records_[Index<FlowRecord>{previous}].timer_next = next;
  else list.head = next;
  if (next != 0) previous_[next] = previous;
  else list.tail = previous;
  home_[flow.value] = kNowhere;
  if (list.head == 0) used_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
}

std::uint32_t TimerWheel::distance_to_next() const noexcept {
  const auto current = static_cast<std::uint32_t>(second_) % kSlots;
  const std::uint32_t words = kSlots / 64;
  for (std::uint32_t i = 0; i <= words; ++i) {
    const std::uint32_t word = (current / 64 + i) % words;
    std::uint64_t bits = used_[word];
    if (i == 0) bits &= ~std::uint64_t{0} << (current % 64);
    if (i == words) bits &= ~(~std::uint64_t{0} << (current % 64));
    if (bits == 0) continue;
    const std::uint32_t slot = word * 64 + static_cast<std::uint32_t>(__builtin_ctzll(bits));
    return (slot + kSlots - current) % kSlots;
  }
  return kSlots;
}

Index<FlowRecord> TimerWheel::pop_due(PacketTime now) noexcept {
  if (!started_) return {};
  const std::int64_t limit = second_of(now);
  const std::uint32_t distance = distance_to_next();
  if (distance == kSlots || second_ + distance > limit) {
    second_ = std::max(second_, distance == kSlots ? limit : std::min<std::int64_t>(limit, second_ + distance));
    return {};
  }
  second_ += distance;
  const Index<FlowRecord> flow{slots_[static_cast<std::uint32_t>(second_) % kSlots].head};
  remove(flow);
  return flow;
}

Index<FlowRecord> TimerWheel::first() const noexcept {
  const std::uint32_t distance = distance_to_next();
  if (distance == kSlots) return {};
  return {slots_[static_cast<std::uint32_t>(second_ + distance) % kSlots].head};
}

}  // namespace hd
