// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/log.hpp"

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace hd {
namespace {

// systemd sets JOURNAL_STREAM to device:inode of the stream it connected; a redirected stderr differs.
bool stderr_is_journal() {
  const char* stream = ::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe): called before threads
  struct stat state {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &state) != 0) return false;
  return stream == std::to_string(state.st_dev) + ":" + std::to_string(state.st_ino);
}

iovec piece(const std::string& text) { return {const_cast<char*>(text.data()), text.size()}; }

Logger::Sink journal_sink(const std::string& program) {
  return [identifier = "SYSLOG_IDENTIFIER=" + program](LogLevel level, std::string_view line) {
    constexpr std::array<const char*, 4> kPriority = {"PRIORITY=3", "PRIORITY=4", "PRIORITY=6", "PRIORITY=7"};
    const std::string message = "MESSAGE=" + std::string(line);
    const std::string priority = kPriority.at(static_cast<std::size_t>(level));
    const std::array<iovec, 3> fields = {piece(message), piece(priority), piece(identifier)};
    ::sd_journal_sendv(fields.data(), static_cast<int>(fields.size()));
  };
}

Logger::Sink stderr_sink(const std::string& program) {
  auto log = std::make_shared<spdlog::logger>(program, std::make_shared<spdlog::sinks::stderr_sink_mt>());
  log->set_level(spdlog::level::debug);
  log->flush_on(spdlog::level::debug);
  log->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %n: %v");
  return [log](LogLevel level, std::string_view line) {
    constexpr std::array<spdlog::level::level_enum, 4> kLevels = {spdlog::level::err, spdlog::level::warn,
                                                                  spdlog::level::info, spdlog::level::debug};
    log->log(kLevels.at(static_cast<std::size_t>(level)), spdlog::string_view_t(line.data(), line.size()));
  };
}

std::string shown(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) out += fmt::format("\\x{:02x}", byte);
    else out += c;
  }
  return out;
}

}  // namespace

bool log_level_of(std::string_view text, LogLevel* level) noexcept {
  constexpr std::array<std::pair<std::string_view, LogLevel>, 4> kNames = {{{"error", LogLevel::error},
                                                                            {"warning", LogLevel::warning},
                                                                            {"info", LogLevel::info},
                                                                            {"debug", LogLevel::debug}}};
  for (const auto& [name, value] : kNames) {
    if (text != name) continue;
    *level = value;
    return true;
  }
  return false;
}

Logger Logger::for_program(const std::string& program, LogLevel level) {
  return Logger(level, stderr_is_journal() ? journal_sink(program) : stderr_sink(program));
}

Logger::Logger(LogLevel level, Sink sink)
    : level_(level), sink_(sink ? std::make_shared<const Sink>(std::move(sink)) : nullptr) {}

void Logger::write(LogLevel level, fmt::string_view format, fmt::format_args args) const {
  if (!says(level) || sink_ == nullptr) return;
  (*sink_)(level, shown(fmt::vformat(format, args)));
}

bool LogLimiter::allow(Ticks now) noexcept {
  const std::int64_t second = now.ns / kSecond;
  if (second != second_) {
    second_ = second;
    count_ = 0;
  }
  if (count_ < count_max_) {
    ++count_;
    return true;
  }
  ++refused_;
  return false;
}

std::uint64_t LogLimiter::take_refused() noexcept { return std::exchange(refused_, 0); }

}  // namespace hd
