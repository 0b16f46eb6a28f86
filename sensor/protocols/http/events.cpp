// SPDX-License-Identifier: Apache-2.0
#include "sensor/protocols/http/buffers.hpp"

namespace hd::protocol::http {
namespace {

constexpr EventSpec kRows[] = {
#define HD_HTTP_EVENT(name, summary) {#name, summary},
#include "sensor/protocols/http/events.def"
#undef HD_HTTP_EVENT
};
static_assert(std::size(kRows) <= 128);

}  // namespace

const std::span<const EventSpec> kEventRows = kRows;

}  // namespace hd::protocol::http
