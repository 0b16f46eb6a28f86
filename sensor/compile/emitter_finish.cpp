// SPDX-License-Identifier: Apache-2.0
// The prefilters of a ruleset, once every rule has said what it looks for.
#include <algorithm>

#include "sensor/compile/emitter.hpp"
#include "sensor/registry/tables.hpp"

namespace hd {
namespace {

RuleLists flatten(const std::vector<std::vector<RuleNumber>>& rules) {
  RuleLists lists;
  for (const auto& one : rules) {
    lists.rules.insert(lists.rules.end(), one.begin(), one.end());
    lists.begin.push_back(static_cast<std::uint32_t>(lists.rules.size()));
  }
  return lists;
}

}  // namespace

Result<std::shared_ptr<const LiteralDatabase>> Emitter::database(const LiteralSet& set, DatabaseCache& cache) {
  if (set.is_empty()) return std::shared_ptr<const LiteralDatabase>();
  auto made = cache.get(set);
  if (made) {
    ++report_.databases;
    report_.database_bytes += (*made)->size_bytes();
  }
  return made;
}

Result<void> Emitter::finish_matchers(PayloadDraft& draft, PayloadMatchers& out, DatabaseCache& cache) {
  out.heads = HeadTable(draft.heads);
  out.head_lists = flatten(draft.head_rules);
  auto literals = database(draft.literals, cache);
  if (!literals) return fail(std::move(literals.error()));
  out.literals = *literals;
  out.literal_lists = flatten(draft.literal_rules);
  auto early = database(draft.early, cache);
  if (!early) return fail(std::move(early.error()));
  out.early = *early;
  out.early_lists = flatten(draft.early_rules);
  return {};
}

Result<void> Emitter::finish_payload(DatabaseCache& cache) {
  for (std::size_t group = 0; group < kPacketGroups; ++group) {
    for (std::size_t direction = 0; direction < 2; ++direction) {
      PayloadGroup& out = ruleset_.payload[group][direction];
      auto& sides = payload_[group][direction];
      if (auto done = finish_matchers(sides[0], out.packet, cache); !done) return done;
      if (auto done = finish_matchers(sides[1], out.stream, cache); !done) return done;
    }
  }
  return {};
}

Result<void> Emitter::finish_buffers(DatabaseCache& cache) {
  for (std::size_t direction = 0; direction < 2; ++direction) {
    for (std::size_t buffer = 0; buffer < buffers_[direction].size(); ++buffer) {
      BufferDraft& draft = buffers_[direction][buffer];
      if (!draft.is_used) continue;
      const auto number = static_cast<std::uint16_t>(ruleset_.buffer_groups.size());
      BufferGroup group{.buffer = static_cast<BufferId>(buffer)};
      group.tails = EdgeKeySet(Edge::tail, draft.tails);
      group.heads = EdgeKeySet(Edge::head, draft.heads);
      group.edge_lists = flatten(draft.edge_rules);
      auto literals = database(draft.literals, cache);
      if (!literals) return fail(std::move(literals.error()));
      group.literals = *literals;
      group.literal_lists = flatten(draft.literal_rules);
      ruleset_.buffer_groups.push_back(std::move(group));
      for (std::size_t protocol = 0; protocol < kAppProtocols; ++protocol) {
        const BufferSpec* spec = ruleset_.buffers[buffer].by_protocol[protocol];
        if (spec == nullptr || !contains(spec->directions, static_cast<Direction>(direction))) continue;
        ruleset_.transactions[protocol][direction].engines.push_back(
            {.buffer = static_cast<BufferId>(buffer), .group = number, .progress = spec->progress[direction], .is_growing = spec->is_growing});
      }
    }
  }
  for (auto& by_direction : ruleset_.transactions) {
    for (TransactionGroup& group : by_direction) {
      std::stable_sort(group.engines.begin(), group.engines.end(), [](const auto& a, const auto& b) { return a.progress < b.progress; });
      std::uint8_t bit = 0;
      for (auto& engine : group.engines) engine.bit = bit < 63 ? bit++ : bit;
    }
  }
  return {};
}

void Emitter::index_addresses() {
  std::vector<std::vector<AddressRange>> addresses;
  for (const AddressSet& set : address_sets_) {
    std::vector<AddressRange>& ranges = addresses.emplace_back();
    for (const AddressSet::Range& range : set.ranges()) ranges.push_back({range.first.bytes, range.last.bytes});
  }
  ruleset_.addresses = AddressClasses(addresses);
  std::vector<std::vector<PortRange>> ports;
  for (const PortSet& set : port_sets_) {
    std::vector<PortRange>& ranges = ports.emplace_back();
    for (const PortSet::Range& range : set.ranges()) ranges.push_back({range.first, range.last});
  }
  ruleset_.ports = PortClasses(ports);
  AddressOnlyIndex& index = ruleset_.address_only;
  const std::size_t classes = ruleset_.addresses.class_count();
  for (const RuleNumber rule : address_only_) {
    const RuleHead& head = ruleset_.heads[rule];
    const AddressSet& source = address_sets_[head.source_set];
    const AddressSet& target = address_sets_[head.target_set];
    if ((source.is_any() && target.is_any()) || (head.flags & rule_flag::bidirectional) != 0) {
      index.everywhere.push_back(rule);
      continue;
    }
    if (index.by_source.empty()) {
      index.by_source.resize(classes);
      index.by_target.resize(classes);
    }
    // By the side with the fewer classes, so that lists of single addresses do not stand under every home address.
    const auto count = [&](std::uint16_t set) {
      std::size_t sum = 0;
      for (std::uint32_t c = 0; c < classes; ++c) sum += ruleset_.addresses.contains(c, set) ? 1 : 0;
      return sum;
    };
    const bool by_source = count(head.source_set) <= count(head.target_set);
    auto& table = by_source ? index.by_source : index.by_target;
    const std::uint16_t set = by_source ? head.source_set : head.target_set;
    for (std::uint32_t c = 0; c < classes; ++c) {
      if (ruleset_.addresses.contains(c, set)) table[c].push_back(rule);
    }
  }
}

Result<void> Emitter::finish(DatabaseCache& cache) {
  index_addresses();
  if (auto done = finish_payload(cache); !done) return done;
  return finish_buffers(cache);
}

}  // namespace hd
