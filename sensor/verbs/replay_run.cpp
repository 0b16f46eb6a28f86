// SPDX-License-Identifier: Apache-2.0
#include "sensor/verbs/replay_run.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "sensor/registry/tables.hpp"
#include "sensor/verbs/engine.hpp"

namespace hd {
namespace {

constexpr std::size_t kFlushBytes = 1u << 20;
constexpr std::size_t kStateEntries = 1u << 16;

Nanos cpu_of_process() {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto nanos = [](const timeval& time) { return static_cast<Nanos>(time.tv_sec) * kSecond + static_cast<Nanos>(time.tv_usec) * kMicrosecond; };
  return nanos(usage.ru_utime) + nanos(usage.ru_stime);
}

}  // namespace

EveFile::EveFile(std::string path, std::string temporary, UniqueFd fd, EveOptions options)
    : path_(std::move(path)), temporary_(std::move(temporary)), fd_(std::move(fd)), options_(std::move(options)) {
  buffer_.reserve(kFlushBytes + (1u << 17));
}

EveFile::~EveFile() {
  if (!temporary_.empty()) (void)::unlink(temporary_.c_str());
}

Result<std::unique_ptr<EveFile>> EveFile::create(const std::string& path, EveOptions options) {
  if (path == "-") return std::unique_ptr<EveFile>(new EveFile(path, "", UniqueFd(::dup(STDOUT_FILENO)), std::move(options)));
  // A device or a pipe keeps its name: only a file is made whole beside it and then takes it.
  struct stat state = {};
  const bool is_special = ::stat(path.c_str(), &state) == 0 && !S_ISREG(state.st_mode);
  if (is_special) {
    UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd) return fail(system_error("write", path, errno));
    return std::unique_ptr<EveFile>(new EveFile(path, "", std::move(fd), std::move(options)));
  }
  std::string temporary = path + ".part";
  UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd) return fail(system_error("write", temporary, errno));
  return std::unique_ptr<EveFile>(new EveFile(path, std::move(temporary), std::move(fd), std::move(options)));
}

bool EveFile::raise(const AlertRecord& record, Bytes tail) noexcept {
  ++count_;
  if (!has_alerts_) return true;
  render_alert(record, tail, *rules_, options_, buffer_);
  end_line();
  return true;
}

bool EveFile::emit(const EventRecord& record, Bytes tail) noexcept {
  render_event(record, tail, options_, buffer_);
  end_line();
  return true;
}

void EveFile::end_line() {
  buffer_ += '\n';
  if (buffer_.size() >= kFlushBytes) flush();
}

void EveFile::flush() {
  if (status_ && !buffer_.empty()) status_ = write_all(fd_.get(), buffer_, path_);
  buffer_.clear();
}

Result<void> EveFile::finish() {
  flush();
  if (!status_) return status_;
  fd_.reset();
  if (temporary_.empty()) return {};
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) return fail(system_error("name", path_, errno));
  temporary_.clear();
  return {};
}

Result<ReplayResult> replay_capture(const ReplayTask& task, const std::shared_ptr<const Ruleset>& rules,
                                    const WorkerOptions& options, ProgressLine::Style style, Clock& clock) {
  auto source = open_capture_file(task.capture);
  if (!source) return fail(std::move(source.error()));
  auto eve = EveFile::create(task.eve, task.eve_options);
  if (!eve) return fail(std::move(eve.error()));
  (*eve)->use(rules);
  if (std::ranges::find(task.types, "alert") == task.types.end()) (*eve)->leave_out_alerts();
  for (const auto& set : rules->datasets) set->forget();

  StateTable shared(kStateEntries, HashKey{});
  WorkerOptions own = options;
  own.events = events_of(task.types);
  Worker worker(own, registry::k_protocol_tables, shared, **eve, eve->get());
  if (auto used = worker.use(rules); !used) return fail(std::move(used.error()));
  WhyTrace why(*rules, task.why_sid);
  if (task.why_sid != 0) worker.trace(&why);

  const Ticks begin = clock.ticks();
  const Nanos cpu_begin = cpu_of_process();
  {
    ProgressLine progress({.what = "replaying " + task.capture, .unit = "packets", .style = style, .write = write_stderr}, clock);
    RawBatch batch;
    while ((*source)->next_batch(batch, 0) == SourceState::packets) {
      worker.take(batch);
      progress.update(worker.counters().packets);
    }
    worker.finish();
  }
  if (auto finished = (*eve)->finish(); !finished) return fail(std::move(finished.error()));

  ReplayResult result{.worker = worker.counters(),
                      .detect = worker.detect_counters(),
                      .stream = worker.stream_counters(),
                      .flow = worker.flow_counters(),
                      .source = (*source)->stats(),
                      .alerts = (*eve)->count(),
                      .time = clock.ticks() - begin,
                      .cpu = cpu_of_process() - cpu_begin};
  if (task.why_sid != 0) {
    result.why = why.knows_rule() ? why.text() : "no rule with sid " + std::to_string(task.why_sid) + " is loaded\n";
  }
  return result;
}

}  // namespace hd
