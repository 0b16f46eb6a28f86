// SPDX-License-Identifier: Apache-2.0
// Collects what the keywords of one rule ask for, and checks the whole at the end.
#pragma once

#include "sensor/base/result.hpp"
#include "sensor/lang/args.hpp"
#include "sensor/lang/dataset.hpp"
#include "sensor/lang/geo_database.hpp"
#include "sensor/lang/ir.hpp"
#include "sensor/lang/reputation.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hd {

/// Numbers for the names of flow bits, flow integers, x bits … shared by all rules of one set, so that the
/// numbers stay the same across reloads when the table is kept. Names of different kinds do not mix.
class NameTable {
public:
  enum class Kind : std::uint8_t { flowbit, flowint, xbit, hostbit, flowvar, pktvar, count_ };
  /// The number of a name, given at first use, from 0.
  [[nodiscard]] std::uint32_t number_of(Kind kind, std::string_view name);
  [[nodiscard]] std::uint32_t count(Kind kind) const;
  [[nodiscard]] std::string_view name_of(Kind kind, std::uint32_t number) const;
  /// Sets of values by name: like the numbers they stay across reloads.
  DatasetStore datasets = {};

private:
  std::array<std::vector<std::string>, static_cast<std::size_t>(Kind::count_)> names_ = {};
  std::array<std::map<std::string, std::uint32_t, std::less<>>, static_cast<std::size_t>(Kind::count_)>
      numbers_ = {};
};

/// classification.config and reference.config, read once for all rules.
struct RuleCatalogue {
  struct Class {
    std::string name, text;
    std::uint8_t priority = 3;
  };
  std::vector<Class> classes = {};
  std::vector<Reference> reference_prefixes = {}; ///< key -> URL prefix
  [[nodiscard]] const Class* find_class(std::string_view name) const;
  /// nullptr when the scheme is not listed. Case does not count.
  [[nodiscard]] const Reference* find_reference(std::string_view key) const;
};

/// What a keyword may know of the world of its rule.
struct BuildContext {
  NameTable& names;
  const RuleCatalogue& catalogue;
  std::string folder = {}; ///< of the rules file: relative file names in rules are relative to it
  std::function<bool(std::string_view)> has_keyword = {}; ///< requires: keyword
  std::uint32_t ja3_enabled = 1, ja4_enabled = 1;
  std::span<const ProtocolSpec* const> protocols = {}; ///< whose buffers, fields and events rules may name
  /// Expressions that occurred before: many rules share theirs. Owned by the loader; nullptr: each is
  /// compiled anew.
  std::map<std::string, std::shared_ptr<const Regex>, std::less<>>* expressions = nullptr;
  std::shared_ptr<const Reputation> reputation = {}; ///< iprep; nullptr: no files of it are set
  std::shared_ptr<const GeoDatabase> geo = {};       ///< geoip; nullptr: none is set
};

/// A row of a protocol's table, with its protocol.
struct BufferRow {
  const ProtocolSpec* protocol = nullptr;
  const BufferSpec* buffer = nullptr;
};
struct FieldRow {
  const ProtocolSpec* protocol = nullptr;
  const FieldSpec* field = nullptr;
};
/// First row of that canonical name; null members when there is none.
[[nodiscard]] BufferRow find_buffer_row(const BuildContext& context, std::string_view name);
[[nodiscard]] BufferRow find_modifier_row(const BuildContext& context, std::string_view modifier);
[[nodiscard]] FieldRow find_field_row(const BuildContext& context, std::string_view name);

/// The rule under construction. Keywords call these; none of them looks at other keywords' files.
class RuleBuilder {
public:
  RuleBuilder(RuleIr& rule, BuildContext& context) : rule_(rule), context_(context) {}

  [[nodiscard]] RuleIr& rule() { return rule_; }
  [[nodiscard]] BuildContext& context() { return context_; }
  /// Index of the option that is being compiled; steps remember it.
  void begin_option(std::uint16_t index) { option_ = index; }
  /// Refuses a keyword that stood in this rule before (under any of its names; `name` is the one to go by).
  Result<void> once(const Args& args, std::string_view name);
  /// Whether once() was called for that keyword.
  [[nodiscard]] bool has_seen(std::string_view name) const;
  /// The rule is about this protocol (a buffer, field or event of it): refused when the header says another.
  Result<void> imply_protocol(const ProtocolSpec& protocol, std::string_view by_keyword);

  // --- buffers ---
  /// Sticky buffer: what follows looks here.
  Result<void> select_app(std::string_view name, AppProtocol only_protocol);
  /// The buffer just selected, of one direction only (rules with =>).
  Result<void> restrict_selection(const Args& args, Directions only);
  Result<void> select_packet(const PacketBufferSpec& buffer);
  Result<void> select_payload(); ///< pkt_data
  Result<void> select_base64();  ///< base64_data
  [[nodiscard]] bool is_sticky() const { return is_sticky_; }
  Result<void> add_transform(TransformUse use);
  [[nodiscard]] const BufferRef& current() const;

  // --- steps in the current buffer ---
  void add(Step::Kind step);
  /// A step in an app buffer that is not the selected one (urilen, pcre with a buffer flag).
  Result<void> add_to_app(std::string_view name, Step::Kind step);
  /// The newest content of the current buffer, for modifiers (nocase, depth …); nullptr when there is none.
  [[nodiscard]] ContentStep* last_content();
  /// Whether a match in the current buffer stands before (distance, within, relative).
  [[nodiscard]] bool has_step_before() const;
  /// Moves the newest content (modifier spelling: content:"x"; http_uri;) into an app buffer.
  Result<void> move_last_content_to(std::string_view buffer_name, AppProtocol only_protocol);
  /// The newest step of the rule that a relative one counts from (content or pcre), in the current buffer;
  /// nullptr: none.
  [[nodiscard]] const Step* last_match() const;
  /// The payload of a packet that can match is at most so long (dsize).
  void limit_payload(std::uint64_t length_max) { payload_max_ = length_max; }

  // --- conditions and effects ---
  void condition(bool (*check)(const Inspection&, const CheckData&) noexcept, CheckData data = {},
                 bool needs_packet = true);
  /// A condition on the packet's addresses alone: a rule of such conditions and nothing else is asked once for each
  /// flow and direction.
  void address_condition(bool (*check)(const Inspection&, const CheckData&) noexcept, CheckData data);
  /// A condition on what the recognition of protocols found. When the rule asks nothing else, number[3] of
  /// its data becomes 1: it is then to hold only on the packet at which the recognition of a direction ended,
  /// so that it alerts once.
  void recognition_condition(bool (*check)(const Inspection&, const CheckData&) noexcept, CheckData data);
  /// Without a direction of its own the rule is about packets to the server (SYN without ACK).
  void prefer_to_server() { prefers_to_server_ = true; }
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
  struct ContentAt {
    std::size_t list = 0, step = 0;
  };
  [[nodiscard]] Result<void> leave_selection();
  [[nodiscard]] std::size_t list_for(const BufferRef& ref, bool is_new_instance);
  std::size_t current_list();
  void append(std::size_t list, Step::Kind step);

  RuleIr& rule_;
  BuildContext& context_;
  BufferRef selected_ = {};
  bool is_sticky_ = false;
  bool is_new_selection_ = true;
  std::size_t list_ = 0; // of the selection, once it has a step
  std::uint16_t option_ = 0;
  std::vector<ContentAt> contents_ = {};    // in the order of the rule
  std::vector<std::string_view> seen_ = {}; // keywords that may stand once
  std::optional<std::uint64_t> payload_max_ = {};
  std::vector<std::size_t> recognition_ = {}; // indices of packet conditions
  bool prefers_to_server_ = false;
  std::vector<std::pair<std::string, VariableSlot>> variables_ = {};
};

/// The checks of RuleBuilder::finish, each on the finished rule (rule_checks.cpp). The first contradiction is
/// the answer.
[[nodiscard]] Result<void> check_rule(RuleIr& rule, const BuildContext& context,
                                      std::optional<std::uint64_t> payload_max);

} // namespace hd
