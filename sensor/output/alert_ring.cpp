// SPDX-License-Identifier: Apache-2.0
#include "sensor/output/alert_ring.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>
#include <type_traits>

namespace hd {

static_assert(std::is_trivially_copyable_v<RingEntry>);

bool AlertRing::raise(const AlertRecord& record, Bytes tail) noexcept {
  // Alerts at a flow's end bear no packet number: they belong to the packet before them.
  cursor_ = std::max<std::uint64_t>(cursor_, record.packet_number);
  const RingEntry entry{.record = record, .cursor = cursor_, .severity = rules_->cold[record.rule].priority};
  counters_.raise(entry.severity);
  const std::size_t length = sizeof entry + tail.size();
  auto room = ring_.reserve(length);
  while (room.empty() && when_full_ == WhenFull::wait && length <= ring_.length_max() && !is_abandoned_.load(std::memory_order_relaxed)) {
    std::this_thread::sleep_for(std::chrono::microseconds(100));
    room = ring_.reserve(length);
  }
  if (room.empty()) {
    counters_.lose(entry.severity);
    return false;
  }
  std::memcpy(room.data(), &entry, sizeof entry);
  if (!tail.empty()) std::memcpy(room.data() + sizeof entry, tail.data(), tail.size());
  ring_.commit(length);
  return true;
}

bool AlertRing::front(RingEntry* entry, Bytes* tail) noexcept {
  const Bytes bytes = ring_.front();
  if (bytes.empty()) return false;
  std::memcpy(entry, bytes.data(), sizeof *entry);
  *tail = bytes.subspan(sizeof *entry);
  return true;
}

std::uint64_t AlertRing::oldest_version() noexcept {
  const std::uint64_t version = version_.load(std::memory_order_acquire);
  RingEntry entry;
  Bytes tail;
  return front(&entry, &tail) ? entry.record.ruleset_version : version;
}

}  // namespace hd
