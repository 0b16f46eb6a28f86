// SPDX-License-Identifier: Apache-2.0
#include "sensor/protocols/tls/buffers.hpp"

namespace hd::protocol::tls {
namespace {

constexpr EventSpec kRows[] = {
#define HD_TLS_EVENT(name, summary) {#name, summary},
#include "sensor/protocols/tls/events.def"
#undef HD_TLS_EVENT
};
static_assert(std::size(kRows) <= 128);

}  // namespace

const std::span<const EventSpec> kEventRows = kRows;

}  // namespace hd::protocol::tls
