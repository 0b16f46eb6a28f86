// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/progress.hpp"

#include <unistd.h>

#include <algorithm>

#include "sensor/base/file.hpp"
#include "sensor/base/text.hpp"

namespace hd {
namespace {

constexpr Nanos kQuietFirst = 300 * kMillisecond;
constexpr Nanos kRedraw = 100 * kMillisecond;
constexpr Nanos kPlain = 10 * kSecond;
constexpr std::size_t kBarWidth = 20;

}  // namespace

ProgressLine::ProgressLine(Options options, Clock& clock) : options_(std::move(options)), clock_(clock) {
  if (options_.style == Style::none) return;
  begin_ = clock_.ticks();
  next_ = begin_ + (options_.style == Style::terminal ? kQuietFirst : kPlain);
}

ProgressLine::~ProgressLine() {
  if (is_drawn_) options_.write("\r\x1b[K");
}

void ProgressLine::update(std::uint64_t done) {
  if (options_.style == Style::none) return;
  const Ticks now = clock_.ticks();
  if (now < next_) return;
  const std::string line = line_at(now - begin_, done);
  if (options_.style == Style::plain) {
    next_ = now + kPlain;
    options_.write(line + "\n");
    return;
  }
  next_ = now + kRedraw;
  is_drawn_ = true;
  options_.write("\r" + line + "\x1b[K");
}

std::string ProgressLine::line_at(Nanos elapsed, std::uint64_t done) const {
  const double seconds = static_cast<double>(elapsed) / static_cast<double>(kSecond);
  const double rate = static_cast<double>(done) / seconds;
  std::string line = options_.what + "  ";
  if (options_.total > 0) {
    const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(options_.total));
    const auto full = static_cast<std::size_t>(part * kBarWidth);
    line += "[" + std::string(full, '#') + std::string(kBarWidth - full, '.') + "] " +
            std::to_string(static_cast<int>(part * 100)) + " %  ";
  }
  line += count_text(done);
  if (options_.total > 0) line += "/" + count_text(options_.total);
  line += " " + options_.unit + "  " + count_text(static_cast<std::uint64_t>(rate)) + "/s";
  if (options_.total > done && done > 0) {
    const double left = static_cast<double>(options_.total - done) / rate;
    line += "  " + duration_text(static_cast<Nanos>(left) * kSecond) + " left";
  }
  return line;
}

ProgressLine::Style progress_style(bool is_verbose, bool is_quiet) {
  if (is_quiet) return ProgressLine::Style::none;
  if (::isatty(STDERR_FILENO) == 1) return ProgressLine::Style::terminal;
  return is_verbose ? ProgressLine::Style::plain : ProgressLine::Style::none;
}

void write_stderr(std::string_view text) { (void)write_all(STDERR_FILENO, text, "stderr"); }

}  // namespace hd
