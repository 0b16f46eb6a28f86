// SPDX-License-Identifier: Apache-2.0
// The writer: one thread that takes alert records from all workers' rings, renders each once as an EVE line, and hands it to
// the spool and to every output.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sensor/base/log.hpp"
#include "sensor/eve/event.hpp"
#include "sensor/output/alert_ring.hpp"
#include "sensor/output/eve_out.hpp"
#include "sensor/output/spool_thread.hpp"

namespace hd {

/// One output and the event types that it wants.
struct WriterOut {
  std::unique_ptr<EveOut> out = {};
  std::vector<std::string> types = {};
};

/// One worker's ring and how its alerts are written.
struct WriterIn {
  AlertRing* ring = nullptr;  ///< borrowed
  EveOptions eve = {};
  bool is_replay = false;     ///< of a capture file: records carry where in it they were raised
};

struct WriterStatus {
  struct Out {
    std::string name = {};
    EveOutCounters counters = {};
    std::string trouble = {};
  };
  std::uint64_t alerts = 0;       ///< rendered
  std::uint64_t events = 0;       ///< rendered, of other types
  std::uint64_t repeated = 0;     ///< of a continued replay, in the spool already
  std::vector<Out> outs = {};
};

class Writer {
 public:
  /// `spool` and `clock` are borrowed; without a spool alerts go to the outputs alone.
  Writer(std::vector<WriterIn> ins, std::vector<WriterOut> outs, SpoolThread* spool, Clock& clock, Logger log);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void start();
  /// Any thread, before the first worker raises by them: rules that records speak of, by their version.
  void know(std::shared_ptr<const Ruleset> rules);
  /// Any thread: a line that someone else rendered (stats).
  void post(std::string type, std::string line);
  /// Any thread: files are opened anew.
  void reopen();
  /// Takes all that is in the rings, flushes, ends. Workers have ended before.
  void stop();
  [[nodiscard]] WriterStatus status() const;

 private:
  void run();
  /// False: nothing was there.
  bool take_some();
  void write_alert(WriterIn& in, std::uint16_t worker, const RingEntry& entry);
  void write_event(WriterIn& in, const RingEntry& entry);
  void write_out(const EveLine& line);
  void take_posts();
  void forget_rules();
  void flush();
  [[nodiscard]] const Ruleset& rules_of(std::uint64_t version);

  std::vector<WriterIn> ins_;
  std::vector<WriterOut> outs_;
  SpoolThread* spool_;
  Clock& clock_;
  Logger log_;

  // Of the thread.
  std::map<std::uint64_t, std::shared_ptr<const Ruleset>> rules_ = {};
  SpoolItem item_ = {};
  RingEntry entry_ = {};
  std::string line_ = {};
  Ticks flushed_ = {};
  WriterStatus status_ = {};

  // Shared under the lock.
  mutable std::mutex lock_;
  std::map<std::uint64_t, std::shared_ptr<const Ruleset>> known_ = {};
  std::deque<std::pair<std::string, std::string>> posts_ = {};
  bool reopen_wanted_ = false;
  WriterStatus shown_ = {};

  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

}  // namespace hd
