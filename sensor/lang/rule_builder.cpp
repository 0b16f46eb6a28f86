// SPDX-License-Identifier: Apache-2.0
#include "sensor/lang/rule_builder.hpp"

#include "sensor/lang/keyword.hpp"
#include "sensor/lang/transform.hpp"

#include <algorithm>

namespace hd {
namespace {

bool same_buffer(const BufferRef& a, const BufferRef& b) {
  if (a.kind != b.kind || a.packet != b.packet || a.app != b.app || a.only != b.only ||
      a.transforms.size() != b.transforms.size())
    return false;
  for (std::size_t i = 0; i < a.transforms.size(); ++i) {
    if (a.transforms[i].spec != b.transforms[i].spec ||
        a.transforms[i].data.number != b.transforms[i].data.number ||
        a.transforms[i].data.object != b.transforms[i].data.object) {
      return false;
    }
  }
  return true;
}

bool is_match(const Step& step) {
  return std::holds_alternative<ContentStep>(step.kind) || std::holds_alternative<PcreStep>(step.kind);
}

std::string name_of(const BufferRef& buffer) {
  switch (buffer.kind) {
  case BufferRef::Kind::payload:
    return "pkt_data";
  case BufferRef::Kind::packet:
    return std::string(buffer.packet->name);
  case BufferRef::Kind::app:
    return buffer.app;
  case BufferRef::Kind::base64:
    return "base64_data";
  }
  return {};
}

tl::unexpected<Error> misplaced(std::string what, std::string why = {}, std::string hint = {}) {
  return fail(
      {.code = ErrorCode::E2104, .what = std::move(what), .why = std::move(why), .hint = std::move(hint)});
}

} // namespace

BufferRow find_buffer_row(const BuildContext& context, std::string_view name) {
  for (const ProtocolSpec* protocol : context.protocols) {
    for (const BufferSpec& buffer : protocol->buffers) {
      if (buffer.name == name) return {protocol, &buffer};
    }
  }
  return {};
}

BufferRow find_modifier_row(const BuildContext& context, std::string_view modifier) {
  for (const ProtocolSpec* protocol : context.protocols) {
    for (const BufferSpec& buffer : protocol->buffers) {
      if (buffer.modifier == modifier) return {protocol, &buffer};
    }
  }
  return {};
}

FieldRow find_field_row(const BuildContext& context, std::string_view name) {
  for (const ProtocolSpec* protocol : context.protocols) {
    for (const FieldSpec& field : protocol->fields) {
      if (field.name == name) return {protocol, &field};
    }
  }
  return {};
}

Result<void> RuleBuilder::once(const Args& args, std::string_view name) {
  if (has_seen(name)) {
    return args.wrong(ErrorCode::E2104, "\"" + std::string(name) + "\" stands twice in this rule");
  }
  seen_.push_back(name);
  return {};
}

bool RuleBuilder::has_seen(std::string_view name) const {
  return std::find(seen_.begin(), seen_.end(), name) != seen_.end();
}

Result<void> RuleBuilder::imply_protocol(const ProtocolSpec& protocol, std::string_view by_keyword) {
  if (rule_.app_protocol == AppProtocol::unknown) {
    const bool fits =
        (rule_.protocol != HeaderProtocol::udp || (protocol.transports & transport::udp) != 0) &&
        ((rule_.protocol != HeaderProtocol::tcp && rule_.protocol != HeaderProtocol::tcp_stream) ||
         (protocol.transports & transport::tcp) != 0);
    if (!fits) {
      return fail({.code = ErrorCode::E2105,
                   .what = "\"" + std::string(by_keyword) + "\" is about " + std::string(protocol.name) +
                           ", which does not run over this rule's protocol"});
    }
    rule_.app_protocol = protocol.id;
    return {};
  }
  if (rule_.app_protocol == protocol.id) return {};
  return fail({.code = ErrorCode::E2105,
               .what = "\"" + std::string(by_keyword) + "\" is about " + std::string(protocol.name) +
                       ", the rule about " + std::string(hd::name_of(rule_.app_protocol))});
}

// --- buffers ---

Result<void> RuleBuilder::leave_selection() {
  if (is_sticky_ && is_new_selection_) {
    return misplaced("\"" + name_of(selected_) + "\" selects a buffer, and nothing looks into it", {},
                     "Put its contents right behind it, or leave it out.");
  }
  return {};
}

Result<void> RuleBuilder::select_app(std::string_view name, AppProtocol only_protocol) {
  if (auto left = leave_selection(); !left) return left;
  const ProtocolSpec* single = nullptr;
  bool fits = false;
  std::size_t count = 0;
  for (const ProtocolSpec* protocol : context_.protocols) {
    if (only_protocol != AppProtocol::unknown && protocol->id != only_protocol) continue;
    const bool has = std::any_of(protocol->buffers.begin(), protocol->buffers.end(),
                                 [name](const BufferSpec& row) { return row.name == name; });
    if (!has) continue;
    ++count;
    single = protocol;
    fits = fits || rule_.app_protocol == AppProtocol::unknown || rule_.app_protocol == protocol->id;
  }
  if (single == nullptr)
    return fail(
        {.code = ErrorCode::E2102, .what = "no protocol has the buffer \"" + std::string(name) + "\""});
  if (count == 1) {
    if (auto done = imply_protocol(*single, name); !done) return done;
  } else if (!fits) {
    return fail(
        {.code = ErrorCode::E2105,
         .what = std::string(hd::name_of(rule_.app_protocol)) + " has no \"" + std::string(name) + "\""});
  }
  selected_ = {.kind = BufferRef::Kind::app, .app = std::string(name)};
  is_sticky_ = is_new_selection_ = true;
  return {};
}

Result<void> RuleBuilder::restrict_selection(const Args& args, Directions only) {
  if (!rule_.is_transactional_bidirectional) {
    return args.wrong("\"" + std::string(args.keyword()) + "\" takes a direction only in rules with =>", {},
                      "flow:to_server or flow:to_client says it for other rules.");
  }
  selected_.only = only;
  return {};
}

namespace {

// The addresses are those of the flow's direction: no fact of a single packet, they may stand beside buffers of an
// application protocol.
bool is_of_flow(const PacketBufferSpec& buffer) {
  return buffer.name == "ip.src" || buffer.name == "ip.dst";
}

} // namespace

Result<void> RuleBuilder::select_packet(const PacketBufferSpec& buffer) {
  if (auto left = leave_selection(); !left) return left;
  selected_ = {.kind = BufferRef::Kind::packet, .packet = &buffer};
  is_sticky_ = is_new_selection_ = true;
  rule_.needs_packet = rule_.needs_packet || !is_of_flow(buffer);
  return {};
}

Result<void> RuleBuilder::select_payload() {
  if (auto left = leave_selection(); !left) return left;
  selected_ = {};
  is_sticky_ = false;
  is_new_selection_ = true;
  return {};
}

Result<void> RuleBuilder::select_base64() {
  if (auto left = leave_selection(); !left) return left;
  const bool has_decode = std::any_of(rule_.lists.begin(), rule_.lists.end(), [](const StepList& list) {
    return std::any_of(list.steps.begin(), list.steps.end(),
                       [](const Step& step) { return std::holds_alternative<Base64DecodeStep>(step.kind); });
  });
  if (!has_decode) return misplaced("\"base64_data\" needs a \"base64_decode\" before it");
  selected_ = {.kind = BufferRef::Kind::base64};
  is_sticky_ = is_new_selection_ = true;
  return {};
}

// Behind contents a transform begins another view of the same buffer; those before it keep looking at the
// plain one.
Result<void> RuleBuilder::add_transform(TransformUse use) {
  if (!is_sticky_ || selected_.kind == BufferRef::Kind::base64) {
    return misplaced("\"" + std::string(use.spec->name) + "\" must stand behind a sticky buffer",
                     "A transform changes a buffer before contents look at it.");
  }
  if (!is_new_selection_ && !selected_.transforms.empty()) {
    return misplaced("\"" + std::string(use.spec->name) +
                         "\" stands behind contents of a buffer that is transformed already",
                     {}, "Put all transforms together, or select the buffer again.");
  }
  is_new_selection_ = true;
  selected_.transforms.push_back(std::move(use));
  return {};
}

const BufferRef& RuleBuilder::current() const {
  return selected_;
}

// --- steps ---

std::size_t RuleBuilder::list_for(const BufferRef& ref, bool is_new_instance) {
  if (!is_new_instance) {
    for (std::size_t i = rule_.lists.size(); i-- > 0;) {
      if (same_buffer(rule_.lists[i].buffer, ref)) return i;
    }
  }
  rule_.lists.push_back({.buffer = ref});
  return rule_.lists.size() - 1;
}

std::size_t RuleBuilder::current_list() {
  if (!is_new_selection_) return list_;
  // Selecting a buffer of several instances again means another instance of it.
  bool is_multi = false;
  if (selected_.kind == BufferRef::Kind::app) {
    const BufferRow row = find_buffer_row(context_, selected_.app);
    is_multi = row.buffer != nullptr && row.buffer->is_multi;
  }
  list_ = list_for(selected_, is_multi);
  is_new_selection_ = false;
  return list_;
}

void RuleBuilder::append(std::size_t list, Step::Kind step) {
  std::vector<Step>& steps = rule_.lists[list].steps;
  if (std::holds_alternative<ContentStep>(step)) contents_.push_back({list, steps.size()});
  steps.push_back({.kind = std::move(step), .option = option_});
}

namespace {

// Whether the step counts from the end of a match before it. Contents do not ask: a modifier may still move them.
bool counts_from_match(const Step::Kind& step) {
  return std::visit(
      [](const auto& one) {
        if constexpr (requires { one.is_relative; } && !std::is_same_v<std::decay_t<decltype(one)>, ContentStep>)
          return bool{one.is_relative};
        else
          return false;
      },
      step);
}

} // namespace

void RuleBuilder::add(Step::Kind step) {
  // In the old spelling (content:"x"; http_uri; isdataat:1,relative;) the newest content says which buffer is meant.
  const bool follows = !is_sticky_ && !contents_.empty() && counts_from_match(step);
  append(follows ? contents_.back().list : current_list(), std::move(step));
}

Result<void> RuleBuilder::add_to_app(std::string_view name, Step::Kind step) {
  const BufferRow row = find_buffer_row(context_, name);
  if (row.buffer == nullptr)
    return fail(
        {.code = ErrorCode::E2102, .what = "no protocol has the buffer \"" + std::string(name) + "\""});
  const auto has_row = [name](const ProtocolSpec* protocol) {
    return std::any_of(protocol->buffers.begin(), protocol->buffers.end(), [name](const BufferSpec& one) { return one.name == name; });
  };
  // A buffer of several protocols says nothing about the protocol.
  if (std::count_if(context_.protocols.begin(), context_.protocols.end(), has_row) == 1) {
    if (auto done = imply_protocol(*row.protocol, name); !done) return done;
  }
  append(list_for({.kind = BufferRef::Kind::app, .app = std::string(name)}, false), std::move(step));
  return {};
}

ContentStep* RuleBuilder::last_content() {
  if (contents_.empty()) return nullptr;
  const ContentAt at = contents_.back();
  // Inside a sticky buffer only its own contents can be modified.
  if (is_sticky_ && (is_new_selection_ || at.list != list_)) return nullptr;
  return std::get_if<ContentStep>(&rule_.lists[at.list].steps[at.step].kind);
}

const Step* RuleBuilder::last_match() const {
  if (is_new_selection_) {
    if (is_sticky_) return nullptr;
    for (const StepList& list : rule_.lists) {
      if (list.buffer.kind == BufferRef::Kind::payload && !list.steps.empty() && is_match(list.steps.back()))
        return &list.steps.back();
    }
    return nullptr;
  }
  const std::vector<Step>& steps = rule_.lists[list_].steps;
  const auto last = std::find_if(steps.rbegin(), steps.rend(), is_match);
  return last == steps.rend() ? nullptr : &*last;
}

bool RuleBuilder::has_step_before() const {
  return last_match() != nullptr;
}

Result<void> RuleBuilder::move_last_content_to(std::string_view buffer_name, AppProtocol) {
  if (is_sticky_) {
    return misplaced("a modifier cannot stand behind a sticky buffer",
                     "\"" + name_of(selected_) + "\" is still selected.",
                     "Use the sticky buffer \"" + std::string(buffer_name) +
                         "\" before the content, or pkt_data to leave the selection.");
  }
  // The newest content that still looks into the payload.
  auto at = contents_.rbegin();
  while (at != contents_.rend() && rule_.lists[at->list].buffer.kind != BufferRef::Kind::payload)
    ++at;
  if (at == contents_.rend()) {
    return fail({.code = ErrorCode::E2114,
                 .what = "a modifier needs a content before it",
                 .hint = "Write content:\"…\"; before it."});
  }
  const BufferRow row = find_buffer_row(context_, buffer_name);
  if (row.buffer == nullptr)
    return fail({.code = ErrorCode::E2102,
                 .what = "no protocol has the buffer \"" + std::string(buffer_name) + "\""});
  if (auto done = imply_protocol(*row.protocol, buffer_name); !done) return done;
  const ContentAt from = *at;
  contents_.erase(std::next(at).base());
  std::vector<Step>& steps = rule_.lists[from.list].steps;
  Step step = std::move(steps[from.step]);
  steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(from.step));
  for (ContentAt& other : contents_) {
    if (other.list == from.list && other.step > from.step) --other.step;
  }
  const std::size_t to = list_for({.kind = BufferRef::Kind::app, .app = std::string(buffer_name)}, false);
  contents_.push_back({to, rule_.lists[to].steps.size()});
  rule_.lists[to].steps.push_back(std::move(step));
  return {};
}

// --- conditions and effects ---

void RuleBuilder::condition(bool (*check)(const Inspection&, const CheckData&) noexcept, CheckData data,
                            bool needs_packet) {
  rule_.packet_conditions.push_back(
      {.check = check, .data = std::move(data), .option = option_, .needs_packet = needs_packet});
  rule_.needs_packet = rule_.needs_packet || needs_packet;
}

void RuleBuilder::address_condition(bool (*check)(const Inspection&, const CheckData&) noexcept,
                                    CheckData data) {
  condition(check, std::move(data), false);
  rule_.packet_conditions.back().is_about_addresses = true;
}

void RuleBuilder::recognition_condition(bool (*check)(const Inspection&, const CheckData&) noexcept,
                                        CheckData data) {
  recognition_.push_back(rule_.packet_conditions.size());
  condition(check, std::move(data), false);
}

void RuleBuilder::transaction_condition(TransactionCondition condition) {
  condition.option = option_;
  rule_.transaction_conditions.push_back(std::move(condition));
}

void RuleBuilder::state_condition(StateOp op) {
  op.option = option_;
  rule_.state_conditions.push_back(std::move(op));
}

void RuleBuilder::state_effect(StateOp op) {
  op.option = option_;
  rule_.state_effects.push_back(std::move(op));
}

Result<VariableSlot> RuleBuilder::define_variable(std::string_view name) {
  if (const auto known = find_variable(name)) return *known;
  if (variables_.size() == kVariableSlots) {
    return fail({.code = ErrorCode::E2107,
                 .what = "the rule has more than " + std::to_string(kVariableSlots) + " variables"});
  }
  variables_.emplace_back(std::string(name), static_cast<VariableSlot>(variables_.size()));
  rule_.slots_used = static_cast<std::uint8_t>(variables_.size());
  return variables_.back().second;
}

std::optional<VariableSlot> RuleBuilder::find_variable(std::string_view name) const {
  for (const auto& [known, slot] : variables_) {
    if (known == name) return slot;
  }
  return std::nullopt;
}

Result<void> RuleBuilder::finish() {
  if (auto left = leave_selection(); !left) return left;
  std::erase_if(rule_.lists, [](const StepList& list) { return list.steps.empty(); });
  std::stable_partition(rule_.lists.begin(), rule_.lists.end(),
                        [](const StepList& list) { return list.buffer.kind == BufferRef::Kind::payload; });
  const FlowNeed& flow = rule_.flow;
  const bool asks_state = flow.established || flow.not_established || flow.stateless;
  const bool asks_bits = std::any_of(rule_.state_effects.begin(), rule_.state_effects.end(),
                                     [](const StateOp& op) { return op.kind != StateOp::Kind::flowbit_set; });
  if (!recognition_.empty() && recognition_.size() == rule_.packet_conditions.size() && rule_.lists.empty() &&
      rule_.transaction_conditions.empty() && rule_.state_conditions.empty() && !asks_state && !asks_bits) {
    for (const std::size_t at : recognition_)
      rule_.packet_conditions[at].data.number[3] = 1;
  }
  const auto looks_at = [this](BufferRef::Kind kind) {
    return std::any_of(rule_.lists.begin(), rule_.lists.end(), [kind](const StepList& list) { return list.buffer.kind == kind; });
  };
  if (looks_at(BufferRef::Kind::packet) && !looks_at(BufferRef::Kind::app)) rule_.needs_packet = true;
  if (prefers_to_server_ && !flow.to_server && !flow.to_client) rule_.flow.to_server = true;
  return check_rule(rule_, context_, payload_max_);
}

} // namespace hd
