// SPDX-License-Identifier: Apache-2.0
// Builds the ruleset rule by rule, and its prefilters at the end.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "sensor/base/result.hpp"
#include "sensor/compile/choose.hpp"
#include "sensor/compile/compile.hpp"
#include "sensor/lang/rule_builder.hpp"
#include "sensor/ruleset/ruleset.hpp"

namespace hd {

class Emitter {
 public:
  Emitter(Ruleset& ruleset, CompileReport& report);

  /// Rules in evaluation order.
  void add(RuleIr& rule);
  /// Classes, groups, databases. Nothing may be added behind it.
  [[nodiscard]] Result<void> finish(DatabaseCache& cache);

 private:
  /// Literals of one payload matcher while they are gathered.
  struct PayloadDraft {
    std::vector<HeadLiteral> heads = {};
    std::vector<std::vector<RuleNumber>> head_rules = {};
    LiteralSet literals = {};
    std::vector<std::vector<RuleNumber>> literal_rules = {};
    LiteralSet early = {};
    std::vector<std::vector<RuleNumber>> early_rules = {};
  };
  struct BufferDraft {
    std::vector<EdgeLiteral> tails = {}, heads = {};
    std::vector<std::vector<RuleNumber>> edge_rules = {};
    LiteralSet literals = {};
    std::vector<std::vector<RuleNumber>> literal_rules = {};
    bool is_used = false;
  };

  RuleHead make_head(const RuleIr& rule);
  void classify(const RuleIr& rule, RuleHead& head) const;
  void payload_sides(const RuleIr& rule, RuleHead& head) const;
  std::uint16_t address_set(const AddressSet& set);
  std::uint16_t port_set(const PortSet& set);
  BufferId buffer_of(const BufferRef& ref);
  void emit_lists(RuleIr& rule, RuleHead& head);
  void emit_rows(RuleIr& rule, RuleHead& head);
  void place(const RuleIr& rule, const RuleHead& head, RuleNumber number);
  void place_payload(const RuleHead& head, RuleNumber number, const Prefilter& prefilter);
  void place_transaction(const RuleIr& rule, const RuleHead& head, RuleNumber number, const Prefilter& prefilter);
  void place_always(const RuleIr& rule, const RuleHead& head, RuleNumber number);
  static void add_to(PayloadDraft& draft, const Prefilter& prefilter, RuleNumber number);
  void index_addresses();
  [[nodiscard]] Result<void> finish_payload(DatabaseCache& cache);
  [[nodiscard]] Result<void> finish_matchers(PayloadDraft& draft, PayloadMatchers& out, DatabaseCache& cache);
  [[nodiscard]] Result<void> finish_buffers(DatabaseCache& cache);
  [[nodiscard]] Result<std::shared_ptr<const LiteralDatabase>> database(const LiteralSet& set, DatabaseCache& cache);

  Ruleset& ruleset_;
  CompileReport& report_;
  std::vector<AddressSet> address_sets_ = {};
  std::map<std::string, std::uint16_t> address_numbers_ = {};
  std::vector<PortSet> port_sets_ = {};
  std::map<std::string, std::uint16_t> port_numbers_ = {};
  std::map<std::string, BufferId> buffer_numbers_ = {};
  std::vector<RuleNumber> address_only_ = {};
  std::array<std::array<std::array<PayloadDraft, 2>, 2>, kPacketGroups> payload_ = {};  // group, direction, packet/stream
  std::array<std::vector<BufferDraft>, 2> buffers_ = {};                                // direction, buffer
};

/// Rows of all protocols for a buffer name.
[[nodiscard]] BufferRows rows_of(std::string_view name);

}  // namespace hd
