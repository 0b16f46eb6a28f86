// SPDX-License-Identifier: Apache-2.0
// Rows of what rules see of TLS.
#pragma once

#include "sensor/app/protocol.hpp"

namespace hd::protocol::tls {

// Sizes are stated, so that the protocol's table is a constant; the rows' files do not compile with another.
extern const BufferSpec kBufferRows[16];
extern const FieldSpec kFieldRows[1];
extern const EventSpec kEventRows[34];
void record(const Transaction& tx, RecordSink& sink) noexcept;

}  // namespace hd::protocol::tls
