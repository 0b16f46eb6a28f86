// SPDX-License-Identifier: Apache-2.0
// The protocol is a datagram of KEY=VALUE lines to a Unix socket; that is less than a library's glue.
#include "sensor/base/systemd.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "sensor/base/file.hpp"

namespace hd {
namespace {

std::string one_line(std::string_view text) {
  std::string out(text.substr(0, 512));
  std::replace_if(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return out;
}

std::string environment(const char* name) {
  const char* value = ::getenv(name);  // NOLINT(concurrency-mt-unsafe): called before threads
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

ServiceManager::ServiceManager(std::string socket, std::string_view watchdog_usec) : socket_(std::move(socket)) {
  std::int64_t usec = 0;
  const auto [end, error] = std::from_chars(watchdog_usec.data(), watchdog_usec.data() + watchdog_usec.size(), usec);
  if (error == std::errc() && end == watchdog_usec.data() + watchdog_usec.size() && usec > 0 &&
      usec < INT64_MAX / kMicrosecond) {
    interval_ = usec * kMicrosecond / 3;
  }
}

ServiceManager ServiceManager::of_environment() {
  return ServiceManager(environment("NOTIFY_SOCKET"), environment("WATCHDOG_USEC"));
}

void ServiceManager::ready(std::string_view status) const noexcept { send("READY=1\nSTATUS=" + one_line(status)); }
void ServiceManager::reloading(Ticks now) const noexcept {
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.ns / kMicrosecond));
}
void ServiceManager::alive() const noexcept { send("WATCHDOG=1"); }
void ServiceManager::status(std::string_view text) const noexcept { send("STATUS=" + one_line(text)); }
void ServiceManager::stopping() const noexcept { send("STOPPING=1"); }

void ServiceManager::send(const std::string& text) const noexcept {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // an abstract name
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  // A manager that does not listen is not our failure.
  static_cast<void>(::sendto(fd.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                             reinterpret_cast<const sockaddr*>(&address), length));
}

}  // namespace hd
