// SPDX-License-Identifier: Apache-2.0
// Who may connect: answers libzmq's questions (ZeroMQ RFC 27) for each new connection, with the peer's name as User-Id.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sensor/link/zmq/socket.hpp"

namespace hd {

class ZapHandler {
 public:
  /// The User-Id for a CURVE key in a domain ("link", "enrol"), or nothing: refused.
  using Judge = std::function<std::optional<std::string>(std::string_view domain, const PublicKey& key, std::string_view address)>;

  [[nodiscard]] static Result<ZapHandler> make(ZmqContext& context, Judge judge);

  /// Answers all questions that wait; to be called when the socket is readable.
  void answer();
  [[nodiscard]] const ZmqSocket& socket() const noexcept { return socket_; }
  [[nodiscard]] std::uint64_t accepted() const noexcept { return accepted_; }
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

 private:
  ZapHandler(ZmqSocket socket, Judge judge) : socket_(std::move(socket)), judge_(std::move(judge)) {}
  ZmqSocket socket_;
  Judge judge_;
  std::uint64_t accepted_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace hd
