// SPDX-License-Identifier: Apache-2.0
#include "sensor/protocols/tls/buffers.hpp"

namespace hd::protocol::tls {
constinit const EventSpec kEventRows[] = {
#define HD_TLS_EVENT(name, summary) {#name, summary},
#include "sensor/protocols/tls/events.def"
#undef HD_TLS_EVENT
};
static_assert(std::size(kEventRows) <= 128);

}  // namespace hd::protocol::tls
