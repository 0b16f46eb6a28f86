// SPDX-License-Identifier: Apache-2.0
// One packet's inspection: state that lives from its first rule to its last. The parts are in
// run_head.hpp (conditions of a rule's head and of state), run_packet.hpp, run_transaction.hpp.
#pragma once

#include "sensor/detect/confirm_impl.hpp"
#include "sensor/detect/detector.hpp"

namespace hd {

/// Where a rule stands with a transaction's direction; a list in the transaction's arena.
struct StoredRule {
  RuleNumber rule = 0;
  std::uint32_t matched = 0;  ///< bits of the lists that matched
  std::uint64_t ruleset_version = 0;
  bool is_done = false;       ///< alerted, or can never match
  StoredRule* next = nullptr;
};
struct DetectTx {
  std::array<StoredRule*, 2> first = {};
};

template <class Trace>
class InspectRun {
 public:
  InspectRun(Detector& detector, const PacketInput& in, Trace& trace) noexcept;
  void run() noexcept;

 private:
  /// Answer of one list of a transaction rule.
  enum class Outcome : std::uint8_t { match, not_yet, never };

  // run_head.hpp
  [[nodiscard]] bool head_holds(RuleNumber rule) noexcept;
  [[nodiscard]] bool addresses_hold(const RuleHead& head) noexcept;
  [[nodiscard]] bool state_holds(const RuleHead& head) noexcept;
  [[nodiscard]] bool state_op_holds(const StateOp& op) noexcept;
  [[nodiscard]] bool conditions_hold(const RuleHead& head) noexcept;
  void matched(RuleNumber rule, Transaction* tx, bool is_stream_match) noexcept;
  void apply(const StateOp& op) noexcept;
  void keep_captures() noexcept;

  // run_packet.hpp
  void address_only_rules() noexcept;
  void traced_candidates(RuleKind kind) noexcept;
  void gather_packet_candidates() noexcept;
  void gather_payload(const PayloadMatchers& matchers, Bytes payload) noexcept;
  void candidate(RuleNumber rule) noexcept;
  void candidates(std::span<const RuleNumber> rules) noexcept;
  void packet_rules() noexcept;
  [[nodiscard]] bool packet_rule_holds(const RuleHead& head, bool* is_stream_match) noexcept;
  [[nodiscard]] bool payload_holds(const RuleHead& head, const ConfirmProgram& program, bool* is_stream_match) noexcept;
  void begin_candidates() noexcept;

  // run_transaction.hpp
  void transactions() noexcept;
  void transaction(Transaction& tx, const TransactionGroup& group) noexcept;
  void prefilter(Transaction& tx, const TransactionGroup& group) noexcept;
  void transaction_rule(Transaction& tx, RuleNumber rule, StoredRule* stored) noexcept;
  [[nodiscard]] Outcome list_outcome(Transaction& tx, const RuleHead& head, const CompiledList& list) noexcept;
  [[nodiscard]] Outcome buffer_outcome(Transaction& tx, const CompiledList& list, const BufferSpec& spec, Direction direction) noexcept;
  [[nodiscard]] bool is_asked_here(const RuleHead& head, const CompiledList& list) const noexcept;
  StoredRule* stored_of(Transaction& tx, RuleNumber rule) noexcept;
  StoredRule* store(Transaction& tx, RuleNumber rule) noexcept;
  const Buffer* fetch(Transaction& tx, BufferId buffer, const BufferSpec& spec, Direction direction, unsigned instance) noexcept;

  void finish() noexcept;

  Detector& d_;
  const PacketInput& in_;
  const Ruleset& rules_;
  Trace& trace_;
  Inspection at_;
  ConfirmContext ctx_;
  PacketGroup group_ = PacketGroup::other_ip;
  bool has_classes_ = false;
  std::uint32_t source_class_ = 0, target_class_ = 0;
  std::uint16_t source_ports_ = 0, target_ports_ = 0;
  bool is_passed_ = false;
};

}  // namespace hd
