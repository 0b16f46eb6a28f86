// SPDX-License-Identifier: Apache-2.0
// flow: direction and state of the flow, stream or packet.
#include "sensor/lang/keyword.hpp"

namespace hd::keyword::flow {
namespace {

struct Flag {
  std::string_view name;
  bool FlowNeed::* member;
  bool FlowNeed::* opposite; // that cannot stand beside it; nullptr: none
};
constexpr Flag kFlags[] = {
    {"to_server", &FlowNeed::to_server, &FlowNeed::to_client},
    {"from_client", &FlowNeed::to_server, &FlowNeed::to_client},
    {"to_client", &FlowNeed::to_client, &FlowNeed::to_server},
    {"from_server", &FlowNeed::to_client, &FlowNeed::to_server},
    {"established", &FlowNeed::established, &FlowNeed::not_established},
    {"not_established", &FlowNeed::not_established, &FlowNeed::established},
    {"stateless", &FlowNeed::stateless, &FlowNeed::established},
    {"only_stream", &FlowNeed::only_stream, &FlowNeed::no_stream},
    {"no_stream", &FlowNeed::no_stream, &FlowNeed::only_stream},
    {"only_frag", &FlowNeed::only_frag, &FlowNeed::no_frag},
    {"no_frag", &FlowNeed::no_frag, &FlowNeed::only_frag},
};

Result<void> compile(const Args& args, RuleBuilder& rule) {
  if (auto first = rule.once(args, "flow"); !first) return first;
  FlowNeed& need = rule.rule().flow;
  if (args.is_empty())
    return args.wrong("\"flow\" needs a direction or state", {}, "For example flow:established,to_server;");
  for (const std::string_view part : args.parts()) {
    const Flag* flag = nullptr;
    for (const Flag& one : kFlags) {
      if (one.name == part) flag = &one;
    }
    if (flag == nullptr) {
      std::vector<std::string_view> names;
      for (const Flag& one : kFlags)
        names.push_back(one.name);
      const std::string_view nearest = nearest_name(part, names);
      return args.wrong("\"" + std::string(part) + "\" is not a direction or state of a flow", {},
                        nearest.empty() ? std::string() : "Did you mean \"" + std::string(nearest) + "\"?");
    }
    if (need.*flag->member)
      return args.wrong(ErrorCode::E2105, "\"" + std::string(part) + "\" is said twice");
    const bool contradicts = need.*flag->opposite ||
                             (flag->member == &FlowNeed::established && need.stateless) ||
                             (flag->member == &FlowNeed::not_established && need.stateless) ||
                             (flag->member == &FlowNeed::stateless && need.not_established);
    if (contradicts)
      return args.wrong(ErrorCode::E2105, "\"" + std::string(part) + "\" contradicts what stands before it");
    need.*flag->member = true;
  }
  return {};
}

constexpr KeywordSpec kSpecs[] = {{
    .name = "flow",
    .summary = "direction and state of the flow; whether packets or the stream are looked at",
    .syntax = "flow:[to_server|to_client|from_client|from_server][,established|not_established|stateless][,"
              "only_stream|no_stream][,only_frag|no_frag]",
    .example = "flow:established,to_server;",
    .scope = Scope::flow,
    .compile = compile,
}};

} // namespace

extern constinit const KeywordTable table{.keywords = kSpecs};

} // namespace hd::keyword::flow
