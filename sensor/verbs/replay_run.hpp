// SPDX-License-Identifier: Apache-2.0
// One capture through the whole engine, on this thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sensor/base/file.hpp"
#include "sensor/base/progress.hpp"
#include "sensor/capture/source.hpp"
#include "sensor/eve/event.hpp"
#include "sensor/worker/worker.hpp"

namespace hd {

/// Writes records as lines to a file beside `path`, which takes its name when finish() says so. "-" is stdout.
class EveFile final : public AlertSink, public EventSink {
 public:
  [[nodiscard]] static Result<std::unique_ptr<EveFile>> create(const std::string& path, EveOptions options);
  ~EveFile() override;

  void use(std::shared_ptr<const Ruleset> rules) { rules_ = std::move(rules); }
  bool raise(const AlertRecord& record, Bytes tail) noexcept override;
  bool emit(const EventRecord& record, Bytes tail) noexcept override;
  /// All that was raised is in the file of that name. Errors: E4001 (disk full …), also of earlier writes.
  [[nodiscard]] Result<void> finish();
  /// Alerts are counted, but not written.
  void leave_out_alerts() { has_alerts_ = false; }
  [[nodiscard]] std::uint64_t count() const { return count_; }  ///< of alerts

 private:
  EveFile(std::string path, std::string temporary, UniqueFd fd, EveOptions options);
  void end_line();
  void flush();
  std::string path_, temporary_;
  UniqueFd fd_;
  EveOptions options_;
  std::shared_ptr<const Ruleset> rules_ = {};
  std::string buffer_ = {};
  Result<void> status_ = {};
  std::uint64_t count_ = 0;
  bool has_alerts_ = true;
};

struct ReplayTask {
  std::string capture = {};
  std::string eve = {};
  EveOptions eve_options = {};
  std::vector<std::string> types = {"alert"};  ///< event types that are written
  std::uint32_t why_sid = 0;    ///< 0: do not explain
};

struct ReplayResult {
  WorkerCounters worker = {};
  DetectCounters detect = {};
  StreamCounters stream = {};
  FlowCounters flow = {};
  SourceStats source = {};
  std::uint64_t alerts = 0;
  Nanos time = 0;               ///< of the packets, by the wall
  Nanos cpu = 0;                ///< of the packets, user and system, of this process
  std::string why = {};         ///< what --why found
};

/// Everything is made anew for the capture, so that nothing of one is left for the next. Errors: E5001 the capture cannot be
/// opened, E4001 the EVE file cannot be written.
[[nodiscard]] Result<ReplayResult> replay_capture(const ReplayTask& task, const std::shared_ptr<const Ruleset>& rules,
                                                  const WorkerOptions& options, ProgressLine::Style progress, Clock& clock);

}  // namespace hd
