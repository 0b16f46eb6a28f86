// SPDX-License-Identifier: Apache-2.0
#include "sensor/stream/session.hpp"

#include <array>

namespace hd {

std::string_view name_of(TcpState state) noexcept {
  static constexpr std::array<std::string_view, 12> kNames = {"none",      "listen",    "syn_sent",   "syn_recv",
                                                              "established", "fin_wait1", "fin_wait2", "time_wait",
                                                              "last_ack",  "close_wait", "closing",   "closed"};
  return kNames[static_cast<std::size_t>(state)];
}

}  // namespace hd
