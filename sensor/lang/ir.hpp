// SPDX-License-Identifier: Apache-2.0
// A rule after its keywords were compiled: facts, steps, effects. Everything that detection does for a rule
// is in here; nothing of the text needs to be looked at again. Made by RuleBuilder (rule_builder.hpp), read
// by compile/.
#pragma once

#include "sensor/app/protocol.hpp"
#include "sensor/base/error.hpp"
#include "sensor/lang/address_set.hpp"
#include "sensor/lang/port_set.hpp"
#include "sensor/match/regex.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace hd {

class Dataset;           // dataset.hpp
struct Inspection;       // inspection.hpp
struct TransformSpec;    // transform.hpp
struct PacketBufferSpec; // keyword.hpp

enum class Action : std::uint8_t { pass, drop, reject, alert, config }; // in the order of precedence

/// Protocol of a rule's header.
enum class HeaderProtocol : std::uint8_t {
  ip,
  ip4,
  ip6,
  tcp,
  tcp_pkt,
  tcp_stream,
  udp,
  icmp,
  icmp4,
  icmp6,
  sctp,
  pkthdr,
  app
};

/// Slots for byte_extract, byte_math and pcre captures that later keywords of the same rule name.
using VariableSlot = std::uint8_t;
inline constexpr std::size_t kVariableSlots = 16;

/// A number in a rule, or the variable that will hold it.
struct Operand {
  std::int64_t value = 0;
  std::optional<VariableSlot> variable = {};
};

// --- steps: what is checked in one buffer, in the order of the rule ---

struct ContentStep {
  std::string bytes = {};
  bool is_negated = false, is_nocase = false, is_fast_pattern = false, is_fast_pattern_only = false;
  bool starts = false, ends = false;
  std::optional<Operand> offset = {}, depth = {}, distance = {}, within = {};
  std::uint16_t chop_offset = 0, chop_length = 0; ///< fast_pattern:offset,length; length 0: whole
  [[nodiscard]] bool is_relative() const { return distance.has_value() || within.has_value(); }
};
struct PcreStep {
  std::shared_ptr<const Regex> regex = {};
  bool is_negated = false, is_relative = false;
  struct Capture {
    enum class Kind : std::uint8_t { flow_variable, packet_variable, slot, alert } kind = Kind::slot;
    std::uint16_t group = 1;
    std::uint32_t number = 0; ///< id of the name (rule_builder: name ids), or slot
  };
  std::vector<Capture> captures = {};
};
enum class ByteOrder : std::uint8_t { big, little, dce };
enum class NumberText : std::uint8_t { none, decimal, hexadecimal, octal };
/// Compare operators of byte_test, dsize, bsize, ttl, fields …
enum class Compare : std::uint8_t {
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  range,
  range_negated,
  mask_set,
  mask_unset
};
struct ByteTestStep {
  Operand count = {};
  Compare compare = Compare::equal; ///< `&` is mask_set, `^` is not-equal by xor: see is_xor
  bool is_negated = false, is_xor = false, is_relative = false;
  Operand value = {}, offset = {};
  ByteOrder order = ByteOrder::big;
  NumberText text = NumberText::none;
  std::uint64_t mask = 0; ///< bitmask; 0 none
};
struct ByteJumpStep {
  Operand count = {};
  Operand offset = {};
  std::int64_t multiplier = 1, post_offset = 0;
  std::optional<VariableSlot> post_offset_variable = {};
  std::uint64_t mask = 0;
  bool is_relative = false, align = false, from_beginning = false, from_end = false;
  ByteOrder order = ByteOrder::big;
  NumberText text = NumberText::none;
};
struct ByteExtractStep {
  std::uint8_t count = 0;
  std::int64_t offset = 0;
  VariableSlot slot = 0;
  std::int64_t multiplier = 1;
  std::uint8_t align = 0; ///< 0, 2 or 4
  std::uint64_t mask = 0;
  bool is_relative = false;
  ByteOrder order = ByteOrder::big;
  NumberText text = NumberText::none;
};
struct ByteMathStep {
  enum class Operator : std::uint8_t {
    add,
    subtract,
    multiply,
    divide,
    shift_left,
    shift_right
  } op = Operator::add;
  Operand count = {}, offset = {}, right = {};
  VariableSlot slot = 0;
  std::uint64_t mask = 0;
  bool is_relative = false;
  ByteOrder order = ByteOrder::big;
  NumberText text = NumberText::none;
};
struct IsDataAtStep {
  Operand at = {};
  bool is_negated = false, is_relative = false;
};
/// Length of the buffer (bsize; urilen on the URI buffers).
struct SizeStep {
  Compare compare = Compare::equal;
  std::uint64_t low = 0, high = 0;
  bool is_urilen = false; ///< written as urilen: stricter in what contents may stand beside it
};
/// base64_decode: what follows in a list of its own (base64_data) looks at the result.
struct Base64DecodeStep {
  std::uint32_t bytes_max = 0; ///< 0: all
  std::uint32_t offset = 0;
  bool is_relative = false;
};
/// absent, with or_else: the buffer is missing, or missing or else the rest matches.
struct AbsentStep {
  bool or_else = false;
};
/// Everything rarer: a function of the keyword over the whole buffer. `cursor` is the end of the previous
/// match.
struct CheckData {
  std::array<std::uint64_t, 4> number = {};
  std::shared_ptr<const void> object = {}; ///< keyword's own compiled form; immutable
};
struct CallStep {
  bool (*check)(const Inspection& at, Bytes buffer, std::size_t cursor,
                const CheckData& data) noexcept = nullptr;
  CheckData data = {};
};

struct Step {
  using Kind = std::variant<ContentStep, PcreStep, ByteTestStep, ByteJumpStep, ByteExtractStep, ByteMathStep,
                            IsDataAtStep, SizeStep, Base64DecodeStep, AbsentStep, CallStep>;
  Kind kind = {};
  std::uint16_t option = 0; ///< index of the AST option: what --why and `rules explain` print
};

struct TransformUse {
  const TransformSpec* spec = nullptr;
  CheckData data = {};
};

/// Where a list of steps looks.
struct BufferRef {
  enum class Kind : std::uint8_t { payload, packet, app, base64 } kind = Kind::payload;
  const PacketBufferSpec* packet = nullptr; ///< Kind::packet
  std::string app = {}; ///< Kind::app: canonical name; several protocols may have a buffer of it
  std::vector<TransformUse> transforms = {};
  Directions only = Directions::both; ///< rules with =>: file.data:to_client looks at this direction alone
};
struct StepList {
  BufferRef buffer = {};
  std::vector<Step> steps = {};
};

// --- conditions that look into no buffer ---

/// On the packet or the flow: ttl, flags, itype, dsize, stream_size, flowbits:isset …
struct PacketCondition {
  bool (*check)(const Inspection& at, const CheckData& data) noexcept = nullptr;
  CheckData data = {};
  std::uint16_t option = 0;
  bool needs_packet =
      true; ///< false: about the flow, may be asked for a stream window or transaction as well
  bool is_about_addresses = false; ///< the addresses decide it: the same for all packets of a flow's direction
};
/// On a transaction: integer fields, app-layer-event, tls.version, filestore conditions …
struct TransactionCondition {
  AppProtocol protocol = AppProtocol::unknown;
  Directions directions = Directions::both;
  std::array<std::uint8_t, 2> progress = {};
  bool (*check)(const Inspection& at, const CheckData& data) noexcept = nullptr;
  CheckData data = {};
  std::uint16_t option = 0;
};

/// State that rules share (detect/state.hpp carries it out). Names are numbered by NameTable.
struct StateOp {
  enum class Kind : std::uint8_t {
    // conditions
    flowbit_isset,
    flowbit_isnotset,
    flowint_compare,
    flowint_isset,
    flowint_isnotset,
    xbit_isset,
    xbit_isnotset,
    hostbit_isset,
    hostbit_isnotset,
    flowvar_compare,
    pktvar_compare,
    // effects
    flowbit_set,
    flowbit_unset,
    flowbit_toggle,
    flowint_assign,
    flowint_add,
    flowint_subtract,
    xbit_set,
    xbit_unset,
    xbit_toggle,
    hostbit_set,
    hostbit_unset,
    hostbit_toggle,
  } kind = Kind::flowbit_isset;
  enum class Track : std::uint8_t { flow, source, target, pair, tx } track = Track::flow;
  std::vector<std::uint32_t> names =
      {}; ///< flowbits "a|b": any of them (isset) or all (isnotset: none of them)
  Compare compare = Compare::equal;
  std::uint64_t value = 0;
  std::optional<std::uint32_t> value_name = {}; ///< flowint against another flowint
  std::uint32_t expire_s = 0;
  std::string text = {}; ///< flowvar, pktvar: bytes to compare
  std::uint16_t option = 0;
};

struct Threshold {
  enum class Kind : std::uint8_t {
    none,
    limit,
    threshold,
    both,
    backoff,
    detection_filter,
    rate_filter,
    suppress
  } kind = Kind::none;
  enum class Track : std::uint8_t { by_src, by_dst, by_both, by_rule, by_flow } track = Track::by_src;
  std::uint32_t count = 0, seconds = 0, multiplier = 0;
  std::uint32_t timeout = 0;                ///< rate_filter
  Action new_action = Action::alert;        ///< rate_filter
  std::optional<AddressSet> addresses = {}; ///< suppress by address
};

struct Tag {
  enum class Kind : std::uint8_t { none, session, host_source, host_target } kind = Kind::none;
  enum class Metric : std::uint8_t { packets, seconds, bytes } metric = Metric::packets;
  std::uint32_t count = 0;
};

struct FlowNeed {
  bool to_server = false, to_client = false, established = false, not_established = false, stateless = false;
  bool only_stream = false, no_stream = false, only_frag = false, no_frag = false;
  [[nodiscard]] bool is_given() const {
    return to_server || to_client || established || not_established || stateless;
  }
};

struct Reference {
  std::string key = {}, value = {};
};
struct MetadataPair {
  std::string key = {}, value = {};
};

struct RuleIr {
  Place place = {};
  std::string text = {}; ///< the rule as written, on one line
  Action action = Action::alert;
  HeaderProtocol protocol = HeaderProtocol::ip;
  AppProtocol app_protocol = AppProtocol::unknown; ///< of the header, or implied by its buffers; unknown: any
  AddressSet source = {}, target = {};
  PortSet source_ports = {}, target_ports = {};
  bool is_bidirectional = false;               ///< <>
  bool is_transactional_bidirectional = false; ///< =>
  std::uint32_t gid = 1, sid = 0, rev = 0;
  std::uint8_t priority = 3;
  std::string msg = {}, classtype = {}, class_text = {};
  std::vector<Reference> references = {};
  std::vector<MetadataPair> metadata = {};
  enum class Target : std::uint8_t { none, source, destination } target_side = Target::none;
  FlowNeed flow = {};
  std::vector<StepList> lists = {}; ///< in the order of the rule; payload first if it has any
  std::vector<PacketCondition> packet_conditions = {};
  std::vector<TransactionCondition> transaction_conditions = {};
  std::vector<StateOp> state_conditions = {}, state_effects = {};
  std::vector<Threshold> thresholds = {}; ///< at most one of each kind
  Tag tag = {};
  bool is_noalert = false, is_bypass = false, has_filestore = false;
  bool needs_packet = false; ///< a packet keyword (dsize, flags, ttl …) makes it a packet rule
  bool wants_decode_events =
      false; ///< decode-event: looked at even where nothing else of the packet is sound
  bool wants_stream_events = false; ///< stream-event: asked only where the packet has one
  bool wants_packets_too =
      false; ///< stream_size: payload contents look at packets beside windows (detection.md 20.2)
  std::uint8_t slots_used = 0;
  std::vector<std::shared_ptr<Dataset>> datasets = {}; ///< that it asks or changes
  std::string skip_why = {}; ///< not empty: `requires` is not met, the rule is left out without being wrong
};

} // namespace hd
