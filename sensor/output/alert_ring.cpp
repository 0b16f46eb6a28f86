// SPDX-License-Identifier: Apache-2.0
#include "sensor/output/alert_ring.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>
#include <type_traits>

namespace hd {

static_assert(std::is_trivially_copyable_v<RingHead> && std::is_trivially_copyable_v<AlertRecord> && std::is_trivially_copyable_v<EventRecord>);

namespace {

template <class Record>
void copy(std::span<std::uint8_t> room, const RingHead& head, const Record& record, Bytes tail) noexcept {
  std::memcpy(room.data(), &head, sizeof head);
  std::memcpy(room.data() + sizeof head, &record, sizeof record);
  if (!tail.empty()) std::memcpy(room.data() + sizeof head + sizeof record, tail.data(), tail.size());
}

}  // namespace

std::span<std::uint8_t> AlertRing::room(std::size_t length, std::size_t keep_free) noexcept {
  const auto ask = [&]() -> std::span<std::uint8_t> {
    if (keep_free > 0 && ring_.used() + length + keep_free > ring_.capacity()) return {};
    return ring_.reserve(length);
  };
  auto found = ask();
  while (found.empty() && when_full_ == WhenFull::wait && length <= ring_.length_max() && !is_abandoned_.load(std::memory_order_relaxed)) {
    std::this_thread::sleep_for(std::chrono::microseconds(100));
    found = ask();
  }
  return found;
}

bool AlertRing::raise(const AlertRecord& record, Bytes tail) noexcept {
  // Alerts at a flow's end bear no packet number: they belong to the packet before them.
  cursor_ = std::max<std::uint64_t>(cursor_, record.packet_number);
  const RingHead head{.cursor = cursor_, .severity = rules_->cold[record.rule].priority};
  counters_.raise(head.severity);
  const std::size_t length = sizeof head + sizeof record + tail.size();
  const auto found = room(length, 0);
  if (found.empty()) {
    counters_.lose(head.severity);
    return false;
  }
  copy(found, head, record, tail);
  ring_.commit(length);
  return true;
}

bool AlertRing::emit(const EventRecord& record, Bytes tail) noexcept {
  const RingHead head{.cursor = cursor_, .severity = 0, .is_event = true};
  const std::size_t length = sizeof head + sizeof record + tail.size();
  const auto found = room(length, ring_.capacity() / 2);
  if (found.empty()) {
    events_lost_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  // By its version the writer sees which rules the alerts behind it may speak of.
  EventRecord versioned = record;
  versioned.at.ruleset_version = rules_->version;
  copy(found, head, versioned, tail);
  ring_.commit(length);
  return true;
}

bool AlertRing::front(RingEntry* entry) noexcept {
  const Bytes bytes = ring_.front();
  if (bytes.empty()) return false;
  std::memcpy(&entry->head, bytes.data(), sizeof entry->head);
  const auto read = [&](auto& record) {
    std::memcpy(&record, bytes.data() + sizeof entry->head, sizeof record);
    entry->tail = bytes.subspan(sizeof entry->head + sizeof record);
  };
  if (entry->head.is_event) read(entry->event);
  else read(entry->alert);
  return true;
}

std::uint64_t AlertRing::oldest_version() noexcept {
  const std::uint64_t version = version_.load(std::memory_order_acquire);
  RingEntry entry;
  if (!front(&entry)) return version;
  return entry.head.is_event ? entry.event.at.ruleset_version : entry.alert.ruleset_version;
}

}  // namespace hd
