// SPDX-License-Identifier: Apache-2.0
// Records besides alerts as lines of EVE JSON: flow, http, dns, tls …, anomaly, with Suricata's names and values.
#pragma once

#include <string>
#include <string_view>

#include "sensor/detect/event_record.hpp"
#include "sensor/eve/alert.hpp"

namespace hd {

/// event_type of a record: "flow", "anomaly", or the protocol's name.
[[nodiscard]] std::string_view event_type_of(const EventRecord& record) noexcept;
/// Appends one line without its newline.
void render_event(const EventRecord& record, Bytes tail, const EveOptions& options, std::string& out);

}  // namespace hd
