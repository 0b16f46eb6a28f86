// SPDX-License-Identifier: Apache-2.0
// What a service tells its manager (sd_notify(3)): ready, alive, status, stopping. A datagram each; without a manager,
// nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sensor/base/time.hpp"

namespace hd {

class ServiceManager {
 public:
  /// `socket` is the value of NOTIFY_SOCKET, `watchdog_usec` that of WATCHDOG_USEC; empty when not set.
  ServiceManager(std::string socket, std::string_view watchdog_usec);
  /// From this process's environment. To be called in main, before threads.
  [[nodiscard]] static ServiceManager of_environment();

  /// A manager listens.
  [[nodiscard]] bool is_there() const noexcept { return !socket_.empty(); }
  /// How often alive() should be called: a third of what the unit allows; nothing when it has no watchdog.
  [[nodiscard]] std::optional<Nanos> watchdog_interval() const noexcept { return interval_; }

  void ready(std::string_view status) const noexcept;
  void reloading(Ticks now) const noexcept;
  void alive() const noexcept;
  /// One line, shown by systemctl status.
  void status(std::string_view text) const noexcept;
  void stopping() const noexcept;

 private:
  void send(const std::string& text) const noexcept;
  std::string socket_;
  std::optional<Nanos> interval_;
};

}  // namespace hd
