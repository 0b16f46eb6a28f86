// SPDX-License-Identifier: Apache-2.0
// The progress of one long act, on stderr for a person who waits (docs: operations 2).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "sensor/base/time.hpp"

namespace hd {

/// On a terminal one line, redrawn ten times a second at most, from 0.3 s on: what, bar, done/total, rate, time left.
/// Elsewhere, when asked (-v), a plain line every 10 s. Owner calls update() as often as it likes; that is cheap.
class ProgressLine {
 public:
  enum class Style : std::uint8_t { none, terminal, plain };
  struct Options {
    std::string what = {};       ///< "replaying a.pcap"
    std::string unit = {};       ///< "packets"
    std::uint64_t total = 0;     ///< 0: not known
    Style style = Style::none;
    std::function<void(std::string_view)> write = {};
  };

  ProgressLine(Options options, Clock& clock);
  /// Removes the line from the terminal.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ProgressLine(ProgressLine&&) = delete;
  ProgressLine& operator=(ProgressLine&&) = delete;

  void update(std::uint64_t done);

 private:
  [[nodiscard]] std::string line_at(Nanos elapsed, std::uint64_t done) const;
  Options options_;
  Clock& clock_;
  Ticks begin_ = {};
  Ticks next_ = {};
  bool is_drawn_ = false;
};

/// Terminal when stderr is one, plain when `is_verbose`, else none; never with `is_quiet`.
[[nodiscard]] ProgressLine::Style progress_style(bool is_verbose, bool is_quiet);
/// Writes to stderr.
void write_stderr(std::string_view text);

}  // namespace hd
