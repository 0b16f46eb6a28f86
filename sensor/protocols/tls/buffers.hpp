// SPDX-License-Identifier: Apache-2.0
// Rows of what rules see of TLS.
#pragma once

#include <span>

#include "sensor/app/protocol.hpp"

namespace hd::protocol::tls {

extern const std::span<const BufferSpec> kBufferRows;
extern const std::span<const FieldSpec> kFieldRows;
extern const std::span<const EventSpec> kEventRows;
void record(const Transaction& tx, RecordSink& sink) noexcept;

}  // namespace hd::protocol::tls
