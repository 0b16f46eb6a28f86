// SPDX-License-Identifier: Apache-2.0
// The log of a program: state changes, one line each, to the journal when stderr leads there, else to stderr.
// A Logger is made in main and passed to whoever has something to say; there is no global one.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sensor/base/time.hpp"

namespace hd {

enum class LogLevel : std::uint8_t { error, warning, info, debug };

/// Reads "error", "warning", "info", "debug"; false and untouched for anything else.
[[nodiscard]] bool log_level_of(std::string_view text, LogLevel* level) noexcept;

/// Cheap to copy (one shared sink, which lives as long as the last copy); may be used by all threads at once.
class Logger {
 public:
  using Sink = std::function<void(LogLevel, std::string_view line)>;

  /// To the journal if stderr is connected to it, else to stderr with time and level.
  [[nodiscard]] static Logger for_program(const std::string& program, LogLevel level);
  /// To a function: for tests and for programs that show lines elsewhere. Calls are not serialised.
  Logger(LogLevel level, Sink sink);
  /// Says nothing.
  Logger() : Logger(LogLevel::error, nullptr) {}

  template <class... Args>
  void error(fmt::format_string<Args...> format, const Args&... args) const {
    write(LogLevel::error, format, fmt::make_format_args(args...));
  }
  template <class... Args>
  void warning(fmt::format_string<Args...> format, const Args&... args) const {
    write(LogLevel::warning, format, fmt::make_format_args(args...));
  }
  template <class... Args>
  void info(fmt::format_string<Args...> format, const Args&... args) const {
    write(LogLevel::info, format, fmt::make_format_args(args...));
  }
  template <class... Args>
  void debug(fmt::format_string<Args...> format, const Args&... args) const {
    write(LogLevel::debug, format, fmt::make_format_args(args...));
  }
  [[nodiscard]] bool says(LogLevel level) const noexcept { return level <= level_; }

 private:
  /// Control bytes of the text are shown as \xNN, so that no peer can forge a line or speak to a terminal.
  void write(LogLevel level, fmt::string_view format, fmt::format_args args) const;
  LogLevel level_;
  std::shared_ptr<const Sink> sink_;
};

/// At most `count` lines in each second; the rest are counted. For lines that a peer can cause. One thread.
class LogLimiter {
 public:
  explicit LogLimiter(std::uint32_t count) : count_max_(count) {}
  [[nodiscard]] bool allow(Ticks now) noexcept;
  /// How many were refused since this was asked last.
  [[nodiscard]] std::uint64_t take_refused() noexcept;

 private:
  std::uint32_t count_max_;
  std::uint32_t count_ = 0;
  std::int64_t second_ = -1;
  std::uint64_t refused_ = 0;
};

}  // namespace hd
