// SPDX-License-Identifier: Apache-2.0
// Rows of what rules see of HTTP/1.x.
#pragma once

#include <span>

#include "sensor/app/protocol.hpp"

namespace hd::protocol::http {

extern const std::span<const BufferSpec> kBufferRows;
extern const std::span<const EventSpec> kEventRows;
void record(const Transaction& tx, RecordSink& sink) noexcept;

}  // namespace hd::protocol::http
