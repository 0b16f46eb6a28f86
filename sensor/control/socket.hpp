// SPDX-License-Identifier: Apache-2.0
// The control socket: a Unix socket on which one JSON object a line is asked and answered (docs: operations 2).
//   > {"verb":"status"}
//   < {"ok":true,"answer":{…}}          or  {"ok":false,"code":"E1001","what":"…"}
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sensor/base/json.hpp"
#include "sensor/base/result.hpp"
#include "sensor/base/time.hpp"

namespace hd {

/// Serves one thread's worth of short questions. Who may ask: root, and the user the sensor runs as, by the kernel's word.
class ControlServer {
 public:
  /// In: the verb and the whole request. Out: JSON, or an Error that the asker is told.
  using Answer = std::function<Result<std::string>(std::string_view verb, const JsonView& request)>;
  static constexpr std::size_t kClientsMax = 16;
  static constexpr std::size_t kLineMax = 4096;  ///< a longer question ends its connection

  /// Takes the path over from a sensor that is gone; E4001 when one answers there, or the path cannot be had.
  [[nodiscard]] static Result<std::unique_ptr<ControlServer>> open(const std::string& path, Answer answer);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;
  ControlServer(ControlServer&&) = delete;
  ControlServer& operator=(ControlServer&&) = delete;

  /// Waits at most so long for something to do, and does it.
  void serve(Nanos timeout);
  /// Makes serve() return; the one member that other threads and signal handlers may call.
  void wake() noexcept;

 private:
  struct Impl;
  explicit ControlServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Asks a running sensor. Out: the answer's JSON. Errors: E4001 nobody listens, E4002 not allowed, E6001 no answer in time, or
/// what the sensor said.
[[nodiscard]] Result<std::string> ask_control(const std::string& path, std::string_view request, Nanos timeout);

}  // namespace hd
