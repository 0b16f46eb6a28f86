// SPDX-License-Identifier: Apache-2.0
// What every EVE line begins with, whatever its type.
#pragma once

#include <string>
#include <string_view>

#include "sensor/base/json_writer.hpp"
#include "sensor/detect/alert_record.hpp"
#include "sensor/eve/alert.hpp"

namespace hd {

[[nodiscard]] std::string address_text(const Address& address, bool is_ip6_packet = false);
/// timestamp, flow_id, interface, event_type, VLANs, addresses, protocol, community id, transaction, tunnel: members of the
/// object that is open in `json`.
void write_head(const AlertRecord& record, std::string_view event_type, const EveOptions& options, JsonWriter& json);
/// Packets and bytes by direction, and when it began: members of the open object "flow".
void write_flow_counts(const AlertRecord& record, JsonWriter& json);

}  // namespace hd
