// SPDX-License-Identifier: Apache-2.0
// Rows of what rules see of SMTP and mail.
#pragma once

#include "sensor/app/protocol.hpp"

namespace hd::protocol::smtp {

// Sizes are stated, so that the protocol's table is a constant; the rows' files do not compile with another.
extern const BufferSpec kBufferRows[14];
extern const EventSpec kEventRows[24];
void record(const Transaction& tx, RecordSink& sink) noexcept;

}  // namespace hd::protocol::smtp
