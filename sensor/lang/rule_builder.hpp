// SPDX-License-Identifier: Apache-2.0
// Collects what the keywords of one rule ask for, and checks the whole at the end.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sensor/base/result.hpp"
#include "sensor/lang/ir.hpp"

namespace hd {

/// Numbers for the names of flow bits, flow integers, x bits … shared by all rules of one set, so that the numbers stay the
/// same across reloads when the table is kept. Names of different kinds do not mix.
class NameTable {
 public:
  enum class Kind : std::uint8_t { flowbit, flowint, xbit, hostbit, flowvar, pktvar, count_ };
  /// The number of a name, given at first use, from 0.
  [[nodiscard]] std::uint32_t number_of(Kind kind, std::string_view name);
  [[nodiscard]] std::uint32_t count(Kind kind) const;
  [[nodiscard]] std::string_view name_of(Kind kind, std::uint32_t number) const;

 private:
  std::array<std::vector<std::string>, static_cast<std::size_t>(Kind::count_)> names_ = {};
};

/// classification.config and reference.config, read once for all rules.
struct RuleCatalogue {
  struct Class {
    std::string name, text;
    std::uint8_t priority = 3;
  };
  std::vector<Class> classes = {};
  std::vector<Reference> reference_prefixes = {};  ///< key -> URL prefix
  [[nodiscard]] const Class* find_class(std::string_view name) const;
};

/// What a keyword may know of the world of its rule.
struct BuildContext {
  NameTable& names;
  const RuleCatalogue& catalogue;
  std::string folder = {};             ///< of the rules file: relative file names in rules are relative to it
  std::function<bool(std::string_view)> has_keyword = {};  ///< requires: keyword
  std::uint32_t ja3_enabled = 1, ja4_enabled = 1;
};

/// The rule under construction. Keywords call these; none of them looks at other keywords' files.
class RuleBuilder {
 public:
  RuleBuilder(RuleIr& rule, BuildContext& context) : rule_(rule), context_(context) {}

  [[nodiscard]] RuleIr& rule() { return rule_; }
  [[nodiscard]] BuildContext& context() { return context_; }
  /// Index of the option that is being compiled; steps remember it.
  void begin_option(std::uint16_t index) { option_ = index; }

  // --- buffers ---
  /// Sticky buffer: what follows looks here. Transforms that follow at once belong to it.
  Result<void> select_app(std::string_view name, AppProtocol only_protocol);
  void select_packet(const PacketBufferSpec& buffer);
  void select_payload();                       ///< pkt_data
  void select_base64();                        ///< base64_data
  Result<void> add_transform(TransformUse use);
  [[nodiscard]] const BufferRef& current() const;

  // --- steps in the current buffer ---
  void add(Step::Kind step);
  /// The newest content of the current buffer, for modifiers (nocase, depth …); nullptr when there is none.
  [[nodiscard]] ContentStep* last_content();
  /// Whether a match in the current buffer stands before (distance, within, relative).
  [[nodiscard]] bool has_step_before() const;
  /// Moves the newest content (modifier spelling: content:"x"; http_uri;) into an app buffer.
  Result<void> move_last_content_to(std::string_view buffer_name, AppProtocol only_protocol);

  // --- conditions and effects ---
  void condition(bool (*check)(const Inspection&, const CheckData&) noexcept, CheckData data = {}, bool needs_packet = true);
  void transaction_condition(TransactionCondition condition);
  void state_condition(StateOp op);
  void state_effect(StateOp op);

  // --- variables of byte_extract and byte_math ---
  /// A new slot for a name, or the one it has. Refused beyond kVariableSlots.
  Result<VariableSlot> define_variable(std::string_view name);
  /// The slot of a name defined before.
  [[nodiscard]] std::optional<VariableSlot> find_variable(std::string_view name) const;

  /// The checks over the whole rule, which Suricata makes as well; to be called once after the last option.
  Result<void> finish();

 private:
  StepList& current_list();

  RuleIr& rule_;
  BuildContext& context_;
  BufferRef selected_ = {};
  bool is_sticky_ = false;
  bool is_new_selection_ = true;
  std::uint16_t option_ = 0;
  std::vector<std::pair<std::string, VariableSlot>> variables_ = {};
};

}  // namespace hd
