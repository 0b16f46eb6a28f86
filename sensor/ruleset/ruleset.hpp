// SPDX-License-Identifier: Apache-2.0
// All rules in their compiled, immutable form: made by compile/, read by detect/ from any number of workers.
// Rule numbers are internal: they rise in the order in which rules are evaluated and alerts listed (detection.md 20.11).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sensor/app/protocol.hpp"
#include "sensor/lang/dataset.hpp"
#include "sensor/lang/ir.hpp"
#include "sensor/lang/keyword.hpp"
#include "sensor/lang/transform.hpp"
#include "sensor/match/address_classes.hpp"
#include "sensor/match/edge_keys.hpp"
#include "sensor/match/head_table.hpp"
#include "sensor/match/literal_database.hpp"
#include "sensor/match/port_classes.hpp"
#include "sensor/ruleset/program.hpp"

namespace hd {

using RuleNumber = std::uint32_t;
using BufferId = std::uint16_t;

/// Transport groups of packets; rules are grouped by those in which their header can match.
enum class PacketGroup : std::uint8_t { tcp, udp, icmp, other_ip, no_ip, count_ };
inline constexpr std::size_t kPacketGroups = static_cast<std::size_t>(PacketGroup::count_);

namespace group_bit {
inline constexpr std::uint8_t tcp = 1, udp = 2, icmp = 4, other_ip = 8, no_ip = 16;
}

/// A buffer as rules see it: the name with its transforms; which protocol's row gives the bytes is looked up by the flow's protocol.
struct CompiledBuffer {
  BufferRef::Kind kind = BufferRef::Kind::payload;
  const PacketBufferSpec* packet = nullptr;
  std::array<const BufferSpec*, kAppProtocols> by_protocol = {};
  std::vector<TransformUse> transforms = {};
  std::string name = {};
  std::uint16_t base = 0;  ///< the buffer without transforms; itself when there are none
};

/// One list of steps of a rule. `progress` is the direction's progress at which the buffer is there.
struct CompiledList {
  BufferId buffer = 0;
  ConfirmProgram program = {};
  bool accepts_missing = false;  ///< absent: runs where there is no such buffer
};

enum class RuleKind : std::uint8_t {
  address_only,   ///< once per flow and direction
  packet,         ///< on packets and stream windows
  transaction,    ///< on transactions
};

namespace rule_flag {
inline constexpr std::uint32_t to_server = 1u << 0;        ///< may match in packets to the server
inline constexpr std::uint32_t to_client = 1u << 1;
inline constexpr std::uint32_t established = 1u << 2;
inline constexpr std::uint32_t not_established = 1u << 3;
inline constexpr std::uint32_t stateless = 1u << 4;
inline constexpr std::uint32_t needs_flow = 1u << 5;
inline constexpr std::uint32_t on_packet = 1u << 6;        ///< payload lists look at packet payloads
inline constexpr std::uint32_t on_stream = 1u << 7;        ///< payload lists look at stream windows
inline constexpr std::uint32_t needs_payload = 1u << 8;
inline constexpr std::uint32_t only_frag = 1u << 9;
inline constexpr std::uint32_t no_frag = 1u << 10;
inline constexpr std::uint32_t decode_event = 1u << 11;
inline constexpr std::uint32_t bidirectional = 1u << 12;   ///< <>
inline constexpr std::uint32_t noalert = 1u << 13;
inline constexpr std::uint32_t has_threshold = 1u << 14;
inline constexpr std::uint32_t ip4_only = 1u << 15;
inline constexpr std::uint32_t ip6_only = 1u << 16;
inline constexpr std::uint32_t bypass = 1u << 17;
inline constexpr std::uint32_t both_ways = 1u << 18;       ///< => : request and response of one transaction
inline constexpr std::uint32_t has_payload_list = 1u << 19;
inline constexpr std::uint32_t has_base64 = 1u << 20;
inline constexpr std::uint32_t any_addresses = 1u << 21;
inline constexpr std::uint32_t any_ports = 1u << 22;
inline constexpr std::uint32_t has_state_condition = 1u << 23;
inline constexpr std::uint32_t has_effect = 1u << 24;
inline constexpr std::uint32_t needs_packet = 1u << 25;    ///< has conditions on the packet itself
inline constexpr std::uint32_t only_stream = 1u << 26;
inline constexpr std::uint32_t has_captures = 1u << 27;
}  // namespace rule_flag

/// What every candidate is asked first: 64 bytes.
struct RuleHead {
  std::uint32_t flags = 0;
  std::uint8_t groups = 0;              ///< group_bit
  RuleKind kind = RuleKind::packet;
  Action action = Action::alert;
  std::uint8_t ip_protocol = 0;         ///< of `ip` rules by number; 0 any
  AppProtocol app_protocol = AppProtocol::unknown;  ///< unknown: any
  std::uint8_t list_count = 0;
  std::uint8_t packet_conditions = 0;   ///< counts; the rows lie one after another
  std::uint8_t transaction_conditions = 0;
  std::uint8_t state_conditions = 0;
  std::uint8_t state_effects = 0;
  std::uint8_t thresholds = 0;
  std::uint8_t slots = 0;
  std::uint16_t source_set = 0, target_set = 0;      ///< address sets
  std::uint16_t source_ports = 0, target_ports = 0;  ///< port sets
  std::uint32_t first_list = 0;
  std::uint32_t first_packet_condition = 0;
  std::uint32_t first_transaction_condition = 0;
  std::uint32_t first_state_condition = 0;
  std::uint32_t first_state_effect = 0;
  std::uint32_t first_threshold = 0;
  std::uint32_t sid = 0;
  std::uint32_t gid = 1;
};
static_assert(sizeof(RuleHead) <= 64);

/// What only an alert, a message or --why needs.
struct RuleCold {
  Place place = {};
  std::string text = {};
  std::string msg = {};
  std::uint32_t rev = 0;
  std::uint8_t priority = 3;
  std::string eve = {};  ///< members of the EVE alert object that never change, without braces, rendered at load
  RuleIr::Target target_side = RuleIr::Target::none;
  std::string prefilter = {};  ///< what compile/choose took, in words (rules explain)
};

/// literal id -> rules: slices of one flat array.
struct RuleLists {
  std::vector<std::uint32_t> begin = {0};  ///< begin[id] .. begin[id + 1]
  std::vector<RuleNumber> rules = {};
  [[nodiscard]] std::span<const RuleNumber> of(std::uint32_t id) const noexcept {
    return {rules.data() + begin[id], begin[id + 1] - begin[id]};
  }
};

/// Prefilter of one buffer and direction.
struct BufferGroup {
  EdgeKeySet tails = {};
  EdgeKeySet heads = {};
  std::shared_ptr<const LiteralDatabase> literals = {};  ///< nullptr: none
  RuleLists edge_lists = {};     ///< by the ids of both edge sets
  RuleLists literal_lists = {};
  BufferId buffer = 0;
};

/// Literals of one kind of payload: at fixed places, and anywhere.
struct PayloadMatchers {
  HeadTable heads = {};
  RuleLists head_lists = {};
  std::shared_ptr<const LiteralDatabase> literals = {};  ///< nullptr: none
  RuleLists literal_lists = {};
  std::shared_ptr<const LiteralDatabase> early = {};     ///< only while the other side has sent next to nothing (stream_size gate)
  RuleLists early_lists = {};
};

/// Prefilter of payloads for one packet group and direction.
struct PayloadGroup {
  PayloadMatchers packet = {};   ///< asked with each packet's payload
  PayloadMatchers stream = {};   ///< asked with each due window, and with payloads outside any session
};

/// Rules that no literal names, by what must be there for them to be asked at all.
struct AlwaysLists {
  std::vector<RuleNumber> every_packet = {};
  std::vector<RuleNumber> with_payload = {};   ///< packet payload or stream window
  std::vector<RuleNumber> decode_events = {};  ///< only where the packet has one
  std::vector<RuleNumber> stream_events = {};
};

/// Buffers and rules to be looked at in transactions of one protocol and direction, by rising progress.
struct TransactionGroup {
  struct Engine {
    BufferId buffer = 0;
    std::uint16_t group = 0;      ///< index into buffer_groups
    std::uint8_t progress = 0;
    bool is_growing = false;
    std::uint8_t bit = 0;         ///< in Transaction::prefiltered; 63: shared by all beyond, always run
  };
  std::vector<Engine> engines = {};
  std::vector<RuleNumber> always = {};  ///< no literal: asked at each packet until they matched or the transaction is over
};

struct AddressOnlyIndex {
  std::vector<RuleNumber> everywhere = {};               ///< neither side is a small set
  std::vector<std::vector<RuleNumber>> by_source = {};   ///< by class of the packet's source
  std::vector<std::vector<RuleNumber>> by_target = {};
};

class Ruleset {
 public:
  std::uint64_t version = 0;
  std::vector<RuleHead> heads;
  std::vector<RuleCold> cold;
  std::vector<CompiledList> lists;
  std::vector<Instruction> code;
  std::string literal_pool;
  std::vector<CompiledBuffer> buffers;     ///< [0] is the payload
  // side arrays of instructions
  std::vector<ContentStep> contents;       ///< only those whose bounds are variables
  std::vector<PcreStep> pcres;
  std::vector<ByteTestStep> byte_tests;
  std::vector<ByteJumpStep> byte_jumps;
  std::vector<ByteExtractStep> byte_extracts;
  std::vector<ByteMathStep> byte_maths;
  std::vector<IsDataAtStep> data_ats;
  std::vector<Base64DecodeStep> base64s;
  std::vector<AbsentStep> absents;
  std::vector<CallStep> calls;
  std::vector<SizeStep> sizes;
  // rows of rules
  std::vector<PacketCondition> packet_conditions;
  std::vector<TransactionCondition> transaction_conditions;
  std::vector<StateOp> state_conditions;
  std::vector<StateOp> state_effects;
  std::vector<Threshold> thresholds;
  // who may match where
  AddressClasses addresses;
  PortClasses ports;
  // prefilters
  std::array<std::array<PayloadGroup, 2>, kPacketGroups> payload;       ///< by packet group and direction
  std::array<std::array<AlwaysLists, 2>, kPacketGroups> always;
  std::vector<BufferGroup> buffer_groups;
  std::array<std::array<TransactionGroup, 2>, kAppProtocols> transactions;
  AddressOnlyIndex address_only;
  std::vector<std::string> flowbit_names;   ///< for EVE and --why
  std::vector<std::string> variable_names;
  std::vector<std::shared_ptr<Dataset>> datasets;  ///< that rules ask or change; they take changes while the ruleset is in use
  std::size_t database_bytes = 0;
  bool wants_stream_raw[2] = {true, true};

  [[nodiscard]] std::size_t size() const noexcept { return heads.size(); }
  [[nodiscard]] Bytes literal(const Instruction& at) const noexcept {
    return {reinterpret_cast<const std::uint8_t*>(literal_pool.data()) + at.literal, at.length};
  }
  /// Walks every index; false with a word when one leads nowhere. Called once after emit.
  [[nodiscard]] bool verify(std::string& why) const;
};

}  // namespace hd
