// SPDX-License-Identifier: Apache-2.0
// An alert as the collector understands it: what of the EVE line decides groups, incidents and lists.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sensor/base/result.hpp"
#include "sensor/base/time.hpp"

namespace hd {

/// Something seen that people search for: an address, a name, a fingerprint.
struct Observable {
  std::string type = {};  ///< ip, domain, url, sni, ja3, ja4, user_agent
  std::string value = {};
  bool operator==(const Observable&) const = default;
};

struct Alert {
  std::uint32_t gid = 1, sid = 0, rev = 0;
  std::string signature = {}, category = {};
  std::uint8_t severity = 3;      ///< 1 most urgent … 4
  std::string source = {}, target = {};
  std::uint16_t source_port = 0, target_port = 0;
  std::string protocol = {}, app_protocol = {}, direction = {};
  WallTime packet_time = {};      ///< as the sensor believed it
  // From the rule's metadata (signatures/README.md).
  std::string title_vi = {}, title_en = {};
  std::string technique = {};     ///< T1505.003
  std::string kind = {};          ///< kind of incident (kind.hpp); empty: by class
  std::string group_by = {};      ///< victim, attacker, sid; empty: all three
  std::string result = {};        ///< attempt, success
  bool opens_incident = false;    ///< the rule asks for an incident at once
  bool is_test = false;           ///< canary and test rules never open anything
  std::string attacker = {}, victim = {};
  std::vector<Observable> observables = {};
};

/// Reads one EVE line of type alert. Errors: E6003 with what is missing. Never trusts lengths or types of the line.
[[nodiscard]] Result<Alert> decode_alert(std::string_view line);

/// 2022-08-30T01:02:03.123456+0000 and the usual forms of RFC 3339; false for anything else.
[[nodiscard]] bool parse_time(std::string_view text, WallTime* time);
/// 2022-08-30T01:02:03.123Z
[[nodiscard]] std::string utc_text(WallTime time);
/// 30/08/2022 08:02:03, in the zone given in minutes east of UTC.
[[nodiscard]] std::string local_text(WallTime time, int zone_minutes);

}  // namespace hd
