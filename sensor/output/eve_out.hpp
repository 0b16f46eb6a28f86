// SPDX-License-Identifier: Apache-2.0
// Where EVE lines go beside the spool: a file, stdout, a ZeroMQ publisher. Best effort; each has its own counters.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sensor/base/crypto.hpp"
#include "sensor/base/result.hpp"
#include "sensor/base/time.hpp"

namespace hd {

/// One line and what it is sorted by.
struct EveLine {
  std::string_view type = {};  ///< event_type: "alert", "stats" …
  std::uint8_t severity = 0;   ///< of an alert
  std::string_view text = {};  ///< one JSON object without newline
};

struct EveOutCounters {
  std::uint64_t written = 0;
  std::uint64_t dropped = 0;  ///< could not be written or queued
};

/// Used by the writer's thread alone.
class EveOut {
 public:
  virtual ~EveOut() = default;
  virtual void write(const EveLine& line) = 0;
  /// Brings out what is buffered; each time that the writer has nothing else to do, at least each 100 ms.
  virtual void flush() = 0;
  /// A file was moved away by someone: opens it anew (logrotate).
  virtual void reopen() {}
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] const EveOutCounters& counters() const noexcept { return counters_; }
  /// The last trouble, for people; empty when all is well.
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }

 protected:
  EveOutCounters counters_ = {};
  std::string trouble_ = {};
};

struct EveFileOptions {
  std::string path = {};
  std::uint64_t rotate_bytes = 0;  ///< 0: never
  std::uint32_t rotate_keep = 8;   ///< path.1 is the newest
};
/// Appends to the file, with its folders made. Errors: E4001.
[[nodiscard]] Result<std::unique_ptr<EveOut>> open_eve_file(EveFileOptions options);
[[nodiscard]] std::unique_ptr<EveOut> open_eve_stdout();

struct EvePublisherOptions {
  std::string bind = "tcp://127.0.0.1:7700";
  std::string sensor = {};     ///< name in topic and line
  std::uint32_t run = 0;       ///< of this start
  int messages_max = 20'000;   ///< waiting for one subscriber
  bool allow_plain = false;    ///< other than loopback without encryption
};
/// Topics `eve/<event_type>/<severity>/<sensor>`; lines get `hd: {sensor, run, n}`, by whose holes a subscriber sees what it
/// lost; each second `eve/hd_count/0/<sensor>` tells how many were sent and dropped (docs/formats/broadcast.md).
/// Errors: E4001 the port cannot be had, E3102 plain text beyond loopback.
[[nodiscard]] Result<std::unique_ptr<EveOut>> open_eve_publisher(EvePublisherOptions options, Clock& clock);

}  // namespace hd
