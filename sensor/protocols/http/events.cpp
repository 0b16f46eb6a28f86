// SPDX-License-Identifier: Apache-2.0
#include "sensor/protocols/http/buffers.hpp"

namespace hd::protocol::http {
constinit const EventSpec kEventRows[] = {
#define HD_HTTP_EVENT(name, summary) {#name, summary},
#include "sensor/protocols/http/events.def"
#undef HD_HTTP_EVENT
};
static_assert(std::size(kEventRows) <= 128);

}  // namespace hd::protocol::http
