// SPDX-License-Identifier: Apache-2.0
// Rows of what rules see of DNS.
#pragma once

#include "sensor/app/protocol.hpp"

namespace hd::protocol::dns {

// Sizes are stated, so that the protocol's table is a constant; the rows' files do not compile with another.
extern const BufferSpec kBufferRows[6];
extern const FieldSpec kFieldRows[3];
extern const EventSpec kEventRows[13];
void record(const Transaction& tx, RecordSink& sink) noexcept;

}  // namespace hd::protocol::dns
