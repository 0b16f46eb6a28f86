// SPDX-License-Identifier: Apache-2.0
// Rows of what rules see of FTP.
#pragma once

#include "sensor/app/protocol.hpp"

namespace hd::protocol::ftp {

// Sizes are stated, so that the protocol's table is a constant; the rows' files do not compile with another.
extern const BufferSpec kBufferRows[4];
extern const FieldSpec kFieldRows[3];
extern const EventSpec kEventRows[5];
void record(const Transaction& tx, RecordSink& sink) noexcept;

}  // namespace hd::protocol::ftp
