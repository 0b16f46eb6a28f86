// SPDX-License-Identifier: Apache-2.0
// Tagged bytes of RecordSink to JSON.
#pragma once

#include "sensor/base/bytes.hpp"
#include "sensor/base/json_writer.hpp"

namespace hd {

/// Writes the items of a record as members of the object that is open in `json`. Trusts the layout, since the worker of
/// this process made it; never reads beyond `record`.
void render_record(Bytes record, JsonWriter& json);

}  // namespace hd
