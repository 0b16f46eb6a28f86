// SPDX-License-Identifier: Apache-2.0
// Rule by rule: head, lists, rows, and where the rule is to be looked for. The prefilters are made in emitter_finish.cpp.
#include "sensor/compile/emitter.hpp"

#include <algorithm>

#include "sensor/compile/eve_part.hpp"
#include "sensor/compile/program_writer.hpp"
#include "sensor/registry/tables.hpp"

namespace hd {
namespace {

constexpr std::uint8_t kAllGroups = group_bit::tcp | group_bit::udp | group_bit::icmp | group_bit::other_ip | group_bit::no_ip;
constexpr std::uint8_t kIpGroups = group_bit::tcp | group_bit::udp | group_bit::icmp | group_bit::other_ip;

struct Groups {
  std::uint8_t groups = 0;
  std::uint8_t ip_protocol = 0;
  std::uint32_t flags = 0;
};

Groups groups_of(const RuleIr& rule) {
  switch (rule.protocol) {
    case HeaderProtocol::ip: return {kIpGroups, 0, 0};
    case HeaderProtocol::ip4: return {kIpGroups, 0, rule_flag::ip4_only};
    case HeaderProtocol::ip6: return {kIpGroups, 0, rule_flag::ip6_only};
    case HeaderProtocol::tcp:
    case HeaderProtocol::tcp_pkt:
    case HeaderProtocol::tcp_stream: return {group_bit::tcp, 0, 0};
    case HeaderProtocol::udp: return {group_bit::udp, 0, 0};
    case HeaderProtocol::icmp: return {group_bit::icmp, 0, 0};
    case HeaderProtocol::icmp4: return {group_bit::icmp, ip_protocol::icmp, 0};
    case HeaderProtocol::icmp6: return {group_bit::icmp, ip_protocol::icmp6, 0};
    case HeaderProtocol::sctp: return {group_bit::other_ip, ip_protocol::sctp, 0};
    case HeaderProtocol::pkthdr: return {kAllGroups, 0, 0};
    case HeaderProtocol::app: break;
  }
  std::uint8_t groups = 0;
  for (const ProtocolSpec* spec : registry::k_protocol_tables) {
    if (spec->id != rule.app_protocol) continue;
    if ((spec->transports & transport::tcp) != 0) groups |= group_bit::tcp;
    if ((spec->transports & transport::udp) != 0) groups |= group_bit::udp;
  }
  return {groups, 0, 0};
}

bool has_list(const RuleIr& rule, BufferRef::Kind kind) {
  return std::any_of(rule.lists.begin(), rule.lists.end(), [kind](const StepList& list) { return list.buffer.kind == kind; });
}

// A content with an offset or depth is a statement about packets as well (detection.md 20.2).
bool has_bounded_content(const RuleIr& rule) {
  for (const StepList& list : rule.lists) {
    if (list.buffer.kind != BufferRef::Kind::payload) continue;
    for (const Step& step : list.steps) {
      const auto* content = std::get_if<ContentStep>(&step.kind);
      if (content != nullptr && (content->offset || content->depth || content->starts)) return true;
    }
  }
  return false;
}

}  // namespace

BufferRows rows_of(std::string_view name) {
  BufferRows rows{};
  for (const ProtocolSpec* spec : registry::k_protocol_tables) {
    for (const BufferSpec& row : spec->buffers) {
      if (row.name == name) rows[static_cast<std::size_t>(spec->id)] = &row;
    }
  }
  return rows;
}

Emitter::Emitter(Ruleset& ruleset, CompileReport& report) : ruleset_(ruleset), report_(report) {
  ruleset_.buffers.push_back({.kind = BufferRef::Kind::payload, .name = "payload"});
  for (auto& by_direction : buffers_) by_direction.resize(1);
}

std::uint16_t Emitter::address_set(const AddressSet& set) {
  std::string key;
  for (const AddressSet::Range& range : set.ranges()) {
    key.append(reinterpret_cast<const char*>(range.first.bytes.data()), 16);
    key.append(reinterpret_cast<const char*>(range.last.bytes.data()), 16);
  }
  const auto [place, is_new] = address_numbers_.emplace(std::move(key), static_cast<std::uint16_t>(address_sets_.size()));
  if (is_new) address_sets_.push_back(set);
  return place->second;
}

std::uint16_t Emitter::port_set(const PortSet& set) {
  std::string key;
  for (const PortSet::Range& range : set.ranges()) key += std::to_string(range.first) + "-" + std::to_string(range.last) + ",";
  const auto [place, is_new] = port_numbers_.emplace(std::move(key), static_cast<std::uint16_t>(port_sets_.size()));
  if (is_new) port_sets_.push_back(set);
  return place->second;
}

BufferId Emitter::buffer_of(const BufferRef& ref) {
  if (ref.kind == BufferRef::Kind::payload) return 0;
  std::string key = std::to_string(static_cast<int>(ref.kind)) + ref.app;
  if (ref.packet != nullptr) key += ref.packet->name;
  std::uint16_t base = 0;
  if (!ref.transforms.empty()) {
    BufferRef plain = ref;
    plain.transforms.clear();
    base = buffer_of(plain);
    // Values of transforms are compared by their numbers and the address of their own form: equal ones that were
    // compiled twice merely become two buffers.
    for (const TransformUse& use : ref.transforms) {
      key += "|" + std::string(use.spec->name);
      for (const std::uint64_t number : use.data.number) key += "," + std::to_string(number);
      if (use.data.object != nullptr) key += "@" + std::to_string(reinterpret_cast<std::uintptr_t>(use.data.object.get()));
    }
  }
  const auto id = static_cast<BufferId>(ruleset_.buffers.size());
  const auto [place, is_new] = buffer_numbers_.emplace(std::move(key), id);
  if (!is_new) return place->second;
  CompiledBuffer buffer{.kind = ref.kind, .packet = ref.packet, .transforms = ref.transforms, .name = ref.app, .base = ref.transforms.empty() ? id : base};
  if (ref.kind == BufferRef::Kind::app) buffer.by_protocol = rows_of(ref.app);
  if (ref.packet != nullptr) buffer.name = ref.packet->name;
  if (ref.kind == BufferRef::Kind::base64) buffer.name = "base64_data";
  ruleset_.buffers.push_back(std::move(buffer));
  for (auto& by_direction : buffers_) by_direction.resize(ruleset_.buffers.size());
  return id;
}

void Emitter::classify(const RuleIr& rule, RuleHead& head) const {
  if (has_list(rule, BufferRef::Kind::app) || !rule.transaction_conditions.empty()) {
    head.kind = RuleKind::transaction;
    return;
  }
  const bool is_plain = rule.protocol == HeaderProtocol::ip || rule.protocol == HeaderProtocol::ip4 || rule.protocol == HeaderProtocol::ip6 ||
                        rule.protocol == HeaderProtocol::tcp || rule.protocol == HeaderProtocol::udp || rule.protocol == HeaderProtocol::icmp;
  const bool is_about_addresses = std::all_of(rule.packet_conditions.begin(), rule.packet_conditions.end(), [](const PacketCondition& one) { return one.is_about_addresses; });
  const bool has_only_addresses = is_plain && rule.lists.empty() && is_about_addresses && !rule.flow.is_given() &&
                                  !rule.flow.only_frag && !rule.flow.no_frag && !rule.flow.only_stream && !rule.flow.no_stream &&
                                  rule.app_protocol == AppProtocol::unknown && rule.source_ports.is_any() && rule.target_ports.is_any();
  head.kind = has_only_addresses ? RuleKind::address_only : RuleKind::packet;
}

void Emitter::payload_sides(const RuleIr& rule, RuleHead& head) const {
  if (!has_list(rule, BufferRef::Kind::payload)) return;
  head.flags |= rule_flag::has_payload_list | rule_flag::needs_payload;
  const bool is_tcp = (head.groups & group_bit::tcp) != 0;
  if (!is_tcp || rule.flow.no_stream || rule.protocol == HeaderProtocol::tcp_pkt || rule.needs_packet) {
    head.flags |= rule_flag::on_packet;
    return;
  }
  head.flags |= rule_flag::on_stream;
  if (rule.flow.only_stream || rule.protocol == HeaderProtocol::tcp_stream) {
    head.flags |= rule_flag::only_stream;
    return;
  }
  if (has_bounded_content(rule) || rule.wants_packets_too) head.flags |= rule_flag::on_packet;
}

RuleHead Emitter::make_head(const RuleIr& rule) {
  const Groups groups = groups_of(rule);
  RuleHead head{.flags = groups.flags, .groups = groups.groups, .action = rule.action, .ip_protocol = groups.ip_protocol, .app_protocol = rule.app_protocol};
  const auto flag = [&](bool on, std::uint32_t bit) {
    if (on) head.flags |= bit;
  };
  flag(!rule.flow.to_client || rule.flow.to_server, rule_flag::to_server);
  flag(!rule.flow.to_server || rule.flow.to_client, rule_flag::to_client);
  flag(rule.flow.is_given(), rule_flag::needs_flow);
  flag(rule.flow.established, rule_flag::established);
  flag(rule.flow.not_established, rule_flag::not_established);
  flag(rule.flow.stateless, rule_flag::stateless);
  flag(rule.flow.only_frag, rule_flag::only_frag);
  flag(rule.flow.no_frag, rule_flag::no_frag);
  flag(rule.is_bidirectional, rule_flag::bidirectional);
  flag(rule.is_transactional_bidirectional, rule_flag::both_ways);
  flag(rule.is_noalert, rule_flag::noalert);
  flag(rule.is_bypass, rule_flag::bypass);
  flag(rule.wants_decode_events, rule_flag::decode_event);
  flag(rule.needs_packet, rule_flag::needs_packet);
  flag(has_list(rule, BufferRef::Kind::base64), rule_flag::has_base64);
  flag(rule.source.is_any() && rule.target.is_any(), rule_flag::any_addresses);
  flag(rule.source_ports.is_any() && rule.target_ports.is_any(), rule_flag::any_ports);
  flag(!rule.state_conditions.empty(), rule_flag::has_state_condition);
  flag(!rule.state_effects.empty(), rule_flag::has_effect);
  if (rule.wants_decode_events) head.groups |= group_bit::no_ip;
  head.source_set = address_set(rule.source);
  head.target_set = address_set(rule.target);
  head.source_ports = port_set(rule.source_ports);
  head.target_ports = port_set(rule.target_ports);
  head.sid = rule.sid;
  head.gid = rule.gid;
  head.slots = rule.slots_used;
  classify(rule, head);
  payload_sides(rule, head);
  return head;
}

void Emitter::emit_lists(RuleIr& rule, RuleHead& head) {
  head.first_list = static_cast<std::uint32_t>(ruleset_.lists.size());
  head.list_count = static_cast<std::uint8_t>(rule.lists.size());
  for (const StepList& list : rule.lists) {
    CompiledList compiled{.buffer = buffer_of(list.buffer), .program = write_program(list, ruleset_)};
    for (const Step& step : list.steps) {
      if (std::holds_alternative<AbsentStep>(step.kind)) compiled.accepts_missing = true;
      const auto* pcre = std::get_if<PcreStep>(&step.kind);
      if (pcre != nullptr && !pcre->captures.empty()) head.flags |= rule_flag::has_captures;
    }
    ruleset_.lists.push_back(compiled);
  }
}

void Emitter::emit_rows(RuleIr& rule, RuleHead& head) {
  const auto append = [](auto& from, auto& to, std::uint32_t& first, std::uint8_t& count) {
    first = static_cast<std::uint32_t>(to.size());
    count = static_cast<std::uint8_t>(from.size());
    for (auto& row : from) to.push_back(std::move(row));
  };
  append(rule.packet_conditions, ruleset_.packet_conditions, head.first_packet_condition, head.packet_conditions);
  append(rule.transaction_conditions, ruleset_.transaction_conditions, head.first_transaction_condition, head.transaction_conditions);
  append(rule.state_conditions, ruleset_.state_conditions, head.first_state_condition, head.state_conditions);
  append(rule.state_effects, ruleset_.state_effects, head.first_state_effect, head.state_effects);
  append(rule.thresholds, ruleset_.thresholds, head.first_threshold, head.thresholds);
  if (head.thresholds > 0) head.flags |= rule_flag::has_threshold;
}

void Emitter::add(RuleIr& rule) {
  const auto number = static_cast<RuleNumber>(ruleset_.heads.size());
  RuleHead head = make_head(rule);
  emit_lists(rule, head);
  place(rule, head, number);
  RuleCold cold{.place = rule.place, .text = rule.text, .msg = rule.msg, .rev = rule.rev, .priority = rule.priority, .eve = eve_part(rule), .target_side = rule.target_side};
  cold.prefilter = std::move(ruleset_.cold.size() > number ? ruleset_.cold[number].prefilter : std::string());
  emit_rows(rule, head);
  for (auto& set : rule.datasets) {
    if (std::find(ruleset_.datasets.begin(), ruleset_.datasets.end(), set) == ruleset_.datasets.end()) ruleset_.datasets.push_back(std::move(set));
  }
  if (ruleset_.cold.size() <= number) ruleset_.cold.resize(number + 1);
  ruleset_.cold[number] = std::move(cold);
  ruleset_.heads.push_back(head);
  ++report_.rules;
}

void Emitter::place(const RuleIr& rule, const RuleHead& head, RuleNumber number) {
  ruleset_.cold.resize(number + 1);
  if (head.kind == RuleKind::address_only) {
    ++report_.address_only;
    ruleset_.cold[number].prefilter = "addresses, once for each flow and direction";
    address_only_.push_back(number);
    return;
  }
  std::vector<BufferRows> rows;
  for (const StepList& list : rule.lists) rows.push_back(list.buffer.kind == BufferRef::Kind::app ? rows_of(list.buffer.app) : BufferRows{});
  const Prefilter prefilter = choose_prefilter(rule, rows);
  ruleset_.cold[number].prefilter = to_words(prefilter, rule);
  if (prefilter.matcher == Prefilter::Matcher::none) ++report_.without_literal;
  if (head.kind == RuleKind::transaction) {
    ++report_.transaction;
    place_transaction(rule, head, number, prefilter);
    return;
  }
  ++report_.packet;
  if (prefilter.matcher == Prefilter::Matcher::none) place_always(rule, head, number);
  else place_payload(head, number, prefilter);
}

void Emitter::place_always(const RuleIr& rule, const RuleHead& head, RuleNumber number) {
  for (std::size_t group = 0; group < kPacketGroups; ++group) {
    if ((head.groups >> group & 1) == 0) continue;
    for (std::size_t direction = 0; direction < 2; ++direction) {
      if ((head.flags & (rule_flag::to_server << direction)) == 0) continue;
      AlwaysLists& lists = ruleset_.always[group][direction];
      if (rule.wants_decode_events) lists.decode_events.push_back(number);
      else if (rule.wants_stream_events) lists.stream_events.push_back(number);
      else if ((head.flags & rule_flag::needs_payload) != 0) lists.with_payload.push_back(number);
      else lists.every_packet.push_back(number);
    }
  }
}

void Emitter::add_to(PayloadDraft& draft, const Prefilter& prefilter, RuleNumber number) {
  const LetterCase letters = prefilter.is_nocase ? LetterCase::folded : LetterCase::exact;
  if (prefilter.matcher == Prefilter::Matcher::fixed) {
    const auto id = static_cast<std::uint32_t>(draft.head_rules.size());
    draft.heads.push_back({.offset = prefilter.offset, .bytes = prefilter.literal, .letters = letters, .id = id});
    draft.head_rules.push_back({number});
    return;
  }
  LiteralSet& set = prefilter.is_early ? draft.early : draft.literals;
  auto& rules = prefilter.is_early ? draft.early_rules : draft.literal_rules;
  const std::uint32_t id = set.add(prefilter.literal, letters);
  if (id >= rules.size()) rules.resize(id + 1);
  rules[id].push_back(number);
}

void Emitter::place_payload(const RuleHead& head, RuleNumber number, const Prefilter& prefilter) {
  for (std::size_t group = 0; group < kPacketGroups; ++group) {
    if ((head.groups >> group & 1) == 0) continue;
    for (std::size_t direction = 0; direction < 2; ++direction) {
      if ((head.flags & (rule_flag::to_server << direction)) == 0) continue;
      auto& sides = payload_[group][direction];
      const bool is_tcp = group == static_cast<std::size_t>(PacketGroup::tcp);
      if (!is_tcp || (head.flags & rule_flag::on_packet) != 0) add_to(sides[0], prefilter, number);
      if (is_tcp && (head.flags & rule_flag::on_stream) != 0) add_to(sides[1], prefilter, number);
    }
  }
}

void Emitter::place_transaction(const RuleIr& rule, const RuleHead& head, RuleNumber number, const Prefilter& prefilter) {
  if (prefilter.matcher == Prefilter::Matcher::none) {
    for (const ProtocolSpec* spec : registry::k_protocol_tables) {
      if (rule.app_protocol != AppProtocol::unknown && rule.app_protocol != spec->id) continue;
      for (std::size_t direction = 0; direction < 2; ++direction) {
        if ((head.flags & (rule_flag::to_server << direction)) == 0) continue;
        ruleset_.transactions[static_cast<std::size_t>(spec->id)][direction].always.push_back(number);
      }
    }
    return;
  }
  BufferRef ref = rule.lists[prefilter.list].buffer;
  if (prefilter.has_dot_prefix) ref.transforms.clear();  // the tail keys know the dot themselves
  const BufferId buffer = buffer_of(ref);
  const LetterCase letters = prefilter.is_nocase ? LetterCase::folded : LetterCase::exact;
  for (std::size_t direction = 0; direction < 2; ++direction) {
    if ((head.flags & (rule_flag::to_server << direction)) == 0) continue;
    BufferDraft& draft = buffers_[direction][buffer];
    draft.is_used = true;
    if (prefilter.matcher == Prefilter::Matcher::anywhere) {
      const std::uint32_t id = draft.literals.add(prefilter.literal, letters);
      if (id >= draft.literal_rules.size()) draft.literal_rules.resize(id + 1);
      draft.literal_rules[id].push_back(number);
      continue;
    }
    const auto id = static_cast<std::uint32_t>(draft.edge_rules.size());
    auto& edges = prefilter.matcher == Prefilter::Matcher::tail ? draft.tails : draft.heads;
    edges.push_back({.bytes = prefilter.literal, .letters = letters, .is_whole = prefilter.is_whole, .has_dot_prefix = prefilter.has_dot_prefix, .id = id});
    draft.edge_rules.push_back({number});
  }
}

}  // namespace hd
