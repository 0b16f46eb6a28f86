// SPDX-License-Identifier: Apache-2.0
#include "collector/domain/alert.hpp"
#include "sensor/base/json.hpp"

namespace hd {
namespace {

// Texts of the wire are kept, but none is longer than a screen needs.
std::string text_of(JsonView view, std::size_t length_max = 512) { return std::string(view.as_string().substr(0, length_max)); }

std::string first_of(JsonView list) { return text_of(list.at(0)); }

void add(Alert& alert, const char* type, JsonView value) {
  const std::string text = text_of(value, 1024);
  if (text.empty() || alert.observables.size() >= 32) return;
  const Observable one{type, text};
  for (const Observable& have : alert.observables) {
    if (have == one) return;
  }
  alert.observables.push_back(one);
}

void observables(const JsonView& root, Alert& alert) {
  const JsonView http = root.get("http");
  add(alert, "domain", http.get("hostname"));
  add(alert, "url", http.get("url"));
  add(alert, "user_agent", http.get("http_user_agent"));
  const JsonView tls = root.get("tls");
  add(alert, "sni", tls.get("sni"));
  add(alert, "ja3", tls.get("ja3").get("hash"));
  add(alert, "ja4", tls.get("ja4"));
  const JsonView dns = root.get("dns");
  std::size_t count = 0;
  for (const char* key : {"queries", "query"}) {
    for (const JsonView query : dns.get(key).elements()) {
      if (++count > 8) break;
      add(alert, "domain", query.get("rrname"));
    }
  }
}

// Who attacks whom: the rule's target says it; else the rule's metadata; else the packet's source attacks.
void sides(const JsonView& rule, Alert& alert) {
  const std::string from = text_of(rule.get("source").get("ip"), 64);
  const std::string to = text_of(rule.get("target").get("ip"), 64);
  alert.attacker = from.empty() ? alert.source : from;
  alert.victim = to.empty() ? alert.target : to;
}

}  // namespace

Result<Alert> decode_alert(std::string_view line) {
  auto document = JsonDocument::parse(line);
  if (!document) return fail(std::move(document.error()));
  const JsonView root = document->root();
  const JsonView rule = root.get("alert");
  if (root.get("event_type").as_string() != "alert" || !rule) return fail(ErrorCode::E6003, "not an EVE line of an alert");
  Alert alert;
  alert.sid = static_cast<std::uint32_t>(rule.get("signature_id").as_uint());
  if (alert.sid == 0) return fail(ErrorCode::E6003, "the alert has no signature_id");
  if (!parse_time(root.get("timestamp").as_string(), &alert.packet_time)) return fail(ErrorCode::E6003, "the alert's timestamp cannot be read");
  alert.gid = static_cast<std::uint32_t>(rule.get("gid").as_uint(1));
  alert.rev = static_cast<std::uint32_t>(rule.get("rev").as_uint());
  alert.signature = text_of(rule.get("signature"));
  alert.category = text_of(rule.get("category"));
  const std::uint64_t severity = rule.get("severity").as_uint(3);
  alert.severity = static_cast<std::uint8_t>(severity == 0 || severity > 4 ? 4 : severity);
  alert.source = text_of(root.get("src_ip"), 64);
  alert.target = text_of(root.get("dest_ip"), 64);
  alert.source_port = static_cast<std::uint16_t>(root.get("src_port").as_uint());
  alert.target_port = static_cast<std::uint16_t>(root.get("dest_port").as_uint());
  alert.protocol = text_of(root.get("proto"), 32);
  alert.app_protocol = text_of(root.get("app_proto"), 32);
  alert.direction = text_of(root.get("direction"), 16);
  const JsonView metadata = rule.get("metadata");
  alert.title_vi = first_of(metadata.get("title_vi"));
  alert.title_en = first_of(metadata.get("title_en"));
  alert.technique = first_of(metadata.get("mitre_technique_id"));
  alert.kind = first_of(metadata.get("incident_kind"));
  alert.group_by = first_of(metadata.get("group_by"));
  alert.result = first_of(metadata.get("attack_result"));
  const std::string weight = first_of(metadata.get("signature_severity"));
  alert.opens_incident = first_of(metadata.get("opens_incident")) == "yes" || weight == "Critical" || weight == "Major";
  alert.is_test = first_of(metadata.get("test")) == "yes";
  sides(rule, alert);
  observables(root, alert);
  return alert;
}

}  // namespace hd
