// SPDX-License-Identifier: Apache-2.0
#include "sensor/ruleset/ruleset.hpp"

namespace hd {
namespace {

template <class Row>
bool is_slice(const std::vector<Row>& rows, std::uint32_t first, std::size_t count) {
  return count == 0 || (first <= rows.size() && count <= rows.size() - first);
}

bool leads_somewhere(const RuleLists& lists, std::size_t rules) {
  if (lists.begin.empty() || lists.begin.back() != lists.rules.size()) return false;
  for (const RuleNumber rule : lists.rules) {
    if (rule >= rules) return false;
  }
  return true;
}

}  // namespace

bool Ruleset::verify(std::string& why) const {
  const auto refuse = [&](const std::string& word) {
    why = word;
    return false;
  };
  if (cold.size() != heads.size()) return refuse("cold rows");
  for (const RuleHead& head : heads) {
    const std::string name = "rule " + std::to_string(head.sid);
    if (!is_slice(lists, head.first_list, head.list_count)) return refuse(name + ": lists");
    if (!is_slice(packet_conditions, head.first_packet_condition, head.packet_conditions)) return refuse(name + ": packet conditions");
    if (!is_slice(transaction_conditions, head.first_transaction_condition, head.transaction_conditions)) return refuse(name + ": transaction conditions");
    if (!is_slice(state_conditions, head.first_state_condition, head.state_conditions)) return refuse(name + ": state conditions");
    if (!is_slice(state_effects, head.first_state_effect, head.state_effects)) return refuse(name + ": effects");
    if (!is_slice(thresholds, head.first_threshold, head.thresholds)) return refuse(name + ": thresholds");
    if (head.source_set >= addresses.set_count() || head.target_set >= addresses.set_count()) return refuse(name + ": addresses");
    if (head.source_ports >= ports.set_count() || head.target_ports >= ports.set_count()) return refuse(name + ": ports");
  }
  for (const CompiledList& list : lists) {
    if (list.buffer >= buffers.size()) return refuse("buffer of a list");
    if (!is_slice(code, list.program.first, list.program.count)) return refuse("program of a list");
  }
  for (const BufferGroup& group : buffer_groups) {
    if (!leads_somewhere(group.edge_lists, size()) || !leads_somewhere(group.literal_lists, size())) return refuse("rules of a buffer group");
  }
  for (const auto& by_direction : payload) {
    for (const PayloadGroup& group : by_direction) {
      for (const PayloadMatchers* matchers : {&group.packet, &group.stream}) {
        if (!leads_somewhere(matchers->head_lists, size()) || !leads_somewhere(matchers->literal_lists, size())) return refuse("rules of a payload group");
      }
    }
  }
  return true;
}

}  // namespace hd
