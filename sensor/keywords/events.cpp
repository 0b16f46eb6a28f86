// SPDX-License-Identifier: Apache-2.0
// decode-event, stream-event, engine-event, app-layer-event: oddities that decoders, streams and parsers
// noted.
#include "sensor/packet/events.hpp"

#include "sensor/lang/keyword.hpp"
#include "sensor/stream/events.hpp"

namespace hd::keyword::events {
namespace {

bool check_decode(const Inspection& at, const CheckData& data) noexcept {
  return at.decode_events.has(static_cast<DecodeEvent>(data.number[0]));
}
bool check_stream(const Inspection& at, const CheckData& data) noexcept {
  return at.stream_events != nullptr && at.stream_events->has(static_cast<StreamEvent>(data.number[0]));
}
// Events of the flow's recognition are asked once: on the packet that brought them.
bool check_flow(const Inspection& at, const CheckData& data) noexcept {
  if (at.app == nullptr) return false;
  const unsigned fresh = at.app->events & ~static_cast<unsigned>(at.app->events_seen);
  return (fresh >> data.number[0] & 1) != 0;
}
bool check_transaction(const Inspection& at, const CheckData& data) noexcept {
  return at.tx != nullptr && at.tx->events.test(static_cast<unsigned>(data.number[0]));
}

tl::unexpected<Error> unknown(const Args& args, std::string_view what,
                              std::span<const std::string_view> known) {
  const std::string_view nearest = nearest_name(args.text(), known);
  return args.wrong("\"" + std::string(args.text()) + "\" is not " + std::string(what), {},
                    nearest.empty() ? std::string() : "Did you mean \"" + std::string(nearest) + "\"?");
}

Result<void> compile_decode(const Args& args, RuleBuilder& rule) {
  const auto event = decode_event(args.text());
  if (!event) {
    std::vector<std::string_view> known;
    for (std::size_t i = 0; i < kDecodeEvents; ++i)
      known.push_back(name_of(static_cast<DecodeEvent>(i)));
    return unknown(args, "an event of the decoders", known);
  }
  rule.rule().wants_decode_events = true;
  rule.condition(check_decode, {.number = {static_cast<std::uint64_t>(*event)}});
  return {};
}

Result<void> compile_stream(const Args& args, RuleBuilder& rule) {
  std::string_view name = args.text();
  if (name.starts_with("stream.")) name.remove_prefix(7);
  const auto event = stream_event(name);
  if (!event) {
    std::vector<std::string_view> known;
    for (std::size_t i = 0; i < kStreamEvents; ++i)
      known.push_back(name_of(static_cast<StreamEvent>(i)));
    return unknown(args, "an event of streams", known);
  }
  rule.rule().wants_stream_events = true;
  rule.condition(check_stream, {.number = {static_cast<std::uint64_t>(*event)}}, false);
  return {};
}

Result<void> compile_engine(const Args& args, RuleBuilder& rule) {
  return args.text().starts_with("stream.") ? compile_stream(args, rule) : compile_decode(args, rule);
}

struct FlowEventName {
  std::string_view name;
  FlowAppEvent event;
};
constexpr FlowEventName kFlowEvents[] = {
    {"applayer_mismatch_protocol_both_directions", FlowAppEvent::mismatch_protocol_both_directions},
    {"applayer_wrong_direction_first_data", FlowAppEvent::wrong_direction_first_data},
    {"applayer_detect_protocol_only_one_direction", FlowAppEvent::detect_protocol_only_one_direction},
    {"applayer_proto_detection_skipped", FlowAppEvent::proto_detection_skipped},
    {"applayer_no_tls_after_starttls", FlowAppEvent::no_tls_after_starttls},
    {"applayer_unexpected_protocol", FlowAppEvent::unexpected_protocol},
};

Result<void> compile_protocol_event(const Args& args, RuleBuilder& rule, std::string_view protocol_name,
                                    std::string_view event_name) {
  const ProtocolSpec* protocol = nullptr;
  for (const ProtocolSpec* one : rule.context().protocols) {
    if (one->name == protocol_name) protocol = one;
  }
  if (protocol == nullptr)
    return args.wrong(ErrorCode::E2102, "protocol not supported: " + std::string(protocol_name));
  std::vector<std::string_view> known;
  for (std::size_t i = 0; i < protocol->events.size(); ++i) {
    known.push_back(protocol->events[i].name);
    if (protocol->events[i].name != event_name) continue;
    if (auto done = rule.imply_protocol(*protocol, args.text()); !done) return done;
    rule.transaction_condition(
        {.protocol = protocol->id, .check = check_transaction, .data = {.number = {i}}});
    return {};
  }
  const std::string_view nearest = nearest_name(event_name, known);
  return args.wrong(
      "\"" + std::string(args.text()) + "\" is not an event of " + std::string(protocol_name), {},
      nearest.empty() ? std::string()
                      : "Did you mean \"" + std::string(protocol_name) + "." + std::string(nearest) + "\"?");
}

Result<void> compile_app_layer(const Args& args, RuleBuilder& rule) {
  for (const FlowEventName& known : kFlowEvents) {
    if (known.name != args.text()) continue;
    rule.condition(check_flow, {.number = {static_cast<std::uint64_t>(known.event)}}, false);
    return {};
  }
  const std::size_t dot = args.text().find('.');
  if (dot != std::string_view::npos)
    return compile_protocol_event(args, rule, args.text().substr(0, dot), args.text().substr(dot + 1));
  std::vector<std::string_view> known;
  for (const FlowEventName& one : kFlowEvents)
    known.push_back(one.name);
  return unknown(args, "an event; those of protocols are written PROTOCOL.EVENT", known);
}

constexpr KeywordSpec kSpecs[] = {
    {.name = "decode-event",
     .summary = "oddity of a header that a decoder noted",
     .syntax = "decode-event:LAYER.EVENT",
     .example = "decode-event:ipv4.trunc_pkt;",
     .compile = compile_decode},
    {.name = "stream-event",
     .summary = "oddity of a TCP session",
     .syntax = "stream-event:EVENT",
     .example = "stream-event:reassembly_overlap_different_data;",
     .compile = compile_stream},
    {.name = "engine-event",
     .summary = "oddity of any part of the engine: a decode event, or a stream event as stream.EVENT",
     .syntax = "engine-event:LAYER.EVENT|stream.EVENT",
     .example = "engine-event:stream.est_syn_resend;",
     .compile = compile_engine},
    {.name = "app-layer-event",
     .summary = "oddity that a protocol's parser, or the recognition of protocols, noted",
     .syntax = "app-layer-event:PROTOCOL.EVENT|applayer_EVENT",
     .example = "app-layer-event:http.request_field_too_long;",
     .scope = Scope::transaction,
     .compile = compile_app_layer},
};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::events
