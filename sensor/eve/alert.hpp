// SPDX-License-Identifier: Apache-2.0
// An alert record as a line of EVE JSON, with Suricata's names and values.
#pragma once

#include <string>
#include <string_view>

#include "sensor/base/bytes.hpp"
#include "sensor/detect/alert_record.hpp"
#include "sensor/ruleset/ruleset.hpp"

namespace hd {

/// What the writer knows beside the record.
struct EveOptions {
  std::string interface_name = {};    ///< in_iface; empty: none
  std::string sensor_name = {};       ///< haidang.sensor; empty: no haidang object
  bool has_packet_number = false;     ///< pcap_cnt (captures from files)
  bool has_community_id = true;
  bool has_payload = true;
  bool has_packet = false;
  bool has_metadata = true;
  std::uint16_t link_type = 1;        ///< of `packet`, LINKTYPE_ number
};

/// Appends one line without its newline. At most 64 KiB: longer texts were cut when the record was made.
void render_alert(const AlertRecord& record, Bytes tail, const Ruleset& rules, const EveOptions& options, std::string& out);

}  // namespace hd
