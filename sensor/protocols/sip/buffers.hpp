// SPDX-License-Identifier: Apache-2.0
// Rows of what rules see of SIP and SDP.
#pragma once

#include "sensor/app/protocol.hpp"

namespace hd::protocol::sip {

// Sizes are stated, so that the protocol's table is a constant; the rows' files do not compile with another.
extern const BufferSpec kBufferRows[30];
extern const EventSpec kEventRows[2];
void record(const Transaction& tx, RecordSink& sink) noexcept;

}  // namespace hd::protocol::sip
