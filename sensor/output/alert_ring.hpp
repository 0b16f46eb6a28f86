// SPDX-License-Identifier: Apache-2.0
// From one worker to the writer: records in a ring. The worker neither waits nor allocates; an alert that finds no room is
// counted, and becomes a note in the ledger. Other records leave half of the ring to the alerts.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "sensor/base/ring.hpp"
#include "sensor/detect/event_record.hpp"
#include "sensor/spool/ledger_page.hpp"

namespace hd {

/// In front of each record in the ring.
struct RingHead {
  std::uint64_t cursor = 0;   ///< packet of the capture at which it was raised; never falls
  std::uint8_t severity = 4;
  bool is_event = false;      ///< an EventRecord follows, else an AlertRecord
};

/// What the writer finds.
struct RingEntry {
  RingHead head = {};
  AlertRecord alert = {};   ///< unless head.is_event
  EventRecord event = {};   ///< if head.is_event
  Bytes tail = {};          ///< in place until pop()
};

class AlertRing final : public AlertSink, public EventSink {
 public:
  enum class WhenFull : std::uint8_t {
    lose,  ///< live: the packets do not wait
    wait,  ///< a capture file waits
  };

  /// `counters` is borrowed: the worker's place in the ledger page.
  AlertRing(std::size_t bytes, WhenFull when_full, RaiseCounters& counters) : ring_(bytes), when_full_(when_full), counters_(counters) {}

  /// Worker: the rules that the next records speak of.
  void use(std::shared_ptr<const Ruleset> rules) {
    rules_ = std::move(rules);
    // Pairs with oldest_version(): records of the rules before are in the ring by now.
    version_.store(rules_->version, std::memory_order_release);
  }
  /// Worker: numbers the alert in the ledger page first, then hands it over.
  bool raise(const AlertRecord& record, Bytes tail) noexcept override;
  /// Worker: hands over a record of another type, if there is room to spare.
  bool emit(const EventRecord& record, Bytes tail) noexcept override;
  /// Any thread: records that found no room, besides alerts.
  [[nodiscard]] std::uint64_t events_lost() const noexcept { return events_lost_.load(std::memory_order_relaxed); }
  /// Any thread: a waiting worker gives up, since nobody reads any more.
  void abandon() noexcept { is_abandoned_.store(true, std::memory_order_relaxed); }

  /// Writer: the oldest entry. False when there is none.
  [[nodiscard]] bool front(RingEntry* entry) noexcept;
  void pop() noexcept { ring_.pop(); }
  /// Writer: no record of rules before this version will be read from the ring.
  [[nodiscard]] std::uint64_t oldest_version() noexcept;
  /// Any thread: share of the ring that is in use, 0 to 1.
  [[nodiscard]] double fill() const noexcept { return static_cast<double>(ring_.used()) / static_cast<double>(ring_.capacity()); }

 private:
  /// Room for `length` bytes; of a capture file it is waited for. Empty: there is none.
  [[nodiscard]] std::span<std::uint8_t> room(std::size_t length, std::size_t keep_free) noexcept;

  SpscRing ring_;
  WhenFull when_full_;
  RaiseCounters& counters_;
  std::shared_ptr<const Ruleset> rules_ = {};
  std::atomic<std::uint64_t> version_{0};
  std::uint64_t cursor_ = 0;
  std::atomic<std::uint64_t> events_lost_{0};
  std::atomic<bool> is_abandoned_{false};
};

}  // namespace hd
