// SPDX-License-Identifier: Apache-2.0
// SensorCore and SegmentStore put together: actions on the disk are done and answered at once, the rest goes to a port.
// One thread; the product's spool thread and the simulation use the same.
#pragma once

#include <deque>

#include "sensor/spool/segment_store.hpp"
#include "sensor/spool/sensor_core.hpp"

namespace hd {

/// What the spool cannot do itself.
class SpoolPort {
 public:
  virtual ~SpoolPort() = default;
  /// A new connection to the endpoint; an old one is closed first.
  virtual void connect(std::size_t endpoint) = 0;
  virtual void disconnect() = 0;
  virtual void send(Message message) = 0;
  /// Sync the files, beside everything else, and post Synced with the token.
  virtual void sync(std::vector<std::shared_ptr<DiskFile>> files, std::uint64_t token) = 0;
  /// For the page that outlives the process.
  virtual void mark_heads(const spool_action::MarkHeads& marks) = 0;
  virtual void control(const Payload& envelope) = 0;
  virtual void alarm(const std::string& kind, const std::string& text) = 0;
  virtual void stopped() = 0;
};

class Spool {
 public:
  /// The store has recovered what `recovered` says. All are borrowed and outlive the spool.
  Spool(SensorOptions options, const Recovered& recovered, std::uint64_t seed, SegmentStore& store, SpoolPort& port)
      : core_(std::move(options), recovered, seed), store_(store), port_(port) {}

  /// Takes one event and does all that follows from it.
  void post(SensorEvent event, Now now);
  [[nodiscard]] const SensorCore& core() const noexcept { return core_; }

 private:
  void run(SensorAction& action, Now now);
  SensorCore core_;
  SegmentStore& store_;
  SpoolPort& port_;
  std::deque<SensorEvent> answers_ = {};
};

}  // namespace hd
