// SPDX-License-Identifier: Apache-2.0
#include "sensor/link/zmq/zap.hpp"

#include <cstring>

namespace hd {
namespace {

// Frames of a request: version, request id, domain, address, routing id, mechanism, credentials.
constexpr std::size_t kRequestFrames = 7;
constexpr std::string_view kVersion = "1.0";

}  // namespace

Result<ZapHandler> ZapHandler::make(ZmqContext& context, Judge judge) {
  auto socket = ZmqSocket::zap(context);
  if (!socket) return fail(std::move(socket.error()));
  return ZapHandler(std::move(*socket), std::move(judge));
}

void ZapHandler::answer() {
  while (const auto request = socket_.receive_frames()) {
    std::optional<std::string> user;
    const auto& frames = *request;
    const std::string id = frames.size() > 1 ? frames[1] : std::string();
    if (frames.size() == kRequestFrames && frames[0] == kVersion && frames[5] == "CURVE" && frames[6].size() == 32) {
      PublicKey key{};
      std::memcpy(key.data(), frames[6].data(), key.size());
      user = judge_(frames[2], key, frames[3]);
    }
    (user ? accepted_ : refused_) += 1;
    const std::vector<std::string> reply = {std::string(kVersion), id, user ? "200" : "400",
                                            user ? "OK" : "the key is not known", user.value_or(""), ""};
    static_cast<void>(socket_.send_frames(reply));
  }
}

}  // namespace hd
