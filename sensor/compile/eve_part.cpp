// SPDX-License-Identifier: Apache-2.0
#include "sensor/compile/eve_part.hpp"

#include <algorithm>
#include <vector>

#include "sensor/base/json_writer.hpp"

namespace hd {

std::string eve_part(const RuleIr& rule) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  // A passive sensor never blocks: every alert says so.
  json.field("action", "allowed").field("gid", rule.gid).field("signature_id", rule.sid).field("rev", rule.rev);
  json.field("signature", rule.msg).field("category", rule.class_text).field("severity", static_cast<unsigned>(rule.priority));
  if (!rule.metadata.empty()) {
    json.key("metadata").begin_object();
    std::vector<std::string> keys;
    for (const MetadataPair& pair : rule.metadata) {
      if (std::find(keys.begin(), keys.end(), pair.key) == keys.end()) keys.push_back(pair.key);
    }
    for (const std::string& key : keys) {
      json.key(key).begin_array();
      for (const MetadataPair& pair : rule.metadata) {
        if (pair.key == key) json.value(pair.value);
      }
      json.end_array();
    }
    json.end_object();
  }
  if (!rule.references.empty()) {
    json.key("references").begin_array();
    for (const Reference& reference : rule.references) json.value(reference.key + reference.value);
    json.end_array();
  }
  json.end_object();
  return out.substr(1, out.size() - 2);
}

}  // namespace hd
